"""A driver with dynamic allocation: executors come with the work and go without it, and a stage has its own kind.

    python -m tests.cluster.apps.dynamic MASTER '{"spark.executor.memory": "512m", ...}'

Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from pyspark import TaskContext
from pyspark.sql import SparkSession

from mlpipeline.spark.profiles import executor_profile
from mlpipeline.spark.session import open_session
from mlpipeline.spark.workers import enter_worker

SETTINGS = {
    "spark.dynamicAllocation.enabled": "true",
    "spark.dynamicAllocation.minExecutors": "0",
    "spark.dynamicAllocation.initialExecutors": "0",
    "spark.dynamicAllocation.maxExecutors": "3",
    "spark.dynamicAllocation.executorIdleTimeout": "2s",
    "spark.dynamicAllocation.schedulerBacklogTimeout": "1s",
    "spark.executor.cores": "1",
}


def _own(number: int) -> str:
    enter_worker()
    context = TaskContext.get()
    assert context is not None
    time.sleep(0.3)
    gpu = context.resources().get("gpu")
    return ",".join(gpu.addresses) if gpu else ""


def _executors(spark: SparkSession) -> int:
    listed = spark.sparkContext._jsc.sc().statusStore().executorList(True)  # type: ignore[union-attr]
    return sum(listed.apply(place).id() != "driver" for place in range(listed.size()))


def _until(spark: SparkSession, wanted: int, patience: float = 60.0) -> int:
    until = time.monotonic() + patience
    while _executors(spark) != wanted and time.monotonic() < until:
        time.sleep(0.2)
    return _executors(spark)


def work(spark: SparkSession) -> dict[str, Any]:
    """Counts executors before, during and after a job, then runs a stage whose executors have a GPU."""
    context = spark.sparkContext
    found: dict[str, Any] = {"before": _executors(spark)}
    found["plain"] = context.parallelize(range(8), 8).map(_own).collect()
    found["during"] = _executors(spark)
    found["after"] = _until(spark, 0)
    profile = executor_profile(spark, cores=1, memory="512m", gpus=1)
    found["own_kind"] = context.parallelize(range(4), 4).withResources(profile).map(_own).collect()
    return found


def main() -> int:
    """Prints what was found."""
    settings = {**json.loads(sys.argv[2]), **SETTINGS}
    with open_session("dynamic", master=sys.argv[1], extra=settings) as spark:
        found = work(spark)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
