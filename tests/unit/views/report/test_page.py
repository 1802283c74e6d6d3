"""The report of a run: everything may be missing, nothing is taken from outside, every text is escaped."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from mlpipeline.views.report.page import count, duration, memory, percent, render_report
from mlpipeline.views.report.run_view import view_of

BOT: dict[str, Any] = {
    "bot": "assistant/ko",
    "language": "한국어",
    "status": "released",
    "accuracy": 0.873,
    "accuracy_interval": [0.85, 0.89],
    "macro_f1": 0.8,
    "ece": 0.03,
    "alias": "champion",
    "version": 3,
    "gate": [{"name": "min_accuracy", "value": 0.873, "limit": 0.7, "passed": True}],
    "rows": {"in": 1000, "rejected": 2, "cleaned": 980, "train": 780, "validation": 100, "test": 100},
    "dropped": {"too_short": 3, "duplicate": 15, "unused": 0},
    "rejected": {"not_json": 2},
    "confusions": [{"true": "시간", "predicted": "가격", "count": 4, "content_ids": ["c1"]}],
    "per_intent": [
        {"intent": "가격", "precision": 1.0, "recall": 0.9, "f1": 0.95, "support": 10},
        {"intent": "시간", "precision": None, "recall": 0.0, "f1": 0.0, "support": 5},
        {"intent": "never_asked", "precision": 0.0, "recall": None, "f1": 0.0, "support": 0},
    ],
    "reliability": [
        {"low": 0.0, "high": 0.5, "rows": 0, "confidence": None, "accuracy": None},
        {"low": 0.5, "high": 1.0, "rows": 100, "confidence": 0.9, "accuracy": 0.87},
    ],
    "oos_curve": [
        {"threshold": 0.0, "accepted": 1.0, "accuracy": 0.87},
        {"threshold": 0.5, "accepted": 0.8, "accuracy": 0.93},
        {"threshold": 1.0, "accepted": 0.0, "accuracy": None},
    ],
    "at_threshold": {"threshold": 0.4, "accepted": 0.9, "accuracy": 0.9},
    "causes": {"ingest": "312 rows new", "clean": "input ingest changed"},
    "failure": None,
    "warnings": [],
    "golden": [
        {"question": "몇 시에 열어요?", "intent": "시간", "answer": "9시", "score": 0.98, "zone": "answer",
         "version": 3},
    ],
    "champion": {"version": 3, "accuracy": 0.873},
    "champion_before": {
        "version": 2, "accuracy": 0.85, "interval": [0.83, 0.87], "started": "2026-11-20T06:00:12+00:00", "run": "r2"
    },
    "misread": {
        "tested": 100,
        "misread": 13,
        "questions": [
            {"text": "문 언제 닫나요?", "expected": "시간", "predicted": "가격", "score": 0.9,
             "nearest": {"text": "얼마인가요?", "intent": "가격", "similarity": 0.71}},
            {"text": "몇 개 남았어요?", "expected": "시간", "predicted": "가격", "score": None, "nearest": None},
        ],
        "matrix": {"intents": ["가격", "배송", "시간"], "cells": [[0, 0, 80], [1, 1, 7], [2, 0, 13]]},
    },
}  # fmt: skip
RUN = {
    "run": "2026-11-21T06-00-12Z",
    "started": "2026-11-21 06:00:12 UTC",
    "seconds": 441.2,
    "command": "mlpipeline run",
    "status": "done",
    "bots": [BOT, {**BOT, "bot": "assistant/th", "accuracy": 0.61, "accuracy_interval": None}],
    "stages": [
        {
            "stage": "ingest",
            "bots": 2,
            "rows_in": 1000,
            "rows_out": 998,
            "seconds": 12.0,
            "peak_memory_mb": 900,
            "worker_memory_mb": 800,
        },
        {"stage": "clean", "bots": ["a/ko"], "skipped": True},
    ],
    "notes": ["zh_TW read as zh-TW"],
    "session_seconds": 8.1,
    "environment": {"python": "3.11.7"},
}


class Checker(HTMLParser):
    """Counts open tags and collects what a browser would fetch."""

    VOID = frozenset({"meta", "br", "path", "polyline", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.fetched += [
            (tag, value) for name, value in attrs if name in ("src", "href", "srcset", "data", "xlink:href")
        ]
        assert tag not in ("script", "link", "iframe", "object", "img", "base")
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_startendtag(self, tag, attrs):
        assert tag in self.VOID

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def checked(page: str) -> str:
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert all(value and value.startswith("#") for _, value in checker.fetched)
    assert "url(" not in page
    assert "@import" not in page
    return page


def test_a_whole_run_is_well_formed_and_fetches_nothing():
    page = checked(render_report(RUN))
    shown = (
        "87.3 %",
        "assistant/ko",
        "몇 시에 열어요?",
        "312 rows new",
        "7 min 21 s",
        "champion v3",
        "too short",
        "read as zh-TW",
        "800 MB a worker",
    )
    for text in shown:
        assert text in page
    assert 'lang="th"' in page
    assert "the weakest is" in page
    assert "never_asked" not in page


@pytest.mark.parametrize("key", sorted(BOT))
@pytest.mark.parametrize("value", ["missing", None])
def test_every_key_of_a_bot_may_be_missing(key, value):
    bot = {name: part for name, part in BOT.items() if name != key}
    if value is None:
        bot[key] = None
    checked(render_report({**RUN, "bots": [bot]}))


@pytest.mark.parametrize("key", sorted(RUN))
def test_every_key_of_a_run_may_be_missing(key):
    checked(render_report({name: part for name, part in RUN.items() if name != key}))
    checked(render_report({**RUN, key: None}))


def test_a_run_that_failed_at_once_has_a_report():
    failure = {"stage": "ingest", "reason": "no file a.jsonl", "fix": "write it"}
    page = checked(render_report({"run": "r1", "failure": failure}))
    assert "no file a.jsonl" in page
    assert "write it" in page
    checked(render_report({}))


def test_failed_and_refused_bots_stand_first():
    failed = {
        "bot": "a/ko",
        "status": "failed",
        "failure": {"stage": "train", "reason": "one intent only", "fix": "add"},
    }
    gate = [{"name": "min_accuracy", "value": 0.6, "limit": 0.7, "passed": False}]
    old = {"version": 2, "accuracy": 0.85}
    kept = {**BOT, "bot": "b/ja", "status": "refused", "gate": gate, "champion": old, "champion_before": old}
    page = checked(render_report({"bots": [BOT, failed, kept]}))
    look = page[page.index("Needs a look") : page.index("<h2>Bots")]
    assert "one intent only" in look
    assert "share of right intents at least 70.0 %, reached 60.0 %" in look
    assert "assistant/ko" not in look
    assert "version 2 stays in production" in look
    assert "1 of 3 bots failed" in page and "The gate refused 1 of 3 bots; its old champion stays in production" in page
    assert "<b>2 of 3</b><span>bots live" in page


def test_what_just_missed_its_limit_does_not_read_as_reached():
    limits = {"min_accuracy": (0.6996, 0.7), "max_ece": (0.2500004, 0.25), "min_test_rows": (29, 30)}
    gate = [{"name": name, "value": value, "limit": limit, "passed": False} for name, (value, limit) in limits.items()]
    page = checked(render_report({"bots": [{**BOT, "status": "refused", "gate": gate}]}))
    look = page[page.index("Needs a look") : page.index("<h2>Bots")]
    assert "share of right intents at least 70.00 %, reached 69.96 %" in look
    assert "25.00000 %, reached 25.00004 %" in look and "judged rows at least 30, reached 29" in look
    assert page.count("69.96 %") == 3, "in its own section and in the table of the gate too"


def test_a_refused_model_is_not_shown_beside_the_answers_of_another_without_a_word():
    gate = [{"name": "min_accuracy", "value": 0.6, "limit": 0.7, "passed": False}]
    old = {"version": 2, "accuracy": 0.85}
    kept = {**BOT, "status": "refused", "alias": None, "gate": gate, "champion": old, "champion_before": old}
    kept["golden"] = [{**BOT["golden"][0], "version": 2}]
    page = checked(render_report({"bots": [kept]}))
    assert "What version 2 answers, which stays in production; not the refused one" in page
    assert "version 3 answers nobody" in page and "<b>1 of 1</b><span>bots live" in page
    assert "All 1 bots" not in page and "went through" not in page
    nobody = {**kept, "champion": None, "champion_before": None, "golden": []}
    page = checked(render_report({"bots": [nobody]}))
    assert "nobody is answered" in page and "<b>0 of 1</b><span>bots live" in page


def test_a_link_to_a_bot_leads_into_its_chapter():
    """A browser unfolds <details> for a target inside of it, not for <details> itself."""
    page = checked(render_report(RUN))
    assert re.search(
        r'<details>\s*<summary>(?:(?!</summary>).)*</summary>\s*<div id="bot-assistant-th">', page, re.DOTALL
    )
    assert not re.search(r"<details[^>]* id=", page)
    assert "details::details-content { content-visibility: visible;" in page[page.index("@media print") :]


def test_all_texts_are_escaped():
    evil = '<script>alert("x")</script>'
    bot = {
        **BOT,
        "bot": f"a{evil}/ko",
        "golden": [{"question": evil, "intent": evil, "answer": evil, "zone": evil}],
        "dropped": {evil: 3},
        "confusions": [{"true": evil, "predicted": evil, "count": 1}],
        "causes": {evil: evil},
        "status": evil,
        "warnings": [evil],
        "champion": {"version": evil},
        "champion_before": {"version": evil, "started": evil, "run": evil},
        "misread": {
            "tested": 2, "misread": 1,
            "questions": [{"text": evil, "expected": evil, "nearest": {"text": evil, "intent": evil}}],
            "matrix": {"intents": [evil, f"{evil}2"], "cells": [[0, 1, 1]]},
        },
    }  # fmt: skip
    page = render_report({**RUN, "run": evil, "bots": [bot], "command": evil, "environment": {evil: evil}})
    assert "<script" not in page
    assert 'alert("x")' not in page


def test_numbers_that_are_none_or_not_finite_are_dashes():
    bot = {**BOT, "accuracy": float("nan"), "macro_f1": float("inf"), "rows": {"in": None}}
    page = checked(render_report({"bots": [bot]}))
    assert not re.search(r"\b(nan|inf)\b", page)


def test_places_on_the_axis_stay_within_it():
    bots = [{**BOT, "accuracy": a, "accuracy_interval": [a - 0.3, a + 0.3]} for a in (0.0, 0.35, 1.0)]
    for bot in view_of({"bots": bots})["bots"]:
        bar = bot["bar"]
        assert 0 <= bar["low"] <= bar["point"] <= bar["low"] + bar["width"] <= 100


def test_dropped_reasons_are_ordered_and_zero_is_not_shown():
    (bot,) = view_of({"bots": [BOT]})["bots"]
    assert [(row["name"], row["count"]) for row in bot["dropped"]] == [("duplicate", 15), ("too_short", 3)]
    assert sum(part["width"] for part in bot["flow"]) == pytest.approx(100.0)


def test_eighty_bots_stay_a_page_of_a_few_megabytes():
    page = render_report({"bots": [{**BOT, "bot": f"d{i}/ko"} for i in range(80)]})
    assert len(page) < 3_000_000


def test_numbers_for_people():
    assert [duration(v) for v in (None, 0.44, 9.97, 59.6, 185, 7800)] == [
        "–", "0.4 s", "10 s", "1 min 00 s", "3 min 05 s", "2 h 10 min",
    ]  # fmt: skip
    assert [memory(v) for v in (None, 640, 1331)] == ["–", "640 MB", "1.3 GB"]
    assert (percent(0.8731), percent(0.5, 0), percent(None), count(12345)) == ("87.3 %", "50 %", "–", "12,345")


def test_what_changed_leaves_out_what_only_follows():
    causes = {"ingest": "312 rows new", "clean": "after ingest", "train": "recipe train.epochs 10 -> 20; after split"}
    (bot,) = view_of({"bots": [{**BOT, "causes": causes}]})["bots"]
    assert bot["changes"] == ["312 rows new", "recipe train.epochs 10 -> 20"]
    assert "after split" in render_report({"bots": [{**BOT, "causes": causes}]})


def test_a_stage_says_what_was_in_the_store_already():
    run = {**RUN, "stages": [{"stage": "embed", "bots": 1, "rows_out": 1182, "counts": {"count:stored": 1181}}]}
    assert "1,181 from the store" in render_report(run)
    assert "from the store" not in render_report(RUN)


def test_test_questions_of_intents_that_were_not_learnt_are_told_apart() -> None:
    page = render_report({**RUN, "bots": [{**BOT, "unknown_rows": 4, "known_accuracy": 0.91}]})
    assert "4 of them have an intent that it has not learnt, and count as wrong; of the others 91.0 % are right" in page
    assert "has not learnt" not in render_report({**RUN, "bots": [BOT]})
