"""Limits that cost least, and limits that keep a promise."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.networks.zones import Costs, threshold_by_wrong, zones_by_costs

scored = st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), st.booleans()), max_size=12)
prices = st.floats(0, 10)


def cost_of(scores: np.ndarray, correct: np.ndarray, answer: float, ask: float, costs: Costs) -> float:
    paid = np.where(
        scores >= answer,
        costs.wrong * ~correct,
        np.where(scores >= ask, costs.question + costs.hand_over * ~correct, costs.hand_over),
    )
    return float(paid.sum())


@given(scored, prices, prices, prices)
def test_no_other_limits_cost_less(rows: list[tuple[float, bool]], wrong: float, question: float, hand: float) -> None:
    scores = np.array([score for score, _ in rows])
    correct = np.array([right for _, right in rows], bool)
    costs = Costs(wrong=wrong, question=question, hand_over=hand)
    zones = zones_by_costs(scores, correct, costs)
    assert 0.0 <= zones.did_you_mean <= zones.answer <= 1.0
    paid = cost_of(scores, correct, *zones, costs)
    for ask, answer in itertools.combinations_with_replacement([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], 2):
        assert paid <= cost_of(scores, correct, answer, ask, costs) + 1e-6


def test_dear_mistakes_are_avoided_and_cheap_questions_asked() -> None:
    scores = np.linspace(0.005, 0.995, 100)
    correct = np.random.default_rng(1).random(100) < scores
    careless = zones_by_costs(scores, correct, Costs(wrong=0, question=1, hand_over=2))
    careful = zones_by_costs(scores, correct, Costs(wrong=20, question=1, hand_over=5))
    assert careless.answer == 0.0 and careful.answer > 0.7
    assert careful.did_you_mean < careful.answer - 0.2, "a question is worth its price where it is often right"
    never = zones_by_costs(scores, correct, Costs(wrong=20, question=30, hand_over=5))
    assert never.did_you_mean == never.answer


@given(scored, st.floats(0, 0.5))
def test_a_promise_of_few_wrong_answers_is_kept_on_the_rows_themselves(
    rows: list[tuple[float, bool]], promise: float
) -> None:
    scores = np.array([score for score, _ in rows])
    correct = np.array([right for _, right in rows], bool)
    answered = scores >= threshold_by_wrong(scores, correct, promise)
    assert not answered.any() or (~correct[answered]).mean() <= promise


@pytest.mark.parametrize("promise", [0.02, 0.05, 0.1])
def test_a_promise_holds_on_other_rows_of_the_same_bot(promise: float) -> None:
    random = np.random.default_rng(4)

    def draw() -> tuple[np.ndarray, np.ndarray]:
        scores = random.beta(3, 1, 4000)
        return scores, random.random(4000) < scores

    limit = threshold_by_wrong(*draw(), promise)
    scores, correct = draw()
    answered = scores >= limit
    assert answered.mean() > 0.02 and (~correct[answered]).mean() == pytest.approx(promise, abs=0.02)
