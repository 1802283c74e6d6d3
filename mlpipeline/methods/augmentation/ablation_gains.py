"""What made rows do to macro-F1: of predictions with and without them, the difference and a paired interval. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.evaluation.intervals import macro_f1

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

_RESAMPLES = 1000
_ENDS = (0.025, 0.975)


class Gain(NamedTuple):
    """By how much macro-F1 rises (-1 to 1), with the ends of a 95 % interval."""

    gain: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{100 * self.gain:+.1f} [{100 * self.low:+.1f}, {100 * self.high:+.1f}]"


def paired_gains(
    predicted: Mapping[str, Codes],
    pairs: Sequence[tuple[str, str]],
    truth: Codes,
    groups: Codes,
    classes: int,
    seed: int = 20,
) -> tuple[dict[tuple[str, str], Gain], dict[str, float]]:
    """The gain of the first of each pair over the second.

    Macro-F1 is that of all rows of one seed, each said by a model that had not learnt it: of a fold alone, with two
    rows an intent, it would be mostly chance. An interval is of resamples that draw families of rows and, beside them,
    seeds; each resample judges both sides on the same draw (paired bootstrap: Efron and Tibshirani 1993, chapter 16).
    What is not in it: the models of two folds have learnt rows in common, so that it is a little too narrow where a bot
    has few rows.

    Args:
        predicted: by name of an arm, label codes (seeds, n) that it gives n rows.
        pairs: names of two arms each.
        truth: (n,) label codes in [0, classes).
        groups: (n,) rows of one family are drawn together.
        classes: number of labels.
        seed: of the resamples.

    Returns:
        The gain of each pair, and the mean macro-F1 of each arm that is in one.
    """
    random = np.random.default_rng(seed)
    rows, seeds = _draws(groups, len(next(iter(predicted.values()))), random)
    wanted = sorted({name for pair in pairs for name in pair})
    points, drawn = dict[str, float](), dict[str, Floats]()
    for name in wanted:
        whole = _scores(predicted[name], truth, classes, np.ones((1, len(truth))))
        points[name] = float(whole.mean())
        scores = _scores(predicted[name], truth, classes, rows)
        drawn[name] = (scores * seeds).sum(axis=1) / seeds.sum(axis=1)
    gains = {}
    for one, other in pairs:
        low, high = np.quantile(drawn[one] - drawn[other], _ENDS).tolist()
        gains[one, other] = Gain(points[one] - points[other], low, high)
    return gains, points


def _draws(groups: Codes, seeds: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """How often each row (resamples, n) and each seed (resamples, seeds) is drawn."""
    _, place = np.unique(groups, return_inverse=True)
    place = place.reshape(-1)
    count = int(place.max(initial=-1)) + 1
    families = random.multinomial(count, np.full(count, 1.0 / count), size=_RESAMPLES)
    chosen = random.multinomial(seeds, np.full(seeds, 1.0 / seeds), size=_RESAMPLES)
    return families[:, place].astype(np.float64), chosen.astype(np.float64)


def _scores(said: Codes, truth: Codes, classes: int, weights: Floats) -> Floats:
    """Macro-F1 (draws, seeds) of predictions (seeds, n) under the weights (draws, n) of rows."""
    support = weights @ _ones(truth, classes)
    found = []
    for codes in said:
        predicted = weights @ _ones(codes, classes)
        hits = weights @ _ones(truth, classes, codes == truth)
        found.append(macro_f1(hits, support, predicted))
    return np.stack(found, axis=1)


def _ones(codes: Codes, classes: int, where: NDArray[np.bool_] | None = None) -> csr_matrix:
    """Sparse (n, classes): one where a row has the code."""
    from scipy.sparse import csr_matrix

    ones = np.ones(len(codes)) if where is None else where.astype(np.float64)
    return csr_matrix((ones, codes, np.arange(len(codes) + 1)), shape=(len(codes), classes))
