"""From a released bundle to an answer: without Spark, training libraries or a network."""
