"""The network of `use` in numpy: ids of pieces -> 512 numbers, the same bytes for a text in any batch.

Yang et al. 2019, "Multilingual Universal Sentence Encoder for Semantic Retrieval" (the convolutional one): a table,
three branches of two convolutions over 2, 3 and 5 pieces, a normalised sum over all pieces, four dense layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks.encoders.contract import Vectors

CHUNKS = 17  # of the table; row `id` is of chunk `id % 17`, and each chunk has a scale of its own
DIMS = 512
WIDTH = 256  # of a branch
BRANCHES = ((2, 0), (3, 1), (5, 2))  # pieces that a convolution sees, and how many of them stand before
_LEFT, _RIGHT = 2, 2
_REACH = 4  # pieces on either side that two convolutions of 5 see
_TOGETHER = 1024  # pieces in one round: what it holds stays below 40 MB
# A product of matrices with fewer rows, or a number that its tiles do not divide, takes another way through the
# library and differs in its last bits: a text would have other bytes alone than among others.
_TILE = 16


class Segment(NamedTuple):
    """Pieces of one text that are looked at together; `lead` and `tail` of them only as neighbours."""

    row: int
    ids: Sequence[int]
    lead: int = 0
    tail: int = 0


def vectors_of(weights: Mapping[str, np.ndarray], rows: Sequence[Sequence[int]]) -> Vectors:
    """Ids of pieces, at least one a text -> float32 (n, 512), rows of unit length. Run it on one thread."""
    sums = np.zeros((tiled_rows(len(rows)), DIMS + len(BRANCHES) * WIDTH), np.float32)
    for group in _groups(rows):
        _add_sums(weights, group, sums)
    lengths = np.ones(len(sums), np.float32)
    lengths[: len(rows)] = [len(ids) for ids in rows]
    sums *= weights["norm_gain"]
    sums += lengths[:, None] * weights["norm_shift"]
    return _head(weights, sums, lengths)[: len(rows)]


def _groups(rows: Sequence[Sequence[int]]) -> Iterator[list[Segment]]:
    """Segments that are computed together. A long text is alone, cut at places that depend on itself only."""
    group: list[Segment] = []
    held = 0
    for row, ids in enumerate(rows):
        if group and held + len(ids) > _TOGETHER:
            yield group
            group, held = [], 0
        if len(ids) > _TOGETHER:
            yield from ([one] for one in _cut(row, ids))
            continue
        group.append(Segment(row, ids))
        held += len(ids)
    if group:
        yield group


def _cut(row: int, ids: Sequence[int]) -> Iterator[Segment]:
    step = _TOGETHER - 2 * _REACH
    for start in range(0, len(ids), step):
        lead, stop = min(start, _REACH), min(start + step, len(ids))
        tail = min(len(ids) - stop, _REACH)
        yield Segment(row, ids[start - lead : stop + tail], lead, tail)


def _add_sums(weights: Mapping[str, np.ndarray], group: Sequence[Segment], sums: Vectors) -> None:
    """Adds the normalised features of each text's pieces to its row of `sums`."""
    lengths = np.array([len(one.ids) for one in group])
    stops = lengths.cumsum()
    starts, count = stops - lengths, int(stops[-1])
    windows = _windows(starts, stops, count)
    pieces, place = np.unique(np.concatenate([np.asarray(one.ids, np.int64) for one in group]), return_inverse=True)
    raw, inner = _by_piece(weights, pieces)
    # One place more: what lies outside of a text is the row of zeros behind all pieces.
    place = np.append(place, len(pieces))
    features = np.empty((count, sums.shape[1]), np.float32)
    np.take(raw, place[:count], axis=0, out=features[:, :DIMS], mode="clip")
    for branch, (seen, before) in enumerate(BRANCHES):
        columns = windows[:, _LEFT - before : _LEFT - before + seen]
        own = slice(DIMS + branch * WIDTH, DIMS + (branch + 1) * WIDTH)
        features[:, own] = _branch(weights, inner[:, branch * WIDTH : (branch + 1) * WIDTH], place, columns, seen)
    features -= features.mean(axis=1, keepdims=True)
    spread = np.einsum("td,td->t", features, features) / np.float32(features.shape[1])
    scale = np.reciprocal(np.sqrt(spread + weights["epsilon"]))
    for one, start, stop in zip(group, starts.tolist(), stops.tolist(), strict=True):
        scale[start : start + one.lead] = scale[stop - one.tail : stop] = 0.0
    features *= scale[:, None]
    sums[[one.row for one in group]] += np.add.reduceat(features, starts, axis=0)


