"""Rules about time: work that stands in line, cores that stand idle, work done again and again.

Limits of skew, stage times and failures are those of Dr. Elephant (LinkedIn, 2016). It leaves out stages below five
minutes; here a stage counts when it is a twentieth of the run, so that short runs are judged too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from mlpipeline.cluster.doctor.figures import AppFigures, StageFigures
from mlpipeline.cluster.doctor.finding import COUNT, Finding, level, seconds
from mlpipeline.cluster.doctor.model import AppLog
from mlpipeline.cluster.doctor.owner import ALL_PARTITIONS, bots_of, is_one_bot

_SKEW = (1.33, 1.78, 3.16, 10.0)
_FAILED = (0.01, 0.1, 0.3, 0.5)
_STAGE_MINUTES = (15.0, 30.0, 45.0, 60.0)
_WEIGHT, _LEAST = 0.05, 1.0  # share of the run, seconds
_LARGE_BOT = "one bot is much larger: run it apart (--select), so that the others need not wait for it"
_SPREAD = (
    "spread the rows: repartition by a second column beside the key, or salt the key; for a join let AQE split it "
    "(spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes)"
)
_TINY_S, _MANY = 0.1, 100
_QUICK_INIT_S = 0.1
_BUSY = (0.5, 0.65, 0.8, 0.9)  # share of held cores without work
_HELD_S = 30.0
_DRIVER = (0.5, 0.65, 0.8, 0.9)
# Per task: scheduling, sending the task, sending the result. Measured on a local master (facts of the project).
_PER_TASK_S = 0.02


def time_findings(app: AppLog, totals: AppFigures, stages: list[StageFigures]) -> Iterator[Finding]:
    """All findings about time."""
    slots = max(1, totals.cores)
    for stage in stages:
        if stage.seconds >= max(_LEAST, _WEIGHT * totals.seconds):
            yield from _coalesced(app, stage, slots)
            yield from _few(app, stage, slots)
            yield from _skew(app, stage, slots)
        yield from _long(app, stage)
        yield from _tiny(app, stage, slots)
        yield from _restarts(app, stage, slots)
        yield from _slow_start(app, stage, slots)
    # A run of one bot has nobody to share its commits with.
    if not is_one_bot(app):
        yield from _driver_bound(totals)
    yield from _wasted(app, totals)


def stage_label(stage: StageFigures) -> str:
    """How a stage is named in a finding: `stage 12 (train)`."""
    about = stage.group or stage.name
    return f"stage {stage.stage}" + (f" ({about})" if about else "")


def _coalesced(app: AppLog, stage: StageFigures, slots: int) -> Iterator[Finding]:
    if stage.tasks != 1 or slots < 2 or not stage.has_python or (stage.python or 0.0) < 0.5:
        return
    # A job for one bot has one task and needs no more: only work that came through a shuffle could be spread.
    bots = bots_of(app, stage.about)
    if not stage.shuffle_read or stage.rows_in < 2 or bots == 1 or (bots and _is_by_bot(app, stage)):
        return
    fix = f"put .repartition({2 * slots}) right before the Python step: AQE leaves a number that is asked for alone"
    saves = stage.seconds * (1.0 - 1.0 / slots)
    yield Finding(
        "coalesced-inference",
        "severe" if saves > 30 else "moderate",
        stage_label(stage),
        f"one task did all the Python work of {seconds(stage.seconds)} on {stage.rows_in:,} rows, {slots} could run: "
        "AQE makes one partition of a small shuffle",
        fix if bots is None else ALL_PARTITIONS,
        saves,
        {"rows": stage.rows_in, "slots": slots, "seconds": round(stage.seconds, 2)},
    )


def _few(app: AppLog, stage: StageFigures, slots: int) -> Iterator[Finding]:
    if stage.tasks >= slots or (stage.tasks == 1 and stage.has_python and stage.shuffle_read):
        return
    bots = bots_of(app, stage.about)
    if bots is not None and stage.tasks >= bots:
        return  # a task for each bot: there is no more to cut
    fix = f"cut the work into at least {slots} partitions, or ask for fewer cores"
    saves = stage.seconds - stage.work / slots
    yield Finding(
        "few-tasks",
        "severe" if stage.tasks * 4 <= slots else "moderate",
        stage_label(stage),
        f"{stage.tasks} task{'s' if stage.tasks > 1 else ''} for {slots} cores: the rest wait {seconds(stage.seconds)}",
        fix if bots is None else ALL_PARTITIONS,
        saves,
        {"tasks": stage.tasks, "slots": slots},
    )


def _skew(app: AppLog, stage: StageFigures, slots: int) -> Iterator[Finding]:
    severity = level(stage.skew, _SKEW)
    # No shorter than its longest task, however well the rest is spread: what counts is the time beyond that.
    even = max(stage.work / min(slots, stage.tasks), stage.median)
    saves = stage.longest - even
    if severity is None or stage.tasks < 3 or saves < max(_LEAST / 2, _WEIGHT * stage.seconds):
        return
    bots = bots_of(app, stage.about)
    if bots == 1:
        return  # how one bot's rows are spread is the stage's own business
    yield Finding(
        "skew",
        severity,
        stage_label(stage),
        f"the longest of {stage.tasks} tasks took {seconds(stage.longest)}, the median {seconds(stage.median)} "
        f"({stage.skew:.1f} times)",
        _LARGE_BOT if bots or (_is_by_bot(app, stage) and stage.has_python) else _SPREAD,
        saves,
        {"skew": round(stage.skew, 2), "longest": round(stage.longest, 2), "median": round(stage.median, 2)},
    )


def _is_by_bot(app: AppLog, stage: StageFigures) -> bool:
    """Whether a task of its module is a bot, whose rows cannot be spread."""
    return stage.group in app.needs and app.needs[stage.group].by_bot


def _long(app: AppLog, stage: StageFigures) -> Iterator[Finding]:
    severity = level(stage.seconds / 60.0, _STAGE_MINUTES)
    if severity is not None:
        yield Finding(
            "long-stage",
            severity,
            stage_label(stage),
            f"took {seconds(stage.seconds)}; when it fails near its end, all of it runs again",
            "give it more executors, or fewer bots in one run (--select)"
            if bots_of(app, stage.about)
            else "cut it with a dataset in between, or give it more executors",
            None,
            {"seconds": round(stage.seconds, 1)},
        )


def _tiny(app: AppLog, stage: StageFigures, slots: int) -> Iterator[Finding]:
    if stage.tasks < max(_MANY, 8 * slots) or stage.median > _TINY_S:
        return
    yield Finding(
        "tiny-tasks",
        "moderate",
        stage_label(stage),
        f"{stage.tasks:,} tasks with a median of {stage.median * 1000:.0f} ms: as much time goes into starting them",
        f"set spark.sql.shuffle.partitions {4 * slots}"
        if bots_of(app, stage.about)
        else f"use fewer partitions, such as {4 * slots}: .repartition({4 * slots}), or spark.sql.shuffle.partitions",
        (stage.tasks - 4 * slots) * _PER_TASK_S / slots,
        {"tasks": stage.tasks, "median": round(stage.median, 4)},
    )


def _restarts(app: AppLog, stage: StageFigures, slots: int) -> Iterator[Finding]:
    if app.settings.get("spark.python.worker.reuse", "true").lower() != "false" or stage.cold_workers <= 2 * slots:
        return
    yield Finding(
        "worker-restarts",
        "severe",
        stage_label(stage),
        f"{stage.cold_workers} tasks started a Python process each, {slots} were enough: "
        f"{seconds(stage.python_start)} went into starting, and each loads its models anew",
        "set spark.python.worker.reuse true",
        stage.python_start * (1.0 - slots / stage.cold_workers) / slots,
        {"started": stage.cold_workers, "tasks": stage.tasks, "seconds": round(stage.python_start, 2)},
    )


def _slow_start(app: AppLog, stage: StageFigures, slots: int) -> Iterator[Finding]:
    lost = (stage.python_init or 0.0) - _QUICK_INIT_S
    if lost < _QUICK_INIT_S or stage.tasks < 4 * slots or stage.cold_workers == stage.tasks:
        return
    yield Finding(
        "slow-task-start",
        "moderate",
        stage_label(stage),
        f"a Python worker that runs already needs {stage.python_init:.2f} s to begin each of {stage.tasks} tasks: "
        "before Python 3.13 it reads the index of pyspark.zip again each time",
        f"set spark.sql.shuffle.partitions {4 * slots}"
        if bots_of(app, stage.about)
        else "call mlpipeline.spark.workers.enter_worker() first in the function, or use fewer, larger partitions",
        lost * stage.tasks / slots,
        {"init": round(stage.python_init or 0.0, 3), "tasks": stage.tasks},
    )


def _driver_bound(totals: AppFigures) -> Iterator[Finding]:
    alone = totals.seconds - totals.in_jobs - totals.before_jobs
    severity = level(alone / totals.seconds if totals.seconds else 0.0, _DRIVER)
    if severity is None or alone < 10.0:
        return
    yield Finding(
        "driver-bound",
        "moderate" if severity in ("severe", "critical") else "low",
        "whole run",
        f"no job ran for {seconds(alone)} of {seconds(totals.seconds)}: the driver planned, committed or worked alone",
        "run more bots in one call, so that commits are shared; more executors do not help",
        None,
        {"alone": round(alone, 1), "seconds": round(totals.seconds, 1)},
    )


def _wasted(app: AppLog, totals: AppFigures) -> Iterator[Finding]:
    severity = level(1.0 - totals.busy, _BUSY)
    if severity is None or totals.cores < 4 or totals.seconds < _HELD_S:
        return
    idle = totals.core_seconds - totals.work
    used = max(1, math.ceil(totals.busy * totals.cores))
    dynamic = app.settings.get("spark.dynamicAllocation.enabled", "false").lower() == "true"
    yield Finding(
        "wasted-cores",
        severity,
        "whole run",
        f"{totals.cores} cores were held for {seconds(totals.core_seconds / max(1, totals.cores))} and worked "
        f"{100 * totals.busy:.0f} % of it: {idle / 3600:.2f} core-hours for nothing",
        f"use fewer cores: --master 'local[{used}]'"
        if app.is_local
        else "lower spark.dynamicAllocation.maxExecutors and its executorIdleTimeout"
        if dynamic
        else "take the smallest number of executors of the table below that is hardly slower",
        None,
        {"busy": round(totals.busy, 3), "cores": totals.cores, "idle_core_hours": round(idle / 3600, 3)},
    )


def failure_rate(totals: AppFigures) -> Iterator[Finding]:
    """Tasks that failed, as a share of all."""
    severity = level(totals.failed_tasks / totals.tasks if totals.tasks else 0.0, _FAILED)
    if severity is not None:
        yield Finding(
            COUNT,
            severity,
            "whole run",
            f"{totals.failed_tasks} of {totals.tasks} tasks failed, {totals.failed_jobs} of {totals.jobs} jobs",
            "look at the causes; the first is the one to correct",
            None,
            {"failed": totals.failed_tasks, "tasks": totals.tasks},
        )
