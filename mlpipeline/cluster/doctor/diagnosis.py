"""The doctor's round: figures, findings, other executor counts, and the one change to make first."""

from __future__ import annotations

from dataclasses import dataclass

from mlpipeline.cluster.doctor.causes import failure_findings
from mlpipeline.cluster.doctor.figures import AppFigures, StageFigures, app_figures, stage_figures
from mlpipeline.cluster.doctor.finding import COUNT, SEVERITIES, Finding, ranked, seconds
from mlpipeline.cluster.doctor.memory_rules import memory_findings
from mlpipeline.cluster.doctor.model import AppLog
from mlpipeline.cluster.doctor.pruning import Scan, partition_scans, pruning_findings
from mlpipeline.cluster.doctor.simulate import Simulated, shortest, simulate_counts
from mlpipeline.cluster.doctor.time_rules import failure_rate, time_findings

# Fewer executors are worth naming when the run gets no longer than this and the cores cost this much less.
_SLOWER, _CHEAPER = 1.05, 0.8


@dataclass(frozen=True)
class Diagnosis:
    """All that the doctor says of one application.

    Args:
        first: the one change to make now, "" when none would help; run again after it and ask again.
        had: what the log's own executor count comes to when simulated (shows how well the simulation fits).
        shortest: seconds with cores without end.
    """

    app: AppLog
    totals: AppFigures
    stages: list[StageFigures]
    findings: list[Finding]
    scans: list[Scan]
    simulated: list[Simulated]
    had: Simulated | None
    shortest: float
    first: str


def examine(app: AppLog) -> Diagnosis:
    """Examines one application; never raises for a log that is cut off."""
    totals, stages = app_figures(app), stage_figures(app)
    found = [
        *failure_findings(app),
        *failure_rate(totals),
        *time_findings(app, totals, stages),
        *memory_findings(app, totals, stages),
        *pruning_findings(app),
    ]
    findings = ranked(found)
    simulated = simulate_counts(app) if stages else []
    had = next((one for one in simulated if one.executors == max(1, totals.executors)), None)
    least = shortest(app) if stages else totals.seconds
    return Diagnosis(
        app, totals, stages, findings, partition_scans(app), simulated, had, least, _first(findings, simulated, had)
    )


def _first(findings: list[Finding], simulated: list[Simulated], had: Simulated | None) -> str:
    """One change at a time: what failed, then what saves most, then what costs less, then the worst of the rest."""
    broken = [one for one in findings if "failed" in one.proof and one.name != COUNT]
    if broken:
        return _asked(broken[0])
    saving = sorted((one for one in findings if one.saves), key=lambda one: -(one.saves or 0.0))
    if saving and (had is None or (saving[0].saves or 0.0) >= 0.05 * had.seconds):
        return _asked(saving[0])
    if had is not None:
        cheaper = [one for one in simulated if one.seconds <= _SLOWER * had.seconds]
        best = min(cheaper, key=lambda one: one.core_hours, default=had)
        if best.executors != had.executors and best.core_hours <= _CHEAPER * had.core_hours:
            return (
                f"take {best.executors} executor{'s' if best.executors > 1 else ''} instead of {had.executors}: "
                f"{seconds(best.seconds)} instead of {seconds(had.seconds)} by simulation, "
                f"{best.core_hours:.2f} core-hours instead of {had.core_hours:.2f}"
            )
    worst = [one for one in findings if SEVERITIES.index(one.severity) >= 1 and one.name != COUNT]
    return _asked(worst[0]) if worst else ""


def _asked(finding: Finding) -> str:
    gain = f" (saves at most {seconds(finding.saves)})" if finding.saves else ""
    return f"{finding.where}: {finding.fix}{gain}"
