"""What is Spark Connect and what is not, told without importing it; workers import this module too."""

from __future__ import annotations

from collections.abc import Mapping

from mlpipeline.errors import SetupError, UsageError


def is_remote(thing: object) -> bool:
    """True for sessions and frames of Spark Connect."""
    return type(thing).__module__.startswith("pyspark.sql.connect")


def refuse_remote(thing: object, what: str) -> None:
    """Raise UsageError when `thing` is a session or frame of Spark Connect and `what` needs an RDD or the JVM."""
    if is_remote(thing):
        told = f"{what} needs an RDD, which Spark Connect does not have"
        raise UsageError(told, fix="use a session with a master: mlpipeline shell --master 'local[*]'")


def check_no_remote(environ: Mapping[str, str]) -> None:
    """Raise SetupError when the environment asks for Spark Connect where a session with a JVM is to be opened."""
    if environ.get("SPARK_REMOTE"):
        what = "SPARK_REMOTE is set, and the stages count with accumulators, which Spark Connect does not have"
        fix = "unset SPARK_REMOTE; `mlpipeline shell` and the notebooks work with it"
        raise SetupError(what, where=f"SPARK_REMOTE={environ['SPARK_REMOTE']}", fix=fix)
