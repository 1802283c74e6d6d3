"""Confusing intents: pairs that overlap as wholes, so that no single row is wrong but the line between them is.

Each row is asked which intent it resembles most, by models that have not learnt it (the views of `noise`) or, without
them, by its distance to the intents' mean vectors, its own share taken out. A pair overlaps by the share of the rows of
each that resemble the other.

The rule behind the advice, on the lower ends of 95 % intervals (Wilson 1927), so that five rows prove little:

- `merge`: a quarter of the rows of both, as a mean, resemble the other intent, and a tenth of either. Two halves of one
  intent have about a half; two near intents of which a fifth of the labels are swapped stay below a quarter (measured
  on CLINC150), because models that see the other rows tell most of those apart;
- `part of`: half of the rows of one resemble the other, but not the other way round;
- `look`: anything less. Where single rows are wrong, `noise` names them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpipeline.errors import StageError

Codes = NDArray[np.int64]
Floats = NDArray[np.float32]

ADVICE = ("merge", "part of", "look")

_MEAN, _EITHER, _ONE = 0.25, 0.1, 0.5  # see above
_FEWEST = 3  # rows of a pair that must resemble the other intent before it is listed
_NORMAL = 1.96
_BLOCK = 4096  # rows compared with all intents at once


@dataclass(frozen=True)
class Shape:
    """One intent as a whole.

    Attributes:
        label: its code.
        rows: different texts that it has.
        cohesion: mean cosine of its rows to the mean of its other rows; None without vectors or with one row.
        separation: by how much its rows are nearer to it than to the nearest other intent, as a mean of cosines; below
            zero when they are nearer to others. None as above.
        kept: share of its rows that resemble it most.
    """

    label: int
    rows: int
    cohesion: float | None
    separation: float | None
    kept: float


@dataclass(frozen=True)
class Pair:
    """Two intents that are taken for each other.

    Attributes:
        left: label code of the intent that is taken for the other more often (ties: the smaller code).
        right: label code of the other one.
        left_as_right: share of the rows of `left` that resemble `right` most.
        right_as_left: the other way round.
        overlap: mean of both, 0 to 1.
        similarity: cosine of the mean vectors; None without vectors.
        advice: one of `ADVICE`; with `part of`, `left` is the part.
        left_examples: rows of `left` that resemble `right`, the clearest first.
        right_examples: the other way round.
    """

    left: int
    right: int
    left_as_right: float
    right_as_left: float
    overlap: float
    similarity: float | None
    advice: str
    left_examples: tuple[int, ...]
    right_examples: tuple[int, ...]


@dataclass(frozen=True)
class Confusion:
    """All intents of a bot by code, its pairs, and how many rows said nothing.

    The pairs whose overlap is proven best come first: by the lower ends of the intervals of both shares.
    """

    shapes: tuple[Shape, ...]
    pairs: tuple[Pair, ...]
    left_out: int


@dataclass(frozen=True)
class _Told:
    """What m rows resemble: row numbers, labels, the best label, and by how much it beats their own."""

    rows: Codes
    labels: Codes
    best: Codes
    margin: Floats


@dataclass(frozen=True)
class _Measured:
    """Of vectors: what rows resemble, cohesion and separation by label (NaN where unknown), mean vectors (k, d)."""

    told: _Told
    cohesion: NDArray[np.float64]
    separation: NDArray[np.float64]
    means: Floats


def find_confusing(
    labels: Codes,
    classes: int,
    *,
    vectors: Floats | None = None,
    chances: Floats | None = None,
    groups: Codes | None = None,
    least: float = 0.05,
    most: int = 50,
    examples: int = 3,
) -> Confusion:
    """Look for pairs of intents that overlap.

    Args:
        labels: (n,) label codes in [0, classes).
        classes: number of labels.
        vectors: (n, d) of any encoder; rows with NaN or of length zero are left out.
        chances: (n, classes) log probabilities of models that have not learnt the row, such as `NoiseEstimate.fused`.
            When given, they say what a row resembles; otherwise the vectors do.
        groups: (n,) near duplicates; of a group, one row an intent is asked.
        least: smallest overlap that is listed.
        most: pairs that are listed.
        examples: rows shown of each intent of a pair.

    Raises:
        StageError: when neither vectors nor chances are given, or their rows are not those of the labels.
    """
    given = [part for part in (vectors, chances) if part is not None]
    if not given or any(len(part) != len(labels) for part in given):
        raise StageError(
            "vectors or out-of-fold probabilities are needed, one row for each label", fix="run embed or denoise first"
        )
    asked = np.arange(len(labels))
    if groups is not None:
        asked = np.sort(np.unique(np.stack([groups, labels]), axis=1, return_index=True)[1])
    measured = None if vectors is None else _by_vectors(vectors, labels, asked, classes)
    if chances is not None:
        told = _by_chances(chances, labels, asked)
    elif measured is not None:
        told = measured.told
    pairs = _pairs(told, classes, None if measured is None else measured.means, least, most, examples)
    return Confusion(_shapes(labels[asked], told, measured, classes), pairs, len(asked) - len(told.rows))


def lower_end(hits: int, rows: int) -> float:
    """Lower end of Wilson's 95 % interval of hits / rows; 0 without rows."""
    if not rows:
        return 0.0
    share, square = hits / rows, _NORMAL**2 / rows
    spread = _NORMAL * (share * (1 - share) / rows + square / (4 * rows)) ** 0.5
    returned: float = max((share + square / 2 - spread) / (1 + square), 0.0)
    return returned


