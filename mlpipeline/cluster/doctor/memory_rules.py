"""Rules about memory: spill, garbage collection, heaps and executors of a size that does not fit; and about GPUs.

Limits of garbage collection and of executor sizes are Dr. Elephant's (LinkedIn, 2016).
"""

from __future__ import annotations

from collections.abc import Iterator

from mlpipeline.cluster.doctor.figures import AppFigures, StageFigures, workers
from mlpipeline.cluster.doctor.finding import Finding, amount, level, seconds
from mlpipeline.cluster.doctor.model import AppLog
from mlpipeline.cluster.doctor.owner import bots_of
from mlpipeline.cluster.doctor.time_rules import stage_label

_GC = (0.08, 0.1, 0.15, 0.2)
_GC_LEAST_S = 1.0
_SPILL = (0.05, 0.2, 0.5, 1.0)  # bytes on disk for each byte that came in or was shuffled
_SPILL_LEAST = 8 << 20
_HEAP_GB = (10.0, 15.0, 20.0, 25.0)
_CORES = (6.0, 8.0, 10.0, 12.0)
_LARGE_HEAP = 4 << 30
_GPU_IDLE = (0.5, 0.7, 0.9, 0.999)


def memory_findings(app: AppLog, totals: AppFigures, stages: list[StageFigures]) -> Iterator[Finding]:
    """All findings about memory and GPUs."""
    for stage in stages:
        yield from _spill(app, stage)
    yield from _collection(app, totals, stages)
    if not app.is_local and workers(app):
        yield from _sizes(app)
        yield from _unused_heap(app, stages)
    yield from _gpus(app)


def heap_key(app: AppLog) -> str:
    """The setting that sizes the heap in which tasks run."""
    return "spark.driver.memory" if app.is_local else "spark.executor.memory"


def _spill(app: AppLog, stage: StageFigures) -> Iterator[Finding]:
    came = stage.bytes_in + stage.shuffle_read + stage.shuffle_written
    if stage.spilled_to_disk < _SPILL_LEAST:
        return
    severity = level(stage.spilled_to_disk / max(1, came), _SPILL)
    if severity is None:
        return
    fraction = app.number_of("spark.memory.fraction", 0.6)
    fix = f"use twice the partitions ({2 * stage.tasks}), so that each task holds half"
    if bots_of(app, stage.about):
        fix = f"raise {heap_key(app)}, or set spark.sql.shuffle.partitions {2 * stage.tasks}: each task holds half"
    if fraction < 0.5:
        fix = f"set spark.memory.fraction 0.6: with {fraction:g} tasks may use {fraction:.0%} of the heap"
    yield Finding(
        "spill",
        severity,
        stage_label(stage),
        f"{amount(stage.spilled_to_disk)} were written to disk and read again, because {stage.tasks} tasks had no room "
        f"for {amount(stage.spilled)} in the heap ({heap_key(app)} {app.settings.get(heap_key(app), '1g')})",
        fix,
        None,
        {"spilled": stage.spilled_to_disk, "came": came},
    )


def _collection(app: AppLog, totals: AppFigures, stages: list[StageFigures]) -> Iterator[Finding]:
    slots = max(1, totals.cores)
    for stage in stages:
        severity = level(stage.gc, _GC)
        lost = stage.gc * stage.work
        if severity is None or lost < _GC_LEAST_S or lost / slots < 0.02 * totals.seconds:
            continue
        fix = f"raise {heap_key(app)} (it is {app.settings.get(heap_key(app), '1g')})"
        options = app.settings.get(heap_key(app).replace(".memory", ".extraJavaOptions"), "")
        if "-Xmn" in options or "NewSize" in options or "NewRatio" in options:
            fix = "take -Xmn, -XX:NewSize and -XX:NewRatio out of the JVM's options"
        yield Finding(
            "garbage-collection",
            severity,
            stage_label(stage),
            f"{100 * stage.gc:.0f} % of the tasks' time went into garbage collection ({seconds(lost)} in all)",
            fix,
            lost / slots,
            {"share": round(stage.gc, 3), "seconds": round(lost, 2)},
        )


def _sizes(app: AppLog) -> Iterator[Finding]:
    heap = app.size("spark.executor.memory", "1g") / 2**30
    severity = level(heap, _HEAP_GB)
    if severity is not None and heap > 32.0:
        yield Finding(
            "executor-size",
            severity,
            "executors",
            f"a heap of {heap:.0f} GB: above 32 GB pointers take twice the room, and a collection stops all its tasks",
            "take two executors of half the size",
            None,
            {"heap_gb": round(heap, 1)},
        )
    cores = max(executor.cores for executor in workers(app))
    severity = level(cores, _CORES)
    if severity is not None:
        yield Finding(
            "executor-cores",
            severity,
            "executors",
            f"{cores} cores in one executor: its tasks share one heap, one disk connection and one collector",
            "set spark.executor.cores to 4 or 5 and take more executors (`mlpipeline size` reckons it)",
            None,
            {"cores": cores},
        )


def _unused_heap(app: AppLog, stages: list[StageFigures]) -> Iterator[Finding]:
    heap = app.size("spark.executor.memory", "1g")
    peak = max((stage.peak_jvm for stage in stages), default=0)
    if heap < _LARGE_HEAP or not peak or peak > heap / 3:
        return
    wanted = max(1, round(2 * peak / 2**30))
    yield Finding(
        "unused-heap",
        "low",
        "executors",
        f"the heap never held more than {amount(peak)} of its {amount(heap)}",
        f"set spark.executor.memory {wanted}g; what is left can be memoryOverhead for Python workers",
        None,
        {"peak": peak, "heap": heap},
    )


def _gpus(app: AppLog) -> Iterator[Finding]:
    held = sum(
        executor.gpus * max(0.0, (app.end if executor.removed is None else executor.removed) - executor.added)
        for executor in workers(app)
    )
    if not held:
        return
    default = app.number_of("spark.task.resource.gpu.amount", 0.0)
    used = 0.0
    for stage in app.stages.values():
        asked = app.profiles.get(stage.profile, {}).get("gpu", default)
        used += sum(task.seconds * asked for task in stage.tasks)
    severity = level(1.0 - min(1.0, used / held), _GPU_IDLE)
    if severity is None:
        return
    count = sum(executor.gpus for executor in workers(app))
    never = used == 0.0
    yield Finding(
        "gpu-idle",
        severity,
        "executors",
        f"{count} GPUs were held for {seconds(held / count)} each, and "
        + ("no task asked for one" if never else f"tasks had them {100 * used / held:.0f} % of that time"),
        "set spark.task.resource.gpu.amount (1 / tasks that share a GPU), or leave the GPUs out of "
        "spark.executor.resource.gpu.amount"
        if never
        else "ask for GPUs in the stages that use them only (a resource profile, or a job of its own for embed)",
        None,
        {"gpus": count, "held": round(held, 1), "used": round(used, 1)},
    )
