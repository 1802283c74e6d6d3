"""How far a stage is: bots done, tasks of Spark done. Read from another thread, and never the end of a run."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mlpipeline.spark.counters import TEXTS, Counted, Counters

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_LEAST_S, _MOST = 2.0, 10.0  # from so many seconds on the pace of a run is believed, and up to so many times


class TextsRead(NamedTuple):
    """Texts that an encoder is given: done and to do, those that the store had before, and how long it has taken."""

    done: int
    missing: int
    stored: int
    seconds: float

    @property
    def left(self) -> float | None:
        """Seconds until all are done at the same pace; None before any is."""
        return self.seconds * (self.missing - self.done) / self.done if self.done else None


@dataclass(frozen=True)
class Reading:
    """A stage at work: its place among the stages of the run, seconds so far, bots and tasks.

    `bots_done` is None where a stage works on all its bots at once; `tasks` are those that Spark knows of so far;
    `spent` holds the seconds of the stages before; `steps` are the stage's own: name, how many are done, how many are
    to do; `texts` are those of an encoder.
    """

    stage: str
    number: int
    count: int
    seconds: float
    bots: int
    bots_done: int | None
    tasks_done: int
    tasks: int
    is_starting: bool
    spent: Mapping[str, float] = field(default_factory=dict)
    steps: tuple[tuple[str, int, int], ...] = ()
    texts: TextsRead | None = None


@dataclass
class Progress:
    """What a run tells of the stage that it is at; one thread writes, another reads.

    `spark` and `slots` (tasks at once) are set when the session has started, `is_starting` is while it does.
    """

    spark: SparkSession | None = None
    slots: int = 0
    is_starting: bool = False
    stage: str = ""
    number: int = 0
    count: int = 0
    began: float = field(default_factory=time.monotonic)
    _spent: dict[str, float] = field(default_factory=dict)
    _bots: frozenset[str] = frozenset()
    _done: set[str] | None = None
    _counters: list[Counters] = field(default_factory=list)
    _tasks: TaskCounts = field(default_factory=lambda: TaskCounts())
    _texts_began: float | None = None

    def begin(self, stage: str, number: int, count: int, bots: Collection[str]) -> None:
        """A stage begins, or with no bots what comes after the stages."""
        self.stage = ""  # nothing is read in between
        self.number, self.count, self.began = number, count, time.monotonic()
        self._bots, self._done, self._counters, self._tasks = frozenset(bots), None, [], TaskCounts()
        self._texts_began = None
        self.stage = stage

    def end(self) -> None:
        """The stage is over; nothing is told until the next one begins."""
        self._spent = {**self._spent, self.stage: time.monotonic() - self.began}
        self.stage = ""

    def session_started(self, spark: SparkSession, slots: int) -> None:
        """The session is there; what its start took is not the stage's."""
        self.spark, self.slots, self.is_starting, self.began = spark, slots, False, time.monotonic()

    def lost(self) -> None:
        """The session is gone: Spark is asked no more."""
        self.spark, self.is_starting = None, False

    def counting(self, counters: Counters) -> None:
        """Tasks tell by these counters which bots are done."""
        self._counters.append(counters)

    def bot_done(self, bot: str) -> None:
        """The driver is done with a bot."""
        self._done = {*(self._done or ()), bot}

    def read(self) -> Reading | None:
        """Where the stage is now; None between stages. Raises nothing."""
        stage, spark = self.stage, self.spark
        if not stage:
            return None
        tasks = (0, 0)
        with suppress(Exception):  # the session may stop, or the JVM die, at any moment
            if spark is not None and self._bots:
                tasks = self._tasks.read(spark, stage)
        seconds = time.monotonic() - self.began
        place = (stage, self.number, self.count, seconds)
        counted = (len(self._bots), self._read_bots(), *tasks)
        return Reading(*place, *counted, self.is_starting, self._spent, self._read_steps(), self._read_texts())

    def notes(self) -> dict[str, str]:
        """What the stage wants known of a bot while it works on it."""
        return self._counted().notes

    def _read_bots(self) -> int | None:
        done = set(self._done or ())
        counted = self._counted()
        done |= counted.done | counted.failed.keys()  # a bot that failed is done too
        done &= self._bots
        return len(done) if done or self._done is not None else None

    def _read_steps(self) -> tuple[tuple[str, int, int], ...]:
        counted = self._counted()
        named = [(name, count) for name, count in counted.steps.items() if name != TEXTS]
        return tuple((name, counted.steps_done.get(name, 0), count) for name, count in named)

    def _read_texts(self) -> TextsRead | None:
        counted = self._counted()
        if TEXTS not in counted.steps:
            return None
        if self._texts_began is None:
            self._texts_began = time.monotonic()
        counts = counted.counts
        seconds = time.monotonic() - self._texts_began
        return TextsRead(counts.rows or 0, counted.steps[TEXTS], counts.stored or 0, seconds)

    def _counted(self) -> Counted:
        found = Counted()
        for counters in list(self._counters):
            with suppress(RuntimeError):  # a dictionary that another thread adds to
                found.add(counters.values)
        return found


@dataclass
class TaskCounts:
    """Tasks of the jobs of a group, done and in all; jobs that have ended are asked for once."""

    ended: dict[int, int] = field(default_factory=dict)

    def read(self, spark: SparkSession, group: str) -> tuple[int, int]:
        """(done, known so far). Stages that Spark skips count only while their job runs."""
        tracker = spark.sparkContext.statusTracker()
        done = known = 0
        for job in tracker.getJobIdsForGroup(group):
            if job in self.ended:
                continue
            info = tracker.getJobInfo(job)
            stages = [stage for number in info.stageIds if (stage := tracker.getStageInfo(number))] if info else []
            completed = sum(stage.numCompletedTasks for stage in stages)
            if info and info.status != "RUNNING":
                self.ended[job] = completed
            else:
                done += completed
                known += sum(stage.numTasks for stage in stages)
        whole = sum(self.ended.values())
        return whole + done, whole + known


def left(expected: Mapping[str, float], reading: Reading) -> tuple[float, bool] | None:
    """Seconds that a run is expected to take still, and whether its stage has taken longer than expected already.

    Args:
        expected: seconds of whole stages, in their order; None is given where the stage is not among them.
        reading: of the stage at work. Its share of bots or texts that are done counts where it takes longer than
            expected, and how the stages before it kept to what was expected of them: the machine may have more to do
            than then.
    """
    names = list(expected)
    if reading.stage not in names:
        return None
    before = [name for name in reading.spent if name in expected]
    planned = sum(expected[name] for name in before)
    pace = sum(reading.spent[name] for name in before) / planned if planned >= _LEAST_S else 1.0
    pace = min(max(pace, 1.0 / _MOST), _MOST)
    later = pace * sum(expected[name] for name in names[names.index(reading.stage) + 1 :])
    still = pace * expected[reading.stage] - reading.seconds
    share = (reading.bots_done or 0) / reading.bots if reading.bots > 1 else 0.0
    if share:
        still = max(still, reading.seconds * (1.0 - share) / share)
    if reading.texts is not None and reading.texts.left:
        still = max(still, reading.texts.left)
    return max(still, 0.0) + later, still <= 0.0
