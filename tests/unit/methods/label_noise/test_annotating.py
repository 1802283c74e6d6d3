"""Several annotators of one bot: equal people get equal figures, in whatever order their rows stand."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from mlpipeline.methods.label_noise.annotating import annotator_report, answers_of
from mlpipeline.methods.label_noise.examples import examples_of
from tests.unit.methods.label_noise.noise_rows import COUNT, rows, table

RIGHT = {row["content_id"]: row["intent"] for row in rows()}


def answered(*people: str, wrong: float = 0.05, near: int = 5) -> list[dict[str, Any]]:
    """All label every text, each with mistakes of their own; who says what an earlier one said is a repeat.

    Each `near`-th text all but the first person get in other words: a near repeat, where the label is the same.
    """
    rng, made = Random(8), list[dict[str, Any]]()
    for number, row in enumerate(rows()):
        said = [rows([number])[number]["intent"] if rng.random() < wrong else row["intent"] for _ in people]
        for place, (name, intent) in enumerate(zip(people, said, strict=True)):
            other = {"content_id": f"x{number:04d}.{place}"} if place and near and not number % near else {}
            kept = intent not in said[:place]
            made.append(
                {**row, **other, "component": row["content_id"], "annotator": name, "intent": intent, "kept": kept}
            )
    return made


def report(made: list[dict[str, Any]]) -> dict[str, Any]:
    """What is told of the annotators when exactly the wrong labels are doubted."""
    rows = table(made)
    examples = examples_of(rows.filter(rows["kept"]))
    found = [
        SimpleNamespace(row=row, flagged=RIGHT[content.replace("x", "")[:4]] != examples.intents[label])
        for row, (content, label) in enumerate(zip(examples.ids, examples.labels, strict=True))
    ]
    analysis: Any = SimpleNamespace(findings=found, detection=None, test=None)
    told = annotator_report(examples, analysis, answers_of(rows))
    assert told is not None
    return told


def flagged(told: dict[str, Any]) -> dict[str, float]:
    return {one["annotator"]: one["flagged"] for one in told["annotators"]}


@pytest.mark.parametrize("people", [("anna", "ben"), ("ben", "anna"), ("cho", "anna", "ben")])
def test_who_is_equally_right_is_doubted_equally_often_whoever_stands_first(people: tuple[str, ...]):
    told = report(answered(*people))
    assert set(flagged(told)) == set(people)
    for one in told["annotators"]:
        assert one["flagged"] == pytest.approx(0.05, abs=0.025) and one["answers"] == COUNT


def test_shares_are_those_of_the_persons_own_mistakes():
    made = answered("anna", "ben", near=0)
    worse = [{**row, "intent": "price", "kept": row["annotator"] == "ben"} for row in made[1:200:2]]
    told = flagged(report([*made[::2], *worse, *made[201::2]]))
    mistakes = dict.fromkeys(("anna", "ben"), 0)
    for row in [*made[::2], *worse, *made[201::2]]:
        mistakes[row["annotator"]] += row["intent"] != RIGHT[row["content_id"]]
    assert told == {name: round(count / COUNT, 4) for name, count in mistakes.items()}
    assert told["ben"] > 3 * told["anna"]


def test_the_order_of_rows_and_files_says_nothing():
    made = answered("anna", "ben", "cho")
    told = report(made)
    for seed in range(5):
        Random(seed).shuffle(made)
        assert report(made) == told


def test_names_say_nothing():
    made = answered("anna", "ben", "cho")
    other = {"anna": "cho", "cho": "anna", "ben": "ben"}
    told, turned = (report(some) for some in (made, [{**row, "annotator": other[row["annotator"]]} for row in made]))
    assert flagged(turned) == {other[name]: share for name, share in flagged(told).items()}
    quality = [{one["annotator"]: one["quality"] for one in found["annotators"]} for found in (told, turned)]
    assert quality[1] == {other[name]: share for name, share in quality[0].items()}


def test_equal_people_are_found_equally_right():
    told = report(answered("anna", "ben", "cho", near=0))
    qualities = [one["quality"] for one in told["annotators"]]
    assert qualities == pytest.approx([0.95] * 3, abs=0.03)


def test_near_repeats_are_answers_too_and_what_nobody_judged_is_none():
    row = {**rows()[0], "component": "0000", "annotator": "anna"}
    again = {**row, "content_id": "x0000", "annotator": "ben", "kept": False}
    other = {**again, "annotator": "cho", "intent": "nobody judged this", "content_id": "x1111", "component": "1111"}
    (anna, ben, cho) = report([row, again, other])["annotators"]
    assert (anna["flagged"], ben["flagged"], cho["flagged"]) == (0.0, 0.0, None)


def test_who_says_two_things_of_a_text_says_nothing_of_it():
    two = [{**rows()[0], "annotator": "anna"}, {**rows()[0], "annotator": "anna", "intent": "price"}]
    told = report([*two, {**rows()[1], "annotator": "anna"}, {**rows()[0], "annotator": "ben", "kept": False}])
    assert told["shared_texts"] == 0 and {one["annotator"]: one["answers"] for one in told["annotators"]} == {
        "anna": 1,
        "ben": 1,
    }
