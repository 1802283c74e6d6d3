"""Which shape of network a bot gets: one that reads n-grams alone, or one that also reads an encoder's vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AUTO, NGRAM, VECTOR = "auto", "ngram", "vector"

LEAST_GAIN = 0.005
"""Vectors must be worth half a point: a question costs more, and a machine that answers needs the encoder."""
MILLISECONDS = 4.3
"""Of a processor, for the vector of a question by `use`, which the nearest questions need too: docs/benchmarks.md."""
# What vectors were worth on public data with few rows, and how many rows of a bot's own weigh as much as that.
_EXPECTED_GAIN, _EXPECTED_ROWS = 0.04, 50


@dataclass(frozen=True)
class ShapeChoice:
    """Both shapes on the same rows unseen: how many, accuracies of each, and the interval (95 %) of the difference."""

    rows: int
    ngram: float
    vector: float
    low: float
    high: float

    @property
    def gain(self) -> float:
        """Of accuracy by vectors, as measured."""
        return self.vector - self.ngram

    @property
    def shape(self) -> str:
        """`vector` where it is worth its price; few rows are believed as far as they reach."""
        expected = (self.gain * self.rows + _EXPECTED_GAIN * _EXPECTED_ROWS) / (self.rows + _EXPECTED_ROWS)
        return VECTOR if expected >= LEAST_GAIN else NGRAM

    def sentence(self) -> str:
        """What was chosen and why, for a person."""
        if not self.rows:
            return f"train.model auto: {self.shape}; no row can be held out, vectors help where rows are few"
        measured = (
            f"{100 * self.gain:+.1f} points ({100 * self.low:+.1f} to {100 * self.high:+.1f}) on {self.rows:,} rows"
        )
        return f"train.model auto: {self.shape}; vectors give {measured} for {MILLISECONDS} ms a question"


def compare_shapes(
    ngram: NDArray[np.float32], vector: NDArray[np.float32], names: Sequence[str], intents: Sequence[str]
) -> ShapeChoice:
    """What two networks, one a shape, say of the same rows.

    Args:
        ngram, vector: logits float32 (n, k) of rows that neither has learnt.
        names: the k intents.
        intents: of each row; rows of none of them are not counted.
    """
    place = {name: number for number, name in enumerate(names)}
    wanted = np.array([place.get(intent, -1) for intent in intents], np.int64)
    own = wanted >= 0
    if not own.any():
        return ShapeChoice(0, 0.0, 0.0, 0.0, 0.0)
    right = [(logits.argmax(axis=1) == wanted)[own].astype(float) for logits in (ngram, vector)]
    difference = right[1] - right[0]
    reach = 1.96 * float(difference.std()) / np.sqrt(len(difference))
    gain = float(difference.mean())
    return ShapeChoice(len(difference), float(right[0].mean()), float(right[1].mean()), gain - reach, gain + reach)