def _by_chances(chances: Floats, labels: Codes, asked: Codes) -> _Told:
    rows = asked[np.isfinite(chances[asked]).all(axis=1)]
    best, margin = np.empty(len(rows), np.int64), np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        scores = chances[rows[part]]
        best[part] = scores.argmax(axis=1)
        margin[part] = scores.max(axis=1) - scores[np.arange(len(scores)), labels[rows[part]]]
    return _Told(rows, labels[rows], best, margin)


def _by_vectors(vectors: Floats, labels: Codes, asked: Codes, classes: int) -> _Measured:
    """Cosine of each row to the mean of every intent; to the mean of its own without itself."""
    usable = np.isfinite(vectors[asked]).all(axis=1, keepdims=True)
    length = np.linalg.norm(np.where(usable, vectors[asked], 0.0), axis=1)
    rows = asked[length > 0]
    unit = np.asarray(vectors[rows] / length[length > 0][:, None], np.float32)
    own, counts = labels[rows], np.bincount(labels[rows], minlength=classes)
    summed = np.zeros((classes, vectors.shape[1]), np.float32)
    np.add.at(summed, own, unit)
    means = summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)
    best, margin = np.empty(len(rows), np.int64), np.empty(len(rows), np.float32)
    near, apart = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        line, mine = np.arange(len(own[part])), own[part]
        scores = unit[part] @ means.T
        scores[:, counts == 0] = -np.inf
        rest = summed[mine] - unit[part]
        left = np.linalg.norm(rest, axis=1)
        single = (counts[mine] < 2) | (left < 1e-6)  # an intent of one row resembles nothing but itself
        itself = (unit[part] * rest).sum(axis=1) / np.maximum(left, 1e-12)
        itself[single] = np.nan
        scores[line, mine] = -np.inf
        other = scores.max(axis=1)
        scores[line, mine] = np.where(single, np.inf, itself)
        best[part], margin[part] = scores.argmax(axis=1), np.where(single, -np.inf, other - itself)
        near[part], apart[part] = itself, np.where(np.isfinite(other), itself - other, np.nan)
    told = _Told(rows, own, best, np.maximum(margin, 0.0).astype(np.float32))
    return _Measured(told, _mean_by(near, own, classes), _mean_by(apart, own, classes), means)


def _mean_by(values: NDArray[np.float64], labels: Codes, classes: int) -> NDArray[np.float64]:
    known = np.isfinite(values)
    summed = np.bincount(labels[known], weights=values[known], minlength=classes)
    count = np.bincount(labels[known], minlength=classes)
    return np.where(count > 0, summed / np.maximum(count, 1), np.nan)


def _shapes(labels: Codes, told: _Told, measured: _Measured | None, classes: int) -> tuple[Shape, ...]:
    rows = np.bincount(labels, minlength=classes)
    heard = np.bincount(told.labels, minlength=classes)
    kept = np.bincount(told.labels[told.best == told.labels], minlength=classes) / np.maximum(heard, 1)
    return tuple(
        Shape(
            label=label,
            rows=int(rows[label]),
            cohesion=None if measured is None else _rounded(measured.cohesion[label]),
            separation=None if measured is None else _rounded(measured.separation[label]),
            kept=round(float(kept[label]), 6),
        )
        for label in np.flatnonzero(rows).tolist()
    )


def _pairs(told: _Told, classes: int, means: Floats | None, least: float, most: int, examples: int) -> tuple[Pair, ...]:
    """Only pairs that occur are looked at: with 2,000 intents there are two million others."""
    heard = np.bincount(told.labels, minlength=classes)
    crossed = np.flatnonzero(told.best != told.labels)
    ways, place = np.unique(told.labels[crossed] * classes + told.best[crossed], return_inverse=True)
    hits = np.bincount(place.reshape(-1), minlength=len(ways))
    taken = dict(zip(ways.tolist(), hits.tolist(), strict=True))
    found = []
    for way, over in taken.items():
        left, right = divmod(way, classes)
        under = taken.get(right * classes + left, 0)
        shares = over / int(heard[left]), under / max(int(heard[right]), 1)
        if (shares[0], -left) > (shares[1], -right) and sum(shares) >= 2 * least and over + under >= _FEWEST:
            proven = lower_end(over, int(heard[left])) + lower_end(under, int(heard[right]))
            found.append((-proven, left, right, shares))
    order = np.argsort(place.reshape(-1), kind="stable")
    borders = np.concatenate([[0], np.cumsum(hits)])
    spans = {way: crossed[order[borders[at] : borders[at + 1]]] for at, way in enumerate(ways.tolist())}
    none = np.empty(0, np.int64)
    result = []
    for _, left, right, (own, back) in sorted(found)[:most]:
        over, under = spans[left * classes + right], spans.get(right * classes + left, none)
        result.append(
            Pair(
                left=left,
                right=right,
                left_as_right=round(own, 6),
                right_as_left=round(back, 6),
                overlap=round((own + back) / 2, 6),
                similarity=None if means is None else _rounded(float(means[left] @ means[right])),
                advice=_advice(len(over), int(heard[left]), len(under), int(heard[right])),
                left_examples=_clearest(told, over, examples),
                right_examples=_clearest(told, under, examples),
            )
        )
    return tuple(result)


def _advice(over: int, left: int, under: int, right: int) -> str:
    """Advice from the rows of `left` that resemble `right`, of all its rows, and the other way round."""
    ends = lower_end(over, left), lower_end(under, right)
    if sum(ends) >= 2 * _MEAN and min(ends) >= _EITHER:
        return "merge"
    return "part of" if ends[0] >= _ONE else "look"


def _clearest(told: _Told, places: Codes, count: int) -> tuple[int, ...]:
    order = np.lexsort((told.rows[places], -told.margin[places]))[:count]
    return tuple(told.rows[places[order]].tolist())


def _rounded(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
