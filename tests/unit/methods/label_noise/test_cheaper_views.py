"""Cheaper views: chosen by size alone, said in a line, and nearly as good as those that they stand in for."""

from __future__ import annotations

import numpy as np
import pytest

from mlpipeline.methods.label_noise.audit import plant
from mlpipeline.methods.label_noise.detect import find_noise
from mlpipeline.methods.label_noise.machines import fit_margins, fit_rivals
from mlpipeline.methods.label_noise.noise_data import as_noise_data
from mlpipeline.methods.label_noise.packed import Packed, Scores, Taken, pack, unpack
from mlpipeline.methods.label_noise.views import CHEAPER_FROM, View, choose_views, fit_view, quick_views, say_cheaper
from tests.unit.methods.label_noise.noise_corpus import NAMES, corpus

TEXTS, LABELS = corpus()
ROWS = as_noise_data(TEXTS)
FULL = ["linear", "neighbours", "embedding", "network"]
CHEAPER = ["rivals", "neighbours", "embedding", "rivals-purified"]


@pytest.mark.parametrize(
    ("labels", "rows", "names"),
    [
        (150, 15_000, FULL),
        (60, 99_999, FULL),
        (60, 100_000, CHEAPER),
        (300, 19_999, FULL),
        (300, 20_000, CHEAPER),
        (500, 60_000, CHEAPER),
        (2_000, 2_999, ["bayes", "neighbours", "embedding", "network"]),
        (2_000, 20_000, CHEAPER),
    ],
)
def test_views_are_chosen_by_rows_times_labels(labels: int, rows: int, names: list[str]) -> None:
    views = choose_views(labels, rows, vectors=True)
    assert [view.name for view in views] == names
    assert [view.name for view in quick_views(labels, rows)] == names[:2]
    assert bool(say_cheaper(labels, rows, views)) == (names == CHEAPER)


def test_a_small_corpus_has_the_views_that_it_had() -> None:
    assert choose_views(12, 480, vectors=True) == choose_views(12, vectors=True)
    assert not any(view.settings for view in choose_views(500, 11_000, vectors=True))


def test_a_line_says_which_views_and_why() -> None:
    views = choose_views(500, 60_000, vectors=True)
    said = "60,000 rows x 500 intents: cheaper views (rivals, neighbours, embedding, rivals-purified)"
    assert say_cheaper(500, 60_000, views) == said


def test_machines_of_rivals_agree_with_machines_of_all_rows() -> None:
    part = np.arange(len(LABELS)) % 3 == 0
    known, asked = ROWS.matrix[~part], ROWS.matrix[part]
    whole, _ = fit_margins(known, LABELS[~part], 20)
    decide, labels = fit_rivals(known, LABELS[~part], 20, rivals=3, sampled=40)
    assert np.array_equal(labels, np.arange(len(NAMES)))
    assert (decide(asked).argmax(axis=1) == whole(asked).argmax(axis=1)).mean() > 0.95
    again, _ = fit_rivals(known, LABELS[~part], 20, rivals=3, sampled=40)
    assert np.array_equal(decide(asked), again(asked))


@pytest.mark.parametrize("kind", [pytest.param("random", marks=pytest.mark.slow), "pairs"])
def test_cheaper_views_find_wrong_labels(kind: str) -> None:
    noisy, wrong = plant(LABELS, kind, 0.1, ROWS)
    views = choose_views(len(NAMES), CHEAPER_FROM, vectors=False)
    flagged = find_noise(ROWS, noisy, len(NAMES), views=views, folds=3).estimate.flagged
    assert 2 * (flagged & wrong).sum() / (flagged.sum() + wrong.sum()) > 0.85


def test_neighbours_are_nearly_the_same_without_frequent_ngrams() -> None:
    part = np.arange(len(LABELS)) % 4 == 0
    learnt, asked = np.flatnonzero(~part), np.flatnonzero(part)
    for settings in ({}, {"frequent": 0.2, "block": 7}):
        scores = fit_view(View("n", "neighbours", settings=settings), ROWS, LABELS, learnt, asked, len(NAMES))
        assert (scores.argmax(axis=1) == LABELS[asked]).mean() > 0.9


@pytest.mark.parametrize("how", ["linear", "rivals", "neighbours", "bayes"])
def test_scores_are_packed_without_loss(how: str) -> None:
    half = np.arange(0, len(LABELS), 2), np.arange(1, len(LABELS), 2)
    scores = fit_view(View(how, how), ROWS, LABELS, *half, 200)
    data = pack(scores)
    assert np.array_equal(unpack(data), scores) and unpack(data).dtype == np.float32
    limit = {"neighbours": 0.2, "rivals": 0.6}.get(how, 1.1)
    assert len(data) < limit * scores.nbytes


def test_packed_scores_are_one_matrix_a_view() -> None:
    whole = np.arange(12, dtype=np.float32).reshape(4, 3)
    pieces = [Packed(np.array(rows), pack(whole[rows])) for rows in ([3, 0], [1, 2])]
    scores = Scores({"linear": pieces}, 4, 3)
    assert list(scores) == ["linear"] and len(scores) == 1
    assert np.array_equal(scores["linear"], whole)
    assert np.array_equal(Taken(scores, np.array([2, 0]))["linear"], whole[[2, 0]])
    assert unpack(pack(np.zeros((0, 3), np.float32))).shape == (0, 3)
