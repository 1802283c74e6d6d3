"""The work of a log without its executors: which tasks, after which others, and the driver's pauses between."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from mlpipeline.cluster.doctor.figures import task_cores
from mlpipeline.cluster.doctor.model import AppLog, Job, Stage, Task


@dataclass(frozen=True)
class Step:
    """A stage of Spark: its tasks' seconds in their order, the cores of each, the stages that must have ended."""

    number: int
    job: int
    tasks: tuple[float, ...]
    width: int
    after: tuple[int, ...]
    delay: float


@dataclass(frozen=True)
class JobStart:
    """A job's turn: it starts `pause` seconds after the job `after` ended (None: after the application's start)."""

    job: int
    after: int | None
    pause: float


@dataclass(frozen=True)
class Work:
    """All steps and turns of an application.

    Args:
        warm_up: seconds that the first task of a fresh slot takes longer.
        tail: seconds of the driver after the last job.
    """

    steps: dict[int, Step] = field(default_factory=dict)
    job_starts: tuple[JobStart, ...] = ()
    warm_up: float = 0.0
    tail: float = 0.0


def work_of(app: AppLog) -> Work:
    """The work that a log tells of; stages that were tried again count once, failed attempts not at all."""
    cold = _cold_tasks(app)
    medians = {stage.number: _warm_median(stage, cold) for stage in app.stages.values()}
    warm_up = _warm_up(app, medians, cold)
    attempts: dict[int, list[Stage]] = {}
    for _, stage in sorted(app.stages.items()):
        if stage.done and stage.number in app.job_of:
            attempts.setdefault(stage.number, []).append(stage)
    warm = {number: partial(_warm, median=median, warm_up=warm_up, cold=cold) for number, median in medians.items()}
    steps = {number: _step(app, stages, attempts, warm[number]) for number, stages in attempts.items()}
    jobs = sorted(app.jobs.values(), key=lambda job: (job.submitted, job.number))
    job_starts = tuple(_job_start(app, job, jobs) for job in jobs)
    ends = [_job_end(app, job) for job in jobs]
    return Work(steps, job_starts, warm_up, max(0.0, app.end - max(ends)) if ends else app.seconds)


def _step(app: AppLog, stages: list[Stage], known: dict[int, list[Stage]], seconds: Callable[[Task], float]) -> Step:
    first = stages[0]
    job = app.job_of[first.number]
    parents = tuple(parent for parent in first.parents if parent in known)
    ends = [task.finished for parent in parents for stage in known[parent] for task in stage.done]
    ready = max([job.submitted, *(end for end in ends if first.submitted is None or end <= first.submitted)])
    tasks = tuple(seconds(task) for stage in stages for task in stage.done)
    delay = max(0.0, (ready if first.submitted is None else first.submitted) - ready)
    return Step(first.number, job.number, tasks, max(1, round(task_cores(app, first))), parents, delay)


def _job_start(app: AppLog, job: Job, jobs: list[Job]) -> JobStart:
    # The driver went on when the job before had ended: of all that had, the last to end.
    ended = [(_job_end(app, other), other.number) for other in jobs if other is not job]
    before = [(end, number) for end, number in ended if end <= job.submitted and number < job.number]
    if not before:
        return JobStart(job.number, None, max(0.0, job.submitted - app.started))
    end, number = max(before)
    return JobStart(job.number, number, job.submitted - end)


def _job_end(app: AppLog, job: Job) -> float:
    return app.end if job.completed is None else job.completed


def _cold_tasks(app: AppLog) -> set[int]:
    """The first task of each slot of each executor: those that started before any of its tasks had ended."""
    by_executor: dict[str, list[Task]] = {}
    for stage in app.stages.values():
        for task in stage.tasks:
            by_executor.setdefault(task.executor, []).append(task)
    cold: set[int] = set()
    for name, tasks in by_executor.items():
        first_end = min(task.finished for task in tasks)
        first = sorted((task for task in tasks if task.launched <= first_end), key=lambda task: task.launched)
        cold.update(id(task) for task in first[: max(1, app.executors[name].cores)])
    return cold


def _warm_median(stage: Stage, cold: set[int]) -> float | None:
    times = [task.seconds for task in stage.done if id(task) not in cold]
    return statistics.median(times) if times else None


def _warm_up(app: AppLog, medians: dict[int, float | None], cold: set[int]) -> float:
    excess = [
        task.seconds - median
        for stage in app.stages.values()
        if (median := medians.get(stage.number)) is not None
        for task in stage.done
        if id(task) in cold
    ]
    return max(0.0, statistics.median(excess)) if excess else 0.0


def _warm(task: Task, median: float | None, warm_up: float, cold: set[int]) -> float:
    """Its time on a slot that is warm; a task that is long by itself stays long."""
    if id(task) not in cold:
        return task.seconds
    if median is None:
        return max(0.0, task.seconds - warm_up)
    return task.seconds - min(warm_up, max(0.0, task.seconds - median))
