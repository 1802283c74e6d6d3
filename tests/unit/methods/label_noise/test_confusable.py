"""Intents that overlap as wholes, on vectors and probabilities whose truth is drawn here."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlpipeline.errors import StageError
from mlpipeline.methods.label_noise.confusable import ADVICE, Confusion, find_confusing, lower_end
from tests.properties import examples

CLASSES = 8


def drawn(rows: int = 60, spread: float = 0.8, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Vectors around a centre for each of eight intents; 6 and 7 share one centre."""
    random = np.random.default_rng(seed)
    centres = random.normal(0, 1, (CLASSES, 16))
    centres[7] = centres[6]
    labels = np.repeat(np.arange(CLASSES), rows)
    return (centres[labels] + random.normal(0, spread, (len(labels), 16))).astype(np.float32), labels


def log_chances(vectors: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """As a model that knows the centres would say."""
    means = np.stack([vectors[labels == label].mean(axis=0) for label in range(CLASSES)])
    scores = -((vectors[:, None] - means[None]) ** 2).sum(axis=2)
    return (scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))).astype(np.float32)


def merged(found: Confusion) -> list[set[int]]:
    return [{one.left, one.right} for one in found.pairs if one.advice == "merge"]


def test_two_halves_of_one_intent_are_found_and_nothing_else() -> None:
    vectors, labels = drawn()
    for found in (
        find_confusing(labels, CLASSES, vectors=vectors),
        find_confusing(labels, CLASSES, chances=log_chances(vectors, labels)),
    ):
        assert merged(found) == [{6, 7}] and found.left_out == 0
        pair = found.pairs[0]
        assert {pair.left, pair.right} == {6, 7} and pair.overlap > 0.3
        assert all(labels[row] == pair.left for row in pair.left_examples) and len(pair.left_examples) == 3
        assert all(labels[row] == pair.right for row in pair.right_examples)
        assert min(found.shapes[6].kept, found.shapes[7].kept) < 0.7 < min(one.kept for one in found.shapes[:6])


def test_cohesion_and_separation() -> None:
    tight, labels = drawn(spread=0.2)
    loose, _ = drawn(spread=1.0)
    near, far = (find_confusing(labels, CLASSES, vectors=vectors) for vectors in (tight, loose))
    for one, other in zip(near.shapes[:6], far.shapes[:6], strict=True):
        assert one.cohesion is not None and other.cohesion is not None and one.cohesion > other.cohesion > 0.2
    separation = [one.separation or 0.0 for one in near.shapes]
    assert min(separation[:6]) > 0.2 > 0.01 > max(separation[6:])
    assert near.pairs[0].similarity == pytest.approx(1.0, abs=0.01)
    only = find_confusing(labels, CLASSES, chances=log_chances(tight, labels))
    assert only.shapes[0].cohesion is None and only.pairs[0].similarity is None


def test_an_intent_within_another_is_a_part_of_it() -> None:
    """Every row of 0 resembles 1, no row of 1 resembles 0."""
    labels = np.repeat([0, 1, 2], 30)
    chances = np.full((90, 3), -5.0, np.float32)
    chances[np.arange(90), np.repeat([1, 1, 2], 30)] = -0.01
    pair = find_confusing(labels, 3, chances=chances).pairs[0]
    assert (pair.left, pair.right, pair.advice, pair.overlap) == (0, 1, "part of", 0.5)
    assert pair.left_as_right == 1.0 and pair.right_as_left == 0.0 and pair.right_examples == ()


def test_a_few_wrong_labels_are_no_reason_to_merge() -> None:
    vectors, labels = drawn(spread=0.3)
    given = labels.copy()
    for one, other in ((0, 1), (1, 0)):
        given[np.flatnonzero(labels == one)[:12]] = other
    found = find_confusing(given, CLASSES, vectors=vectors)
    assert merged(found) == [{6, 7}]
    assert {"look"} == {one.advice for one in found.pairs if {one.left, one.right} == {0, 1}}


