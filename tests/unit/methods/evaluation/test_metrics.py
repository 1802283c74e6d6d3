"""The figures of an evaluation against scikit-learn, plain loops and hand-made cases."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support, roc_auc_score

from mlpipeline.errors import StageError
from mlpipeline.methods.evaluation.figures import auroc, fpr_at_95
from mlpipeline.methods.evaluation.intervals import Scored, auroc_interval, intervals_of, wilson
from mlpipeline.methods.evaluation.metrics import ReportSettings, evaluate_predictions, evaluate_report

SETTINGS = ReportSettings(bootstrap=200, interval=0.95, bins=15)
LABELS = ["cancel", "hours", "price", "refund"]


def made_up(n: int, k: int = 4, seed: int = 0) -> tuple[list[str], np.ndarray]:
    random = np.random.default_rng(seed)
    true = random.integers(0, k, n)
    logits = random.normal(size=(n, k)).astype(np.float32)
    logits[np.arange(n), true] += 1.5
    return [f"i{code:03d}" for code in true], logits


def test_figures_equal_those_of_scikit_learn():
    intents, logits = made_up(800, 12)
    labels = [f"i{code:03d}" for code in range(12)]
    report = evaluate_report(labels, intents, logits, 0.8, 0.5, SETTINGS)
    predicted = [labels[i] for i in logits.argmax(axis=1)]
    assert report["accuracy"] == pytest.approx(accuracy_score(intents, predicted))
    assert report["macro_f1"] == pytest.approx(f1_score(intents, predicted, average="macro"))
    precision, recall, f1, support = precision_recall_fscore_support(intents, predicted, labels=labels)
    table = {row["intent"]: row for row in report["per_intent"]}
    for i, label in enumerate(labels):
        row = table[label]
        assert (row["precision"], row["recall"], row["f1"]) == pytest.approx((precision[i], recall[i], f1[i]))
        assert row["support"] == support[i]
    assert [row["f1"] for row in report["per_intent"]] == sorted(row["f1"] for row in report["per_intent"])


def test_macro_f1_counts_an_intent_that_is_only_predicted():
    report = evaluate_predictions(["hours", "price"], [0.9, 0.8], ["hours", "hours"], LABELS, 0.5, SETTINGS)
    assert report["macro_f1"] == pytest.approx(f1_score(["hours", "hours"], ["hours", "price"], average="macro"))


def test_calibration_error_equals_a_plain_loop():
    intents, logits = made_up(500)
    labels = sorted(set(intents))
    report = evaluate_report(labels, intents, logits, 1.3, 0.5, replace(SETTINGS, bins=10))
    scaled = np.exp(logits.astype(float) / 1.3)
    shares = scaled / scaled.sum(axis=1, keepdims=True)
    sure, hit = shares.max(axis=1), np.array(labels)[shares.argmax(axis=1)] == np.array(intents)
    expected = 0.0
    for low in range(10):
        inside = np.minimum((sure * 10).astype(int), 9) == low
        if inside.any():
            expected += inside.mean() * abs(sure[inside].mean() - hit[inside].mean())
    assert report["ece"] == pytest.approx(expected)
    assert sum(row["rows"] for row in report["reliability"]) == 500


def test_confusions_are_ordered_and_carry_ids_not_texts():
    true = ["hours"] * 5 + ["price"] * 3
    predicted = ["price"] * 4 + ["hours"] + ["refund", "refund", "price"]
    ids = [f"c{i}" for i in range(8)]
    report = evaluate_predictions(predicted, [0.5] * 8, true, LABELS, 0.5, SETTINGS, content_ids=ids)
    assert report["confusions"] == [
        {"true": "hours", "predicted": "price", "count": 4, "content_ids": ["c0", "c1", "c2"]},
        {"true": "price", "predicted": "refund", "count": 2, "content_ids": ["c5", "c6"]},
    ]


def test_rows_of_unknown_intents_are_wrong_and_told_apart():
    report = evaluate_predictions(["hours"] * 4, [0.9] * 4, ["hours", "hours", "parking", "x"], LABELS, 0.5, SETTINGS)
    assert report["unknown_intents"] == {"parking": 1, "x": 1}
    assert (report["rows"], report["in_scope_rows"], report["unknown_rows"]) == (4, 2, 2)
    assert (report["accuracy"], report["accuracy_rows"], report["known_accuracy"]) == (0.5, 4, 1.0)
    assert report["accuracy_interval"] == pytest.approx(wilson(2, 4, 0.95))
    assert report["known_accuracy_interval"] == pytest.approx(wilson(2, 2, 0.95))
    unknown = evaluate_predictions(["hours"], [0.9], ["parking"], LABELS, 0.5, SETTINGS)
    assert (unknown["accuracy"], unknown["known_accuracy"], unknown["macro_f1"]) == (0.0, None, None)


def test_out_of_scope_rows_serve_only_to_be_kept_apart():
    labels = [*LABELS, "oos"]
    logits = np.full((4, 5), -5.0)
    logits[[0, 1, 2, 3], [0, 1, 4, 2]] = 5.0
    report = evaluate_report(labels, ["cancel", "hours", "oos", "oos"], logits, 1.0, 0.5, SETTINGS, "oos")
    assert (report["accuracy"], report["in_scope_rows"]) == (1.0, 2)
    assert report["out_of_scope"]["rows"] == 2
    assert report["out_of_scope"]["recall"] == 0.5
    assert report["at_threshold"] == {
        "threshold": 0.5,
        "accepted": 1.0,
        "accuracy": 1.0,
        "out_of_scope_accepted": 0.5,
    }


def test_an_in_scope_row_put_out_of_scope_is_an_error_and_never_accepted():
    report = evaluate_predictions(["oos"], [0.99], ["hours"], [*LABELS, "oos"], 0.5, SETTINGS, "oos")
    assert report["accuracy"] == 0.0
    assert report["oos_curve"][0]["accepted"] == 0.0


def test_auroc_and_fpr95_equal_scikit_learn_and_the_definition():
    random = np.random.default_rng(3)
    inside, outside = np.round(random.normal(1, 1, 300), 1), np.round(random.normal(0, 1, 200), 1)
    truth = np.r_[np.ones(300), np.zeros(200)]
    assert auroc(inside, outside) == pytest.approx(roc_auc_score(truth, np.r_[inside, outside]))
    limit = max(t for t in np.unique(inside) if (inside >= t).mean() >= 0.95)
    assert fpr_at_95(inside, outside) == pytest.approx((outside >= limit).mean())
    assert auroc(inside, outside[:0]) is None
    assert fpr_at_95(inside[:0], outside) is None


def test_the_curve_falls_in_coverage():
    intents, logits = made_up(300)
    report = evaluate_report(sorted(set(intents)), intents, logits, 1.0, 0.5, SETTINGS)
    shares = [row["accepted"] for row in report["oos_curve"]]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1.0
    assert report["oos_curve"][0]["accuracy"] == pytest.approx(report["accuracy"])


def test_intervals_hold_the_figure_and_are_the_same_every_time():
    intents, logits = made_up(400)
    labels = sorted(set(intents))
    first = evaluate_report(labels, intents, logits, 1.0, 0.5, SETTINGS)
    assert first == evaluate_report(labels, intents, logits, 1.0, 0.5, SETTINGS)
    for name in ("accuracy", "macro_f1"):
        low, high = first[f"{name}_interval"]
        assert low < first[name] < high
        assert 0.02 < high - low < 0.2


def plain_f1(true: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    """Macro F1 of the labels that occur; scikit-learn's takes 2 ms of checks each time."""
    hits, given, asked = (np.bincount(codes, minlength=100) for codes in (true[true == predicted], true, predicted))
    known = given + asked > 0
    return float((2 * hits[known] / (given + asked)[known]).mean())


