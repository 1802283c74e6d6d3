"""Figures a module: all that ran under one job group, which is one stage of the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlpipeline.cluster.doctor.figures import StageFigures, covered, spans
from mlpipeline.cluster.doctor.model import AppLog


@dataclass(frozen=True)
class ModuleFigures:
    """What one module did on Spark. Seconds and bytes.

    Args:
        name: the job group; "" for jobs outside of one.
        in_jobs: seconds in which at least one of its jobs ran.
        work: summed duration of its tasks; of it `python`, `cpu` (the JVM's threads), `gc`, `fetch_wait` and `start`
            (unpacking tasks, loading and compiling classes).
        longest_stage: its stage of Spark with the most work.
        peak_jvm, peak_python: largest memory of one executor; 0 when it was not sampled.
    """

    name: str
    in_jobs: float
    jobs: int
    tasks: int
    failed: int
    work: float
    python: float
    cpu: float
    gc: float
    fetch_wait: float
    start: float
    cold_workers: int
    spilled_to_disk: int
    bytes_in: int
    bytes_out: int
    shuffled: int
    peak_jvm: int
    peak_python: int
    longest_stage: str


def module_figures(app: AppLog, stages: Sequence[StageFigures]) -> list[ModuleFigures]:
    """One entry for each job group, in the order in which they began."""
    groups: dict[str, list[StageFigures]] = {job.group: [] for _, job in sorted(app.jobs.items())}
    for stage in stages:
        groups.setdefault(stage.group, []).append(stage)
    return [_module(app, name, members) for name, members in groups.items()]


def _module(app: AppLog, name: str, stages: Sequence[StageFigures]) -> ModuleFigures:
    jobs = [job for job in app.jobs.values() if job.group == name]
    most = max(stages, key=lambda stage: stage.work, default=None)

    def of_run(share: str) -> float:
        return sum(float(getattr(stage, share) or 0.0) * stage.run for stage in stages)

    return ModuleFigures(
        name=name,
        in_jobs=covered(spans(app, jobs)),
        jobs=len(jobs),
        tasks=sum(stage.tasks for stage in stages),
        failed=sum(stage.failed for stage in stages),
        work=sum(stage.work for stage in stages),
        python=of_run("python"),
        cpu=of_run("cpu"),
        gc=of_run("gc"),
        fetch_wait=of_run("fetch_wait"),
        start=sum(stage.deserialize * stage.work for stage in stages),
        cold_workers=sum(stage.cold_workers for stage in stages),
        spilled_to_disk=sum(stage.spilled_to_disk for stage in stages),
        bytes_in=sum(stage.bytes_in for stage in stages),
        bytes_out=sum(stage.bytes_out for stage in stages),
        shuffled=sum(stage.shuffle_written for stage in stages),
        peak_jvm=max((stage.peak_jvm for stage in stages), default=0),
        peak_python=max((stage.peak_python for stage in stages), default=0),
        longest_stage=f"stage {most.stage}: {most.name}" if most else "",
    )
