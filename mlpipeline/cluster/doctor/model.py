"""What an event log tells of one application: its jobs, stages, tasks, executors and queries. Times in seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mlpipeline.cluster.sizing.needs import StageNeeds
from mlpipeline.cluster.units import as_bytes

DRIVER = "driver"


@dataclass(slots=True)
class Task:
    """One attempt of one task.

    Args:
        launched: seconds since the epoch, by the driver's clock; `finished` likewise.
        outcome: `ok`, `failed` or `killed` (stopped because nobody needed it any more).
        why: how Spark calls the failure, and what it says of it; empty for `ok`.
        run, cpu, gc, deserialize, fetch_wait: seconds inside the executor; `cpu` counts the JVM's thread only.
        python_run: seconds its Python worker needed, start-up included; None where the plan has no Python node.
        python_start, python_init: seconds until its Python worker ran, and until it had its work; None for a worker
            that had waited for it (what Spark calls its start-up is then how long it was idle).
        peaks: largest memory of its executor while it ran, in bytes, by Spark's names; empty when not sampled.
    """

    index: int
    executor: str
    launched: float
    finished: float
    outcome: str = "ok"
    why: str = ""
    run: float = 0.0
    cpu: float = 0.0
    gc: float = 0.0
    deserialize: float = 0.0
    fetch_wait: float = 0.0
    spilled: int = 0
    spilled_to_disk: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    shuffle_read: int = 0
    shuffle_written: int = 0
    rows_in: int = 0
    python_start: float | None = None
    python_init: float | None = None
    python_run: float | None = None
    python_sent: int = 0
    python_returned: int = 0
    peaks: Mapping[str, int] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """From launch to end, as the driver saw it."""
        return max(0.0, self.finished - self.launched)


@dataclass
class Stage:
    """One attempt of a stage of Spark (not a stage of the pipeline, which is a job group)."""

    number: int
    attempt: int = 0
    name: str = ""
    planned: int = 0
    parents: tuple[int, ...] = ()
    submitted: float | None = None
    completed: float | None = None
    failure: str = ""
    scopes: tuple[str, ...] = ()
    profile: int = 0
    tasks: list[Task] = field(default_factory=list)
    peaks: dict[str, int] = field(default_factory=dict)

    @property
    def done(self) -> list[Task]:
        """The tasks that ended well, in the order of their launch."""
        return sorted((task for task in self.tasks if task.outcome == "ok"), key=lambda task: task.launched)

    @property
    def has_python(self) -> bool:
        """True when Python worked on its rows: a Python node in the plan, or an RDD of Python."""
        return any(task.python_run is not None for task in self.tasks) or "PythonRDD" in self.scopes


@dataclass
class Job:
    """One job of Spark, with the words that the program gave it."""

    number: int
    submitted: float
    completed: float | None = None
    stages: tuple[int, ...] = ()
    group: str = ""
    description: str = ""
    query: int | None = None
    ok: bool = True


@dataclass
class Executor:
    """One executor; in local mode the driver is one."""

    name: str
    cores: int
    added: float
    removed: float | None = None
    reason: str = ""
    gpus: int = 0
    profile: int = 0


@dataclass(frozen=True)
class Node:
    """One node of a query's plan."""

    name: str
    text: str
    metadata: Mapping[str, str]
    metrics: Mapping[str, int]
    children: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass
class Query:
    """One SQL execution: its last plan, and the metrics of the driver by accumulator."""

    number: int
    description: str = ""
    plan: Node | None = None
    driver_metrics: dict[int, int] = field(default_factory=dict)
    started: float = 0.0
    ended: float | None = None


@dataclass
class AppLog:
    """One application as its event log tells it.

    Args:
        settings: Spark's properties.
        profiles: resource profile -> what a task of it asks for, such as {"cpus": 1, "gpu": 0.5}.
        task_metrics: accumulator -> its sum over all tasks (SQL metrics only).
        needs: the stages of the pipeline whose job groups it may have, with what each needs; none for other programs.
        damage: what could not be read, in words; empty for a whole log.
    """

    name: str = ""
    number: str = ""
    spark: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    started: float = 0.0
    ended: float | None = None
    jobs: dict[int, Job] = field(default_factory=dict)
    stages: dict[tuple[int, int], Stage] = field(default_factory=dict)
    executors: dict[str, Executor] = field(default_factory=dict)
    queries: dict[int, Query] = field(default_factory=dict)
    profiles: dict[int, dict[str, float]] = field(default_factory=dict)
    task_metrics: dict[int, int] = field(default_factory=dict)
    needs: StageNeeds = field(default_factory=dict)
    damage: list[str] = field(default_factory=list)
    last: float = 0.0

    @property
    def end(self) -> float:
        """When it ended; of a log that is cut off, the time of its last event."""
        return self.ended if self.ended is not None else max(self.last, self.started)

    @property
    def seconds(self) -> float:
        """From start to end."""
        return max(0.0, self.end - self.started)

    @property
    def is_local(self) -> bool:
        """True when the driver ran the tasks itself."""
        return self.settings.get("spark.master", "local").startswith("local") and (
            not self.settings.get("spark.master", "").startswith("local-cluster")
        )

    @cached_property
    def job_of(self) -> dict[int, Job]:
        """Stage number -> the first job that asked for it."""
        found: dict[int, Job] = {}
        for _, job in sorted(self.jobs.items()):
            for stage in job.stages:
                found.setdefault(stage, job)
        return found

    def job(self, stage: Stage) -> Job | None:
        """The job that a stage belongs to; None in a log that lost its beginning."""
        return self.job_of.get(stage.number)

    def size(self, key: str, default: str, *, unit: str = "m") -> int:
        """A setting that is a size, in bytes; a number without a unit counts in `unit`."""
        try:
            return as_bytes(self.settings.get(key, default), unit)
        except ValueError:
            return as_bytes(default, unit)

    def number_of(self, key: str, default: float) -> float:
        """A setting that is a number."""
        try:
            return float(self.settings.get(key, default))
        except ValueError:
            return default
