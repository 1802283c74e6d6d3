"""From a bot's raw conversations to a deployed, explainable chatbot model: batch jobs on Spark."""

__version__ = "0.1.0"

# What is installed, by the name that an index knows it by: the plain name of the package is somebody else's there.
DISTRIBUTION = "mlpipeline-bots"
