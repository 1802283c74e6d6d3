"""Small Spark jobs whose faults are known: the doctor must find them.

    python -m tests.bench.doctor_jobs NAME FOLDER [EXECUTORS] [spark.key=value ...]

Each runs in a process of its own and leaves its event log in FOLDER. Tasks wait rather than compute, so that four
executors on two cores take the time that four machines would.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from mlpipeline.spark.session import open_session
from mlpipeline.spark.workers import enter_worker

_HEAP = "700m"
_SMALL_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_GPUS = '#!/bin/sh\necho \'{"name": "gpu", "addresses": ["0", "1"]}\'\n'
MEASURED = "measured"
Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class Planted:
    """A job with one fault.

    Args:
        run: does it; may fail.
        finding: what the doctor must call it.
        master: where it runs.
        settings: the bad configuration, where the fault is one of settings.
    """

    run: Callable[[SparkSession, Path], None]
    finding: str
    master: str = "local[2]"
    settings: Mapping[str, str] = field(default_factory=dict)


def wait_in(frame: DataFrame, seconds: float, *, a_row: bool = False) -> DataFrame:
    """The frame through Python tasks that each wait so long (or so long for each row)."""

    def waiting(batches: Batches) -> Batches:
        enter_worker()
        rows = 0
        for batch in batches:
            rows += batch.num_rows
            yield batch
        time.sleep(seconds * rows if a_row else seconds)

    return frame.mapInArrow(waiting, frame.schema)


def count(frame: DataFrame) -> None:
    """Runs a frame and forgets the rows."""
    frame.write.format("noop").mode("overwrite").save()


def skewed(spark: SparkSession, _: Path) -> None:
    """One key has most of the rows, so that one task works while the others have ended."""
    key = F.when(F.col("id") < 1600, 0).otherwise(F.col("id"))
    rows = spark.range(2000).withColumn("key", key).repartition(8, "key")
    count(wait_in(rows, 0.006, a_row=True))


def coalesced(spark: SparkSession, _: Path) -> None:
    """AQE makes one partition of a small shuffle, and one task does all the inference."""
    count(wait_in(spark.range(2000).groupBy((F.col("id") % 50).alias("key")).count(), 0.1, a_row=True))


def spilling(spark: SparkSession, _: Path) -> None:
    """A sort that has a twentieth of a small heap."""
    rows = spark.range(600_000).select(F.rand(7).alias("order"), F.repeat(F.lit("x"), 200).alias("text"))
    count(rows.repartition(2).sortWithinPartitions("order"))


def collecting(spark: SparkSession, _: Path) -> None:
    """A heap full of cached objects, and a young generation of two megabytes: the collector runs all the time."""
    spark.range(900_000).select(F.sha2(F.col("id").cast("string"), 256).alias("text")).persist(
        StorageLevel.MEMORY_ONLY
    ).count()
    lists = spark.range(1_500_000).select((F.col("id") % 20_000).alias("key"), F.col("id").cast("string").alias("text"))
    count(lists.groupBy("key").agg(F.collect_list("text"), F.collect_set("text")))


def killed(spark: SparkSession, _: Path) -> None:
    """Python workers that the system kills for their memory: they end without a word, as by kill -9."""

    def dying(batches: Batches) -> Batches:
        for batch in batches:
            os.kill(os.getpid(), signal.SIGKILL)
            yield batch

    spark.sparkContext.setJobGroup("clean", "clean shop/ko")
    count(spark.range(10).repartition(2).mapInArrow(dying, "id long"))


def unpruned(spark: SparkSession, folder: Path) -> None:
    """A Python step stands between a partitioned table and the join that should choose its partitions."""
    days, chosen = _days(spark, folder)
    passed = days.mapInArrow(lambda batches: batches, days.schema)
    count(passed.join(chosen, "day"))


def pruned(spark: SparkSession, folder: Path) -> None:
    """The same without the Python step: two of eight partitions are read."""
    days, chosen = _days(spark, folder)
    count(days.join(chosen, "day"))


def _days(spark: SparkSession, folder: Path) -> tuple[DataFrame, DataFrame]:
    table = str(folder / "days")
    rows = spark.range(8000).withColumn("day", (F.col("id") % 8).cast("int"))
    rows.repartition(1).write.partitionBy("day").parquet(table)
    wanted = str(folder / "wanted")
    state = F.when(F.col("id") < 2, "open").otherwise("closed").alias("state")
    spark.range(8).select(F.col("id").cast("int").alias("day"), state).write.parquet(wanted)
    return spark.read.parquet(table), spark.read.parquet(wanted).where("state = 'open'")


def without_gpu(spark: SparkSession, _: Path) -> None:
    """Executors hold GPUs, and no task asks for one."""
    count(wait_in(spark.range(8).repartition(4), 1.0))


def few_tasks(spark: SparkSession, _: Path) -> None:
    """Eight cores, two tasks."""
    count(wait_in(spark.range(8).repartition(2), 5.0))


def restarting(spark: SparkSession, _: Path) -> None:
    """A Python process for each task."""
    count(wait_in(spark.range(40).repartition(20), 0.01))


def lacking(spark: SparkSession, _: Path) -> None:
    """The executors lack a library that the driver has."""

    def importing(batches: Batches) -> Batches:
        import a_library_of_the_driver  # type: ignore[import-not-found]

        yield from a_library_of_the_driver.map(batches)

    count(spark.range(10).repartition(2).mapInArrow(importing, "id long"))


def tiny(spark: SparkSession, _: Path) -> None:
    """Four hundred tasks of a few milliseconds each."""
    for _number in range(2):
        count(spark.range(4000).repartition(400))


def waves(spark: SparkSession, _: Path) -> None:
    """Two stages of tasks of different length, and a pause of the driver: the first job of the simulation."""
    warm_up(spark)
    count(wait_in(spark.range(240).repartition(24), 0.1, a_row=True))
    time.sleep(2.0)
    rows = spark.range(300).withColumn("key", F.when(F.col("id") < 60, 0).otherwise(F.col("id")))
    count(wait_in(rows.repartition(12, "key"), 0.05, a_row=True))


def chain(spark: SparkSession, _: Path) -> None:
    """Six jobs one after the other, some too narrow for four executors: the second job of the simulation."""
    warm_up(spark)
    for tasks in (8, 1, 6, 2, 12, 3):
        count(wait_in(spark.range(tasks * 10).repartition(tasks), 1.0))
        time.sleep(0.5)


def warm_up(spark: SparkSession) -> None:
    """Lets every executor start its Python and load its classes; what follows has the job group MEASURED."""
    tasks = 2 * max(2, spark.sparkContext.defaultParallelism)
    for _number in range(3):
        count(wait_in(spark.range(tasks * 10).repartition(tasks), 0.3))
    spark.sparkContext.setJobGroup(MEASURED, MEASURED)


_GPU_SETTINGS = {"spark.executor.resource.gpu.amount": "2", "spark.worker.resource.gpu.amount": "2"}
_TINY_YOUNG = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmn2m"
PLANTED: Mapping[str, Planted] = {
    "skewed": Planted(skewed, "skew"),
    "coalesced": Planted(coalesced, "coalesced-inference"),
    "spilling": Planted(spilling, "spill", settings={"spark.driver.memory": "512m", "spark.memory.fraction": "0.05"}),
    "collecting": Planted(
        collecting,
        "garbage-collection",
        settings={"spark.driver.memory": "600m", "spark.driver.extraJavaOptions": _TINY_YOUNG},
    ),
    "killed": Planted(killed, "python-killed", "local-cluster[1,2,1024]"),
    "unpruned": Planted(unpruned, "no-pruning"),
    "without_gpu": Planted(without_gpu, "gpu-idle", "local-cluster[1,2,1024]", _GPU_SETTINGS),
    "few_tasks": Planted(few_tasks, "few-tasks", "local[8]"),
    "restarting": Planted(restarting, "worker-restarts", settings={"spark.python.worker.reuse": "false"}),
    "lacking": Planted(lacking, "missing-library", "local-cluster[1,2,1024]"),
    "tiny": Planted(tiny, "tiny-tasks"),
}
OTHERS: Mapping[str, Callable[[SparkSession, Path], None]] = {"pruned": pruned, "waves": waves, "chain": chain}


def run_here(name: str, folder: Path, executors: int | None = None, more: Mapping[str, str] | None = None) -> None:
    """Runs one job; with `executors`, on so many executors of one core each, with `more` settings."""
    planted = PLANTED.get(name) or Planted(OTHERS[name], "")
    logs = folder / "log"
    logs.mkdir(parents=True)
    settings: dict[str, Any] = {"spark.eventLog.enabled": "true", "spark.eventLog.dir": logs.as_uri()}
    settings |= {"spark.eventLog.logStageExecutorMetrics": "true", **planted.settings}
    master = planted.master if executors is None else f"local-cluster[{executors},1,1024]"
    if master.startswith("local-cluster"):
        settings |= {"spark.executor.memory": _HEAP, "spark.executor.extraJavaOptions": _SMALL_JVM}
        settings["spark.scheduler.minRegisteredResourcesRatio"] = "1.0"
    if "spark.worker.resource.gpu.amount" in settings:
        script = folder / "gpus.sh"
        script.write_text(_GPUS)
        script.chmod(0o755)
        for place in ("worker", "executor"):
            settings[f"spark.{place}.resource.gpu.discoveryScript"] = str(script)
    with open_session(name, master=master, extra={**settings, **(more or {})}) as spark:
        try:
            planted.run(spark, folder)
        except Exception as error:  # a planted fault may end the job; the log is what counts
            print(f"{name}: {str(error).splitlines()[0][:120]}", file=sys.stderr)


if __name__ == "__main__":
    rest = sys.argv[3:]
    given = dict(word.split("=", 1) for word in rest if "=" in word)
    run_here(sys.argv[1], Path(sys.argv[2]), next((int(word) for word in rest if word.isdigit()), None), given)
