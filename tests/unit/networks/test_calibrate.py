"""Probabilities that mean what they say, and thresholds that keep what they promise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mlpipeline.networks import calibrate
from mlpipeline.networks.classifier import TrainedModel
from mlpipeline.networks.features import FeatureSpec, Vocabulary
from mlpipeline.networks.knownness import Readings
from mlpipeline.networks.priors import TEMPERATURE, prior_threshold, shrunk
from mlpipeline.networks.zones import Costs
from tests.unit.networks.test_classifier import SETTINGS

logits_ = arrays(np.float32, st.tuples(st.integers(1, 20), st.integers(2, 5)), elements=st.floats(-50, 50, width=32))
shares = arrays(np.float64, st.integers(1, 40), elements=st.floats(0, 1))


@given(logits_, st.floats(0.05, 20))
def test_softmax_gives_probabilities_in_the_order_of_the_logits(logits: np.ndarray, temperature: float) -> None:
    chances = calibrate.softmax(logits, temperature)
    assert np.allclose(chances.sum(axis=1), 1.0) and (chances >= 0).all()
    rows = np.arange(len(logits))
    assert np.array_equal(chances[rows, logits.argmax(axis=1)], chances.max(axis=1))


def test_softmax_of_huge_logits_is_finite() -> None:
    assert np.isfinite(calibrate.softmax(np.array([[1e30, -1e30, 0.0]]))).all()


@pytest.mark.parametrize("true", [0.2, 1.0, 4.0])
def test_the_temperature_that_made_the_labels_is_found(true: float) -> None:
    random = np.random.default_rng(1)
    logits = random.normal(0, 3, (20_000, 6))
    steps = np.cumsum(calibrate.softmax(logits, true), axis=1)
    targets = np.minimum((steps < random.random((len(logits), 1))).sum(axis=1), 5)
    assert calibrate.fit_temperature(logits, targets) == pytest.approx(true, rel=0.05)


@given(logits_)
def test_no_temperature_is_worse_than_none(logits: np.ndarray) -> None:
    targets = np.zeros(len(logits), np.int64)
    found = calibrate.fit_temperature(logits, targets)
    assert 0.049 <= found <= 20.1
    # One row more counts as having each label to an equal part.
    wanted = np.full(logits.shape[1], 1 / (len(logits) + 1) / logits.shape[1])
    wanted[0] += 1 - 1 / (len(logits) + 1)
    logs = [np.log(np.maximum(calibrate.softmax(logits, t), 1e-300)) for t in (found, 1.0)]
    losses = [-(each @ wanted).mean() for each in logs]
    assert losses[0] <= losses[1] + 1e-6


@pytest.mark.parametrize("rows", [6, 60, 600])
def test_rows_that_are_all_right_do_not_make_a_bot_certain_of_everything(rows: int) -> None:
    logits = np.zeros((rows, 5))
    logits[:, 2] = 6.0
    temperature = calibrate.fit_temperature(logits, np.full(rows, 2))
    score, half = calibrate.softmax(np.array([[0, 0, 6.0, 0, 0], [0, 0, 3.0, 0, 0]]), temperature).max(axis=1)
    assert score == pytest.approx(1 - 1 / (rows + 1) * 4 / 5, abs=0.01), "as sure as so many rows allow"
    assert half < score - 0.02, "and less sure of what is less like them"


def test_nothing_to_measure_on() -> None:
    assert calibrate.fit_temperature(np.zeros((0, 3)), np.zeros(0, np.int64)) == 1.0
    none = calibrate.threshold_by_share(np.array([0.9, 0.8]), np.array([False, False]), 0.95)
    assert none == calibrate.FALLBACK_THRESHOLD


@given(shares, st.floats(0.5, 1.0), st.randoms(use_true_random=False))
def test_the_promised_share_of_right_rows_passes(scores: np.ndarray, share: float, random) -> None:
    correct = np.array([random.random() < 0.7 for _ in scores])
    threshold = calibrate.threshold_by_share(scores, correct, share)
    assert 0.0 <= threshold <= 0.95
    if correct.any():
        # Thresholds are kept to six digits.
        assert (scores[correct] >= threshold - 1e-6).mean() >= share - 1e-9


def test_a_perfect_gap_is_found() -> None:
    inside, outside = np.array([0.9, 0.8, 0.7]), np.array([0.2, 0.4])
    threshold = calibrate.threshold_by_rows(inside, np.ones(3, bool), outside)
    assert threshold == pytest.approx(0.55)


@given(shares, shares)
def test_no_other_threshold_parts_better(inside: np.ndarray, outside: np.ndarray) -> None:
    correct = np.arange(len(inside)) % 3 > 0

    def worth(threshold: float) -> float:
        return float(((inside >= threshold) & correct).mean() + (outside < threshold).mean())

    inside, outside = inside.round(3), outside.round(3)
    found = calibrate.threshold_by_rows(inside, correct, outside)
    # To refuse every row at all is the one thing that it never does.
    highest = max(inside.max(), outside.max())
    assert all(worth(found) >= worth(other) - 1e-9 for other in np.linspace(0, 1, 101) - 5e-4 if other <= highest)


def test_nonsense_lowers_scores_and_the_threshold_follows() -> None:
    random = np.random.default_rng(3)
    logits = random.normal(0, 1, (300, 4)).astype(np.float32)
    targets = random.integers(0, 4, 300)
    logits[np.arange(300), targets] += 4
    inside = Readings(logits, random.uniform(0.6, 1.0, 300).astype(np.float32))
    nonsense = Readings(logits[:60], random.uniform(0.0, 0.3, 60).astype(np.float32))
    intents = [f"intent {target}" for target in targets]
    nothing = Vocabulary(np.zeros(0, np.uint64), np.zeros(0, np.float32))
    model = TrainedModel([f"intent {number}" for number in range(4)], FeatureSpec(), nothing, {})
    calibrate.calibrate_model(model, logits, intents, SETTINGS)
    plain = calibrate.scores(nonsense, model.temperature, model.knownness).max(axis=1) >= model.threshold
    assert model.knownness is None and plain.mean() > 0.9
    calibrate.calibrate_model(
        model, logits, intents, SETTINGS, inside.known, {"mash": nonsense, "none": nonsense.take(np.zeros(0, int))}
    )
    refused = calibrate.scores(nonsense, model.temperature, model.knownness).max(axis=1) < model.threshold
    answered = calibrate.scores(inside, model.temperature, model.knownness).max(axis=1) >= model.threshold
    assert refused.all() and answered.mean() > 0.9
    assert TrainedModel.from_bytes(model.to_bytes()).knownness == model.knownness


def few(right: int, rows: float) -> TrainedModel:
    """A bot with so many rows of an intent, of which so many were judged and found right."""
    model = TrainedModel(["go", "pay"], FeatureSpec(), Vocabulary(np.zeros(0, np.uint64), np.zeros(0, np.float32)), {})
    logits = np.tile(np.array([9.0, 0.0], np.float32), (right, 1))
    learnt = calibrate.Learnt(rows, np.linspace(0.3, 0.9, 20).astype(np.float32))
    negatives = {"letters": Readings(np.ones((9, 2), np.float32), np.full(9, 0.05, np.float32))}
    calibrate.calibrate_model(model, logits, ["go"] * right, SETTINGS, np.ones(right, np.float32), negatives, learnt)
    return model


@pytest.mark.parametrize("rows", [1, 2, 4, 8])
def test_without_a_judged_row_the_prior_of_so_many_rows_stands(rows: int) -> None:
    model = few(0, rows)
    assert model.temperature == TEMPERATURE and model.threshold == pytest.approx(prior_threshold(rows, 2)) == 0.5
    assert model.knownness is not None and model.knownness.max_logit == 0.0
    known, letters = model.knownness.of(Readings(np.zeros((2, 2), np.float32), np.array([0.7, 0.05], np.float32)))
    assert known > 0.9 and letters < 0.1


def test_a_few_rows_move_the_prior_a_little_and_many_leave_nothing_of_it() -> None:
    bots = [few(count, 2) for count in (0, 3, 30, 3000)]
    thresholds = [bot.threshold for bot in bots]
    assert thresholds == sorted(thresholds)
    assert thresholds[1] < 0.6 and thresholds[3] > 0.9
    assert 0.4 < bots[1].temperature < 1.0, "not 20, and not the lowest there is"


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.integers(0, 10_000))
def test_what_is_drawn_to_a_prior_lies_between_the_two(own: float, prior: float, rows: int) -> None:
    assert min(own, prior) - 1e-5 <= shrunk(own, prior, rows) <= max(own, prior) + 1e-5


@given(st.floats(0.5, 500))
def test_more_rows_of_an_intent_never_lower_the_prior(rows: float) -> None:
    assert 0.05 < prior_threshold(rows, 60) <= prior_threshold(rows * 1.5, 60) < 0.3
    assert prior_threshold(rows, 2) == 0.5, "of two intents, one is always as likely as not"


@pytest.mark.parametrize("change", [{"max_wrong": 0.05}, {"costs": Costs(wrong=0.1, question=1.0, hand_over=2.0)}])
def test_no_promise_lets_a_bot_that_is_always_right_answer_everything(change: dict[str, object]) -> None:
    random = np.random.default_rng(6)
    targets = random.integers(0, 3, 400)
    logits = random.normal(0, 1, (400, 3)).astype(np.float32)
    logits[np.arange(400), targets] += random.uniform(3, 9, 400)
    names = ["a", "b", "c"]
    nothing = Vocabulary(np.zeros(0, np.uint64), np.zeros(0, np.float32))
    plain, bound = (TrainedModel(names, FeatureSpec(), nothing, {}) for _ in range(2))
    intents = [names[target] for target in targets]
    calibrate.calibrate_model(plain, logits, intents, SETTINGS)
    calibrate.calibrate_model(bound, logits, intents, replace(SETTINGS, **change))  # type: ignore[arg-type]
    assert bound.threshold == plain.threshold > 0.4
    strict = replace(SETTINGS, max_wrong=0.001)
    calibrate.calibrate_model(bound, logits, intents, strict)
    assert bound.threshold >= plain.threshold
