"""Figures with intervals, of one encoder and of the difference between two that were asked the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.evaluation.intervals import wilson

INTERVAL = 0.95
RESAMPLES = 1000
_CELLS_AT_ONCE = 500_000  # drawn clusters held at a time: 12 MB with their values


@dataclass(frozen=True)
class Items:
    """What was measured, one number an item; their mean is the figure.

    Attributes:
        values: float64 (n,).
        clusters: int64 (n,), items of one number are drawn together: near duplicates, sentences of one group.
        is_share: whether every value lies between 0 and 1.
    """

    values: NDArray[np.float64]
    clusters: NDArray[np.int64]
    is_share: bool = True


@dataclass(frozen=True)
class Figure:
    """A mean with its 95 % interval, and of how many items."""

    value: float
    low: float
    high: float
    items: int


def figure_of(items: Items, seed: int) -> Figure | None:
    """The mean of the items; None without any.

    Whole clusters are drawn anew (Field and Welsh 2007, "Bootstrapping clustered data"). A bootstrap of items that are
    all alike is a point, however few they are: a share spans its Wilson interval, with the clusters for rows, too.
    """
    if not len(items.values):
        return None
    value = float(items.values.mean())
    sums, counts = _by_cluster(items.values, items.clusters)
    low, high = _resampled(sums, counts, seed)
    if items.is_share:
        least, most = wilson(round(value * len(counts)), len(counts), INTERVAL)
        low, high = min(low, least), max(high, most)
    return Figure(value, min(low, value), max(high, value), len(items.values))


def difference_of(new: Items, old: Items, seed: int) -> Figure | None:
    """How much more `new` is than `old`, of the same items in the same order (paired bootstrap); None without any.

    Where no item differs, the interval is as wide as what so many clusters may hide of a share.

    Raises:
        ValueError: the items are not the same.
    """
    if len(new.values) != len(old.values) or not np.array_equal(new.clusters, old.clusters):
        raise ValueError("two encoders can only be compared on the same items")
    if not len(new.values):
        return None
    apart = new.values - old.values
    sums, counts = _by_cluster(apart, new.clusters)
    low, high = _resampled(sums, counts, seed)
    if not apart.any() and new.is_share:
        hidden = wilson(0, len(counts), INTERVAL)[1]
        low, high = -hidden, hidden
    value = float(apart.mean())
    return Figure(value, min(low, value), max(high, value), len(apart))


def _by_cluster(
    values: NDArray[np.float64], clusters: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum and number of the items of each cluster."""
    _, place = np.unique(clusters, return_inverse=True)
    place = place.reshape(-1)
    sums, counts = np.bincount(place, weights=values), np.bincount(place)
    return sums.astype(np.float64), counts.astype(np.float64)


def _resampled(sums: NDArray[np.float64], counts: NDArray[np.float64], seed: int) -> tuple[float, float]:
    """The interval of the mean when clusters are drawn anew, each time as many as there are."""
    rng, n = np.random.default_rng(seed), len(sums)
    step = max(1, _CELLS_AT_ONCE // n)
    means = []
    for start in range(0, RESAMPLES, step):
        drawn = rng.integers(0, n, size=(min(step, RESAMPLES - start), n))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    tail = (1.0 - INTERVAL) / 2.0
    low, high = np.quantile(np.concatenate(means), [tail, 1.0 - tail])
    return float(low), float(high)
