"""The share of wrong rows, read off cut-offs: how many rows lie above one, and how many wrong labels on paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

# Shares of the wrong labels on paper above the cut-offs of which the rate is the median. Above higher ones are few
# rows, and mistakes on paper are a little easier than real ones; above lower ones are rows that are hard and right:
# with shares up to .8, 300 rows of 50 intents are off by .15, with these by .11; 11,500 rows by .027 and .008.
_FOUND = np.arange(0.3, 0.575, 0.05)
_TRIED = np.arange(0.15, 0.7, 0.05)  # of the interval: how far the estimates of cut-offs are apart belongs to it
_RESAMPLES = 200


def find_rate(scores: Doubles, planted: Doubles) -> float:
    """The share of wrong rows (n,), by the scores of wrong labels on paper (m,)."""
    return float(np.median(_rates(scores, planted, _FOUND)))


def _rates(scores: Doubles, planted: Doubles, shares: Doubles) -> Doubles:
    """Estimates of the share of wrong rows, one a cut-off: rows above it by wrong labels on paper above it."""
    if not len(planted) or not len(scores):
        return np.zeros(len(shares))
    cuts = np.quantile(planted, 1.0 - shares)
    above = (scores[:, None] >= cuts).mean(axis=0)
    return np.asarray(above / np.maximum((planted[:, None] >= cuts).mean(axis=0), 1e-9))


def find_interval(scores: Doubles, planted: Doubles, random: np.random.Generator) -> tuple[float, float]:
    """95 % interval of the rate: rows drawn anew, and in each draw another cut-off."""
    if not len(planted):
        return 0.0, 1.0
    # Above a cut-off stands a binomial number of rows, of which a few may be missing by chance even where there is none
    # (Jeffreys' interval); the wrong labels on paper are as many as one likes.
    above = np.clip(_rates(scores, planted, _TRIED) * _TRIED, 0.0, 1.0) * len(scores)
    drawn = random.beta(above + 0.5, len(scores) - above + 0.5, (_RESAMPLES, len(_TRIED))) / _TRIED
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(min(high, 1.0))
