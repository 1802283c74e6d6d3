"""Which scores are answered, which are asked back and which are handed over: what mistakes cost decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_NEVER = 1.0  # no score is above it; one of 1 is answered all the same


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What it costs to answer wrongly, to ask "did you mean", and to hand over, each 0 or more, in any one unit.

    An answer that is right costs nothing. Whoever is asked for what was not meant is handed over in the end.
    """

    wrong: float
    question: float
    hand_over: float


class Zones(NamedTuple):
    """From the score `answer` on a bot answers, from `did_you_mean` on it asks back, below it falls back."""

    answer: float
    did_you_mean: float


def zones_by_costs(scores: Floats, correct: NDArray[np.bool_], costs: Costs) -> Zones:
    """The two limits with the least cost over the rows; of equals, those that answer most.

    Args:
        scores: (n,) of the best intent, of rows that were not trained on.
        correct: (n,) whether that intent is right; False for rows that are no bot's business.
        costs: those of the domain.
    """
    order = np.argsort(-scores, kind="stable")
    wrong = ~np.asarray(correct, bool)[order]
    of_answer = _before(costs.wrong * wrong)
    of_question = _before(costs.question + costs.hand_over * wrong)
    of_hand_over = _before(np.full(len(order), float(costs.hand_over)))
    ordered = scores[order]
    # Rows of one score are in one zone: a limit stands only where the score changes.
    borders = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1], [True]])[: len(order) + 1])
    best: tuple[float, int, int] | None = None
    cheapest, first = np.inf, 0
    for last in borders.tolist():
        # Before `first` all are answered, from there to `last` asked back, the rest is handed over.
        gain = of_answer[last] - of_question[last]
        if gain <= cheapest:
            cheapest, first = gain, last
        total = cheapest + of_question[last] + of_hand_over[-1] - of_hand_over[last]
        if best is None or total <= best[0] + 1e-12:
            best = (total, first, last)
    assert best is not None  # there is the border 0 at least
    return Zones(*(_limit(ordered, count) for count in best[1:]))


def threshold_by_wrong(scores: Floats, correct: NDArray[np.bool_], max_wrong: float) -> float:
    """The lowest score from which on at most this share of the answers is wrong.

    Half a wrong answer more than there are counts, so that a handful of rows that are all right promises little.

    Args:
        scores: (n,) of the best intent, of rows that were not trained on.
        correct: (n,) whether that intent is right; False for rows that are no bot's business.
        max_wrong: between 0 and 1.
    """
    order = np.argsort(-scores, kind="stable")
    ordered, wrong = scores[order], np.cumsum(~np.asarray(correct, bool)[order])
    kept = (wrong + 0.5) / (np.arange(len(order)) + 1.0) <= max_wrong
    kept &= np.concatenate([ordered[1:] != ordered[:-1], [True]])[: len(order)]
    return _limit(ordered, int(np.flatnonzero(kept).max(initial=-1)) + 1)


def _before(values: Floats) -> Floats:
    """Sum of the first 0, 1, ... n values: float64 (n + 1,)."""
    return np.concatenate([[0.0], np.cumsum(values)])


def _limit(ordered: Floats, count: int) -> float:
    """A score that parts the first `count` of descending scores from the rest: half-way between two of them."""
    if count == 0:
        return _NEVER
    if count == len(ordered):
        return 0.0
    return round(float((ordered[count - 1] + ordered[count]) / 2), 6)
