"""From a bot's raw conversations to a deployed, explainable chatbot model: batch jobs on Spark."""

__version__ = "0.1.0"