def _by_piece(weights: Mapping[str, np.ndarray], pieces: NDArray[np.int64]) -> tuple[Vectors, Vectors]:
    """What a piece gives wherever it stands: its row of the table, and its projections; a row of zeros behind them.

    Of 32,494 pieces of 3,000 utterances 1,559 are distinct.
    """
    rows = tiled_rows(len(pieces) + 1)
    raw = np.zeros((rows, DIMS), np.float32)
    chunk = pieces % CHUNKS
    raw[: len(pieces)] = weights["table"][pieces]
    raw[: len(pieces)] *= weights["scale"][chunk, None]
    raw[: len(pieces)] += weights["low"][chunk, None]
    inner = raw @ weights["projection"]
    inner += weights["projection_bias"]
    inner -= inner.mean(axis=1, keepdims=True)
    spread = np.einsum("td,td->t", inner, inner) / np.float32(inner.shape[1])
    inner *= np.reciprocal(np.sqrt(spread + weights["epsilon"]))[:, None]
    inner *= weights["projection_gain"]
    inner += weights["projection_shift"]
    inner[len(pieces) :] = 0.0
    return raw, inner


def _branch(
    weights: Mapping[str, np.ndarray], inner: Vectors, place: NDArray[np.int64], columns: NDArray[np.int64], seen: int
) -> Vectors:
    """Two convolutions over `seen` pieces: what pieces give (p, 256) -> float32 (t, 256)."""
    inner = np.ascontiguousarray(inner)
    count = len(columns)
    hidden = np.zeros((tiled_rows(count + 1), WIDTH), np.float32)
    own, part = hidden[:count], np.empty((count, WIDTH), np.float32)
    own += weights[f"first_bias_{seen}"]
    for offset in range(seen):
        # The product once a distinct piece, the sum over a window once a place.
        given = inner @ weights[f"first_{seen}"][offset * WIDTH : (offset + 1) * WIDTH]
        own += np.take(given, place[columns[:, offset]], axis=0, out=part, mode="clip")
    np.maximum(own, 0.0, out=own)
    own += np.take(inner, place[:count], axis=0, out=part, mode="clip")
    wide = np.zeros((tiled_rows(count), seen * WIDTH), np.float32)
    np.take(hidden, columns, axis=0, out=wide[:count].reshape(count, seen, WIDTH), mode="clip")
    second: Vectors = (wide @ weights[f"second_{seen}"])[:count]
    second += weights[f"second_bias_{seen}"]
    np.maximum(second, 0.0, out=second)
    second += own
    return second


def _head(weights: Mapping[str, np.ndarray], sums: Vectors, lengths: Vectors) -> Vectors:
    mean = sums @ weights["out"]
    mean += lengths[:, None] * weights["out_bias"]
    mean /= np.sqrt(lengths)[:, None]
    first = np.maximum(mean @ weights["dense_0"], 0.0)
    second = np.maximum(mean @ weights["skip_1"] + first @ weights["dense_1"], 0.0)
    third = np.maximum(second @ weights["dense_2"], 0.0)
    last = np.tanh(second @ weights["skip_3"] + third @ weights["dense_3"])
    length = np.sqrt(np.maximum(np.einsum("nd,nd->n", last, last), weights["epsilon"]))
    returned: Vectors = last / length[:, None]
    return returned


def _windows(starts: NDArray[np.int64], stops: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """(t, 5) places from two before to two behind each; `count` where that is not of the same text."""
    lengths = stops - starts
    near = np.arange(count)[:, None] + np.arange(-_LEFT, _RIGHT + 1)
    inside = (near >= np.repeat(starts, lengths)[:, None]) & (near < np.repeat(stops, lengths)[:, None])
    return np.where(inside, near, count)


def tiled_rows(rows: int) -> int:
    """So many rows, rounded up: in whole tiles a row of a product has the same bits beside any others."""
    return -(-max(rows, 1) // _TILE) * _TILE
