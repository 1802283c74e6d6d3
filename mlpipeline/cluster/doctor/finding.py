"""What a finding is, and how severe: the words of every rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["low", "moderate", "severe", "critical"]
SEVERITIES: tuple[Severity, ...] = ("low", "moderate", "severe", "critical")
COUNT = "failed-tasks"  # tells how many failed; why they did stands in findings of its own
Limits = tuple[float, float, float, float]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, with its proof and what to do.

    Args:
        name: as docs/doctor.md calls it.
        where: the stage of Spark and its job group, an executor, or the whole run.
        what: one sentence with the figures that prove it.
        fix: one change.
        saves: seconds of the run that the change may save at most; None when that cannot be told.
        proof: the figures, for programs.
    """

    name: str
    severity: Severity
    where: str
    what: str
    fix: str
    saves: float | None = None
    proof: Mapping[str, float | int | str] = field(default_factory=dict)


def level(value: float, limits: Limits) -> Severity | None:
    """How severe a figure is: below the first limit not at all, from the last one on critical."""
    reached = sum(value >= limit for limit in limits)
    return SEVERITIES[reached - 1] if reached else None


def ranked(findings: Sequence[Finding]) -> list[Finding]:
    """The worst first; of equally severe ones causes before their count, then what saves most."""

    def key(one: Finding) -> tuple[int, bool, float, str, str]:
        return -SEVERITIES.index(one.severity), one.name == COUNT, -(one.saves or 0.0), one.name, one.where

    return sorted(findings, key=key)


def seconds(value: float) -> str:
    """`0.4 s`, `42 s`, `3.5 min`, `2.1 h`."""
    if value < 9.95:
        return f"{value:.1f} s"
    if value < 120:
        return f"{value:.0f} s"
    return f"{value / 60:.1f} min" if value < 7200 else f"{value / 3600:.1f} h"


def amount(value: float) -> str:
    """Bytes: `640 kB`, `1.3 GB` (1 kB is 1,024 bytes, as Spark counts)."""
    for unit, size in (("TB", 2**40), ("GB", 2**30), ("MB", 2**20), ("kB", 2**10)):
        if value >= size:
            return f"{value / size:.1f} {unit}" if value < 10 * size else f"{value / size:.0f} {unit}"
    return f"{value:.0f} B"
