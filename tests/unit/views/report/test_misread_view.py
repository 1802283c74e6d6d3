"""What the report shows of misread questions, of intents that are mixed up, and of the champions before and now."""

from __future__ import annotations

import pytest

from mlpipeline.views.report.champion_view import champion_view
from mlpipeline.views.report.misread_view import Picture, confusion_view
from mlpipeline.views.report.page import render_report
from tests.unit.views.report.test_page import BOT, checked


def picture(matrix: object) -> Picture:
    shown = confusion_view(matrix)
    assert shown is not None
    return shown


def test_misread_questions_are_shown_with_what_is_most_like_them():
    page = checked(render_report({"bots": [BOT]}))
    part = page[page.index("Misread test questions (13 of 100)") :]
    for text in ("문 언제 닫나요?", "얼마인가요?", "71 % alike", "The 2 of which it was surest."):
        assert text in part
    many = {**BOT["misread"], "questions": BOT["misread"]["questions"] * 10}
    tasks = [{"rows": 3, "to_do": "add wordings like these to <시간>", "examples": ["문 언제", "몇 개"]}]
    shown = checked(render_report({"bots": [{**BOT, "misread": {**BOT["misread"], "tasks": tasks}}]}))
    assert "What to do about them" in shown and "to &lt;시간&gt;" in shown and "몇 개" in shown
    assert "What to do about them" not in page
    assert "and 8 more" in checked(render_report({"bots": [{**BOT, "misread": many}]}))


def test_the_picture_of_confusions_has_the_intents_that_are_mixed_up():
    shown = picture(BOT["misread"]["matrix"])
    assert [label["name"] for label in shown["labels"]] == ["시간", "가격"] and shown["intents"] == 3
    assert [(cell["expected"], cell["predicted"], cell["count"], cell["is_right"]) for cell in shown["cells"]] == [
        ("가격", "가격", 80, True), ("시간", "가격", 13, False)
    ]  # fmt: skip
    names = [f"intent_with_a_long_name_{n}" for n in range(60)]
    ring = {"intents": names, "cells": [[n, (n + 1) % 60, 60 - n] for n in range(60)]}
    shown = picture(ring)
    assert len(shown["labels"]) == 14 and names[0] in [label["name"] for label in shown["labels"]]
    assert shown["unseen"] == sum(range(1, 61)) - sum(60 - n for n in range(13))
    assert all(0 <= cell["x"] < shown["size"] and 0 < cell["shade"] <= 1 for cell in shown["cells"])


@pytest.mark.parametrize("matrix", [None, {}, {"intents": ["a"], "cells": [[0, 0, 3]]}, {"intents": ["a"], "cells": [
    [0, 7, 1], "x", [0, -1, 2], [0], [0, 0, "many"]]}])  # fmt: skip
def test_nothing_misread_is_no_picture(matrix: object):
    assert confusion_view(matrix) is None


def test_the_champions_before_and_now_are_compared():
    line = champion_view(BOT)
    assert line and line["before"] and line["now"] and line["difference"]
    assert line["before"]["version"] == "2" and line["now"]["version"] == "3"
    assert line["difference"]["value"] == pytest.approx(0.023)
    # Newcombe's interval from those of the two shares.
    assert line["difference"]["low"] == pytest.approx(0.023 - (0.023**2 + 0.02**2) ** 0.5)
    assert line["difference"]["high"] == pytest.approx(0.023 + (0.017**2 + 0.02**2) ** 0.5)
    page = checked(render_report({"bots": [BOT]}))
    assert "+2.3 points, likely between −0.7 points and +4.9 points: no more than chance could make" in page
    assert "2026-11-20 06:00:12 UTC" in page
    first = champion_view({**BOT, "champion_before": None})
    assert first and first["before"] is None and first["difference"] is None
    again = champion_view({**BOT, "champion_before": {"version": 3, "accuracy": 0.873}})
    assert again and again["before"] is None and again["difference"] is None
    assert champion_view({"status": "made"}) is None
