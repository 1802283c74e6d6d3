"""`denoise` on one bot, without Spark: what is found, what becomes of it, and what is only reported."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from mlpipeline.languages.labels import spelled_apart
from mlpipeline.methods.label_noise.analysis import analyse_examples, fit_here, spare_intents
from mlpipeline.methods.label_noise.decide import Finding
from mlpipeline.methods.label_noise.examples import examples_of
from mlpipeline.methods.label_noise.listing import IssueRow
from mlpipeline.stages.denoise import analyse_bot
from mlpipeline.stages.denoise.processes import fit_in_processes
from mlpipeline.views.report.noise_page import render_noise
from tests.unit.methods.label_noise.noise_rows import COUNT, WRONG, rows, rules, table

TEST = tuple(range(0, COUNT, 9))
VERIFIED = tuple(number for number in WRONG if number not in TEST)[:6]


def judged(made: list[dict[str, Any]], **changed: Any) -> tuple[dict[str, Any], dict[str, IssueRow]]:
    """The report, and the issues by content id."""
    found = analyse_bot("shop/ko", table(made), rules(**changed))
    return json.loads(found["report"]), {row["content_id"]: row for row in found["issues"]}


@pytest.fixture(scope="module")
def noisy() -> tuple[dict[str, Any], dict[str, IssueRow]]:
    made = rows(WRONG, TEST)
    for number in VERIFIED:
        made[number]["verified"] = True
    return judged(made)


def test_planted_mistakes_are_found(noisy):
    report, issues = noisy
    learnt = {f"{number:04d}" for number in WRONG if number not in TEST}
    flagged = {name for name, row in issues.items() if row["flagged"] and row["split"] != "test"}
    assert len(flagged & learnt) >= 0.7 * len(learnt)
    assert len(flagged - learnt) <= 0.2 * len(flagged)
    assert report["low"] <= report["rate"] <= report["high"]
    assert report["rate"] == pytest.approx(len(learnt) / report["rows"], abs=0.04)


def test_each_issue_shows_its_evidence(noisy):
    texts = {row["content_id"]: row["text"] for row in rows()}
    for name, issue in noisy[1].items():
        assert issue["text"] == texts[name]
        assert issue["intent"] != issue["suggested"]
        assert set(json.loads(issue["votes"])) == {"linear", "neighbours", "linear-purified"}
        near = json.loads(issue["nearest"])
        shown = [one for side in ("given", "suggested") for one in near[side]]
        assert shown and all(texts[one["content_id"]] == one["text"] for one in shown)
        assert name not in {one["content_id"] for one in shown}


def test_clear_cases_are_dropped_and_test_and_verified_rows_only_reported(noisy):
    issues = noisy[1]
    dropped = {name for name, row in issues.items() if row["action"] == "drop"}
    assert len(dropped) >= 10
    assert dropped <= {f"{number:04d}" for number in WRONG}
    checked = [row for name, row in issues.items() if int(name) in VERIFIED]
    assert len(checked) >= 3 and {row["action"] for row in checked} == {"report"}
    test = [row for row in issues.values() if row["split"] == "test"]
    assert test and {row["action"] for row in test} == {"report"}


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["keep", "queue"])
def test_policies(policy: str):
    _, issues = judged(rows(WRONG), policy=policy)
    assert {row["action"] for row in issues.values()} == {policy}
    assert all(row["suggested"] != row["intent"] for row in issues.values())


def test_clear_cases_are_relabelled_and_the_others_queued():
    _, issues = judged(rows(WRONG), policy="relabel")
    right = {row["content_id"]: row["intent"] for row in rows()}
    changed = {name: row["suggested"] for name, row in issues.items() if row["action"] == "relabel"}
    assert len(changed) >= 0.95 * len(WRONG)
    assert changed == {name: right[name] for name in changed}
    assert {row["action"] for name, row in issues.items() if name not in changed} <= {"queue"}


@pytest.mark.slow
def test_labels_of_test_rows_change_nothing_about_the_others(noisy):
    made = rows(WRONG, TEST)
    for number in VERIFIED:
        made[number]["verified"] = True
    for number in TEST:
        made[number]["intent"] = "joke"
    report, issues = judged(made)
    for name in ("rate", "low", "high", "flagged", "curve", "review", "views"):
        assert report[name] == noisy[0][name]
    learnt = {name: row for name, row in issues.items() if row["split"] != "test"}
    assert learnt == {name: row for name, row in noisy[1].items() if row["split"] != "test"}


@pytest.mark.slow
def test_the_order_of_rows_means_nothing(noisy):
    made = rows(WRONG, TEST)
    for number in VERIFIED:
        made[number]["verified"] = True
    assert judged(made[::-1]) == noisy


@pytest.mark.slow
def test_a_very_large_bot_is_judged_by_cheaper_views_and_the_report_says_so(noisy, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlpipeline.methods.label_noise.views.CHEAPER_FROM", 1)
    report, issues = judged(rows(WRONG, TEST))
    names = ["rivals", "neighbours", "rivals-purified"]
    said = f"{report['rows']:,} rows x {report['intents']:,} intents: cheaper views ({', '.join(names)})"
    assert report["cheaper_views"] == said and "cheaper_views" not in noisy[0]
    assert said in render_noise(report, list(issues.values()), name="file.csv", lang="ko")
    assert all(list(json.loads(row["votes"])) == names for row in issues.values())
    learnt = {f"{number:04d}" for number in WRONG if number not in TEST}
    flagged = {name for name, row in issues.items() if row["flagged"] and row["split"] != "test"}
    assert len(flagged & learnt) >= 0.7 * len(learnt)


@pytest.mark.slow
def test_processes_say_what_one_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlpipeline.stages.denoise.processes._FEW", 0)
    examples = examples_of(table(rows(WRONG)))
    part = rules(folds=2)
    with fit_in_processes(2, len(examples)) as fit:
        assert fit is not fit_here
        found = analyse_examples(examples, part, large=False, fit=fit)
    assert found.findings == analyse_examples(examples, part, large=False).findings


def finding(given: int, action: str) -> Finding:
    return Finding(0, given, 1, 0.99, True, "flip", action, {}, (), ())


def test_an_intent_does_not_lose_most_of_its_rows():
    labels = [0] * 4 + [1] * 10
    listed = [finding(0, "drop")] * 3 + [finding(1, "drop")] * 3 + [finding(0, "report")]
    found = spare_intents(listed, labels, 0.5)  # type: ignore[arg-type]
    assert [one.action for one in found] == ["queue"] * 3 + ["drop"] * 3 + ["report"]


def one_label() -> list[dict[str, Any]]:
    return [{**row, "intent": "hi"} for row in rows()]


def every_label_once() -> list[dict[str, Any]]:
    return [{**row, "intent": f"i{number}"} for number, row in enumerate(rows())]


def all_equal() -> list[dict[str, Any]]:
    return [{**row, "content_id": "a", "text": "hi", "normalized": "hi"} for row in rows()]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (one_label(), "one label"),
        (every_label_once(), "two different texts"),
        (all_equal(), "one and the same"),
        (rows()[46:50], "different texts"),
        (rows(test=range(COUNT)), "one label"),
    ],
)
def test_what_cannot_be_judged_is_said_and_kept(made: list[dict[str, Any]], reason: str):
    report, issues = judged(made)
    assert {row["kind"] for row in issues.values()} == ({"contradiction"} if made == all_equal() else set())
    assert not report["judged"]
    assert reason in report["reason"] and report["reason"] in report["line"]


def test_one_text_under_two_labels_is_listed_though_nothing_is_judged():
    report, _ = judged([*all_equal(), {**rows()[0], "content_id": "b"}])
    labels = {row["intent"] for row in rows()}
    assert not report["judged"] and f"one text stands under {len(labels)} labels" in report["line"]
    pair = [{**row, "content_id": "a", "text": "hi", "normalized": "hi"} for row in (rows()[0], rows()[COUNT - 1])]
    pair[1]["verified"] = True
    found = analyse_bot("shop/ko", table([*pair, *rows()[1:4]]), rules())
    assert "one text stands under 2 labels" in json.loads(found["report"])["reason"]
    told = [(row["intent"], row["suggested"], row["kind"], row["action"]) for row in found["issues"]]
    first, last = (row["intent"] for row in pair)
    assert told == [(first, last, "contradiction", "queue"), (last, first, "contradiction", "report")]
    assert [row["score"] for row in found["issues"]] == [0.5, 0.5]
    for row in found["issues"]:
        assert [one["text"] for one in json.loads(row["nearest"])["suggested"]] == ["hi"]


def test_labels_that_differ_by_case_or_width_are_told():
    assert spelled_apart(["Refund", "refund", "ｒefund", "book_table", "book table", "joke"]) == [
        ["book table", "book_table"],
        ["Refund", "refund", "ｒefund"],
    ]
    made = [
        {**row, "intent": row["intent"].upper() if number % 2 else row["intent"]} for number, row in enumerate(rows())
    ]
    assert ["ALARM", "alarm"] in judged(made)[0]["alike_intents"]


def test_made_rows_are_a_part_of_their_own():
    made = rows(WRONG)
    for number in range(0, COUNT, 2):
        made[number]["parent"] = "0001"
    examples = examples_of(table(made))
    assert examples.synthetic.tolist() == [number % 2 == 0 for number in range(COUNT)]


def test_the_rate_is_that_of_all_rows_where_made_ones_are_wrong_more_often():
    made = range(0, COUNT, 2)
    wrong = {number for number in WRONG if number not in made} | set(Random(5).sample(made, 72))
    report, _ = judged([{**row, "parent": "0001" if n in made else None} for n, row in enumerate(rows(wrong))])
    parts = report["parts"]
    assert parts["made"]["rate"] > parts["human"]["rate"] + 0.02
    for name in ("rate", "low", "high"):
        assert report[name] == pytest.approx((parts["human"][name] + parts["made"][name]) / 2, abs=1e-3)
    assert f"about {100 * report['rate']:.1f} % of {COUNT} labels" in report["line"]


@pytest.mark.slow
def test_annotators_are_compared():
    made = [{**row, "annotator": ("anna", "ben")[number % 2]} for number, row in enumerate(rows())]
    agreed = [{**row, "annotator": "carl", "kept": False} for row in made[:40]]
    other = [{**row, "annotator": "dora", "kept": False, "intent": "price"} for row in made[:40]]
    report, _ = judged([*made, *agreed, *other])
    told = report["annotators"]
    quality = {one["annotator"]: one["quality"] for one in told["annotators"]}
    assert quality["carl"] > 0.8 > quality["dora"]
    assert told["shared_texts"] == 40
    kappas = {(one["left"], one["right"]): one["kappa"] for one in told["kappa"]}
    assert kappas["anna", "carl"] == 1.0
    assert len(told["disagreements"]) == 40
    for one in told["disagreements"]:
        assert one["consensus"] == one["answers"]["carl"] != one["answers"]["dora"]


def test_which_of_two_annotators_is_right_is_not_guessed_where_nothing_is_judged():
    few = rows()[46:50]
    other = [{**row, "annotator": "ben", "kept": False, "intent": "price"} for row in few]
    told = judged([*({**row, "annotator": "anna"} for row in few), *other])[0]["annotators"]
    assert told["shared_texts"] == 4
    assert [one["quality"] for one in told["annotators"]] == [None, None]


def test_the_line_says_what_to_read():
    report, issues = judged(rows(WRONG), policy="queue")
    wanted = next(row for row in report["review"] if row["share"] == 0.7)
    assert f"review these {wanted['rows']} rows to remove 70 % of the noise" in report["line"]
    assert 0.5 * len(WRONG) <= wanted["rows"] <= min(2 * len(WRONG), len(issues))
    points = [(point["rows"], point["removed"]) for point in report["curve"]]
    assert points == sorted(points) and points[0] == (0, 0.0)
    assert all(point["low"] <= point["removed"] <= point["high"] for point in report["curve"])


@pytest.mark.slow
def test_the_audit_measures_both_kinds():
    report, _ = judged(rows(), audit=0.1)
    assert [one["kind"] for one in report["audit"]] == ["random", "pairs"]
    for one in report["audit"]:
        assert one["planted"] == pytest.approx(COUNT / 10, abs=2)
        assert one["recall"] > 0.5


@pytest.mark.slow
def test_the_audit_takes_as_many_rows_as_the_recipe_says():
    report, _ = judged(rows(), audit=0.1, audit_rows=100)
    assert [one["kind"] for one in report["audit"]] == ["random", "pairs"]
    assert report["audit"][0]["planted"] == pytest.approx(10, abs=2)


def test_the_fit_learns_nothing_from_rows_that_are_held_out():
    asked = []

    def fit(views, task):
        asked.append(task.trainable.copy())
        return fit_here(views, task)

    examples = examples_of(table(rows(WRONG, TEST)))
    analyse_examples(examples, rules(), large=False, fit=fit)
    assert len(asked) == 1 and (asked[0] == ~examples.held_out).all()
