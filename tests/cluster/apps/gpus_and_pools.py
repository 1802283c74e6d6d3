"""A driver with pretended GPUs: each task's address, a profile of tasks only, and a small job behind a large one.

    python -m tests.cluster.apps.gpus_and_pools MASTER '{"spark.executor.memory": "512m", ...}'

Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pyspark import InheritableThread, TaskContext
from pyspark.sql import SparkSession

from mlpipeline.spark.profiles import task_profile
from mlpipeline.spark.session import open_session
from mlpipeline.spark.workers import enter_worker

SLOTS = 4  # two workers with two GPUs each
_BIG, _SMALL = 24, 2


def where(number: int = 0) -> tuple[str, str]:
    """In a task: the executor's id and the GPU addresses that the task owns."""
    enter_worker()
    context = TaskContext.get()
    assert context is not None
    time.sleep(0.4)  # so that all slots are in use at once
    gpu = context.resources().get("gpu")
    # The parent is the daemon of this executor.
    return str(os.getppid()), ",".join(gpu.addresses) if gpu else ""


def arrow_where(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same from mapInArrow."""
    executor, addresses = where()
    yield pa.RecordBatch.from_pydict({"executor": [executor], "gpu": [addresses]})


def addresses(spark: SparkSession) -> dict[str, Any]:
    """What tasks own: by the application's settings, in rdd and mapInArrow, and by a profile of tasks only."""
    context = spark.sparkContext
    halves = task_profile(spark, gpus=0.5)
    numbers = context.parallelize(range(2 * SLOTS), 2 * SLOTS)
    frame = spark.range(0, SLOTS, 1, SLOTS)
    return {
        "rdd": numbers.map(where).collect(),
        "arrow": [tuple(row) for row in frame.mapInArrow(arrow_where, "executor string, gpu string").collect()],
        "halves": numbers.withResources(halves).map(where).collect(),
        "halves_arrow": [
            tuple(row) for row in frame.mapInArrow(arrow_where, "executor string, gpu string", False, halves).collect()
        ],
    }


def pools(spark: SparkSession) -> dict[str, Any]:
    """A large job in the pool `train`, then a small one in `adhoc`: how many tasks of the large one were done first."""
    context = spark.sparkContext
    done = context.accumulator(0)
    seen: dict[str, int] = {}

    def job(name: str, pool: str, tasks: int) -> None:
        def work(number: int) -> int:
            enter_worker()
            time.sleep(0.25)
            if name == "big":
                done.add(1)
            return number

        context.setLocalProperty("spark.scheduler.pool", pool)
        context.parallelize(range(tasks), tasks).map(work).count()
        seen[name] = int(done.value or 0)

    big = InheritableThread(target=job, args=("big", "train", _BIG))
    big.start()
    while not context.statusTracker().getActiveJobsIds():
        time.sleep(0.05)
    small = InheritableThread(target=job, args=("small", "adhoc", _SMALL))
    small.start()
    for thread in (small, big):
        thread.join()
    return {"big_tasks": _BIG, "big_tasks_done_when_small_ended": seen["small"], "threads": threading.active_count()}


def main() -> int:
    """Runs both parts in one application."""
    with open_session("gpus and pools", master=sys.argv[1], extra=json.loads(sys.argv[2])) as spark:
        found = {**addresses(spark), "pools": pools(spark), "mode": spark.conf.get("spark.scheduler.mode")}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
