"""Where the time and the memory of an application went: figures a stage, a job group, and for the whole."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from mlpipeline.cluster.doctor.model import DRIVER, AppLog, Executor, Job, Stage, Task

_COLD_S = 0.5
# Nodes that nearly every stage has: they do not tell one from another.
_PLUMBING = ("Project", "Filter", "Sort", "WholeStageCodegen", "AdaptiveSparkPlan", "MapPartitions")
_UNTOLD = frozenset([*_PLUMBING, "SerializeFromObject", "DeserializeToObject"])
_PYTHON_RSS, _JVM_RSS = "ProcessTreePythonRSSMemory", "ProcessTreeJVMRSSMemory"
_HEAP = "JVMHeapMemory"
_SUMMED = ("spilled", "spilled_to_disk", "bytes_in", "bytes_out", "shuffle_read", "shuffle_written", "rows_in")


@dataclass(frozen=True)
class StageFigures:
    """What one stage of Spark did. Seconds and bytes; shares are of the tasks' run time, 0 to 1.

    Args:
        stage: number and attempt, `12` or `12.1`.
        group: the job group, which is the pipeline's stage; "" outside of one.
        seconds: from its first launch to its last end.
        work: summed duration of its tasks, as the driver saw them; `run`: inside the executors.
        longest, median: of the tasks that ended well.
        skew: longest / median; 1.0 when there is nothing to compare.
        python: share in Python workers; None when the log cannot tell (an RDD of Python).
        cold_workers: tasks that waited for a Python process to start: all where workers are not reused, else those that
            waited half a second or more (Spark writes no process numbers, and a fork takes 10 ms).
        python_init: median seconds in which a worker that was not idle before unpacked its task; None: not known.
    """

    stage: str
    number: int
    attempt: int
    group: str
    about: str
    name: str
    started: float
    seconds: float
    tasks: int
    failed: int
    work: float
    run: float
    longest: float
    median: float
    skew: float
    gc: float
    cpu: float
    deserialize: float
    fetch_wait: float
    python: float | None
    has_python: bool
    cold_workers: int
    python_start: float
    python_init: float | None
    spilled: int
    spilled_to_disk: int
    bytes_in: int
    bytes_out: int
    shuffle_read: int
    shuffle_written: int
    rows_in: int
    peak_python: int
    peak_jvm: int


@dataclass(frozen=True)
class AppFigures:
    """What the whole application did.

    Args:
        seconds: from start to end.
        in_jobs: seconds in which at least one job ran; the rest is the driver's alone.
        core_seconds: cores that were held x how long.
        busy: share of them in which a task ran.
        cores: the most that were held at once.
    """

    seconds: float
    in_jobs: float
    before_jobs: float
    core_seconds: float
    work: float
    busy: float
    cores: int
    executors: int
    tasks: int
    failed_tasks: int
    jobs: int
    failed_jobs: int


def stage_figures(app: AppLog) -> list[StageFigures]:
    """Figures of every stage that ran a task, in the order of their start."""
    found = [_figures(app, stage) for stage in app.stages.values() if stage.tasks]
    return sorted(found, key=lambda one: (one.started, one.number))


def _figures(app: AppLog, stage: Stage) -> StageFigures:
    tasks, job = stage.tasks, app.job(stage)
    started = min(task.launched for task in tasks)
    return StageFigures(
        stage=f"{stage.number}.{stage.attempt}" if stage.attempt else str(stage.number),
        number=stage.number,
        attempt=stage.attempt,
        group=job.group if job else "",
        about=job.description if job else "",
        name=_readable(stage),
        started=started - app.started,
        seconds=max(task.finished for task in tasks) - started,
        tasks=len(tasks),
        failed=sum(task.outcome == "failed" for task in tasks),
        has_python=stage.has_python,
        cold_workers=sum(_is_cold(app, task) for task in tasks),
        python_start=sum(
            (task.python_start or 0.0) + (task.python_init or 0.0) for task in tasks if _is_cold(app, task)
        ),
        python_init=_usual_init(app, tasks),
        peak_python=_peak(stage, _PYTHON_RSS),
        peak_jvm=_peak(stage, _JVM_RSS) or _peak(stage, _HEAP),
        **_times(stage),
        **{name: sum(getattr(task, name) for task in tasks) for name in _SUMMED},
    )


class _Times(TypedDict):
    """Of StageFigures, what is reckoned of the tasks' times."""

    work: float
    run: float
    longest: float
    median: float
    skew: float
    deserialize: float
    gc: float
    cpu: float
    fetch_wait: float
    python: float | None


