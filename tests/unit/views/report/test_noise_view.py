"""The labels of a bot in the report: the work curve in its box, texts escaped, and nothing where nothing is known."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from mlpipeline.views.report.noise_page import render_noise
from mlpipeline.views.report.noise_view import noise_view, work_chart
from mlpipeline.views.report.page import render_report

CURVE = [
    {"rows": 0, "removed": 0.0, "low": 0.0, "high": 0.0},
    {"rows": 50, "removed": 0.5, "low": 0.4, "high": 0.7},
    {"rows": 200, "removed": 0.95, "low": 0.8, "high": 1.0},
]
REPORT: dict[str, Any] = {
    "judged": True,
    "line": "about 10.0 % of 1,000 labels are wrong: review these 80 rows to remove 70 % of the noise",
    "rate": 0.1,
    "low": 0.08,
    "high": 0.12,
    "rows": 1000,
    "flagged": 95,
    "parts": {"human": {"rate": 0.1}, "made": {"rate": 0.3}},
    "test": {"rows": 100, "flagged": 7, "rate": 0.08},
    "kinds": {"flip": 90},
    "actions": {"drop": 60, "queue": 30},
    "audit": [{"kind": "random", "planted": 50, "recall": 0.9, "precision": 0.8, "estimated": 0.2, "curve": CURVE}],
    "curve": CURVE,
    "review": [{"share": 0.7, "rows": 80, "low": 0.6, "high": 0.8}],
    "confusing": [
        {
            **{"left": "refund", "right": "cancel", "left_as_right": 0.3, "right_as_left": 0.1, "advice": "merge"},
            **{"left_examples": ["돈 돌려줘"], "right_examples": ["취소할래"]},
        }
    ],
    "alike_intents": [["Refund", "refund"]],
    "annotators": {
        "annotators": [{"annotator": "anna", "answers": 10, "quality": 0.9, "flagged": 0.1}],
        "kappa": [{"left": "anna", "right": "ben", "kappa": 0.5, "texts": 10}],
    },
}
ISSUE = {
    **{"text": "<script>환불</script>", "intent": "refund", "suggested": "cancel", "score": 0.97, "kind": "flip"},
    **{"action": "drop", "votes": json.dumps({"linear": "cancel", "neighbours": "refund"}), "split": "train"},
    "nearest": json.dumps({"given": [], "suggested": [{"content_id": "a", "text": "취소 & 환불"}]}),
}


def points(line: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", line)]


def test_the_curve_stands_in_its_box():
    chart = work_chart(REPORT)
    assert chart is not None
    assert points(chart["line"]) == [(0.0, 100.0), (12.5, 50.0), (50.0, 5.0)]
    # 50 planted mistakes stretched to the 100 that are estimated: 400 rows at the right end.
    assert chart["last"] == 400
    assert points(chart["tried"][0]["line"]) == [(0.0, 100.0), (25.0, 50.0), (100.0, 5.0)]
    assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in points(chart["band"]))
    assert chart["band"].endswith("Z")


def test_the_planners_line_is_a_point_of_the_curve():
    asked = {**REPORT, "actions": {"queue": 90}}
    chart = work_chart(asked)
    assert chart is not None and chart["review"] == {"x": 20.0, "y": 30.0, "rows": 80, "done": 0, "labelled": True}
    page = render_noise(asked, [], name="rows.jsonl", lang="")
    assert "The point: 70 % after 80 rows." in page and 'd="M0 30.0H20.0V100"' in page
    # Rows that were dropped stand at the head of the curve, so the point comes after them.
    chart = work_chart(REPORT)
    assert chart is not None and chart["review"] is not None and chart["review"]["x"] == 35.0
    dropped = render_noise(REPORT, [], name="rows.jsonl", lang="")
    assert "80 rows, besides the 60 that were dropped or relabelled." in dropped


@pytest.mark.parametrize(
    "more", [{"review": [{"share": 0.7, "rows": None, "low": None, "high": None}]}, {"review": []}, {"rate": 0.0}]
)
def test_without_such_a_line_no_point_is_drawn(more: dict[str, Any]):
    chart = work_chart({**REPORT, **more})
    assert chart is not None and chart["review"] is None
    assert "The point:" not in render_noise({**REPORT, **more}, [], name="rows.jsonl", lang="")


def test_of_a_file_the_page_says_the_lines_and_not_what_became_of_a_row():
    issues = [{**ISSUE, "action": "queue", "lines": [7, 12]}]
    page = render_noise(REPORT, issues, name="rows.jsonl", lang="ko")
    assert "line 7, 12" in page and "Became" not in page
    mixed = render_noise(REPORT, [*issues, {**ISSUE, "action": "report"}], name="rows.jsonl", lang="ko")
    assert "Became" in mixed and "reported" in mixed


def test_without_noise_only_the_audit_is_drawn():
    chart = work_chart({**REPORT, "rate": 0.0})
    assert chart is not None and not chart["line"] and not chart["band"]
    assert chart["last"] == 200
    assert work_chart({**REPORT, "rate": 0.0, "audit": []}) is None


def test_the_page_shows_everything_and_escapes_texts():
    page = render_noise(REPORT, [ISSUE], name="a<b.jsonl", lang="ko")
    assert "<script>" not in page and "&lt;script&gt;환불" in page and "a&lt;b.jsonl" in page
    for text in (
        "취소 &amp; 환불",
        "1 of 2 views",
        "70 % of the noise",
        "돈 돌려줘",
        "merge",
        "anna and ben 0.50",
        "30.0 %",
    ):
        assert text in page
    assert "Refund | refund" in page and 'lang="ko"' in page
    assert page.count("<svg") == 1


@pytest.mark.parametrize("report", [{}, {"judged": False, "line": "labels were not checked: one label"}])
def test_what_was_not_judged_has_no_chart(report: dict[str, Any]):
    page = render_noise(report, [], name="rows.jsonl", lang="")
    assert "<svg" not in page
    assert report.get("line", "")[1:] in page
    assert noise_view(report, [], "")["chart"] is None


def test_a_run_shows_the_labels_of_each_bot():
    bot = {
        "bot": "shop/ko",
        "status": "released",
        "noise": {**REPORT, "issues": [{**ISSUE, "action": "queue"}, ISSUE], "to_read_count": 90},
    }
    page = render_report({"bots": [bot, {"bot": "shop/en", "status": "released", "noise": None}]})
    assert page.count("Its labels") == 1
    assert "Read these first (1 of 90)" in page
    assert "Dropped or relabelled without asking</h3>" in page
