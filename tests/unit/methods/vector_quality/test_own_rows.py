"""Planted vectors with known answers: neighbours, triplets, separation, and what near duplicates do not tell."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.methods.vector_quality.own_rows import score_rows
from mlpipeline.networks.encoders.contract import Vectors, unit


def drawn(seed: int, rows: int, dims: int = 6) -> Vectors:
    return unit(np.random.default_rng(seed).standard_normal((rows, dims)).astype(np.float32))


def test_intents_in_directions_of_their_own_are_told_apart() -> None:
    intents = np.repeat(np.arange(3), 4)
    scored = score_rows(np.eye(3, dtype=np.float32)[intents], intents, np.arange(12))
    assert scored.neighbours.values.tolist() == [1.0] * 12
    assert scored.triplets.values.tolist() == [1.0] * 12
    assert scored.separation.values.tolist() == [1.0] * 12


def test_vectors_that_are_all_the_same_tell_nothing() -> None:
    intents = np.array([0, 0, 1, 1])
    scored = score_rows(np.tile(np.eye(2, dtype=np.float32)[0], (4, 1)), intents, np.arange(4))
    assert scored.triplets.values.tolist() == [0.5] * 4
    assert scored.separation.values.tolist() == [0.0] * 4


def test_vectors_of_zeros_have_no_neighbours() -> None:
    scored = score_rows(np.zeros((4, 3), np.float32), np.array([0, 0, 1, 1]), np.arange(4))
    assert scored.predicted.tolist() == [-1] * 4 and not scored.neighbours.values.any()


def test_a_near_duplicate_is_no_neighbour() -> None:
    # Without their duplicates, both rows of intent 0 lie in the direction of intent 1.
    vectors = np.eye(2, dtype=np.float32)[[0, 0, 1, 1, 0, 1]]
    intents, groups = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 2, 3, 4])
    alone, among = score_rows(vectors, intents, groups), score_rows(vectors, intents, np.arange(6))
    assert alone.neighbours.values[:2].tolist() == [0.0, 0.0]
    assert among.neighbours.values[:2].tolist() == [1.0, 1.0]


def test_a_row_whose_intent_stands_nowhere_else_is_not_looked_at() -> None:
    scored = score_rows(drawn(1, 5), np.array([0, 0, 1, 2, 2]), np.array([0, 1, 2, 3, 3]))
    assert scored.rows.tolist() == [0, 1], "one text of intent 1, one duplicate group of intent 2"
    assert not len(score_rows(drawn(1, 3), np.zeros(3, np.int64), np.arange(3)).rows), "one intent: nothing to tell"
    assert not len(score_rows(np.zeros((0, 2), np.float32), np.zeros(0, np.int64), np.zeros(0, np.int64)).rows)


@given(st.integers(0, 10_000), st.integers(4, 14))
def test_triplets_are_counted_one_by_one(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    vectors, intents, groups = drawn(seed, rows), rng.integers(0, 3, rows), rng.integers(0, rows, rows)
    scored = score_rows(vectors, intents, groups)
    near = np.round((vectors @ vectors.T).astype(np.float64), 4)
    for row, value in zip(scored.rows, scored.triplets.values, strict=True):
        others = [one for one in range(rows) if groups[one] != groups[row]]
        pairs = [
            (near[row, same], near[row, other])
            for same in others
            for other in others
            if intents[same] == intents[row] != intents[other]
        ]
        wanted = np.mean([(a > b) + (a == b) / 2 for a, b in pairs]) if pairs else 0.5
        assert abs(value - wanted) < 1e-9
        assert -1.0 <= scored.separation.values.min() <= scored.separation.values.max() <= 1.0
