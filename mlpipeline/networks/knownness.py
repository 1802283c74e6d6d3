"""How much a model knows of a text: a number in (0, 1) that its probabilities are multiplied by.

Probabilities are shares among intents: a text of which the network knows next to nothing still has a best intent.
Two things tell such a text: the share of its n-grams that ever stood in a row, and the largest logit (Hendrycks et al.
2022, "Scaling Out-of-Distribution Detection for Real-World Settings"), before softmax makes all texts alike. A logistic
curve over both parts the bot's rows from texts that are no bot's business (`negatives`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks.features import (
    FeatureSpec,
    Vocabulary,
    chunks,
    distinct_pairs,
    fit_vocabulary,
    hash_ngrams,
    sorted_distinct,
)

Floats = NDArray[np.float64]
_SHRINK = 1e-3  # of the curve's slopes, for features of spread 1: groups that lie wholly apart ask for a step
_STEPS = 50  # of Newton's method; some ten are enough


class Readings(NamedTuple):
    """What a network says of n texts: `logits` float32 (n, k), and the `known` share of each text, float32 (n,)."""

    logits: NDArray[np.float32]
    known: NDArray[np.float32]

    def take(self, rows: NDArray[np.bool_] | NDArray[np.integer]) -> Readings:
        """Those of the chosen texts."""
        return Readings(self.logits[rows], self.known[rows])


@dataclass(frozen=True)
class Knownness:
    """The curve of one bot: sigmoid(bias + known_share x share + max_logit x logit); neither slope is below 0."""

    bias: float
    known_share: float
    max_logit: float

    def of(self, readings: Readings) -> Floats:
        """The knownness of n texts, float64 (n,), each in (0, 1)."""
        height = self.bias + _features(readings) @ np.array([self.known_share, self.max_logit])
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(height, -500.0, 500.0))))

    def to_dict(self) -> dict[str, float]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Knownness:
        """The inverse of `to_dict`. Raises KeyError or ValueError for other values, or such as make no sense."""
        curve = cls(*(float(str(values[name])) for name in ("bias", "known_share", "max_logit")))
        if not (np.isfinite(curve.bias) and 0.0 <= curve.known_share < np.inf and 0.0 <= curve.max_logit < np.inf):
            raise ValueError(f"knownness {values}: the slopes must be 0 or more, and all finite")
        return curve


def known_share(texts: Sequence[str], spec: FeatureSpec, vocabulary: Vocabulary) -> NDArray[np.float32]:
    """Which share of each text's n-grams the model knows, by weight; an unknown one weighs as the rarest known.

    Args:
        texts: normalised.
        spec: which n-grams are read.
        vocabulary: those that are known.

    Returns:
        float32 (n,) in [0, 1]; 0 for a text without an n-gram.
    """
    known, total = np.zeros(len(texts)), np.zeros(len(texts))
    rarest = float(vocabulary.idf.max(initial=0.0))
    both = spec.char_ngrams != (0, 0) and spec.word_ngrams != (0, 0)
    of_char = rarest / max(spec.word_weight, 1.0) if both else rarest
    of_word = of_char * spec.word_weight if both else rarest
    for part, heaviest in (
        (replace(spec, word_ngrams=(0, 0)), of_char),
        (replace(spec, char_ngrams=(0, 0)), of_word),
    ):
        for start, stop in chunks(texts):
            hashes, offsets = hash_ngrams(texts[start:stop], part)
            seen = sorted_distinct(hashes)
            row, column = distinct_pairs(offsets, np.searchsorted(seen, hashes), len(seen))
            ids = vocabulary.lookup(seen)
            weight = np.where(ids > 0, np.concatenate([[0.0], vocabulary.idf])[ids], heaviest)
            total[start:stop] += np.bincount(row, weight[column], minlength=stop - start)
            known[start:stop] += np.bincount(row, (weight * (ids > 0))[column], minlength=stop - start)
    return np.asarray(known / np.maximum(total, 1e-12), np.float32)


def known_to_others(texts: Sequence[str], spec: FeatureSpec) -> NDArray[np.float32]:
    """Which share of each text stands in another of them too, float32 (n,): as `known_share` of a text left out."""
    return known_share(texts, spec, fit_vocabulary(texts, spec, min_df=2))


def fit_knownness(inside: Readings, outside: Mapping[str, Readings]) -> Knownness:
    """The curve that best parts a bot's rows from other texts: logistic regression, both sides of equal weight.

    Args:
        inside: the bot's rows, each read by a network that has not learnt it; at least one.
        outside: other texts by kind; each kind weighs the same, however many they are.
    """
    groups = [_features(one) for one in outside.values() if len(one.known)]
    own = _features(inside)
    rows = np.concatenate([own, *groups])
    target = np.arange(len(rows)) < len(own)
    weight = np.concatenate([
        np.full(len(own), 0.5 / len(own)), *(np.full(len(one), 0.5 / len(groups) / len(one)) for one in groups)
    ])  # fmt: skip
    middle, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    bias, slopes = _logistic((rows - middle) / spread, target, weight)
    slopes = slopes / spread
    return Knownness(*(round(float(value), 6) for value in (bias - slopes @ middle, *slopes)))


def _features(readings: Readings) -> Floats:
    """Known share and largest logit of n texts: float64 (n, 2)."""
    return np.stack([readings.known, readings.logits.max(axis=1)], axis=1).astype(np.float64)


def _logistic(rows: Floats, target: NDArray[np.bool_], weight: Floats) -> tuple[float, Floats]:
    """Bias, and slopes >= 0, with the least weighted loss; a slope that would fall below 0 is 0."""
    used = np.ones(rows.shape[1], bool)
    while True:
        found = _newton(np.column_stack([np.ones(len(rows)), rows[:, used]]), target, weight)
        slopes = np.zeros(rows.shape[1])
        slopes[used] = found[1:]
        if (slopes >= 0.0).all():
            return float(found[0]), slopes
        used[int(slopes.argmin())] = False


def _newton(rows: Floats, target: NDArray[np.bool_], weight: Floats) -> Floats:
    """The values, float64 (d,), at which the loss is least; it is convex, so that steps which lower it arrive."""
    shrink = np.full(rows.shape[1], _SHRINK)
    shrink[0] = 1e-9  # of the bias: only to have one answer where all rows are alike

    def loss(values: Floats) -> float:
        height = rows @ values
        return float(weight @ (np.logaddexp(0.0, height) - height * target) + shrink @ values**2 / 2)

    values = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-(rows @ values)))
        slope = rows.T @ (weight * (chance - target)) + shrink * values
        bend = (rows.T * (weight * chance * (1.0 - chance))) @ rows + np.diag(shrink)
        step, length = np.linalg.solve(bend, slope), 1.0
        while length > 1e-6 and loss(values - length * step) > loss(values):
            length /= 2
        values = values - length * step
        if length * np.abs(step).max() < 1e-8:
            break
    return values
