"""`map_partitions` and `run_tasks`: equal engines, one load a process, small bots share tasks."""

from __future__ import annotations

import os
import time

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql.types import BinaryType, DoubleType, LongType, StringType, StructField, StructType

from mlpipeline.errors import StageError
from mlpipeline.spark.partitions import map_partitions
from mlpipeline.spark.progress import Progress
from mlpipeline.spark.tasks import complete_bots, run_tasks
from tests.spark.conftest import as_rows

GIVEN = StructType(
    [
        StructField("text", StringType()),
        StructField("n", LongType()),
        StructField("raw", BinaryType()),
        StructField("x", DoubleType()),
    ]
)
MADE = StructType(
    [StructField("text", StringType()), StructField("vector", BinaryType()), StructField("size", LongType())]
)


def predict(model, batch: pa.RecordBatch) -> pa.RecordBatch:
    texts = batch["text"].to_pylist()
    vectors = [None if text is None else np.full(model, len(text), "<f4").tobytes() for text in texts]
    sizes = pa.array([batch.num_rows] * batch.num_rows, pa.int64())
    return pa.RecordBatch.from_arrays(
        [batch["text"], pa.array(vectors, pa.binary()), sizes], ["text", "vector", "size"]
    )


def load() -> int:
    time.sleep(0.05)
    return 3


def random_rows(seed: int):
    random = np.random.default_rng(seed)
    texts = ["", "안녕", "a\0b", "\U0001f600", None, "สวัสดี", "x" * 300]
    return [
        (
            texts[random.integers(len(texts))],
            int(random.integers(-(2**62), 2**62)),
            bytes(random.bytes(3)),
            float(random.normal()),
        )
        for _ in range(int(random.integers(0, 60)))
    ]


@pytest.mark.parametrize("seed", range(4))
def test_both_engines_make_the_same_rows(spark, counters, seed: int):
    frame = spark.createDataFrame(random_rows(seed), GIVEN).repartition(1 + seed)
    made = [
        map_partitions(frame, load, predict, schema=MADE, key="t", batch_size=7, engine=engine, counters=counters)
        for engine in ("arrow", "rdd")
    ]
    left, right = (as_rows(one, "text", "vector") for one in made)
    assert left == right and len(left) == frame.count()
    assert made[0].schema == made[1].schema == MADE


@pytest.mark.parametrize("partitions", [1, 2, 7])
def test_batches_are_no_larger_than_asked_for(spark, partitions: int):
    frame = spark.createDataFrame([(str(n), n, b"", 0.0) for n in range(100)], GIVEN).repartition(partitions)
    made = map_partitions(frame, load, predict, schema=MADE, key="t", batch_size=8)
    assert max(row["size"] for row in made.collect()) <= 8
    assert made.count() == 100


def test_a_model_is_loaded_once_a_worker_process(spark, counters):
    schema = StructType([StructField("pid", LongType())])

    def pids(model, batch: pa.RecordBatch) -> pa.RecordBatch:
        return pa.RecordBatch.from_pydict({"pid": [os.getpid()] * batch.num_rows})

    frame = spark.range(400).repartition(16)
    made = map_partitions(frame, load, pids, schema=schema, key="loads:one", batch_size=10, counters=counters)
    processes = {row["pid"] for row in made.collect()}
    assert counters.values.counts.loads == len(processes) < 16
    assert counters.values.counts.rows == 400
    assert counters.values.counts.worker_mb > 10
    again = map_partitions(frame, load, pids, schema=schema, key="loads:one", batch_size=10, counters=counters)
    later = {row["pid"] for row in again.collect()}
    assert counters.values.counts.loads == len(processes | later)
    few = spark.range(1).repartition(16)
    map_partitions(few, load, pids, schema=schema, key="loads:few", batch_size=10, counters=counters).collect()
    assert counters.values.counts.loads == len(processes | later) + 1, "no rows, no model"


def test_columns_of_the_wrong_type_do_not_pass_silently(spark):
    def wrong(model, batch: pa.RecordBatch) -> pa.RecordBatch:
        return pa.RecordBatch.from_pydict({"a": batch["text"], "b": batch["text"], "c": batch["n"]})

    frame = spark.createDataFrame([("x", 1, b"", 0.0)], GIVEN)
    with pytest.raises(Exception, match=r"(?i)schema|names|match"):
        map_partitions(frame, load, wrong, schema=MADE, key="w", batch_size=8).collect()


BOT = StructType(
    [StructField("domain", StringType()), StructField("lang", StringType()), StructField("text", StringType())]
)
TOLD = StructType(
    [
        *BOT.fields[:2],
        StructField("rows", LongType()),
        StructField("task", LongType()),
        StructField("began", DoubleType()),
    ]
)