def test_the_interval_is_that_of_the_bootstrap_of_rows():
    intents, logits = made_up(400)
    labels = sorted(set(intents))
    report = evaluate_report(labels, intents, logits, 1.0, 0.5, replace(SETTINGS, bootstrap=2000))
    true = np.array([labels.index(intent) for intent in intents])
    predicted = logits.argmax(axis=1)
    random = np.random.default_rng(1)
    draws = random.integers(0, 400, (2000, 400))
    plain = np.quantile([(true[d] == predicted[d]).mean() for d in draws], [0.025, 0.975])
    assert report["accuracy_interval"] == pytest.approx(plain.tolist(), abs=0.01)
    assert plain_f1(true, predicted) == pytest.approx(f1_score(true, predicted, average="macro"))
    f1 = [plain_f1(true[d], predicted[d]) for d in draws[:500]]
    assert report["macro_f1_interval"] == pytest.approx(np.quantile(f1, [0.025, 0.975]).tolist(), abs=0.015)


@pytest.mark.parametrize("rows", [1, 3, 12])
@pytest.mark.parametrize("right", [True, False])
def test_a_sample_without_errors_or_without_hits_is_not_shown_as_certain(rows: int, right: bool):
    true = [LABELS[number % 3] for number in range(rows)]
    predicted = true if right else [LABELS[(number + 1) % 3] for number in range(rows)]
    report = evaluate_predictions(predicted, [0.99] * rows, true, LABELS, 0.5, SETTINGS)
    widest = 0.75 / (rows + 3)  # a quarter of the Wilson interval, or more
    for name in ("accuracy", "macro_f1", "ece"):
        low, high = report[f"{name}_interval"]
        assert 0.0 <= low <= report[name] <= high <= 1.0
        assert high - low > widest, name
    assert report["accuracy_interval"] == pytest.approx(wilson(rows if right else 0, rows, 0.95))


