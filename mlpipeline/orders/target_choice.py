"""Local or cluster: seconds expected at each place, from what earlier runs took. Pure arithmetic."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# A cluster is used when it saves at least this share: others wait for what we take there.
SAVING = 0.1


@dataclass(frozen=True)
class Site:
    """A place to run: seconds until a session's first task is done, and how many tasks run at once."""

    master: str
    start_seconds: float
    slots: int


@dataclass(frozen=True)
class Load:
    """What a stage has to do: rows of so many bots.

    `widest` is how many tasks can share it, None for any number. `guess` is what it takes where no run has told yet:
    seconds without rows, and core-seconds for 1,000 rows.
    """

    stage: str
    rows: int
    widest: int | None = None
    guess: tuple[float, float] = (3.0, 1.0)


@dataclass(frozen=True)
class Seen:
    """What a stage did in an earlier run, on so many slots."""

    load: Load
    seconds: float
    slots: int


@dataclass(frozen=True)
class Choice:
    """Where to run: the master, seconds expected at both places, and why in one line."""

    master: str
    local_seconds: float
    cluster_seconds: float
    reason: str


def choose(loads: Sequence[Load], seen: Sequence[Seen], local: Site, cluster: Site, *, runs: int = 0) -> Choice:
    """Picks the place that is expected to be done first.

    Args:
        loads: the stages to run.
        seen: stages of earlier runs, at any place.
        local: this machine.
        cluster: the other one.
        runs: how many runs `seen` comes from, for the words.
    """
    here, there = (site.start_seconds + sum(seconds_of(load, seen, site.slots) for load in loads)
                   for site in (local, cluster))  # fmt: skip
    chosen = cluster if there <= here * (1 - SAVING) else local
    source = f"from {runs} earlier run{'s' if runs != 1 else ''}" if runs else "a guess, no run has told yet"
    told = f"{in_words(here)} here against {in_words(there)} on {cluster.master}"
    starts = f"{in_words(cluster.start_seconds)} of it to start, {cluster.slots} tasks at once"
    reason = f"on {chosen.master}: {told} ({starts}); {source}; --master overrules"
    return Choice(chosen.master, here, there, reason)


def seconds_of(load: Load, seen: Sequence[Seen], slots: int) -> float:
    """Seconds expected of a stage on so many slots: what it costs without rows, and its rows shared by the slots."""
    fixed, per_share = _line([one for one in seen if one.load.stage == load.stage], load.guess)
    return fixed + per_share * _share(load, slots)


def _share(load: Load, slots: int) -> float:
    """Rows that the busiest slot has to do; a bot is trained by one task, so two bots use two slots at most."""
    return load.rows / max(1, min(slots, load.widest or slots))


def _line(seen: Sequence[Seen], guess: tuple[float, float]) -> tuple[float, float]:
    """Seconds = fixed + slope * rows of a slot: through what was seen, neither of them below zero."""
    guessed, per_thousand = guess
    if not seen:
        return guessed, per_thousand / 1000
    shares = [_share(one.load, one.slots) for one in seen]
    taken = [one.seconds for one in seen]
    middle, height = statistics.fmean(shares), statistics.fmean(taken)
    if max(shares) < 2 * min(shares) or len(seen) < 2:
        # Runs of one size cannot tell what the start of a stage costs and what its rows do.
        fixed = min(guessed, *taken)
        return fixed, max(0.0, height - fixed) / middle if middle else 0.0
    spread = sum((share - middle) ** 2 for share in shares)
    slope = sum((share - middle) * (second - height) for share, second in zip(shares, taken, strict=True)) / spread
    slope = max(0.0, slope)
    fixed = height - slope * middle
    if fixed < 0:
        return 0.0, sum(a * b for a, b in zip(shares, taken, strict=True)) / sum(share**2 for share in shares)
    return fixed, slope


def in_words(seconds: float) -> str:
    """ "9 s", "1.3 min" or "2.1 h"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"
