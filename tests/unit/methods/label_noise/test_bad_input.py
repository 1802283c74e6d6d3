"""Input that nobody wishes for: each is judged, or refused with its cause, and none of it grows out of bounds."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.naive_bayes import ComplementNB

from mlpipeline.errors import StageError
from mlpipeline.methods.label_noise.audit import audit, plant, promised_curve
from mlpipeline.methods.label_noise.decide import Finding, list_findings
from mlpipeline.methods.label_noise.detect import Detection, find_noise
from mlpipeline.methods.label_noise.estimate import NoiseEstimate, confident_pairs
from mlpipeline.methods.label_noise.folds import predict_fold
from mlpipeline.methods.label_noise.noise_data import Codes, NoiseData, as_noise_data
from mlpipeline.methods.label_noise.views import View, choose_views
from tests.properties import examples
from tests.unit.methods.label_noise.noise_corpus import corpus, noise_data, task

TEXTS, LABELS = corpus()
CLASSES = 12
CHEAP = (View("linear", "linear"), View("neighbours", "neighbours"))


def judged(texts: list[str], labels: Codes, classes: int = CLASSES, **more: object) -> tuple[Detection, list[Finding]]:
    """All steps, with what must hold of any answer."""
    rows = as_noise_data(texts, **more)  # type: ignore[arg-type]
    found = find_noise(rows, labels, classes, views=CHEAP)
    listed = list_findings(found, rows, labels)
    wrong = found.estimate.wrong
    assert len(wrong) == len(texts) and np.isfinite(wrong).all() and wrong.min() >= 0.0 and wrong.max() <= 1.0
    assert sorted(found.estimate.order.tolist()) == list(range(len(texts)))
    assert 0.0 <= found.estimate.noise.rate <= 1.0 and np.isfinite(promised_curve(found.estimate).removed).all()
    assert len({one.row for one in listed}) == len(listed)
    return found, listed


def test_all_rows_equal_all_rows_one_label_and_nothing_at_all() -> None:
    for labels in (np.zeros(500, np.int64), np.arange(500) % 2):
        with pytest.raises(StageError, match=r"one label|1 different texts"):
            find_noise(as_noise_data(["hi"] * 500), labels, 2)
    with pytest.raises(StageError, match="one label"):
        find_noise(as_noise_data([]), np.zeros(0, np.int64), 0)


def test_every_label_once_says_nothing_and_warns_nobody(recwarn: pytest.WarningsRecorder) -> None:
    found, listed = judged(TEXTS[::3], np.arange(len(TEXTS[::3])), len(TEXTS[::3]))
    assert not found.estimate.flagged.any() and not any(one.action == "drop" for one in listed)
    assert not [one for one in recwarn if "unique classes" in str(one.message)]


@pytest.mark.slow
def test_a_hundred_thousand_rows_of_one_text_are_a_few_pieces_of_evidence() -> None:
    texts = ["ㅋㅋㅋ"] * 100_000 + TEXTS
    labels = np.concatenate([np.arange(100_000) % 2, LABELS])
    rows = as_noise_data(texts)
    tracemalloc.start()
    found = find_noise(rows, labels, CLASSES, views=CHEAP)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 200e6
    assert found.estimate.noise.rate < 0.05 and len(found.estimate.wrong) == len(texts)
    alone = find_noise(
        rows.take(np.r_[:2, 100_000 : len(texts)]), labels[np.r_[:2, 100_000 : len(texts)]], CLASSES, views=CHEAP
    )
    assert set(np.unique(found.estimate.wrong[:100_000])) == set(found.estimate.wrong[:2].tolist())
    assert alone.estimate.flagged[2:].sum() == found.estimate.flagged[100_000:].sum()


def test_a_text_of_100_kb_and_texts_without_a_word() -> None:
    noisy, wrong = plant(LABELS, "random", 0.1, noise_data())
    texts = [*TEXTS, "wake me up please " * 5600, *[""] * 30]
    labels = np.concatenate([noisy, [0], np.arange(30) % CLASSES])
    found, listed = judged(texts, labels)
    assert found.estimate.flagged[: len(TEXTS)][wrong].mean() > 0.8
    empty = [one for one in listed if one.row > len(TEXTS)]
    assert empty and {one.kind for one in empty} == {"contradiction"} and {one.action for one in empty} == {"queue"}


@pytest.mark.slow
def test_nothing_is_dropped_where_nothing_can_be_known() -> None:
    random = np.random.default_rng(0)
    words = ["".join(chr(97 + letter) for letter in random.integers(0, 26, 6)) for _ in range(3000)]
    texts = [" ".join(random.choice(words, 4)) for _ in range(300)]
    for count in (10, 300):
        listed = judged(texts[:count], random.integers(0, 3, count), 3)[1]
        assert not [one for one in listed if one.action == "drop"]


@pytest.mark.slow
def test_vectors_that_are_no_numbers_say_nothing() -> None:
    noisy, wrong = plant(LABELS, "random", 0.1, noise_data())
    for vectors in (np.full((len(TEXTS), 8), np.nan), np.where(np.arange(len(TEXTS))[:, None] % 3, 1.0, np.inf)):
        rows = as_noise_data(TEXTS, vectors=vectors.astype(np.float32))
        found = find_noise(rows, noisy, CLASSES, views=(*CHEAP, View("embedding", "embedding")))
        assert found.estimate.flagged[wrong].mean() > 0.8 and np.isfinite(found.views["embedding"]).all()


def test_rows_that_do_not_fit_are_refused_with_the_cause() -> None:
    with pytest.raises(StageError, match="3 vectors for 576 texts"):
        as_noise_data(TEXTS, vectors=np.ones((3, 8), np.float32))
    with pytest.raises(StageError, match="2 groups for 576 texts"):
        as_noise_data(TEXTS, groups=[1, 2])
    for labels in (LABELS + 1, LABELS - 1):
        with pytest.raises(StageError, match="label codes from"):
            find_noise(noise_data(), labels, CLASSES)


@pytest.mark.slow
def test_many_intents_do_not_fill_the_memory() -> None:
    """600 intents of three rows; labels x n-grams would be millions of numbers a copy."""
    random = np.random.default_rng(1)
    texts = [
        f"{word} {tail}" for word in range(1000, 1600) for tail in ("alpha", "beta now", f"x{random.integers(99)}")
    ]
    labels = np.repeat(np.arange(600), 3)
    rows = as_noise_data(texts)
    views = choose_views(600, vectors=False, network=False)
    assert [view.how for view in views] == ["bayes", "neighbours", "bayes"]
    tracemalloc.start()
    found = find_noise(rows, labels, 600, views=views)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 16 * len(texts) * 600 * 4  # that many copies of rows x labels, in single precision
    assert np.isfinite(found.estimate.wrong).all()


def test_bayes_is_that_of_scikit_learn() -> None:
    rows, folds = noise_data(), np.arange(len(LABELS)) % 4
    asked, scores = predict_fold(View("bayes", "bayes"), task(rows, LABELS, folds), 0)
    learnt = np.flatnonzero(folds != 0)
    model = ComplementNB(alpha=0.3).fit(rows.matrix[learnt], LABELS[learnt])
    expected = model.predict_joint_log_proba(rows.matrix[asked])
    shift = scores - expected
    assert np.allclose(shift, shift[:, :1], atol=1e-3)


@examples(20)
@given(st.integers(0, 1000), st.integers(2, 6), st.integers(2, 60))
def test_the_confident_joint_is_that_of_cleanlab(seed: int, classes: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    scores: NDArray[np.float64] = random.normal(0, 2, (rows, classes))
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    labels = random.integers(0, classes, rows)
    log_chances = np.log(chances).astype(np.float32)
    chances = np.exp(log_chances.astype(np.float64))
    sure = chances.max(axis=1) >= get_confident_thresholds(labels, chances)[chances.argmax(axis=1)]
    likely, expected = chances.argmax(axis=1), np.zeros((classes, classes), np.int64)
    np.add.at(expected, (likely[sure], labels[sure]), 1)
    np.fill_diagonal(expected, 0)
    assert np.array_equal(confident_pairs(log_chances, labels), expected)
    # Where every row is sure of a label that there is, it is cleanlab's own.
    likely = labels[random.permutation(rows)]
    certain = np.log(np.where(np.arange(classes) == likely[:, None], 0.99, 0.01 / (classes - 1))).astype(np.float32)
    whole = compute_confident_joint(labels, np.exp(certain.astype(np.float64)), calibrate=False).T.copy()
    np.fill_diagonal(whole, 0)
    assert np.array_equal(confident_pairs(certain, labels), whole)


@pytest.mark.slow
def test_an_audit_of_little_does_no_harm() -> None:
    rows = NoiseData(noise_data().matrix[:40], noise_data().vectors[:40], np.arange(40))
    labels = np.arange(40) % 2

    def again(changed: Codes) -> NoiseEstimate:
        return find_noise(rows, changed, 2, views=CHEAP).estimate

    reports = audit(labels, rows, again(labels), again)
    assert [one.kind for one in reports] == ["random", "pairs"]
    assert all(0 <= one.recall <= 1 and 0 <= one.precision <= 1 for one in reports)
