"""What a report shows of the rows that were made for a bot."""

from __future__ import annotations

import json
from typing import Any

from mlpipeline.orders.augmented import AugmentedText, gather_augmented
from mlpipeline.views.report.augment_view import augment_view
from mlpipeline.views.report.page import render_report

REPORT: dict[str, Any] = {
    "rows": 9, "made": 6, "kept": 3, "review": 1,
    "operators": {"ending": {"made": 4, "kept": 1, "refused": {"held_out": 3}}, "typo": {"made": 2, "kept": 2}},
    "refused": {
        "held_out": {
            "count": 2,
            "samples": [{"parent": "밥 먹었니", "made": "밥 <먹었어>", "operators": ["ending", "typo"]}],
        },
        "opposite": {"count": 1, "samples": []},
    },
    "intents": {"meal": {"rows": 5, "lacking": 3, "kept": 3}, "go": {"rows": 4, "lacking": 4, "kept": 0}},
    "skipped": {"emoji_only": 2},
}  # fmt: skip
KEPT: list[AugmentedText] = [
    {"bot": "shop/ko", "intent": "meal", "text": f"점심 {place}", "operators": "typo" if place else "ending>typo"}
    for place in range(3)
]


def test_rows_to_read_are_spread_over_the_operators():
    more: list[AugmentedText] = [{**KEPT[1], "text": f"저녁 {place}"} for place in range(30)]
    found = gather_augmented([{"bot": "shop/ko", "report": json.dumps(REPORT)}], [*KEPT, *more])
    read = found["shop/ko"]["read"]
    assert [row["operators"] for row in read[:3]] == ["ending>typo", "typo", "typo"] and len(read) == 12


def test_the_busiest_operator_and_the_commonest_reason_come_first():
    view = augment_view(REPORT, "ko")
    assert view is not None and (view["small"], view["full"]) == (2, 1)
    assert [one["name"] for one in view["operators"]] == ["typo", "ending"]
    assert [one["reason"] for one in view["refused"]] == ["held_out", "opposite"]
    assert augment_view({"rows": 5, "made": 0, "kept": 0, "skipped": {}}, "ko") is None
    assert augment_view({}, "ko") is None


def test_a_run_shows_the_made_rows_of_each_bot_with_texts_escaped():
    bot = {"bot": "shop/ko", "status": "released", "augmented": {**REPORT, "read": KEPT}}
    page = render_report({"bots": [bot, {"bot": "shop/en", "status": "released", "augmented": None}]})
    assert page.count("Its augmented examples") == 1 and "점심 2" in page and "&lt;먹었어&gt;" in page
    for words in ("near a row of validation or test", "emoji only 2", "1 augmented examples wait", "ending, typo"):
        assert words in page
