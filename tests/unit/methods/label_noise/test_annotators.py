"""Several annotators: who is believed, and how well they agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import StageError
from mlpipeline.methods.label_noise.annotators import find_consensus, kappa, kappa_by_pair
from tests.properties import examples

TRUTH = np.random.default_rng(3).integers(0, 4, 400)


def answered(quality: float, seed: int, share: float = 1.0) -> np.ndarray:
    random = np.random.default_rng(seed)
    right = random.random(len(TRUTH)) < quality
    answers = np.where(right, TRUTH, (TRUTH + random.integers(1, 4, len(TRUTH))) % 4)
    return np.where(random.random(len(TRUTH)) < share, answers, -1)


def test_one_good_annotator_outweighs_two_bad_ones() -> None:
    answers = np.stack([answered(0.95, 1), answered(0.45, 2), answered(0.45, 4)], axis=1)
    votes = np.stack([(answers == label).sum(axis=1) for label in range(4)], axis=1).argmax(axis=1)
    found = find_consensus(answers, 4)
    assert (found.labels == TRUTH).mean() > (votes == TRUTH).mean() + 0.1
    assert (found.labels == TRUTH).mean() > 0.93
    assert np.allclose(found.quality, [0.95, 0.45, 0.45], atol=0.08)
    assert np.allclose(found.confusion.sum(axis=2), 1.0) and np.allclose(found.chances.sum(axis=1), 1.0)


def test_an_annotator_who_swaps_two_labels_is_understood() -> None:
    swapped = np.array([1, 0, 2, 3])[TRUTH]
    answers = np.stack([answered(0.9, 1), answered(0.9, 2), swapped], axis=1)
    found = find_consensus(answers, 4)
    assert found.confusion[2][0].argmax() == 1 and found.confusion[2][1].argmax() == 0
    assert (found.labels == TRUTH).mean() > 0.97


def test_rows_that_few_or_none_answered() -> None:
    answers = np.stack([answered(0.9, 1, 0.5), answered(0.9, 2, 0.5), np.full(len(TRUTH), -1)], axis=1)
    found = find_consensus(answers, 4)
    silent = (answers < 0).all(axis=1)
    assert silent.any() and (found.labels[silent] == -1).all() and (found.labels[~silent] >= 0).all()
    assert (found.labels == TRUTH)[~silent].mean() > 0.85


def test_an_annotator_with_two_answers_is_not_called_perfect() -> None:
    rare = np.full(len(TRUTH), -1)
    rare[:2] = TRUTH[:2]
    found = find_consensus(np.stack([answered(0.95, 1), answered(0.95, 2), rare], axis=1), 4)
    assert found.quality[2] < 0.97


@given(st.integers(0, 10_000))
@examples(15)
def test_the_order_of_rows_people_and_labels_says_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)
    answers = np.stack([answered(quality, seed + n, 0.7) for n, quality in enumerate((0.9, 0.7, 0.8))], axis=1)[:80]
    rows, people, labels = (random.permutation(count) for count in (*answers.shape, 4))
    shuffled = np.where(answers < 0, -1, labels[answers])[rows][:, people]
    found, turned = find_consensus(answers, 4), find_consensus(shuffled, 4)
    assert np.allclose(turned.quality, found.quality[people], atol=1e-4)
    assert np.allclose(turned.chances[:, labels], found.chances[rows], atol=1e-4)


@pytest.mark.parametrize("quality", [0.75, 0.95])
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_people_of_equal_accuracy_are_estimated_alike_and_near_it(quality: float, share: float) -> None:
    found = np.array(
        [
            find_consensus(np.stack([answered(quality, 10 * seed + n, share) for n in range(4)], axis=1), 4).quality
            for seed in range(4)
        ]
    )
    assert np.abs(found - quality).max() < 0.15  # half of 400 texts each: a few hundred shared ones
    assert np.abs(found.mean(axis=0) - quality).max() < 0.06


def test_kappa_against_a_worked_example() -> None:
    # Cohen's table: 20 yes-yes, 15 no-no, 5 yes-no, 10 no-yes -> (.7 - .5) / (1 - .5).
    first = np.repeat([1, 0, 1, 0], [20, 15, 5, 10])
    second = np.repeat([1, 0, 0, 1], [20, 15, 5, 10])
    assert kappa(first, second) == pytest.approx(0.4)
    assert kappa(first, first) == 1.0
    assert kappa(np.array([-1, 1]), np.array([1, -1])) is None
    assert kappa(np.zeros(5, np.int64), np.zeros(5, np.int64)) == 1.0


def test_kappa_by_pair_counts_shared_rows() -> None:
    answers = np.array([[0, 0, -1], [1, 1, -1], [1, 0, -1], [0, 0, 1]])
    pairs = kappa_by_pair(answers)
    assert pairs[0, 1][0] == pytest.approx(0.5) and pairs[0, 1][1] == 4
    assert pairs[0, 2][1] == 1 and set(pairs) == {(0, 1), (0, 2), (1, 2)}


def test_codes_that_are_no_labels_are_refused() -> None:
    with pytest.raises(StageError, match="below 4"):
        find_consensus(np.array([[4]]), 4)
