"""From texts to findings, with mistakes that are known; the views are the cheap ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlpipeline.errors import StageError
from mlpipeline.methods.label_noise.audit import audit, measured_curve, nearest_labels, plant, promised_curve
from mlpipeline.methods.label_noise.decide import choose_action, list_findings, nearest_similarity
from mlpipeline.methods.label_noise.detect import Detection, find_noise
from mlpipeline.methods.label_noise.estimate import NoiseEstimate
from mlpipeline.methods.label_noise.noise_data import Codes, as_noise_data
from mlpipeline.methods.label_noise.views import choose_views, quick_views
from tests.unit.methods.label_noise.noise_corpus import NAMES, corpus, noise_data

TEXTS, LABELS = corpus()
ROWS = noise_data()
VIEWS = choose_views(len(NAMES), vectors=False, network=False)
NOISY, WRONG = plant(LABELS, "random", 0.1, ROWS)


@pytest.fixture(scope="module")
def detection() -> Detection:
    return find_noise(ROWS, NOISY, len(NAMES), views=VIEWS)


def test_planted_mistakes_are_flagged_and_put_right(detection: Detection) -> None:
    found = detection.estimate
    hits = (found.flagged & WRONG).sum()
    assert 2 * hits / (found.flagged.sum() + WRONG.sum()) > 0.9
    assert (found.suggested[WRONG] == LABELS[WRONG]).mean() > 0.9
    assert found.noise.rate == pytest.approx(0.1, abs=0.03) and found.noise.kind == "random"
    assert set(detection.views) == {view.name for view in VIEWS}


def test_the_order_of_findings_and_what_they_show(detection: Detection) -> None:
    listed = list_findings(detection, ROWS, NOISY)
    assert [one.wrong for one in listed] == sorted((one.wrong for one in listed), reverse=True)
    assert {one.row for one in listed} >= set(np.flatnonzero(detection.estimate.flagged).tolist())
    top = next(one for one in listed if one.flagged)
    assert top.kind == "flip" and top.action == "drop" and WRONG[top.row]
    assert set(top.votes) == {view.name for view in VIEWS}
    assert all(NOISY[row] == top.given for row in top.like_given)
    assert top.like_suggested and all(NOISY[row] == top.suggested for row in top.like_suggested)
    assert top.row not in top.like_given


def test_verified_rows_are_reported_never_dropped(detection: Detection) -> None:
    listed = list_findings(detection, ROWS, NOISY, verified=np.ones(len(NOISY), bool))
    assert listed and {one.action for one in listed} == {"report"}


def test_the_list_holds_the_rows_that_a_reviewer_is_promised(detection: Detection) -> None:
    # Few rows are likely wrong, and most of the noise hides among many that are hardly doubted.
    doubt = np.where(np.arange(len(NOISY)) < 10, 0.6, 0.05)
    noise = replace(detection.estimate.noise, rate=float(doubt.mean()))
    judged = replace(detection.estimate, wrong=doubt, score=doubt, cut=0.6, noise=noise)
    listed = list_findings(replace(detection, estimate=judged), ROWS, NOISY)
    assert sum(one.wrong for one in listed) >= 0.7 * doubt.sum()
    assert {one.row for one in listed} >= set(range(10)) and len(listed) < 0.9 * len(NOISY)
    calm = replace(judged, cut=1.1)
    assert len(list_findings(replace(detection, estimate=calm), ROWS, NOISY)) < 0.2 * len(NOISY)
    # The chart shows that point too, though it lies far beyond twice the wrong rows.
    curve = promised_curve(judged)
    wanted = curve.rows_for(0.7)
    assert wanted is not None and 2 * judged.expected < wanted < curve.rows[-1] < len(NOISY)


@pytest.mark.parametrize("policy", ["keep", "queue", "drop", "relabel"])
def test_policies(policy: str, detection: Detection) -> None:
    listed = list_findings(detection, ROWS, NOISY, policy=policy)
    assert {one.action for one in listed} <= {policy, "queue"}
    if policy == "relabel":
        changed = [one for one in listed if one.action == "relabel"]
        assert changed and all(set(one.votes.values()) == {one.suggested} for one in changed)


def test_what_is_done_with_a_row(detection: Detection) -> None:
    assert choose_action("keep", clear=True, agreed=True) == "keep"
    assert choose_action("drop", clear=False, agreed=True) == "queue"
    assert choose_action("drop", clear=True, agreed=False) == "drop"
    assert choose_action("relabel", clear=True, agreed=False) == "queue"
    with pytest.raises(StageError, match="burn"):
        list_findings(detection, ROWS, NOISY, policy="burn")


@pytest.mark.slow
def test_contradictions_and_outliers_are_kinds_of_their_own() -> None:
    texts = [*TEXTS, TEXTS[0], TEXTS[0], "xqzw vvkj"]
    labels = np.concatenate([LABELS, [LABELS[0], (LABELS[0] + 3) % len(NAMES), 2]])
    rows = as_noise_data(texts)
    listed = {one.row: one for one in list_findings(find_noise(rows, labels, len(NAMES), views=VIEWS), rows, labels)}
    assert listed[len(TEXTS) + 1].kind == "contradiction"
    assert nearest_similarity(rows)[-1] < 0.15
    assert len(TEXTS) + 2 not in listed or listed[len(TEXTS) + 2].kind == "outlier"


def test_rare_intents_are_judged_by_their_neighbours() -> None:
    """Four rows of an intent of their own, two of them rows of other intents that were mislabelled."""
    own = ["cancel my subscription", "cancel the subscription please", "stop my subscription", "end the subscription"]
    strangers = np.flatnonzero(LABELS == 3)[5:7]
    texts, labels = [*TEXTS, *own[:3]], np.concatenate([NOISY, [12, 12, 12]])
    labels[strangers] = 12
    rows = as_noise_data(texts)
    found = find_noise(rows, labels, 13, views=VIEWS).estimate
    assert found.wrong[strangers].min() > found.wrong[len(TEXTS) :].max()
    assert (found.suggested[strangers] == 3).all()
    assert not found.flagged[len(TEXTS) :].any()


@pytest.mark.slow
def test_pretrained_vectors_have_a_say_and_others_only_vote() -> None:
    noisy, wrong = plant(LABELS, "pairs", 0.3, ROWS)
    knowing = np.eye(len(NAMES), dtype=np.float32)[LABELS] + np.random.default_rng(0).normal(0, 0.1, (len(LABELS), 12))
    rows = as_noise_data(TEXTS, vectors=knowing.astype(np.float32))
    f1 = {}
    for pretrained in (False, True):
        views = choose_views(len(NAMES), vectors=True, network=False, pretrained=pretrained)
        found = find_noise(rows, noisy, len(NAMES), views=views)
        assert "embedding" in found.views
        flagged = found.estimate.flagged
        f1[pretrained] = 2 * (flagged & wrong).sum() / (flagged.sum() + wrong.sum())
    without = find_noise(ROWS, noisy, len(NAMES), views=VIEWS).estimate.flagged
    assert f1[False] == 2 * (without & wrong).sum() / (without.sum() + wrong.sum())
    assert f1[True] > f1[False] + 0.02


@pytest.mark.slow
def test_labels_that_stand_once() -> None:
    labels = np.concatenate([LABELS[:-2], [12, 13]])
    found = find_noise(ROWS, labels, 14, views=VIEWS).estimate
    assert np.isfinite(found.wrong).all() and (found.wrong <= 1).all() and (found.wrong >= 0).all()


def test_where_nothing_can_be_judged() -> None:
    with pytest.raises(StageError, match="one label"):
        find_noise(ROWS, np.zeros(len(ROWS), np.int64), 1)
    same = as_noise_data(["ㅋㅋㅋ"] * 1000)
    with pytest.raises(StageError, match="1 different texts"):
        find_noise(same, np.arange(1000) % 2, 2)
    with pytest.raises(StageError, match="3 labels"):
        find_noise(ROWS, np.zeros(3, np.int64), 1)


def test_planting() -> None:
    for kind in ("random", "pairs"):
        changed, planted = plant(LABELS, kind, 0.2, ROWS, seed=4)
        assert planted.sum() == round(0.2 * len(LABELS)) and np.array_equal(changed != LABELS, planted)
    verified = np.arange(len(LABELS)) < 100
    assert not plant(LABELS, "random", 0.5, ROWS, usable=~verified)[1][verified].any()
    near = nearest_labels(ROWS, LABELS)
    assert len(near) == len(NAMES) and (near != np.arange(len(NAMES))).all()
    pairs, planted = plant(LABELS, "pairs", 0.2, ROWS)
    assert np.array_equal(pairs[planted], near[LABELS[planted]])
    with pytest.raises(StageError, match="cosmic"):
        plant(LABELS, "cosmic", 0.1, ROWS)


def test_the_audit_tells_what_the_detector_finds(detection: Detection) -> None:
    def again(labels: Codes) -> NoiseEstimate:
        return find_noise(ROWS, labels, len(NAMES), views=quick_views(len(NAMES))).estimate

    reports = {one.kind: one for one in audit(NOISY, ROWS, detection.estimate, again)}
    assert set(reports) == {"random", "pairs"}
    one = reports["random"]
    assert one.planted > 50 and one.recall > 0.8 and one.precision > 0.8
    work = one.curve.rows_for(0.7)
    assert one.curve.removed[-1] > 0.9 and work is not None and work < 2 * one.planted
    assert (one.curve.low <= one.curve.removed + 1e-9).all() and (one.curve.removed <= one.curve.high + 1e-9).all()


def test_the_work_curve_of_a_perfect_and_of_a_blind_list() -> None:
    planted = np.arange(1000) < 100
    perfect = measured_curve(np.arange(1000), planted, np.ones(1000, bool))
    assert perfect.rows_for(0.7) == 70 and perfect.removed[-1] == 1.0
    blind = measured_curve(np.random.default_rng(0).permutation(1000), planted, np.ones(1000, bool))
    assert blind.rows_for(0.7) is None and blind.removed[-1] == pytest.approx(0.2, abs=0.08)


def test_the_promise_holds_on_the_labels_as_they_are(detection: Detection) -> None:
    curve = promised_curve(detection.estimate)
    order = detection.estimate.order
    truth = np.concatenate([[0], np.cumsum(WRONG[order])])[curve.rows] / WRONG.sum()
    assert np.abs(truth - curve.removed).max() < 0.15
    assert (np.diff(curve.removed) >= 0).all()
