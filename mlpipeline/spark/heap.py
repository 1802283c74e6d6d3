"""The heap of the driver's JVM between two stages: what a stage needed is garbage then."""

from __future__ import annotations

from pyspark.sql import SparkSession

_LARGE = 512 << 20  # bytes that the JVM has taken; below that a collection is not worth its time


def give_heap_back(spark: SparkSession) -> None:
    """Collects what a large stage left, so that the JVM hands it to the system.

    It grows to what a stage needs at most, and collects only when that is full: Python workers of the next stages need
    the memory beside it.
    """
    jvm = spark._jvm
    if jvm is not None and jvm.java.lang.Runtime.getRuntime().totalMemory() >= _LARGE:
        jvm.java.lang.System.gc()
