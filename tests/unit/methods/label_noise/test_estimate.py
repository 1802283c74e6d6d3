"""The estimate of how many labels are wrong, on probabilities that are drawn here, so that the truth is known."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from mlpipeline.methods.label_noise.estimate import NoiseEstimate, best_cut, confident_pairs, estimate_noise, pairing_of
from mlpipeline.methods.label_noise.estimate_groups import estimate_groups
from mlpipeline.methods.label_noise.fuse import (
    Mistaken,
    as_log_chances,
    best_other,
    fuse,
    fused_features,
    margins,
    votes,
)

ROWS, LABELS = 4000, 20


def drawn(rate: float, kind: str, seed: int = 0) -> tuple[list[NDArray[np.float32]], NDArray[np.int64], NDArray]:
    """Two views of rows whose right label is mostly the likeliest one, and given labels with planted mistakes."""
    random = np.random.default_rng(seed)
    right = random.integers(0, LABELS, ROWS)
    views = []
    for sharp in (4.0, 5.0):
        logits = random.normal(0.0, 1.0, (ROWS, LABELS))
        logits[np.arange(ROWS), right] += random.gamma(4.0, sharp / 4.0, ROWS)
        views.append((logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32))
    wrong = np.zeros(ROWS, bool)
    wrong[random.permutation(ROWS)[: round(rate * ROWS)]] = True
    other = right + (random.integers(1, LABELS, ROWS) if kind == "random" else 1)
    return views, np.where(wrong, other % LABELS, right), wrong


@cache
def judged(rate: float, kind: str) -> NoiseEstimate:
    """Of what is drawn with these; judged once for all tests that only read it."""
    views, labels, _ = drawn(rate, kind)
    return estimate_noise(views, labels)


@pytest.mark.parametrize("kind", ["random", "pairs"])
@pytest.mark.parametrize("rate", [0.1, *(pytest.param(rate, marks=pytest.mark.slow) for rate in (0.05, 0.2, 0.4))])
def test_the_rate_and_its_kind_are_found(kind: str, rate: float) -> None:
    wrong, found = drawn(rate, kind)[2], judged(rate, kind)
    assert found.noise.rate == pytest.approx(rate, abs=0.02)
    assert found.noise.low - 0.01 <= rate <= found.noise.high + 0.01
    assert found.noise.kind == kind
    hits = (found.flagged & wrong).sum()
    f1 = 2 * hits / (found.flagged.sum() + wrong.sum())
    assert f1 > 0.8 and abs(f1 - found.expected_f1) < 0.08


def test_without_mistakes_next_to_nothing_is_flagged() -> None:
    found = judged(0.0, "random")
    assert found.noise.rate < 0.01 and found.flagged.mean() < 0.01


@pytest.mark.slow
def test_the_probabilities_mean_what_they_say() -> None:
    views, labels, wrong = drawn(0.2, "random", seed=5)
    found = estimate_noise(views, labels)
    for low, high in ((0.0, 0.1), (0.1, 0.6), (0.6, 0.95), (0.95, 1.01)):
        within = (found.wrong >= low) & (found.wrong < high)
        if within.sum() > 50:
            assert wrong[within].mean() == pytest.approx(found.wrong[within].mean(), abs=0.1)


@pytest.mark.slow
def test_the_same_rows_give_the_same_judgement() -> None:
    views, labels, _ = drawn(0.1, "pairs")
    assert np.array_equal(judged(0.1, "pairs").wrong, estimate_noise(views, labels).wrong)


@pytest.mark.slow
def test_rows_of_equal_probability_still_have_an_order() -> None:
    views, labels, wrong = drawn(0.02, "random")
    found = estimate_noise(views, labels)
    flat = replace(found, wrong=np.zeros(ROWS), cut=1.1)
    assert not flat.flagged.any()
    assert wrong[flat.order[:40]].mean() > 0.8 and sorted(flat.order.tolist()) == list(range(ROWS))


@pytest.mark.slow
def test_hard_rows_are_no_proof_of_mistakes() -> None:
    views, labels, _ = drawn(0.0, "random")
    hard = np.arange(ROWS) < 200
    for view in views:  # rows that every view takes for their neighbour, and nothing is planted
        view[hard] = np.roll(view[hard], 1, axis=1)
    found = estimate_noise(views, labels)
    assert found.noise.rate < 0.07


@pytest.mark.slow
def test_random_flips_and_pairs_are_told_apart_and_a_mixture_is_between() -> None:
    views, random, _ = drawn(0.2, "random")  # the views of both: the mistakes are drawn after them
    _, pairs, _ = drawn(0.2, "pairs")
    half = np.where(np.arange(ROWS) % 2 == 0, random, pairs)
    assert judged(0.2, "random").noise.pairing == 0.0 and judged(0.2, "pairs").noise.pairing == 1.0
    assert 0.05 < estimate_noise(views, half).noise.pairing < 0.95


def test_where_no_label_looks_wrong_some_may_still_be() -> None:
    views, labels, _ = drawn(0.0, "random")
    noise = estimate_noise([view[:500] for view in views], labels[:500]).noise
    assert noise.rate < 0.01 and noise.low < 0.001 < noise.high < 0.05


def test_the_kind_follows_from_the_rates_that_each_kind_would_mean() -> None:
    assert pairing_of(0.1, 0.1) == pairing_of(0.1, 0.0) == 0.0  # two labels: the only other one is any other one
    assert pairing_of(0.01, 0.1) == 1.0
    assert 0.3 < pairing_of(0.04, 0.1) < 0.7


def test_the_confident_joint_counts_the_planted_pairs() -> None:
    views, labels, wrong = drawn(0.2, "pairs")
    joint = confident_pairs(fuse(views), labels)
    assert not joint.diagonal().any()
    planted = joint[np.arange(LABELS), (np.arange(LABELS) + 1) % LABELS].sum()
    assert planted > 0.7 * joint.sum() and planted > 0.5 * wrong.sum()


def test_a_rare_label_that_no_model_is_sure_of_attracts_no_pairs() -> None:
    """Label 2 is confident at one in twenty; the doubted rows of label 0 look like 1, but not surely enough."""
    chances = np.tile([0.3, 0.6, 0.1], (40, 1))
    chances[10:30] = [0.02, 0.92, 0.06]  # rows of label 1, surely so
    chances[30:] = [0.9, 0.05, 0.05]  # rows of label 2, which look like 0
    labels = np.repeat([0, 1, 2], [10, 20, 10])
    joint = confident_pairs(np.log(chances).astype(np.float32), labels)
    assert joint[0, 2] == 10 and joint.sum() == 10


def test_the_cut_with_the_greatest_expected_f1() -> None:
    cut, expected = best_cut(np.array([0.9, 0.9, 0.1, 0.0]))
    assert cut == 0.9 and expected == pytest.approx(2 * 1.8 / (2 + 1.9))
    assert best_cut(np.zeros(4)) == (1.1, 0.0) and best_cut(np.zeros(0)) == (1.1, 0.0)


@pytest.mark.slow
def test_made_rows_are_judged_apart_from_human_rows() -> None:
    few, labels, wrong = drawn(0.04, "random", seed=1)
    many, made_labels, made_wrong = drawn(0.3, "random", seed=2)
    views = [np.concatenate(pair) for pair in zip(few, many, strict=True)]
    given, truth = np.concatenate([labels, made_labels]), np.concatenate([wrong, made_wrong])
    found, noise = estimate_groups(views, given, np.repeat([0, 1], ROWS))
    assert noise[0].rate == pytest.approx(0.04, abs=0.02) and noise[1].rate == pytest.approx(0.3, abs=0.02)
    hits = (found.flagged & truth).sum()
    assert 2 * hits / (found.flagged.sum() + truth.sum()) > 0.8 and found.noise == noise[0]


@pytest.mark.slow
def test_a_part_of_few_rows_is_judged_with_the_others() -> None:
    views, labels, _ = drawn(0.1, "random")
    parts = (np.arange(ROWS) < 20).astype(np.int64)
    found, noise = estimate_groups(views, labels, parts)
    assert set(noise) == {0} and np.isfinite(found.wrong).all()
    alone, whole = estimate_groups(views, labels), judged(0.1, "random")
    assert np.array_equal(alone[0].wrong, whole.wrong) and set(alone[1]) == {0}


def test_fusing_listens_to_the_view_that_excludes_a_label() -> None:
    doubting = np.log(np.array([[0.5, 0.49, 0.01]], np.float32))
    sure = np.log(np.array([[0.001, 0.5, 0.499]], np.float32))
    assert fuse([doubting, sure]).argmax() == 1
    assert np.exp(fuse([doubting, sure])).sum() == pytest.approx(1.0, abs=1e-6)


def test_margins_and_evidence() -> None:
    chances = np.log(np.array([[0.7, 0.2, 0.1], [0.2, 0.3, 0.5]], np.float32))
    labels = np.array([0, 0])
    assert margins(chances, np.array([0, 1]), labels) == pytest.approx(np.log([2 / 7, 5 / 2]), abs=1e-5)
    assert best_other(chances, labels).tolist() == [1, 2]
    assert fused_features([chances], chances, np.array([1]), labels[:1]).shape == (1, 5)
    assert votes({"a": chances})["a"].tolist() == [0, 2]


def test_a_label_whose_rows_often_look_like_another_makes_a_hard_row_likelier_than_a_wrong_one() -> None:
    """Nine rows of label 0 look like 1, one looks like 2; the row that is asked for is never counted itself."""
    likely = np.array([1] * 9 + [2, 1, 2])
    fused = np.log(np.full((12, 3), 0.01, np.float32))
    fused[np.arange(12), likely] = np.log(0.98)
    labels = np.array([0] * 10 + [1, 2])
    mistaken = Mistaken.count(fused, labels)
    often, once = mistaken.shares(fused, np.array([0, 9]), np.array([0, 0]), np.array([1, 2]))
    assert often > once + 1.5
    alone = Mistaken.count(fused[9:], labels[9:]).shares(fused[9:], np.array([0]), np.array([0]), np.array([2]))
    assert alone[0] == pytest.approx(np.log(1 / 3), abs=1e-6)  # no other row of label 0 says anything
    views, given, _ = drawn(0.1, "random")
    rows = np.arange(ROWS)
    counted = Mistaken.count(fuse(views), given)
    with_pairs = fused_features(views, fuse(views), rows, given, counted)
    assert with_pairs.shape == (ROWS, 9) and np.array_equal(
        with_pairs[:, :8], fused_features(views, fuse(views), rows, given)
    )


def test_temperature_is_fitted_on_trusted_rows() -> None:
    scores = np.random.default_rng(1).normal(0, 1, (500, 3)).astype(np.float32)
    labels = scores.argmax(axis=1)
    labels[250:] = (labels[250:] + 1) % 3
    trusted = np.arange(500) < 250
    sharp, flat = as_log_chances(scores, labels, trusted), as_log_chances(scores, labels)
    assert sharp.max(axis=1).mean() > flat.max(axis=1).mean() + 0.2
    broken = scores.copy()
    broken[0] = np.nan
    assert np.isfinite(as_log_chances(broken, labels)).all()
