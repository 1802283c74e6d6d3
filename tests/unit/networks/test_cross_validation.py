"""Folds of whole clusters, rows that every network learns, and what is said of rows unseen."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.networks import cross_validation
from mlpipeline.networks.calibrate import scores
from mlpipeline.networks.classifier import TrainedModel, read_texts
from mlpipeline.networks.cross_validation import (
    TrainingData,
    choose_shape,
    deal_clusters,
    fold_rows,
    only_clusters,
    out_of_fold_logits,
    train_classifier,
)
from mlpipeline.networks.held_out import NEVER
from mlpipeline.networks.knownness import Readings
from mlpipeline.networks.negatives import make_negatives
from mlpipeline.networks.training import LabelledRows
from tests.unit.networks.test_classifier import SETTINGS

rows_of_clusters = st.lists(
    st.tuples(st.sampled_from([f"c{number}" for number in range(30)]), st.sampled_from("abcd")), min_size=1, max_size=80
)


@given(rows=rows_of_clusters, folds=st.integers(2, 5), seed=st.integers(0, 3), order=st.randoms())
def test_each_cluster_is_in_one_fold_whatever_the_order(rows: Any, folds: int, seed: int, order: Any) -> None:
    clusters, intents = [cluster for cluster, _ in rows], [intent for _, intent in rows]
    dealt = deal_clusters(clusters, intents, folds, seed)
    assert dealt.keys() == set(clusters) and set(dealt.values()) <= {NEVER, *range(folds)}
    order.shuffle(rows)
    assert deal_clusters([one for one, _ in rows], [one for _, one in rows], folds, seed) == dealt
    kept = only_clusters(dealt, clusters, intents, "d")
    for fold in range(folds):
        left = {intent for cluster, intent in zip(clusters, intents, strict=True)
                if dealt[cluster] != fold or cluster in kept}  # fmt: skip
        assert left >= set(intents) - {"d"}, "an intent without a row to learn from"


def test_every_intent_is_spread_over_the_folds() -> None:
    intents = ["abc"[number % 3] for number in range(30)]
    clusters = [str(number) for number in range(30)]
    dealt = deal_clusters(clusters, intents, 3, 1)
    counts = Counter((intents[int(cluster)], fold) for cluster, fold in dealt.items())
    assert set(counts.values()) <= {3, 4} and len(counts) == 9
    assert deal_clusters(clusters, intents, 3, 2) != dealt


def test_a_cluster_that_is_much_of_a_bot_is_never_held_out() -> None:
    clusters = ["same"] * 30 + [str(number) for number in range(60)]
    dealt = deal_clusters(clusters, ["a", "b"] * 45, 3, 1)
    assert dealt.pop("same") == NEVER and set(dealt.values()) == {0, 1, 2}


def training_data(**changed: Any) -> TrainingData:
    texts = ["pay now", "pay it", "go home", "go away", "only one", "pay now!"]
    rows = LabelledRows(texts, ["pay", "pay", "go", "go", "once", "pay"])
    clusters = ["c0", "c1", "c2", "c3", "c4", "c0"]
    return TrainingData(rows, clusters, **{"evaluated": np.array([True] * 5 + [False]), **changed})


def test_the_only_row_of_an_intent_is_learnt_by_all_and_near_duplicates_go_with_their_cluster() -> None:
    one = training_data()
    folds = fold_rows(one, np.array([True] * 5 + [False]), replace(SETTINGS, folds=2), 1)
    assert folds[4] == NEVER and folds[5] == folds[0]
    assert sorted(folds[:4].tolist()) == [0, 0, 1, 1] and folds[0] != folds[1] and folds[2] != folds[3]


def test_a_large_bot_is_judged_on_the_rows_held_out_but_for_intents_that_would_be_lost() -> None:
    held = np.array([True, False, False, True, True, False])
    folds = fold_rows(
        training_data(held_out=held), np.array([True] * 5 + [False]), replace(SETTINGS, max_folded_rows=4), 1
    )
    assert folds.tolist() == [0, NEVER, NEVER, 0, NEVER, 0]


def test_rows_are_judged_once_by_a_network_that_has_not_learnt_their_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[str]] = []

    def fit(rows: LabelledRows, names: list[str], settings: Any, *_: Any) -> TrainedModel:
        seen.append(set(rows.texts))
        return TrainedModel(names, None, None, {})  # type: ignore[arg-type]

    def said(model: TrainedModel, texts: list[str], vectors: None) -> Readings:
        assert not set(texts) & seen[-1]
        logits = np.tile(np.arange(len(model.labels), dtype=np.float32), (len(texts), 1))
        return Readings(logits, np.full(len(texts), 0.5, np.float32))

    monkeypatch.setattr(cross_validation, "fit_network", fit)
    monkeypatch.setattr(cross_validation, "read_texts", said)
    one = training_data()
    folds = np.array([0, 1, 0, 1, 1, 0], np.int32)
    found = out_of_fold_logits(one.rows, folds, np.array([True] * 5 + [False]), ["go", "once", "pay"], SETTINGS, 1)
    assert sorted(found.rows.tolist()) == [0, 1, 2, 3, 4] and found.folds.tolist() == folds[found.rows].tolist()
    assert all("pay now!" in texts for texts in seen if "pay now" in texts)
    # A network that lacks an intent says so with the lowest logit.
    assert found.logits[found.folds == 1][:, 1].max() == found.logits[found.folds == 1].min() == 0.0


def test_a_bot_with_one_row_an_intent_answers_and_refuses_nonsense() -> None:
    texts = ["wake me up at seven", "play some jazz", "turn off the lamp", "how is the weather", "call my mother",
             "order a large pizza", "what time is it", "book a train to rome"]  # fmt: skip
    data = TrainingData(
        LabelledRows(texts, [f"intent {number}" for number in range(len(texts))]),
        [str(number) for number in range(len(texts))],
        negatives=make_negatives("en", texts, 1),
    )
    model, said = train_classifier(data, replace(SETTINGS, min_steps=60), 1)
    assert not len(said.rows), "an intent's only row is never held out"
    questions = ["wake me at seven please", "play jazz", "turn the lamp off", "a large pizza", "a train to rome"]
    score = scores(read_texts(model, questions), model.temperature, model.knownness).max(axis=1)
    assert (score >= model.threshold).mean() >= 0.8
    for kind, nonsense in make_negatives("en", texts, 1, half=1).items():
        score = scores(read_texts(model, nonsense), model.temperature, model.knownness).max(axis=1)
        if kind in ("random letters", "other languages"):
            assert (score >= model.threshold).mean() <= 0.3, f"{kind}: eight rows are few, and yet"


def test_both_shapes_are_judged_on_the_same_rows_and_the_better_one_judges_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Here n-grams are always wrong, or always right; vectors are right."""
    asked: list[tuple[bool, int]] = []
    wrong = [True]
    intents = {"t0": 0, "t1": 1}

    def fit(rows: LabelledRows, names: list[str], *_: Any) -> TrainedModel:
        return TrainedModel(names, None, None, {}, encoder=rows.encoder)  # type: ignore[arg-type]

    def said(model: TrainedModel, texts: list[str], vectors: np.ndarray | None) -> Readings:
        assert (vectors is not None) == bool(model.encoder)
        asked.append((vectors is not None, len(texts)))
        right = np.array([intents[text] for text in texts])
        logits = np.eye(2, dtype=np.float32)[right ^ (vectors is None and wrong[0])]
        return Readings(logits, np.ones(len(texts), np.float32))

    monkeypatch.setattr(cross_validation, "fit_network", fit)
    monkeypatch.setattr(cross_validation, "read_texts", said)
    count = 2000
    rows = LabelledRows(["t0", "t1"] * (count // 2), ["go", "pay"] * (count // 2), np.ones((count, 3), np.float32))
    rows, folds = replace(rows, encoder="d"), (np.arange(count, dtype=np.int32) // 2) % 4
    judged = (rows, folds, np.ones(count, bool), ["go", "pay"])
    chosen, found, why = choose_shape(*judged, replace(SETTINGS, model="auto"), 1)
    assert chosen.vectors is rows.vectors and "vector; vectors give +100.0 points" in why and "1,000 rows" in why
    assert [reads for reads, _ in asked] == [False, False, True, True, True, True]
    assert sorted(found.rows.tolist()) == list(range(count)) and found.folds.tolist() == folds[found.rows].tolist()
    wrong[0] = False
    chosen, found, why = choose_shape(*judged, replace(SETTINGS, model="auto"), 1)
    assert chosen.vectors is None and chosen.encoder == "" and "auto: ngram" in why and len(found.rows) == count
    # What the recipe says is not judged.
    asked.clear()
    chosen, _, why = choose_shape(*judged, replace(SETTINGS, model="vector"), 1)
    assert chosen is rows and why == "" and len(asked) == 4