def test_intervals_hold_the_true_figure_as_often_as_they_say():
    """Few rows of few intents, most of them right: where a bootstrap of rows alone holds it in one case of three."""
    random = np.random.default_rng(5)
    held, trials = {"accuracy": 0, "macro_f1": 0}, 150
    for _ in range(trials):
        right = random.uniform(0.85, 1.0, 4)
        confusion = (1.0 - right[:, None]) / 3.0 * np.ones((4, 4))
        np.fill_diagonal(confusion, right)
        joint = confusion / 4.0
        f1 = 2.0 * np.diag(joint) / (joint.sum(axis=0) + joint.sum(axis=1))
        true, predicted = np.divmod(random.choice(16, size=12, p=joint.ravel()), 4)
        rows = Scored(true, predicted, np.full(12, 0.9), np.zeros(12, int), 4, 1)
        found = intervals_of(rows, resamples=200, interval=0.95)
        seen = np.unique(np.r_[true, predicted])
        for name, figure in (("accuracy", np.diag(joint).sum()), ("macro_f1", f1[seen].mean())):
            low, high = found[name] or (0.0, 0.0)
            held[name] += low <= figure <= high
    assert min(held.values()) >= 0.9 * trials


def test_without_resamples_only_the_share_of_right_rows_has_an_interval():
    report = evaluate_predictions(["hours"] * 9, [0.9] * 9, ["hours"] * 9, LABELS, 0.5, replace(SETTINGS, bootstrap=0))
    assert report["accuracy_interval"] and report["macro_f1_interval"] is report["ece_interval"] is None


def test_figures_of_out_of_scope_rows_have_intervals_too():
    predicted, true = ["hours"] * 5 + ["oos"] * 2, ["hours"] * 5 + ["oos"] * 2
    report = evaluate_predictions(predicted, [0.9] * 7, true, [*LABELS, "oos"], 0.5, SETTINGS, "oos")["out_of_scope"]
    assert (report["recall"], report["auroc"], report["fpr95"]) == (1.0, 1.0, 0.0)
    assert report["recall_interval"] == pytest.approx(wilson(2, 2, 0.95)) and report["recall_interval"][0] < 0.4
    assert report["auroc_interval"][0] < 0.7 and report["auroc_interval"][1] == 1.0
    assert report["fpr95_interval"][1] > 0.6


