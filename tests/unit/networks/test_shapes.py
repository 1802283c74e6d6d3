"""Vectors are read where they are worth their price, and the reason is said."""

from __future__ import annotations

import numpy as np
import pytest

from mlpipeline.networks.shapes import NGRAM, VECTOR, ShapeChoice, compare_shapes

NAMES = ["a", "b"]


def logits(guessed: str) -> np.ndarray:
    return np.array([[float(guess == name) for name in NAMES] for guess in guessed], np.float32)


def test_both_are_counted_on_the_rows_of_an_intent() -> None:
    found = compare_shapes(logits("aabb"), logits("abbb"), NAMES, ["a", "b", "b", "out_of_scope"])
    assert (found.rows, found.vector) == (3, 1.0) and found.ngram == pytest.approx(2 / 3)
    assert found.gain == pytest.approx(1 / 3) and found.low < found.gain < found.high
    assert compare_shapes(logits(""), logits(""), NAMES, []).rows == 0


@pytest.mark.parametrize(
    ("rows", "gain", "shape"),
    [
        (0, 0.0, VECTOR),
        (20, 0.0, VECTOR),
        (2000, 0.0, NGRAM),
        (2000, 0.02, VECTOR),
        (400, -0.01, NGRAM),
        (30, -0.1, NGRAM),
    ],
)
def test_few_rows_are_believed_as_far_as_they_reach(rows: int, gain: float, shape: str) -> None:
    assert ShapeChoice(rows, 0.5, 0.5 + gain, 0.0, 0.0).shape == shape


def test_the_reason_names_gain_interval_rows_and_price() -> None:
    said = ShapeChoice(1200, 0.7, 0.761, 0.05, 0.072).sentence()
    assert said == (
        "train.model auto: vector; vectors give +6.1 points (+5.0 to +7.2) on 1,200 rows for 4.3 ms a question"
    )
    assert "no row can be held out" in ShapeChoice(0, 0.0, 0.0, 0.0, 0.0).sentence()
