"""Sentences that mean the same, in one language or in two: does the nearest one say the same?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.vector_quality.figures import Items
from mlpipeline.networks.encoders.contract import Vectors
from mlpipeline.networks.search import DIGITS

_ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class Retrieval:
    """Of each sentence: is the nearest other one of its group, and one over the rank of the first that is."""

    hits: Items
    reciprocal_ranks: Items


@dataclass(frozen=True)
class Translations:
    """Of each sentence: is the nearest one of the other language its translation; mean cosines of pairs and others."""

    hits: Items
    pairs: float
    others: float


def score_paraphrases(vectors: Vectors, groups: NDArray[np.int64]) -> Retrieval:
    """Each sentence that has another one in its group, against all others.

    Args:
        vectors: float32 (n, d), rows of unit length or zero.
        groups: int64 (n,), sentences with one number mean the same.
    """
    sizes = np.bincount(groups, minlength=1) if len(groups) else np.zeros(1, np.int64)
    asked = np.flatnonzero(sizes[groups] > 1)
    ranks = []
    for start in range(0, len(asked), _ROWS_AT_ONCE):
        rows = asked[start : start + _ROWS_AT_ONCE]
        near = _rounded(vectors[rows] @ vectors.T)
        same = groups[rows][:, None] == groups[None, :]
        itself = np.arange(len(groups))[None, :] == rows[:, None]
        best = np.where(same & ~itself, near, -np.inf).max(axis=1)
        # What is as near counts as nearer: a vector of zeros finds nothing.
        ranks.append(1 + ((near >= best[:, None]) & ~same).sum(axis=1))
    rank = np.concatenate(ranks).astype(np.float64) if ranks else np.zeros(0)
    clusters = groups[asked].astype(np.int64)
    return Retrieval(Items((rank == 1).astype(np.float64), clusters), Items(1.0 / np.maximum(rank, 1.0), clusters))


def score_translations(left: Vectors, right: Vectors) -> Translations | None:
    """Row i of both means the same; each row of `left` is looked for among those of `right`. None without rows.

    Args:
        left, right: float32 (n, d), rows of unit length or zero.
    """
    count = len(left)
    if not count:
        return None
    near = _rounded(left @ right.T)
    pairs = near.diagonal()
    hits = (near >= pairs[:, None]).sum(axis=1) == 1
    others = (near.sum() - pairs.sum()) / max(count * (count - 1), 1)
    return Translations(Items(hits.astype(np.float64), np.arange(count)), float(pairs.mean()), float(others))


def _rounded(similarities: Vectors) -> NDArray[np.float64]:
    return np.asarray(np.round(similarities, DIGITS), np.float64)