def test_few_rows_prove_little() -> None:
    labels, chances = np.repeat([0, 1], 5), np.log(np.full((10, 2), 0.5, np.float32))
    chances[:, 1] += 0.01
    found = find_confusing(labels, 2, chances=chances)
    assert [one.advice for one in found.pairs] == ["part of"] and lower_end(5, 5) > 0.5
    assert not find_confusing(labels[3:7], 2, chances=chances[:4]).pairs  # two rows are not even listed
    chances[2:7, 1] -= 0.02
    assert [one.advice for one in find_confusing(labels, 2, chances=chances).pairs] == ["look"]


def test_the_lower_end_against_a_worked_example() -> None:
    # Newcombe 1998, table 1: 81 of 263, Wilson's interval without correction: 0.2553 to 0.3662.
    assert lower_end(81, 263) == pytest.approx(0.2553, abs=1e-4)
    assert lower_end(0, 20) == 0.0 and lower_end(0, 0) == 0.0


def test_near_duplicates_have_one_voice_an_intent() -> None:
    vectors, labels = drawn()
    again = np.concatenate([np.arange(len(labels)), np.full(500, 3)])
    once = find_confusing(labels, CLASSES, vectors=vectors)
    assert find_confusing(labels[again], CLASSES, vectors=vectors[again], groups=again) == once


def test_rows_that_say_nothing_are_left_out_and_counted() -> None:
    vectors, labels = drawn()
    vectors[0], vectors[1], vectors[2, 3] = 0.0, np.nan, np.inf
    found = find_confusing(labels, CLASSES, vectors=vectors)
    assert found.left_out == 3 and merged(found) == [{6, 7}] and found.shapes[0].rows == 60
    chances = log_chances(*drawn())
    chances[5, 2] = np.nan
    assert find_confusing(labels, CLASSES, chances=chances).left_out == 1
    assert find_confusing(labels, CLASSES, vectors=np.full_like(vectors, np.nan)).left_out == len(labels)


def test_nothing_to_compare() -> None:
    vectors, labels = drawn()
    with pytest.raises(StageError, match="vectors"):
        find_confusing(labels, CLASSES)
    with pytest.raises(StageError, match="one row for each label"):
        find_confusing(labels, CLASSES, vectors=vectors[1:])
    empty = find_confusing(labels[:0], CLASSES, vectors=vectors[:0])
    assert empty == Confusion((), (), 0)
    one = find_confusing(np.zeros(60, np.int64), 1, vectors=vectors[:60])
    assert not one.pairs and one.shapes[0].kept == 1.0 and one.shapes[0].separation is None
    every = find_confusing(np.arange(60), 60, vectors=vectors[:60])
    assert not every.pairs and len(every.shapes) == 60 and every.shapes[0].cohesion is None


@examples(30)
@given(st.integers(0, 10_000), st.integers(0, 40), st.integers(1, 6), st.booleans())
def test_whatever_comes_in(seed: int, rows: int, classes: int, with_chances: bool) -> None:
    """Shares are shares, each pair stands once, and neither the order of the rows nor that of the labels matters."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, rows)
    vectors = random.normal(0, 1, (rows, 3)).astype(np.float32)
    chances = random.normal(0, 1, (rows, classes)).astype(np.float32) if with_chances else None
    found = find_confusing(labels, classes, vectors=vectors, chances=chances)
    assert len({frozenset((one.left, one.right)) for one in found.pairs}) == len(found.pairs)
    for one in found.pairs:
        assert 0.0 <= one.right_as_left <= one.left_as_right <= 1.0 and one.left != one.right and one.advice in ADVICE
        assert one.overlap == pytest.approx((one.right_as_left + one.left_as_right) / 2, abs=1e-6)
    assert sum(one.rows for one in found.shapes) == rows
    order, renamed = random.permutation(rows), random.permutation(classes)
    other = find_confusing(
        renamed[labels][order],
        classes,
        vectors=vectors[order],
        chances=None if chances is None else chances[:, np.argsort(renamed)][order],
    )
    shares = {frozenset((int(renamed[one.left]), int(renamed[one.right]))): one.overlap for one in found.pairs}
    assert {frozenset((one.left, one.right)): one.overlap for one in other.pairs} == shares
    kept = {int(renamed[one.label]): (one.rows, one.kept) for one in found.shapes}
    assert {one.label: (one.rows, one.kept) for one in other.shapes} == kept
