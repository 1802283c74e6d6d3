"""Numbers that come back from executors: what was loaded, what failed, how much memory was needed."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Mapping
from typing import Any

from pyspark.accumulators import Accumulator, AccumulatorParam
from pyspark.sql import SparkSession

from mlpipeline.spark.remote import refuse_remote

# A merge rule by the key's first word: sums for what is counted, maxima for what is measured, last for texts.
_RULES: Mapping[str, Callable[[Any, Any], Any]] = {
    "count": lambda left, right: left + right,
    "peak": max,
    "text": lambda left, right: right,
}

DONE = "text:done:"
"""Begins the keys that name a bot whose task is done."""
STEPS, STEPS_DONE = "count:steps:", "count:steps_done:"
"""Begin the keys that say how many steps of a name there are to do, and how many are done."""
WHOLES = "count:wholes"
"""Counts what was made where it takes several rows each."""
NOTE = "text:note:"
"""Begins the keys that name a bot of which those who wait should know something now."""


class _Merge(AccumulatorParam[dict[str, Any]]):
    def zero(self, value: dict[str, Any]) -> dict[str, Any]:
        return {}

    def addInPlace(self, value1: dict[str, Any], value2: dict[str, Any]) -> dict[str, Any]:
        for key, value in value2.items():
            rule = _RULES[key.split(":", 1)[0]]
            value1[key] = rule(value1[key], value) if key in value1 else value
        return value1


class Counters:
    """A dictionary that tasks add to; keys are `count:...`, `peak:...` or `text:...`.

    A task that Spark runs twice adds twice: counts are for reading, not for deciding.
    """

    def __init__(self, spark: SparkSession) -> None:
        refuse_remote(spark, "counting in tasks")
        self._values: Accumulator[dict[str, Any]] = spark.sparkContext.accumulator({}, _Merge())

    def add(self, **values: object) -> None:
        """Adds from a task: `add(count__loads=1)` is the key `count:loads`."""
        self._values.add({key.replace("__", ":", 1): value for key, value in values.items()})

    def put(self, key: str, value: object) -> None:
        """Adds one entry whose key is not an identifier (a bot's name, say)."""
        self._values.add({key: value})

    @property
    def values(self) -> dict[str, Any]:
        """What has come back so far (driver only)."""
        return dict(self._values.value or {})


def peak_memory_mb() -> float:
    """Largest resident size of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
