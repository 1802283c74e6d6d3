"""Scores on their way between processes, in few bytes and without loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mlpipeline.methods.label_noise.noise_data import Codes, Floats
from mlpipeline.networks import arrays

_SPARSE = 0.25  # share of scores above the lowest of their row, up to which places and values are fewer bytes


@dataclass(frozen=True)
class Packed:
    """Scores of a view for some rows.

    Attributes:
        rows: int64 (m,), their numbers.
        data: their scores (m, k), see `pack`.
    """

    rows: Codes
    data: bytes


def pack(scores: Floats) -> bytes:
    """Scores float32 (m, k) as bytes.

    Neighbours give ten labels of a row a score of their own and all others the same: that is a hundredth of the bytes.
    Scores that float16 holds take half of them.
    """
    lowest = scores.min(axis=1, keepdims=True, initial=np.inf)
    above = scores != lowest
    if above.mean() <= _SPARSE if above.size else False:
        places = np.nonzero(above)[1].astype(np.int32)
        counts = above.sum(axis=1).astype(np.int32)
        content = {"lowest": lowest.astype(np.float32), "places": places, "counts": counts, "values": scores[above]}
        return arrays.pack(content, {"labels": scores.shape[1]})
    with np.errstate(over="ignore"):
        halves = scores.astype(np.float16)
    exact = np.array_equal(halves, scores)
    return arrays.pack({"scores": halves if exact else scores}, {})


def unpack(data: bytes) -> Floats:
    """The inverse of `pack`: float32 (m, k)."""
    content, meta = arrays.unpack(data)
    if "scores" in content:
        return np.asarray(content["scores"], np.float32)
    counts = content["counts"]
    scores = np.repeat(content["lowest"], meta["labels"], axis=1)
    scores[np.repeat(np.arange(len(counts)), counts), content["places"]] = content["values"]
    return np.asarray(scores, np.float32)


class Scores(Mapping[str, Floats]):
    """Scores (n, k) by the name of the view, unpacked when they are asked for: never those of all views at once."""

    def __init__(self, pieces: Mapping[str, Sequence[Packed]], rows: int, labels: int) -> None:
        """`pieces` of each view, which together hold each of the n `rows`, and the number k of labels."""
        self._pieces, self._shape = pieces, (rows, labels)

    def __getitem__(self, name: str) -> Floats:
        scores = np.zeros(self._shape, np.float32)
        for piece in self._pieces[name]:
            scores[piece.rows] = unpack(piece.data)
        return scores

    def __iter__(self) -> Iterator[str]:
        return iter(self._pieces)

    def __len__(self) -> int:
        return len(self._pieces)


class Taken(Mapping[str, Floats]):
    """Of such scores those of some rows, taken when they are asked for."""

    def __init__(self, scores: Mapping[str, Floats], rows: Codes) -> None:
        """`scores` (n, k) by the name of the view, and the numbers (m,) of the rows."""
        self._scores, self._rows = scores, rows

    def __getitem__(self, name: str) -> Floats:
        return self._scores[name][self._rows]

    def __iter__(self) -> Iterator[str]:
        return iter(self._scores)

    def __len__(self) -> int:
        return len(self._scores)
