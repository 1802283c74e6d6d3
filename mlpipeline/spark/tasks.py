"""A model is a task: one Spark task a bot, and a bot's failure is that bot's alone."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from mlpipeline.spark.counters import Counters, peak_memory_mb
from mlpipeline.spark.failures import explain
from mlpipeline.spark.workers import enter_worker

Work = Callable[[str, pa.Table], pa.Table]


def run_tasks(frame: DataFrame, work: Work, *, schema: StructType, counters: Counters) -> DataFrame:
    """Runs `work(bot, rows)` once for each bot of the frame, each in a task of its own, the largest bots first.

    Args:
        frame: rows with `domain` and `lang`; all rows of a bot come to one task as one Arrow table.
        work: gives a table that fits `schema`. What it raises becomes a `text:failed:<bot>` counter, and the bot
            has no rows in the result.
        schema: of the result.
        counters: takes failures, `count:cpu_seconds` and `peak:worker_mb`.
    """
    wanted = to_arrow_schema(schema)
    slots = _slots(frame)
    if not slots:
        return frame.sparkSession.createDataFrame([], schema)
    given = to_arrow_schema(frame.schema)

    def over_bot(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        held = list(batches)
        if not any(batch.num_rows for batch in held):
            return
        enter_worker()
        rows = pa.Table.from_batches(held).drop_columns(["slot"]).cast(given)
        bot = f"{rows['domain'][0].as_py()}/{rows['lang'][0].as_py()}"
        began = time.process_time()
        try:
            made = work(bot, rows)
        except Exception as error:
            counters.put(f"text:failed:{bot}", _as_failure(error))
            return
        counters.add(count__cpu_seconds=time.process_time() - began, peak__worker_mb=peak_memory_mb())
        yield from made.select(wanted.names).cast(wanted).combine_chunks().to_batches()

    slot = F.create_map(*[F.lit(value) for pair in slots.items() for value in pair])
    placed = frame.withColumn("slot", slot[F.concat_ws("/", "domain", "lang")])
    return placed.repartitionById(len(slots), F.col("slot")).mapInArrow(over_bot, schema)


def failures(counters: Counters) -> dict[str, dict[str, str]]:
    """What failed in tasks so far: bot -> {what, where, fix, trace}."""
    prefix = "text:failed:"
    found = counters.values
    return {key[len(prefix) :]: orjson.loads(text) for key, text in found.items() if key.startswith(prefix)}


def _slots(frame: DataFrame) -> dict[str, int]:
    # Largest first: the last task to start is then a short one, and cores end together.
    sizes = frame.groupBy("domain", "lang").count().collect()
    ordered = sorted(sizes, key=lambda row: (-row["count"], row["domain"], row["lang"]))
    return {f"{row['domain']}/{row['lang']}": slot for slot, row in enumerate(ordered)}


def _as_failure(error: Exception) -> str:
    # A library that is missing is a ModuleNotFoundError here, with Spark's words around it on the driver.
    known = explain(error)
    if known is not None:
        told = {"what": known.what, "where": known.where, "fix": known.fix}
    else:
        told = {"what": f"{type(error).__name__}: {error}", "where": "", "fix": "the trace is in the run's report"}
    return orjson.dumps({**told, "trace": traceback.format_exc(limit=8)}).decode()