def bots(spark, sizes: dict[str, int]):
    rows = [(*bot.split("/"), str(n)) for bot, size in sizes.items() for n in range(size)]
    return spark.createDataFrame(rows, BOT).repartition(5)


def count(bot: str, rows: pa.Table) -> pa.Table:
    from pyspark import TaskContext

    if bot == "bad/ko":
        raise StageError("too little to learn", where=bot, fix="add rows")
    if bot == "worse/ko":
        raise ZeroDivisionError("nothing")
    domain, lang = bot.split("/")
    context = TaskContext.get()
    assert context is not None
    made = {"domain": domain, "lang": lang, "rows": len(rows), "task": context.partitionId(), "began": time.time()}
    return pa.Table.from_pylist([made])


def test_each_bot_is_a_task_and_a_failure_is_its_own(spark, counters):
    sizes = {"shop/ko": 300, "shop/en": 100, "bad/ko": 200, "worse/ko": 50, "bank/ko": 400}
    made = run_tasks(bots(spark, sizes), count, schema=TOLD, counters=counters).collect()
    assert {f"{row['domain']}/{row['lang']}": row["rows"] for row in made} == {
        "shop/ko": 300,
        "shop/en": 100,
        "bank/ko": 400,
    }
    assert len({row["task"] for row in made}) == 3
    assert [row["rows"] for row in sorted(made, key=lambda row: row["task"])] == [400, 300, 100], "largest first"
    told = counters.values.failed
    assert set(told) == {"bad/ko", "worse/ko"}
    assert (told["bad/ko"].what, told["bad/ko"].fix) == ("too little to learn", "add rows")
    assert told["worse/ko"].what.startswith("ZeroDivisionError") and "count" in told["worse/ko"].trace
    assert counters.values.counts.cpu_seconds >= 0


def test_who_watches_a_stage_sees_its_tasks_and_the_bots_that_are_done(spark, counters):
    sizes = {"shop/ko": 300, "bad/ko": 200, "bank/ko": 400}
    progress = Progress(spark)
    progress.begin("watched", 1, 1, sizes)
    progress.counting(counters)
    spark.sparkContext.setJobGroup("watched", "three bots")
    try:
        run_tasks(bots(spark, sizes), count, schema=TOLD, counters=counters).collect()
        end = time.monotonic() + 10
        # Spark tells its status store of a task a moment after the job is over.
        while (reading := progress.read()) and reading.tasks < 3 and time.monotonic() < end:
            time.sleep(0.02)
        assert reading is not None and reading.bots_done == 3
        assert reading.tasks_done == reading.tasks >= 3
    finally:
        spark.sparkContext._jsc.clearJobGroup()


def test_no_bot_is_no_row(spark, counters):
    assert run_tasks(bots(spark, {}), count, schema=TOLD, counters=counters).collect() == []


def test_small_bots_share_tasks_and_do_not_mix(spark, counters):
    sizes = {f"d{n}/ko": n % 3 + 1 for n in range(60)} | {"bad/ko": 2, "worse/ko": 2}
    made = run_tasks(bots(spark, sizes), count, schema=TOLD, counters=counters).collect()
    found = {f"{row['domain']}/ko": row["rows"] for row in made}
    assert found | {"bad/ko": 2, "worse/ko": 2} == sizes and len(found) == 60
    assert set(counters.values.failed) == {"bad/ko", "worse/ko"}
    assert len({row["task"] for row in made}) < 4


def test_a_result_that_does_not_fit_is_the_failure_of_its_bot(spark, counters):
    def half(bot: str, rows: pa.Table) -> pa.Table:
        return count(bot, rows) if bot == "shop/ko" else rows

    made = run_tasks(bots(spark, {"shop/ko": 3, "bank/ko": 3}), half, schema=TOLD, counters=counters).collect()
    assert [row["domain"] for row in made] == ["shop"]
    assert list(counters.values.failed) == ["bank/ko"]


def test_few_models_come_to_a_task_at_once(spark, counters):
    rows = spark.createDataFrame(
        [(f"d{n}", "ko", b"model") for n in range(30)], "domain string, lang string, raw binary"
    )
    made = run_tasks(rows, count, schema=TOLD, counters=counters).collect()
    tasks = [row["task"] for row in made]
    assert len(tasks) == 30 and max(map(tasks.count, tasks)) == 4
    assert tasks.count(max(tasks)) == 1, "the last task is one bot"


def test_a_bot_is_complete_when_it_has_rows_everywhere(spark):
    left, right = bots(spark, {"a/ko": 3, "b/ko": 1, "c/en": 2}), bots(spark, {"b/ko": 2, "c/en": 1, "d/ko": 1})
    assert complete_bots([left]) == {"a/ko", "b/ko", "c/en"}
    assert complete_bots([left, right.drop("text")]) == {"b/ko", "c/en"}
    assert complete_bots([left, bots(spark, {})]) == set()
