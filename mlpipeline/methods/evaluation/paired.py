"""Two models on the same rows: which they answer differently, and whether chance could have made the difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from mlpipeline.methods.evaluation.intervals import wilson


class Paired(NamedTuple):
    """Rows by who is right: `both`, only the second (`fixed`), only the first (`broken`), or `neither`."""

    both: int
    fixed: int
    broken: int
    neither: int

    @property
    def rows(self) -> int:
        """All of them."""
        return self.both + self.fixed + self.broken + self.neither

    @property
    def before(self) -> int:
        """Rows that the first has right."""
        return self.both + self.broken

    @property
    def after(self) -> int:
        """Rows that the second has right."""
        return self.both + self.fixed


def count_paired(before: Sequence[bool], after: Sequence[bool]) -> Paired:
    """Whether the first and the second are right, of n rows in one order."""
    pairs = list(zip(before, after, strict=True))
    both, fixed, broken = (pairs.count(wanted) for wanted in ((True, True), (False, True), (True, False)))
    return Paired(both, fixed, broken, len(pairs) - both - fixed - broken)


def mcnemar(fixed: int, broken: int) -> float:
    """How probable a split at least as uneven is where fixing and breaking are equally likely: exact, two-sided.

    Only rows that changed say anything (McNemar 1947, in its exact binomial form). 1.0 without any.
    """
    n, fewer = fixed + broken, min(fixed, broken)
    if not n:
        return 1.0
    logs = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(fewer + 1)]
    return min(1.0, 2.0 * sum(math.exp(one - n * math.log(2.0)) for one in logs))


def difference_interval(counts: Paired, interval: float) -> tuple[float, list[float] | None]:
    """The share that is right, second less first, with its interval [low, high]; None without rows.

    Newcombe 1998 ("Improved confidence intervals for the difference between binomial proportions based on paired
    data", method 10): the Wilson intervals of both shares, put together with their correlation. It stays honest where
    few rows changed.

    Args:
        counts: rows by who is right.
        interval: how often it should hold the true difference, such as 0.95.
    """
    n = counts.rows
    if not n:
        return 0.0, None
    first, second = counts.before / n, counts.after / n
    (low_first, high_first), (low_second, high_second) = (wilson(k, n, interval) for k in (counts.before, counts.after))
    link, difference = _correlation(counts), second - first
    down = _joined(second - low_second, high_first - first, link)
    up = _joined(high_second - second, first - low_first, link)
    return difference, [max(-1.0, difference - down), min(1.0, difference + up)]


def _joined(one: float, other: float, link: float) -> float:
    return math.sqrt(max(0.0, one * one - 2.0 * link * one * other + other * other))


def _correlation(counts: Paired) -> float:
    """Phi of the four counts, with Newcombe's correction for few rows; 0 where one side is all right or all wrong."""
    both, fixed, broken, neither = counts
    margins = math.prod((both + fixed, broken + neither, both + broken, fixed + neither))
    if not margins:
        return 0.0
    excess = both * neither - fixed * broken
    corrected = max(excess - counts.rows / 2.0, 0.0) if excess > 0 else float(excess)
    return corrected / math.sqrt(margins)