def test_an_interval_of_auroc_narrows_with_rows_and_is_the_same_turned_round():
    wide, narrow = auroc_interval(0.9, 10, 10, 0.95), auroc_interval(0.9, 1000, 1000, 0.95)
    assert wide[0] < narrow[0] < 0.9 < narrow[1] < wide[1]
    assert narrow == pytest.approx([0.886, 0.913], abs=0.002)  # 0.9 +- 1.96 standard errors of Hanley and McNeil 1982
    turned = auroc_interval(0.1, 10, 10, 0.95)
    assert turned == pytest.approx([1.0 - wide[1], 1.0 - wide[0]])
    assert auroc_interval(0.5, 1, 1, 0.95) == pytest.approx([0.0, 1.0], abs=0.2)


@pytest.mark.parametrize("outside", [None, "oos"])
def test_no_rows_give_a_report_without_figures(outside):
    report = evaluate_report(LABELS, [], np.zeros((0, 4), np.float32), 1.0, 0.5, SETTINGS, outside)
    assert (report["rows"], report["accuracy"], report["accuracy_interval"]) == (0, None, None)
    assert report["per_intent"] == report["confusions"] == []
    json.dumps(report, allow_nan=False)
    assert evaluate_predictions([], [], [], LABELS, 0.5, SETTINGS, outside) == report


def test_a_bot_with_one_intent():
    report = evaluate_report(["hours"], ["hours", "hours"], np.zeros((2, 1)), 1.0, 0.5, SETTINGS)
    assert (report["accuracy"], report["macro_f1"], report["ece"]) == (1.0, 1.0, 0.0)
    json.dumps(report, allow_nan=False)


def test_bad_logits_are_refused():
    logits = np.zeros((3, 4))
    logits[1, 2] = np.nan
    with pytest.raises(StageError, match=r"1 of 3 rows \(first: row 1\)"):
        evaluate_report(LABELS, ["hours"] * 3, logits, 1.0, 0.5, SETTINGS)
    with pytest.raises(StageError, match="2 columns for 4 labels"):
        evaluate_report(LABELS, ["hours"] * 3, np.zeros((3, 2)), 1.0, 0.5, SETTINGS)
    with pytest.raises(StageError, match="2 predictions, 1 scores"):
        evaluate_predictions(["hours"] * 2, [0.1], ["hours"], LABELS, 0.5, SETTINGS)
    with pytest.raises(StageError, match="not finite"):
        evaluate_predictions(["hours"], [float("nan")], ["hours"], LABELS, 0.5, SETTINGS)


@pytest.mark.slow
def test_a_thousand_resamples_of_five_thousand_rows_take_less_than_a_second():
    random = np.random.default_rng(0)
    true = random.integers(0, 150, 5000)
    predicted = np.where(random.random(5000) < 0.9, true, random.integers(0, 150, 5000))
    sure = random.random(5000)
    rows = Scored(true, predicted, sure, (sure * 15).astype(int), 150, 15)
    start = time.process_time()
    intervals_of(rows, resamples=1000, interval=0.95)
    assert time.process_time() - start < 1.0


def test_equal_rows_give_an_equal_report_through_both_doors():
    intents, logits = made_up(100)
    labels = sorted(set(intents))
    by_logits = evaluate_report(labels, intents, logits, 1.0, 0.5, SETTINGS)
    shares = np.exp(logits.astype(float))
    shares /= shares.sum(axis=1, keepdims=True)
    predicted = [labels[i] for i in shares.argmax(axis=1)]
    by_answers = evaluate_predictions(predicted, shares.max(axis=1), intents, labels, 0.5, SETTINGS)
    assert by_answers["accuracy_interval"] == by_logits["accuracy_interval"]
    assert by_answers["per_intent"] == by_logits["per_intent"]
    assert by_answers["ece"] == pytest.approx(by_logits["ece"])
