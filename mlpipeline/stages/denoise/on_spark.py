"""The views of a large bot as Spark tasks: one a view and fold."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark import inheritable_thread_target
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, IntegerType, StringType, StructField, StructType

from mlpipeline.methods.label_noise.folds import Task, predict_fold
from mlpipeline.methods.label_noise.packed import Packed, Scores, pack
from mlpipeline.methods.label_noise.views import View
from mlpipeline.spark.counters import Counters, Counts, peak_memory_mb
from mlpipeline.spark.workers import enter_worker, give_memory_back

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_AT_ONCE = 4  # bots whose rows the driver holds at a time; their tasks share the executors
_PIECE = StructType(
    [
        StructField("view", StringType()),
        StructField("fold", IntegerType()),
        StructField("rows", BinaryType()),
        StructField("scores", BinaryType()),
    ]
)


def fit_on_spark(spark: SparkSession, counters: Counters, views: Sequence[View], task: Task) -> Scores:
    """`judging.Fit` with a Spark task for each view and fold; what they work on travels once an executor.

    The scores come back packed: unpacked, those of a large bot would stand here, in the JVM and in the worker that
    decides, gigabytes each time.
    """
    sent = spark.sparkContext.broadcast(task)
    wanted = task.orders(views)
    counters.add_steps("views", len(wanted))
    numbered = spark.createDataFrame([(number,) for number in range(len(wanted))], "number int")

    def over(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch["number"].to_pylist():
                enter_worker()
                view, fold = wanted[number]
                piece = _as_piece(view, fold, sent.value, counters)
                give_memory_back()
                yield piece

    # Kept by number, not by size: a task here is seconds of work on a row of four bytes.
    pieces = numbered.repartitionById(len(wanted), F.col("number")).mapInArrow(over, _PIECE).collect()
    sent.destroy()  # unpersisted, the driver's own copy would stay, hundreds of MB of a large bot
    found: dict[str, list[Packed]] = defaultdict(list)
    for piece in pieces:
        found[piece["view"]].append(Packed(np.frombuffer(piece["rows"], "<i8"), bytes(piece["scores"])))
    return Scores({view.name: found[view.name] for view in views}, len(task.labels), task.classes)


def _as_piece(view: View, fold: int, task: Task, counters: Counters) -> pa.RecordBatch:
    began = time.process_time()
    rows, scores = predict_fold(view, task, fold)
    counters.add(Counts(cpu_seconds=time.process_time() - began, worker_mb=peak_memory_mb()))
    counters.step_done("views")
    columns = [
        pa.array([view.name], pa.string()),
        pa.array([fold], pa.int32()),
        pa.array([rows.astype("<i8").tobytes()], pa.binary()),
        pa.array([pack(scores)], pa.binary()),
    ]
    return pa.RecordBatch.from_arrays(columns, names=_PIECE.names)


def over_bots(spark: SparkSession, bots: Sequence[str], work: Callable[[str], pa.Table]) -> Iterator[pa.Table]:
    """`work` for each bot, a few at a time, in the order of the bots: their Spark jobs run side by side."""
    threads = min(_AT_ONCE, max(len(bots), 1))
    with ThreadPoolExecutor(threads) as pool:
        # So that Spark's UI and log name these jobs as the stage's.
        started = [pool.submit(inheritable_thread_target(spark)(partial(work, bot))) for bot in bots]
        for done in started:
            yield done.result()
