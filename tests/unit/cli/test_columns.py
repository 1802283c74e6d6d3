"""What a person asks of a table: rows by `--where`, columns by `--columns`, all of it by `--wide`."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from mlpipeline.cli.columns import draw_chosen, read_columns, read_conditions, table_options
from mlpipeline.errors import UsageError

NAMES = ["domain", "lang", "id", "intent", "text", "ts", "score", "rows", "verified", "votes"]
ROW = {
    "domain": "shop",
    "lang": "ko",
    "id": "48c0da3379f01c2a",
    "intent": "refund",
    "text": "환불 해줘 — 지난주에 산 신발이 너무 작아요",
    "ts": None,
    "score": 0.75,
    "rows": 12,
    "verified": True,
    "votes": '{"linear": "refund"}',
}


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    table_options(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("intent=refund", True), ("intent = refund", True), ("intent=Refund", False), ("intent!=refund", False),
        ("text~신발", True), ("text~ORDER", False), ("text!~order", True), ("intent~FUN", True),
        ("score>0.5", True), ("score>=.75", True), ("score<0.5", False), ("score=0.75", True),
        ("score=high", False), ("verified=no", False),
        ("rows<=12", True), ("rows=12.0", True), ("verified=true", True), ("verified=True", True),
        ("ts=", True), ("ts!=", False), ("ts>2026", False), ("lang>ja", True), ("intent=a=b", False),
    ],
)  # fmt: skip
def test_a_condition_holds_or_not(text: str, holds: bool):
    (condition,) = read_conditions([text], NAMES)
    assert condition.holds(ROW[condition.column]) is holds


@pytest.mark.parametrize("text", ["", "intent", "=refund", "intnt=refund", "a b=c"])
def test_what_is_no_condition_is_refused_with_the_columns(text: str):
    with pytest.raises(UsageError) as caught:
        read_conditions([text], NAMES)
    assert "--where" in str(caught.value) and caught.value.fix


def test_a_number_is_compared_with_numbers_only():
    (condition,) = read_conditions(["score>much"], NAMES)
    with pytest.raises(UsageError, match="score is a number"):
        condition.holds(0.5)


def test_columns_are_those_that_are_asked_for_in_their_order():
    assert read_columns(None, NAMES) is None
    assert read_columns("text, id,text", NAMES) == ["text", "id"]
    with pytest.raises(UsageError, match="no column 'txt' -> did you mean text"):
        read_columns("txt", NAMES)
    with pytest.raises(UsageError):
        read_columns(" , ", NAMES)


def drawn(monkeypatch: pytest.MonkeyPatch, cells: int | None, *words: str, **changed: Any) -> str:
    monkeypatch.setattr("mlpipeline.cli.columns.terminal_cells", lambda: cells)
    return draw_chosen([{**ROW, **changed}], NAMES, options(*words), known=("domain", "lang"))


def test_what_tells_nothing_stands_last_or_not_at_all(monkeypatch: pytest.MonkeyPatch):
    whole = drawn(monkeypatch, None)
    assert whole.splitlines()[0].split() == ["intent", "text", "score", "rows", "verified", "votes", "id"]
    assert "empty: ts" in whole and str(ROW["text"]) in whole
    small = drawn(monkeypatch, 60)
    assert "no room for: votes, id;" in small and "48c0" not in small
    assert drawn(monkeypatch, 60, "--columns", "id,ts").splitlines()[0].split() == ["id", "ts"]
    everything = drawn(monkeypatch, 60, "--wide").splitlines()
    assert everything[0].split() == NAMES and len(everything) == 3
