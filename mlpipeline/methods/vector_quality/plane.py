"""Vectors to look at: a map in two dimensions, typical texts and what lies nearest to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks.encoders.contract import Vectors
from mlpipeline.networks.search import DIGITS

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Plane:
    """The two directions in which vectors differ most, and the share of all differences that they hold.

    Attributes:
        points: float64 (n, 2).
        explained: 0 to 1.
    """

    points: NDArray[np.float64]
    explained: float


@dataclass(frozen=True)
class Probe:
    """The most typical text of an intent, and the nearest texts of other duplicate groups, the nearest first."""

    row: int
    nearest: tuple[int, ...]
    cosines: tuple[float, ...]


def principal_plane(vectors: Vectors) -> Plane:
    """Principal components (Pearson 1901); equal vectors give equal points, whatever the sign of an eigenvector.

    Args:
        vectors: float32 (n, d).
    """
    count, dims = vectors.shape
    if count < 2:
        return Plane(np.zeros((count, 2)), 0.0)
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    spread, turn = np.linalg.eigh(centred.T @ centred)
    axes = turn[:, ::-1][:, : min(2, dims)]
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])] < 0, -1.0, 1.0)
    points = np.zeros((count, 2))
    points[:, : axes.shape[1]] = centred @ axes
    total = float(np.maximum(spread, 0.0).sum())
    explained = float(np.maximum(spread[::-1][:2], 0.0).sum()) / total if total > 0 else 0.0
    return Plane(points, min(explained, 1.0))


def typical_rows(vectors: Vectors, intents: Codes, count: int) -> list[int]:
    """Of each of the `count` largest intents the row that is nearest to their mean; the largest intent first."""
    sizes = np.bincount(intents) if len(intents) else np.zeros(0, np.int64)
    largest = [int(code) for code in np.argsort(-sizes, kind="stable")[:count] if sizes[code]]
    found = []
    for code in largest:
        rows = np.flatnonzero(intents == code)
        near = np.round((vectors[rows] @ vectors[rows].mean(axis=0)).astype(np.float64), DIGITS)
        found.append(int(rows[near.argmax()]))
    return found


def probe(vectors: Vectors, groups: Codes, row: int, count: int) -> Probe:
    """The `count` nearest rows of other duplicate groups; what has nothing in common with the row is none."""
    near = np.round((vectors @ vectors[row]).astype(np.float64), DIGITS)
    near[groups == groups[row]] = -np.inf
    order = [int(one) for one in np.argsort(-near, kind="stable")[:count] if near[one] > 0]
    return Probe(row, tuple(order), tuple(float(near[one]) for one in order))
