"""What vectors know of a bot's intents: nearest neighbours, triplets and how far intents lie apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.vector_quality.figures import Items
from mlpipeline.networks.encoders.contract import Vectors
from mlpipeline.networks.search import DIGITS

NEIGHBOURS = 5
_CELLS_AT_ONCE = 4_000_000  # similarities held at a time: 32 MB

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class OwnRows:
    """Rows of a bot that are looked at: those whose intent has a text in another duplicate group.

    Attributes:
        neighbours: 1 where most of the five nearest texts have the row's intent, each weighing its cosine.
        triplets: share of all pairs of a text of the same and a text of another intent of which the first is nearer
            (half where both are as near): the area under the ROC curve of the row.
        separation: silhouette (Rousseeuw 1987) by cosine distance, -1 to 1: 0 where another intent is as near.
        predicted: int64 (n,), the intent that the nearest texts have.
        rows: int64 (n,), which rows of the bot these are.
    """

    neighbours: Items
    triplets: Items
    separation: Items
    predicted: Codes
    rows: Codes


class _Block(NamedTuple):
    rows: Codes
    similarities: NDArray[np.float64]  # (rows, n), rounded
    is_own: NDArray[np.bool_]  # (rows, n): a text of the row's own duplicate group, which tells nothing


def score_rows(vectors: Vectors, intents: Codes, groups: Codes) -> OwnRows:
    """Each row against all rows of other duplicate groups.

    Args:
        vectors: float32 (n, d), rows of unit length or zero.
        intents: int64 (n,), codes from 0.
        groups: int64 (n,), rows with one number are near duplicates.
    """
    looked_at = _comparable(intents, groups)
    n_intents = int(intents.max(initial=-1)) + 1
    member = (intents[:, None] == np.arange(n_intents)).astype(np.float64)
    parts: list[tuple[NDArray[np.float64], ...]] = []
    for block in _blocks(vectors, groups, looked_at):
        own = intents[block.rows]
        predicted = _votes(block, intents, n_intents)
        parts.append((predicted, _triplets(block, intents, own), _silhouettes(block, member, own)))
    predicted, triplets, separation = (
        np.concatenate([part[place] for part in parts]) if parts else np.zeros(0) for place in range(3)
    )
    clusters, codes = groups[looked_at], predicted.astype(np.int64)
    hits = (codes == intents[looked_at]).astype(np.float64)
    return OwnRows(
        Items(hits, clusters), Items(triplets, clusters), Items(separation, clusters, False), codes, looked_at
    )


def _comparable(intents: Codes, groups: Codes) -> Codes:
    """Rows whose intent stands in two duplicate groups or more; none where there is one intent only."""
    pairs = np.unique(np.stack([intents, groups], axis=1), axis=0)
    in_groups = np.bincount(pairs[:, 0]) if len(pairs) else np.zeros(0, np.int64)
    if len(np.unique(intents)) < 2:
        return np.zeros(0, np.int64)
    return np.flatnonzero(in_groups[intents] > 1).astype(np.int64)


def _blocks(vectors: Vectors, groups: Codes, rows: Codes) -> Iterator[_Block]:
    step = max(1, _CELLS_AT_ONCE // max(len(vectors), 1))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        # Rounded: last bits of a product differ with its size, and equal texts must be equally near.
        near = np.round((vectors[part] @ vectors.T).astype(np.float64), DIGITS)
        yield _Block(part, near, groups[part][:, None] == groups[None, :])


def _votes(block: _Block, intents: Codes, n_intents: int) -> NDArray[np.float64]:
    """The intent of the nearest texts of each row; that of the nearest one where votes are equal; -1 without any."""
    masked = np.where(block.is_own, -np.inf, block.similarities)
    count = min(NEIGHBOURS, masked.shape[1])
    # Ties go to the row that stands first.
    nearest = np.argsort(-masked, axis=1, kind="stable")[:, :count]
    weight = np.maximum(np.take_along_axis(masked, nearest, axis=1), 0.0)
    votes = np.zeros((len(masked), n_intents))
    np.add.at(votes, (np.arange(len(masked))[:, None], intents[nearest]), weight)
    first = intents[nearest[:, 0]]
    votes[np.arange(len(masked)), first] += 1e-9
    found = votes.argmax(axis=1).astype(np.float64)
    found[weight.max(axis=1) <= 0.0] = -1.0
    return np.asarray(found, np.float64)


def _triplets(block: _Block, intents: Codes, own: Codes) -> NDArray[np.float64]:
    shares = np.empty(len(own))
    for place, (row, is_own) in enumerate(zip(block.similarities, block.is_own, strict=True)):
        same = intents == own[place]
        alike, other = row[same & ~is_own], np.sort(row[~same & ~is_own])
        if not len(other):
            shares[place] = 0.5
            continue
        below, up_to = (np.searchsorted(other, alike, side=side) for side in ("left", "right"))
        shares[place] = float((below + up_to).mean()) / (2.0 * len(other))
    return shares


def _silhouettes(block: _Block, member: NDArray[np.float64], own: Codes) -> NDArray[np.float64]:
    allowed = (~block.is_own).astype(np.float64)
    counts = allowed @ member
    distances = np.divide(
        allowed @ member - (allowed * block.similarities) @ member,
        counts,
        out=np.full(counts.shape, np.inf),
        where=counts > 0,
    )
    each = np.arange(len(own))
    inside = np.maximum(distances[each, own], 0.0)
    distances[each, own] = np.inf
    outside = np.maximum(distances.min(axis=1), 0.0)
    outside = np.where(np.isfinite(outside), outside, inside)
    widest = np.maximum(inside, outside)
    return np.asarray(np.divide(outside - inside, widest, out=np.zeros(len(own)), where=widest > 0))