def _times(stage: Stage) -> _Times:
    """How its tasks' time was spread over tasks, and over what they did."""
    tasks, times = stage.tasks, [task.seconds for task in stage.done]
    run, work = sum(task.run for task in tasks), sum(task.seconds for task in tasks)
    longest, median = max(times, default=0.0), statistics.median(times) if times else 0.0

    def share(seconds: float) -> float:
        return min(1.0, max(0.0, seconds / run)) if run else 0.0

    known = [task for task in tasks if task.python_run is not None]
    unpack = sum(task.deserialize for task in tasks)
    return {
        "work": work,
        "run": run,
        "longest": longest,
        "median": median,
        "skew": longest / median if median > 0 else 1.0,
        "deserialize": min(1.0, unpack / work) if work else 0.0,
        "gc": share(sum(task.gc for task in tasks)),
        "cpu": share(sum(task.cpu for task in tasks)),
        "fetch_wait": share(sum(task.fetch_wait for task in tasks)),
        "python": share(sum(min(task.python_run or 0.0, task.run) for task in known)) if known else None,
    }


def _readable(stage: Stage) -> str:
    """The call site; where that is Spark's own inside, what the stage does, by the nodes of its plan."""
    if "$anonfun" not in stage.name and "NativeMethodAccessor" not in stage.name:
        return stage.name
    nodes = [name for name in stage.scopes if name[:1].isupper() and not name.endswith("RDD") and name not in _UNTOLD]
    return ", ".join(nodes[:5]) or stage.name


def _is_cold(app: AppLog, task: Task) -> bool:
    reused = app.settings.get("spark.python.worker.reuse", "true").lower() != "false"
    return task.python_run is not None and (not reused or (task.python_start or 0.0) >= _COLD_S)


def _usual_init(app: AppLog, tasks: Sequence[Task]) -> float | None:
    times = [task.python_init for task in tasks if task.python_init is not None and not _is_cold(app, task)]
    return statistics.median(times) if times else None


def _peak(stage: Stage, name: str) -> int:
    return max([stage.peaks.get(name, 0), *(task.peaks.get(name, 0) for task in stage.tasks)])


def app_figures(app: AppLog) -> AppFigures:
    """Figures of the whole application."""
    jobs = sorted(app.jobs.values(), key=lambda job: job.submitted)
    tasks = [task for stage in app.stages.values() for task in stage.tasks]
    held = sum(
        executor.cores * max(0.0, (app.end if executor.removed is None else executor.removed) - executor.added)
        for executor in app.executors.values()
    )
    work = sum(task.seconds * task_cores(app, stage) for stage in app.stages.values() for task in stage.tasks)
    return AppFigures(
        seconds=app.seconds,
        in_jobs=covered(spans(app, jobs)),
        before_jobs=max(0.0, jobs[0].submitted - app.started) if jobs else app.seconds,
        core_seconds=held,
        work=work,
        busy=min(1.0, work / held) if held else 0.0,
        cores=most_at_once((ex.added, app.end if ex.removed is None else ex.removed, ex.cores) for ex in workers(app)),
        executors=most_at_once((ex.added, app.end if ex.removed is None else ex.removed, 1) for ex in workers(app)),
        tasks=len(tasks),
        failed_tasks=sum(task.outcome == "failed" for task in tasks),
        jobs=len(jobs),
        failed_jobs=sum(not job.ok for job in jobs),
    )


def workers(app: AppLog) -> list[Executor]:
    """The executors that may run tasks: the driver counts in local mode only."""
    return [executor for executor in app.executors.values() if app.is_local or executor.name != DRIVER]


def task_cores(app: AppLog, stage: Stage) -> float:
    """Cores that one task of a stage takes: of its resource profile, else spark.task.cpus."""
    asked = app.profiles.get(stage.profile, {}).get("cpus")
    return asked if asked else app.number_of("spark.task.cpus", 1.0)


def spans(app: AppLog, jobs: Iterable[Job]) -> list[tuple[float, float]]:
    """Begin and end of each job; one that never ended ran to the end of the log."""
    return [(job.submitted, app.end if job.completed is None else job.completed) for job in jobs]


def covered(pairs: Sequence[tuple[float, float]]) -> float:
    """Length of the union of intervals."""
    length, reached = 0.0, float("-inf")
    for begin, end in sorted(pairs):
        length += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return length


def most_at_once(pairs: Iterable[tuple[float, float, int]]) -> int:
    """The largest sum of weights of intervals that overlap."""
    steps: list[tuple[float, int]] = []
    for begin, end, weight in pairs:
        steps += [(begin, weight), (end, -weight)]
    most = now = 0
    # An interval that ends where another begins does not overlap it: the end comes first.
    for _, weight in sorted(steps):
        now += weight
        most = max(most, now)
    return most
