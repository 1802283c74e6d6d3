"""A bot's model is made whole by one Spark task; small bots share tasks, and a bot's failure is that bot's alone."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import BinaryType, StructType

from mlpipeline.bots import Bot
from mlpipeline.cluster.failures import TaskTrace, as_failure
from mlpipeline.errors import StageError
from mlpipeline.spark.counters import Counters, Counts, peak_memory_mb
from mlpipeline.spark.frames import union_all
from mlpipeline.spark.workers import enter_worker, give_memory_back

Work = Callable[[str, pa.Table], pa.Table]
# A task costs 0.1 s before it does anything. A row costs about 1 ms of training: a twentieth of a task of so many rows.
_ROWS = 2_000
_LEAST_ROWS = 100  # less than this is never worth a task of its own
# Rows with models or vectors in them are few and large, and seconds of work each.
_BOTS_WITH_BYTES = 4
_LONG_S = 0.2
_BATCH_BYTES = 1 << 23


def run_tasks(
    frame: DataFrame,
    work: Work,
    *,
    schema: StructType,
    counters: Counters,
    sizes: Sequence[tuple[str, int]] | None = None,
) -> DataFrame:
    """Runs `work(bot, rows)` once for each bot of the frame, the largest first; small bots share a task.

    Args:
        frame: rows with `domain` and `lang`; all rows of a bot come to `work` as one Arrow table.
        work: gives a table that fits `schema`; what it raises costs that bot alone: a failure among the counters.
        schema: of the result.
        counters: takes failures, `cpu_seconds` and `worker_mb`.
        sizes: (bot, rows) of all its bots, where the caller knows them for less than counting the frame costs.
    """
    tasks = _tasks(frame, sizes)
    if not tasks:
        return frame.sparkSession.createDataFrame([], schema)
    wanted, given = to_arrow_schema(schema), to_arrow_schema(frame.schema)

    def over_task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        enter_worker()
        give_memory_back()  # what the last task gave to Spark was still held when it ended
        for rows in _by_slot(batches):
            yield from over_bot(rows.drop_columns(["slot"]).cast(given))

    def over_bot(rows: pa.Table) -> list[pa.RecordBatch]:
        bot = str(Bot(rows["domain"][0].as_py(), rows["lang"][0].as_py()))
        began = time.process_time()
        try:
            made = as_batches(work(bot, rows).select(wanted.names).cast(wanted))
        except Exception as error:
            counters.fail(bot, as_failure(error))
            return []
        if _count_bot(counters, bot, time.process_time() - began) > _LONG_S:
            _collect_garbage()
        return made

    # A bot's slot is its place among all bots; the slots of a task follow each other.
    slots = {bot: slot for slot, bot in enumerate(bot for bots in tasks for bot in bots)}
    task_of = F.array(*[F.lit(task) for task, bots in enumerate(tasks) for _ in bots])
    slot = F.create_map(*[F.lit(value) for pair in slots.items() for value in pair])
    placed = frame.withColumn("slot", slot[F.concat_ws("/", "domain", "lang")])
    placed = placed.repartitionById(len(tasks), F.get(task_of, F.col("slot")))
    if len(tasks) < len(slots):
        placed = placed.sortWithinPartitions("slot")
    return placed.mapInArrow(over_task, schema)


def as_batches(rows: pa.Table) -> list[pa.RecordBatch]:
    """The rows in batches of `_BATCH_BYTES` or one row: the JVM holds several copies of each batch at a time."""
    if rows.nbytes <= _BATCH_BYTES:
        rows = rows.combine_chunks()
    size = max(rows.num_rows * _BATCH_BYTES // max(rows.nbytes, 1), 1)
    returned: list[pa.RecordBatch] = rows.to_batches(max_chunksize=size)
    return returned


def _count_bot(counters: Counters, bot: str, taken: float) -> float:
    """Counts a bot that is done, and gives back the seconds that it took."""
    counters.add(Counts(cpu_seconds=taken, worker_mb=peak_memory_mb()))
    counters.bot_done(bot)
    return taken


def share_out(sizes: Sequence[tuple[str, int]], slots: int, *, most: int | None = None) -> list[list[str]]:
    """Which bots share a task: the largest first, each task half of what would be a slot's even share of the rest.

    So the tasks get smaller towards the end, and the cores end together, although nobody knows how long a bot takes
    (guided self-scheduling, Polychronopoulos and Kuck 1987).

    Args:
        sizes: (bot, rows). A bot with many rows has a task of its own.
        slots: tasks that run at once.
        most: bots in a task, when rows do not tell the work; None: as many as have few rows.
    """
    left = sorted(sizes, key=lambda size: (-size[1], size[0]))
    rest = sum(rows for _, rows in left)
    tasks: list[list[str]] = []
    held, room = 0, 0.0
    for bot, rows in left:
        if tasks and held + rows <= room and (most is None or len(tasks[-1]) < most):
            tasks[-1].append(bot)
            held += rows
        else:
            tasks.append([bot])
            even = rest / (2 * slots)
            held, room = rows, min(_ROWS, even if most else max(even, _LEAST_ROWS))
        rest -= rows
    return tasks


def check_failures(counters: Counters) -> None:
    """For stages whose bots are written together or not at all: each bot is then tried again, alone.

    Raises:
        StageError: what a task raised, from its trace.
    """
    for bot, why in counters.values.failed.items():
        raise StageError(why.what, where=why.where or bot, fix=why.fix) from TaskTrace(why.trace)


def complete_bots(frames: Sequence[DataFrame]) -> set[str]:
    """The bots that have rows in each of the frames, from one job; frames that are persisted are made by it."""
    named = [frame.select("domain", "lang", F.lit(number).alias("frame")) for number, frame in enumerate(frames)]
    found = Counter(str(Bot(row["domain"], row["lang"])) for row in union_all(named).distinct().collect())
    return {bot for bot, times in found.items() if times == len(frames)}


def _tasks(frame: DataFrame, sizes: Sequence[tuple[str, int]] | None) -> list[list[str]]:
    # Here, because workers import this module and have no session.
    from mlpipeline.spark.overhead import slots_of

    if sizes is None:
        found = frame.groupBy("domain", "lang").count().collect()
        sizes = [(str(Bot(row["domain"], row["lang"])), int(row["count"])) for row in found]
    has_bytes = any(isinstance(field.dataType, BinaryType) for field in frame.schema.fields)
    return share_out(sizes, slots_of(frame.sparkSession), most=_BOTS_WITH_BYTES if has_bytes else None)


def _collect_garbage() -> None:
    """As Spark's workers do between tasks: models are full of cycles."""
    gc.collect()
    give_memory_back()
    _freeze_libraries()


@cache
def _freeze_libraries() -> None:
    """Once a worker, after its first bot: what is loaded now stays, and looking through it again costs 0.1 s a bot."""
    gc.freeze()


def _by_slot(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """A table for each slot, from batches that are sorted by slot."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        slots = batch["slot"]
        ends = pc.indices_nonzero(pc.not_equal(slots[1:], slots[:-1])).to_pylist()
        for start, stop in pairwise([0, *(end + 1 for end in ends), batch.num_rows]):
            if held and held[-1]["slot"][0] != slots[start]:
                yield pa.Table.from_batches(held)
                held = []
            held.append(batch.slice(start, stop - start))
    if held:
        yield pa.Table.from_batches(held)
