"""Two models on the same labelled rows: who is right, what changed, and in which slices of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mlpipeline.methods.evaluation.intervals import wilson
from mlpipeline.methods.evaluation.paired import Paired, count_paired, difference_interval, mcnemar

_LENGTHS = ("short", "medium", "long")


@dataclass(frozen=True)
class SliceFigures:
    """Two models on some of the rows.

    Attributes:
        name: by what rows are told apart, such as `intent`; `all` for all rows.
        value: which of them these are.
        counts: rows by who is right.
        before, after: accuracy of the first and of the second; None without rows.
        before_interval, after_interval: theirs.
        difference: of the two, second less first.
        difference_interval: of it.
        p: of McNemar's exact test.
        p_adjusted: the same, held against all slices that changed (Holm 1979).
    """

    name: str
    value: str
    counts: Paired
    before: float | None
    after: float | None
    before_interval: list[float] | None
    after_interval: list[float] | None
    difference: float
    difference_interval: list[float] | None
    p: float
    p_adjusted: float

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        values = {name: value for name, value in vars(self).items() if name != "counts"}
        return {**values, "rows": self.counts.rows, **self.counts._asdict()}


def figures_of(counts: Paired, interval: float, name: str = "all", value: str = "") -> SliceFigures:
    """All figures of some rows.

    Args:
        counts: rows by who is right.
        interval: coverage, such as 0.95.
        name, value: of the slice.
    """
    n, p = counts.rows, mcnemar(counts.fixed, counts.broken)
    difference, spread = difference_interval(counts, interval)
    before, after = (hits / n if n else None for hits in (counts.before, counts.after))
    one, other = (wilson(hits, n, interval) if n else None for hits in (counts.before, counts.after))
    return SliceFigures(name, value, counts, before, after, one, other, difference, spread, p, p)


def slice_figures(
    before: Sequence[bool], after: Sequence[bool], slices: Mapping[str, Sequence[str | None]], interval: float
) -> list[SliceFigures]:
    """Figures of each value of each slice that has two values at least, those that lost most rows first.

    Args:
        before, after: whether the first and the second model are right, of n rows.
        slices: name -> of each row its value; None where it has none.
        interval: coverage.
    """
    found = []
    for name, values in slices.items():
        rows: dict[str, list[int]] = {}
        for at, value in enumerate(values):
            if value is not None:
                rows.setdefault(value, []).append(at)
        if len(rows) < 2:
            continue
        for value, places in rows.items():
            counts = count_paired([before[at] for at in places], [after[at] for at in places])
            found.append(figures_of(counts, interval, name, value))
    found = _adjusted(found)
    return sorted(found, key=lambda one: (one.counts.fixed - one.counts.broken, one.p, one.name, one.value))


def _adjusted(slices: list[SliceFigures]) -> list[SliceFigures]:
    """With p held against all slices that changed: of many, one looks uneven by chance."""
    changed = sorted((one for one in slices if one.counts.fixed + one.counts.broken), key=lambda one: one.p)
    held, least = {}, 0.0
    for place, one in enumerate(changed):
        least = max(least, min(1.0, one.p * (len(changed) - place)))
        held[one.name, one.value] = least
    return [replace(one, p_adjusted=held.get((one.name, one.value), 1.0)) for one in slices]


def length_slices(texts: Sequence[str]) -> list[str]:
    """Of each text `short`, `medium` or `long`, with the characters that this means: thirds of the rows."""
    if not texts:
        return []
    lengths = np.array([len(text) for text in texts])
    first, second = (int(np.quantile(lengths, share, method="lower")) for share in (1 / 3, 2 / 3))
    words = [f"{_LENGTHS[0]} (to {first})", f"{_LENGTHS[1]} (to {second})", f"{_LENGTHS[2]} (over {second})"]
    return [words[(length > first) + (length > second)] for length in lengths.tolist()]
