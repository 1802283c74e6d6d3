"""Views: every row is judged by models that have seen neither it nor its near duplicates."""

from __future__ import annotations

import numpy as np
import pytest

from mlpipeline.errors import StageError
from mlpipeline.networks.encoder import fit_ngram_encoder
from mlpipeline.networks.noise.material import as_material, folds_by_group
from mlpipeline.networks.noise.views import View, choose_views, predict_all, predict_fold
from tests.unit.networks.noise.noise_corpus import NAMES, corpus, material

TEXTS, LABELS = corpus()
ROWS = material()
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


@pytest.mark.parametrize("how", ["linear", "neighbours", "embedding", "bayes"])
def test_a_view_is_mostly_right_on_rows_it_has_not_seen(how: str) -> None:
    rows = as_material(TEXTS, vectors=fit_ngram_encoder(TEXTS, dims=64).encode(TEXTS))
    scores = predict_all(View(how, how), rows, LABELS, FOLDS, len(NAMES))
    assert scores.shape == (len(TEXTS), len(NAMES)) and np.isfinite(scores).all()
    assert (scores.argmax(axis=1) == LABELS).mean() > 0.85


@pytest.mark.slow
def test_the_network_is_mostly_right_on_rows_it_has_not_seen() -> None:
    view = View("network", "network", settings={"epochs": 2, "min_steps": 80, "dims": 8})
    asked, scores = predict_fold(view, ROWS, LABELS, FOLDS, 0, len(NAMES))
    assert np.array_equal(asked, np.flatnonzero(FOLDS == 0))
    assert (scores.argmax(axis=1) == LABELS[asked]).mean() > 0.9


@pytest.mark.parametrize("how", ["linear", "neighbours", "bayes"])
def test_a_row_does_not_vouch_for_itself(how: str) -> None:
    asked, before = predict_fold(View(how, how), ROWS, LABELS, FOLDS, 1, len(NAMES))
    changed = LABELS.copy()
    changed[asked] = (changed[asked] + 1) % len(NAMES)
    _, after = predict_fold(View(how, how), ROWS, changed, FOLDS, 1, len(NAMES))
    assert np.array_equal(before, after)


def test_a_purified_view_learns_from_trusted_rows_only() -> None:
    wrong = LABELS.copy()
    mistaken = FOLDS != 0
    wrong[mistaken & (LABELS == 0)] = 1
    view, plain = View("l", "linear", purified=True), View("l", "linear")
    asked, misled = predict_fold(plain, ROWS, wrong, FOLDS, 0, len(NAMES), trusted=wrong == LABELS)
    _, cleared = predict_fold(view, ROWS, wrong, FOLDS, 0, len(NAMES), trusted=wrong == LABELS)
    assert not np.array_equal(misled, cleared)
    own = LABELS[asked] == 0
    assert (cleared[own, 1] < misled[own, 1]).all()


def test_a_label_that_stands_in_one_fold_only_is_unlikely_but_no_error() -> None:
    changed = LABELS.copy()
    changed[np.flatnonzero(FOLDS == 2)[0]] = len(NAMES)
    for how in ("linear", "neighbours", "bayes"):
        asked, scores = predict_fold(View(how, how), ROWS, changed, FOLDS, 2, len(NAMES) + 1)
        assert scores.shape == (len(asked), len(NAMES) + 1) and np.isfinite(scores).all()
        assert (scores.argmax(axis=1) < len(NAMES)).all()


def test_two_labels_and_one_label() -> None:
    two = (LABELS > 5).astype(np.int64)
    asked, scores = predict_fold(View("l", "linear"), ROWS, two, FOLDS, 0, 2)
    assert (scores.argmax(axis=1) == two[asked]).mean() > 0.7
    _, nothing = predict_fold(View("l", "linear"), ROWS, np.zeros_like(LABELS), FOLDS, 0, 1)
    assert not nothing.any()


def test_a_sentence_that_stands_a_thousand_times_has_one_voice() -> None:
    texts = ["ㅋㅋㅋ"] * 1000 + TEXTS
    labels = np.concatenate([np.zeros(1000, np.int64), LABELS])
    rows = as_material(texts)
    folds = folds_by_group(labels, rows.groups, 4)
    assert len(set(folds[:1000])) == 1
    scores = predict_all(View("n", "neighbours"), rows, labels, folds, len(NAMES))
    assert (scores[1000:].argmax(axis=1) == LABELS).mean() > 0.9


def test_texts_without_a_word_and_broken_vectors_do_no_harm() -> None:
    texts = ["", " ", *TEXTS]
    vectors = np.ones((len(texts), 4), np.float32)
    vectors[3] = np.nan
    rows = as_material(texts, vectors=vectors)
    assert np.isfinite(rows.vectors).all() and not rows.vectors[3].any()
    labels = np.concatenate([[0, 1], LABELS])
    for how in ("linear", "neighbours", "embedding", "bayes"):
        scores = predict_all(View(how, how), rows, labels, folds_by_group(labels, rows.groups, 3), len(NAMES))
        assert np.isfinite(scores).all()


def test_what_is_chosen_fits_the_number_of_labels() -> None:
    assert [view.how for view in choose_views(12, vectors=True)] == [
        "linear",
        "neighbours",
        "embedding",
        "network",
    ]
    many = choose_views(2000, vectors=False, network=False)
    assert [view.how for view in many] == ["bayes", "neighbours", "bayes"]
    assert len({view.name for view in many}) == len(many)


def test_an_unknown_view_is_named() -> None:
    with pytest.raises(StageError, match="crystal ball"):
        predict_fold(View("x", "crystal ball"), ROWS, LABELS, FOLDS, 0, len(NAMES))
