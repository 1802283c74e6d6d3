"""The k rows of one matrix that are most like each row of another, in blocks: plain numpy, for tasks of Spark."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Positions = NDArray[np.int64]

_LEFT, _RIGHT = 2048, 4096  # rows of a block: its products (32 MB) are looked through while they are in the cache


class Nearest(NamedTuple):
    """For each left row: `positions` int64 (m, k) of right rows, the most similar first, -1 where there are no more,
    and their products, `similarities` float32 (m, k)."""

    positions: Positions
    similarities: Vectors


def nearest_rows(left: Vectors, right: Vectors, count: int) -> Nearest:
    """The `count` rows of `right` with the largest products with each row of `left`.

    All products are computed, none is sorted but those that beat the worst of the best so far: looking through a block
    costs a tenth of making it.

    Args:
        left: float32 (m, d).
        right: float32 (n, d).
        count: k, at least 1. Of equal products the row that stands first is taken.
    """
    positions = np.full((len(left), count), -1, np.int64)
    similarities = np.full((len(left), count), -np.inf, np.float32)
    for start in range(0, len(left), _LEFT):
        rows = slice(start, min(start + _LEFT, len(left)))
        _fill(left[rows], right, positions[rows], similarities[rows])
    return Nearest(positions, similarities)


def _fill(left: Vectors, right: Vectors, positions: Positions, similarities: Vectors) -> None:
    """The best of one block of left rows, into `positions` and `similarities` (m, k)."""
    count = positions.shape[1]
    products = np.empty((len(left), _RIGHT), np.float32)
    for start in range(0, len(right), _RIGHT):
        block = right[start : start + _RIGHT]
        made = np.matmul(left, block.T, out=products[:, : len(block)] if len(block) == _RIGHT else None)
        if start == 0 and len(block) > count:
            # The first block sets the bar: all of it would pass.
            bar = np.partition(made, len(block) - count, axis=1)[:, len(block) - count]
            better = made >= bar[:, None]
        else:
            better = made > similarities[:, -1:]
        # Flat: ten times as fast as finding rows and columns of a mask that is nearly empty.
        rows, columns = np.divmod(np.flatnonzero(better.ravel()), len(block))
        if len(rows):
            _merge(rows, columns + start, made[rows, columns], positions, similarities)


def _merge(rows: Positions, columns: Positions, found: Vectors, positions: Positions, similarities: Vectors) -> None:
    """The best k of what was there and what was found, for the rows of which something was found."""
    count, touched = positions.shape[1], np.unique(rows)
    whose = np.concatenate([np.repeat(touched, count), rows])
    which = np.concatenate([positions[touched].ravel(), columns])
    worth = np.concatenate([similarities[touched].ravel(), found])
    order = np.lexsort((which, -worth, whose))
    whose, which, worth = whose[order], which[order], worth[order]
    begins = np.flatnonzero(np.r_[True, whose[1:] != whose[:-1]])
    best = begins[:, None] + np.arange(count)
    positions[touched], similarities[touched] = which[best], worth[best]
