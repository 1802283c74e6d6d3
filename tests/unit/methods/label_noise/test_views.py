"""Views: every row is judged by models that have seen neither it nor its near duplicates."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import random as random_rows

from mlpipeline.errors import StageError
from mlpipeline.methods.label_noise.folds import predict_all, predict_fold, train_rows_of
from mlpipeline.methods.label_noise.machines import fit_margins
from mlpipeline.methods.label_noise.noise_data import as_noise_data, folds_by_group
from mlpipeline.methods.label_noise.views import View, choose_views, quick_views
from mlpipeline.networks.encoders.ngram_lsa import fit_ngram_encoder
from tests.unit.methods.label_noise.noise_corpus import NAMES, corpus, noise_data, task

TEXTS, LABELS = corpus()
ROWS = noise_data()
FOLDS = folds_by_group(LABELS, ROWS.groups, 4)


def test_folds_keep_groups_whole_and_spread_every_label() -> None:
    groups = np.arange(len(LABELS)) // 3
    fold = folds_by_group(LABELS, groups, 4)
    assert all(len(set(fold[groups == group])) == 1 for group in np.unique(groups))
    assert np.bincount(fold).min() >= 0.2 * len(LABELS)
    alone = folds_by_group(LABELS, np.arange(len(LABELS)), 4)
    for label in range(len(NAMES)):
        counts = np.bincount(alone[label == LABELS], minlength=4)
        assert counts.max() - counts.min() <= 1
    assert np.array_equal(alone, folds_by_group(LABELS, np.arange(len(LABELS)), 4))


@pytest.mark.parametrize("how", ["linear", "rivals", "neighbours", "embedding", "bayes"])
def test_a_view_is_mostly_right_on_rows_it_has_not_seen(how: str) -> None:
    rows = as_noise_data(TEXTS, vectors=fit_ngram_encoder(TEXTS, dims=64).encode(TEXTS))
    scores = predict_all(View(how, how), task(rows, LABELS, FOLDS))
    assert scores.shape == (len(TEXTS), len(NAMES)) and np.isfinite(scores).all()
    assert (scores.argmax(axis=1) == LABELS).mean() > 0.85


@pytest.mark.slow
def test_the_network_is_mostly_right_on_rows_it_has_not_seen() -> None:
    view = View("network", "network", settings={"epochs": 2, "min_steps": 80, "dims": 8})
    asked, scores = predict_fold(view, task(ROWS, LABELS, FOLDS), 0)
    assert np.array_equal(asked, np.flatnonzero(FOLDS == 0))
    assert (scores.argmax(axis=1) == LABELS[asked]).mean() > 0.9


@pytest.mark.parametrize("purified", [False, True])
@pytest.mark.parametrize("how", ["linear", "rivals", "neighbours", "bayes"])
def test_a_row_does_not_vouch_for_itself_nor_choose_who_does(how: str, purified: bool) -> None:
    view = View(how, how, purified=purified)
    asked, before = predict_fold(view, task(ROWS, LABELS, FOLDS), 1)
    changed = LABELS.copy()
    changed[asked] = (changed[asked] + 1) % len(NAMES)
    _, after = predict_fold(view, task(ROWS, changed, FOLDS), 1)
    assert np.array_equal(before, after)


def test_a_purified_view_learns_rows_only_that_seem_right() -> None:
    given = LABELS.copy()
    # Drawn: every tenth row has one of few endings, and an ending that tells which rows are wrong can be learnt.
    mistaken = np.random.default_rng(20).choice(np.flatnonzero(FOLDS != 0), len(LABELS) // 10, replace=False)
    given[mistaken] = (given[mistaken] + 5) % len(NAMES)
    work = task(ROWS, given, FOLDS)
    plain, purified = (train_rows_of(View("l", "linear", purified=only), work, 0) for only in (False, True))
    assert np.array_equal(plain, np.flatnonzero(FOLDS != 0))
    assert np.isin(purified, plain).all() and np.isin(mistaken, purified).mean() < 0.2
    assert len(purified) > 0.8 * (len(plain) - len(mistaken))


def test_rows_that_must_not_be_learnt_teach_no_view_and_choose_no_one() -> None:
    barred = np.arange(len(LABELS)) % 7 == 0
    view, changed = View("l", "linear", purified=True), np.where(barred, 0, LABELS)
    one, other = (replace(task(ROWS, labels, FOLDS), trainable=~barred) for labels in (LABELS, changed))
    assert not barred[train_rows_of(view, one, 0)].any()
    assert np.array_equal(predict_fold(view, one, 0)[1], predict_fold(view, other, 0)[1])


def test_a_label_that_stands_in_one_fold_only_is_unlikely_but_no_error() -> None:
    changed = LABELS.copy()
    changed[np.flatnonzero(FOLDS == 2)[0]] = len(NAMES)
    for how in ("linear", "rivals", "neighbours", "bayes"):
        asked, scores = predict_fold(View(how, how), task(ROWS, changed, FOLDS, len(NAMES) + 1), 2)
        assert scores.shape == (len(asked), len(NAMES) + 1) and np.isfinite(scores).all()
        assert (scores.argmax(axis=1) < len(NAMES)).all()


def test_two_labels_and_one_label() -> None:
    two = (LABELS > 5).astype(np.int64)
    asked, scores = predict_fold(View("l", "linear"), task(ROWS, two, FOLDS, 2), 0)
    assert (scores.argmax(axis=1) == two[asked]).mean() > 0.7
    _, nothing = predict_fold(View("l", "linear"), task(ROWS, np.zeros_like(LABELS), FOLDS, 1), 0)
    assert not nothing.any()


def test_a_sentence_that_stands_a_thousand_times_has_one_voice() -> None:
    texts = ["ㅋㅋㅋ"] * 1000 + TEXTS
    labels = np.concatenate([np.zeros(1000, np.int64), LABELS])
    rows = as_noise_data(texts)
    folds = folds_by_group(labels, rows.groups, 4)
    assert len(set(folds[:1000])) == 1
    scores = predict_all(View("n", "neighbours"), task(rows, labels, folds))
    assert (scores[1000:].argmax(axis=1) == LABELS).mean() > 0.9


def test_texts_without_a_word_and_broken_vectors_do_no_harm() -> None:
    texts = ["", " ", *TEXTS]
    vectors = np.ones((len(texts), 4), np.float32)
    vectors[3] = np.nan
    rows = as_noise_data(texts, vectors=vectors)
    assert np.isfinite(rows.vectors).all() and not rows.vectors[3].any()
    labels = np.concatenate([[0, 1], LABELS])
    for how in ("linear", "rivals", "neighbours", "embedding", "bayes"):
        scores = predict_all(View(how, how), task(rows, labels, folds_by_group(labels, rows.groups, 3)))
        assert np.isfinite(scores).all()


def test_what_is_chosen_fits_the_number_of_labels() -> None:
    assert [view.how for view in choose_views(12, vectors=True)] == [
        "linear",
        "neighbours",
        "embedding",
        "network",
    ]
    assert [view.name for view in quick_views(12)] == ["linear", "neighbours"]
    many = choose_views(2000, vectors=False, network=False)
    assert [view.how for view in many] == ["bayes", "neighbours", "bayes"]
    assert len({view.name for view in many}) == len(many)


def test_an_unknown_view_is_named() -> None:
    with pytest.raises(StageError, match="crystal ball"):
        predict_fold(View("x", "crystal ball"), task(ROWS, LABELS, FOLDS), 0)


@pytest.mark.slow
def test_machines_fitted_side_by_side_are_what_each_is_alone() -> None:
    def fitted(seed: int) -> bytes:
        rows = random_rows(400, 2000, 0.01, random_state=seed, format="csr")
        decide, _ = fit_margins(rows, np.arange(400) % 20, seed)
        return decide(rows).tobytes()

    seeds = [1, 2] * 8
    alone = {seed: fitted(seed) for seed in set(seeds)}
    with ThreadPoolExecutor(2) as pool:
        beside = list(pool.map(fitted, seeds))
    assert beside == [alone[seed] for seed in seeds]
