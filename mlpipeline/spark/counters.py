"""Numbers that come back from executors: what was loaded, what failed, how much memory was needed."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass, field, fields
from typing import Literal

from pyspark.accumulators import Accumulator, AccumulatorParam
from pyspark.sql import SparkSession

from mlpipeline.errors import Failure
from mlpipeline.spark.remote import refuse_remote

FileNews = Literal["refused", "idle"]
"""Why nothing comes of a file: it cannot be used, or holds no utterances."""

TEXTS = "texts"
"""The name of the steps that are rows to predict: `Counts.rows` of them are done, `Counts.stored` had not to be."""


@dataclass
class Counts:
    """What tasks counted; None is what nobody counted.

    `loads` are models loaded, `gpu_loads` those of them on a GPU, `rows` rows predicted, `stored` rows that were there
    and had not to be, `dropped` rows left out, `wholes` things whole of which a table holds pieces, `reused` bots whose
    rows were there already; `cpu_seconds` are of Python, `worker_mb` is the largest resident size of one worker.
    """

    loads: int | None = None
    gpu_loads: int | None = None
    rows: int | None = None
    stored: int | None = None
    dropped: int | None = None
    wholes: int | None = None
    reused: int | None = None
    cpu_seconds: float | None = None
    worker_mb: float | None = None

    def add(self, other: Counts) -> None:
        """Takes over what others counted: sums, and of the memory of workers the largest."""
        for name in (one.name for one in fields(Counts)):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine is not None and theirs is not None:
                theirs = max(mine, theirs) if name == "worker_mb" else mine + theirs
            setattr(self, name, mine if theirs is None else theirs)

    def as_json(self) -> dict[str, float]:
        """What was counted, by the keys of run.json: `count:loads`, `peak:worker_mb`, `reused`."""
        named = {one.name: getattr(self, one.name) for one in fields(Counts)}
        keys = {"worker_mb": "peak:worker_mb", "reused": "reused"}
        return {keys.get(name, f"count:{name}"): value for name, value in named.items() if value is not None}


@dataclass
class Counted:
    """All that has come back: counts, steps of a name to do and done, and by bot what is done, failed or to be told.

    `notes` are for those who wait now, `warnings` stay in the run's report. `useless` are files, by (news, bot, path),
    of which nothing can be had, `file_notes` lines for the owner of one by (bot, path). `remarks` are lines on the run
    as a whole, `reasons` why the work was cut as it was, for those who ask.
    """

    counts: Counts = field(default_factory=Counts)
    steps: dict[str, int] = field(default_factory=dict)
    steps_done: dict[str, int] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    failed: dict[str, Failure] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    useless: dict[tuple[FileNews, str, str], Failure] = field(default_factory=dict)
    file_notes: dict[tuple[str, str], str] = field(default_factory=dict)
    remarks: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()

    def add(self, other: Counted) -> None:
        """Takes over what another task tells; its texts stand in the place of older ones."""
        self.counts.add(other.counts)
        for mine, theirs in ((self.steps, other.steps), (self.steps_done, other.steps_done)):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        self.done |= other.done
        self.failed |= other.failed
        self.warnings |= other.warnings
        self.notes |= other.notes
        self.useless |= other.useless
        self.file_notes |= other.file_notes
        self.remarks |= other.remarks
        self.reasons |= other.reasons


class _Merge(AccumulatorParam[Counted]):  # type: ignore[misc]
    def zero(self, value: Counted) -> Counted:
        return Counted()

    def addInPlace(self, value1: Counted, value2: Counted) -> Counted:
        value1.add(value2)
        return value1


class Counters:
    """What tasks add to. A task that Spark runs twice adds twice: counts are for reading, not for deciding."""

    def __init__(self, spark: SparkSession) -> None:
        refuse_remote(spark, "counting in tasks")
        self._values: Accumulator[Counted] = spark.sparkContext.accumulator(Counted(), _Merge())

    def add(self, counts: Counts) -> None:
        """Adds what was counted."""
        self._values.add(Counted(counts))

    def add_steps(self, name: str, count: int) -> None:
        """So many steps more of that name are to be done."""
        self._values.add(Counted(steps={name: count}))

    def step_done(self, name: str) -> None:
        """One of them is done."""
        self._values.add(Counted(steps_done={name: 1}))

    def bot_done(self, bot: str) -> None:
        """The bot's task is done."""
        self._values.add(Counted(done=frozenset([bot])))

    def fail(self, bot: str, failure: Failure) -> None:
        """The bot has failed: its rows stay as they were."""
        self._values.add(Counted(failed={bot: failure}))

    def warn(self, bot: str, text: str) -> None:
        """One line for the run's report on a bot that did not fail."""
        self._values.add(Counted(warnings={bot: text}))

    def note(self, bot: str, text: str) -> None:
        """One line for those who wait."""
        self._values.add(Counted(notes={bot: text}))

    def tell_useless(self, news: FileNews, bot: str, path: str, why: Failure) -> None:
        """Nothing comes of a file of a bot."""
        self._values.add(Counted(useless={(news, bot, path): why}))

    def tell_notes(self, bot: str, path: str, notes: str) -> None:
        """What the owner of a bot's file should know of it."""
        self._values.add(Counted(file_notes={(bot, path): notes}))

    def remark(self, text: str) -> None:
        """One line on the run, however many tasks say it."""
        self._values.add(Counted(remarks=frozenset([text])))

    def reason(self, text: str) -> None:
        """Why the work was cut as it was; shown with -v and kept in run.json."""
        self._values.add(Counted(reasons=frozenset([text])))

    @property
    def values(self) -> Counted:
        """What has come back so far (driver only), as a copy."""
        found = Counted()
        found.add(self._values.value or Counted())
        return found


def peak_memory_mb() -> float:
    """Largest resident size of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
