"""Tables stay aligned where letters take two cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.cli.bot_table import draw_bots
from mlpipeline.cli.tables import cut, draw, fit, terminal_cells, width


@pytest.mark.parametrize(
    ("text", "cells"), [("abc", 3), ("한국어", 6), ("日本", 4), ("สวัสดี", 4), ("tiếng", 5), ("", 0)]
)
def test_cells(text: str, cells: int):
    assert width(text) == cells


@given(text=st.text("ab한日ส ", max_size=12), cells=st.integers(1, 12))
def test_what_is_cut_fits(text: str, cells: int):
    assert width(cut(text, cells)) <= cells
    if width(text) <= cells:
        assert cut(text, cells) == text


def test_columns_are_aligned_by_cells():
    lines = draw(["bot", "n", "question"], [["가/ko", 5, "몇 시"], ["shop/en", 1234, None]], right=("n",)).split("\n")
    assert [width(line[: line.index("n") + 1]) for line in lines[:1]] == [width(lines[1].split("  ")[0]) + 2 + 4]
    starts = {width(line[: line.index(provenance)]) for line, provenance in zip(lines[2:3], ["몇"], strict=True)}
    assert starts == {width(lines[0][: lines[0].index("question")])}


def test_an_empty_table_is_its_head():
    assert draw(["a", "b"], []).split("\n") == ["a  b", "-  -"]


@given(
    cells=st.integers(4, 100),
    rows=st.lists(st.tuples(st.text("ab한日ส ", max_size=40), st.integers(0, 10**6), st.text("ab한", max_size=40))),
)
def test_a_table_is_as_wide_as_the_terminal_at_most(cells: int, rows: list[tuple[str, int, str]]):
    fitted = fit(["text", "n", "more"], rows, right=("n",), cells=cells)
    assert max(width(line) for line in fitted.text.split("\n")) <= cells
    assert len(fitted.text.split("\n")) == 2 + len(rows)
    # A number is whole or not there at all.
    if "n" not in fitted.left_out:
        assert all(str(row[1]) in line for row, line in zip(rows, fitted.text.split("\n")[2:], strict=True))


def test_long_texts_are_cut_before_columns_are_left_out():
    row = ["shop/ko", "환불 해줘 지난주에 산 신발이 너무 작아요", 12, "48c0da3379f01c2a"]
    head = ["bot", "text", "n", "id"]
    assert fit(head, [row], right=("n",)).text == fit(head, [row], right=("n",), cells=200).text
    small = fit(head, [row], right=("n",), cells=48, uncut=("id",))
    assert small.left_out == () and "48c0da3379f01c2a" in small.text and "환불 해줘 지난주…" in small.text
    assert fit(head, [row], right=("n",), cells=48, least=20, uncut=("id",)).left_out == ("id",)


def test_a_pipe_gets_everything(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "20")
    assert terminal_cells() is None
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert terminal_cells() == 20
    drawn = draw(["bot", "n", "more", "last"], [["shop/ko", 12345678, "x" * 30, "y"]], right=("n",))
    assert "(no room for: more, last;" in drawn


BOT = {
    "bot": "assistant/zh-Hant", "rows": 1200, "distinct": 1180, "learnt": 951, "test_rows": 121, "accuracy": 0.8347,
    "low": 0.764, "high": 0.9, "macro_f1": 0.832, "ece": 0.058, "version": 12, "alias": None,
    "gate": "refused: min_accuracy",
}  # fmt: skip


@pytest.mark.parametrize("cells", [80, 100])
def test_the_table_of_bots_has_room_in_80_columns(cells: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlpipeline.cli.bot_table.terminal_cells", lambda: cells)
    text = draw_bots([BOT, {"bot": "shop/ko", "rows": 3, "gate": ""}])
    assert max(map(width, text.splitlines())) <= cells
    for figure in ("1200", "1180", "951", "121", ".835 [.76 .90]", ".832", ".058", "12", "refused"):
        assert figure in text.splitlines()[2]
    assert "assistant/zh-Hant refused: min_accuracy" in text and "no room" not in text


def test_the_table_of_bots_is_whole_where_there_is_room(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlpipeline.cli.bot_table.terminal_cells", lambda: 80)
    assert "0.835 [.76, .90]" in draw_bots([BOT], wide=True)
    monkeypatch.setattr("mlpipeline.cli.bot_table.terminal_cells", lambda: None)
    head, _, line = draw_bots([{**BOT, "accuracy": 1.0, "low": 0.76, "high": 1.0}]).splitlines()
    assert head.split()[-3:] == ["version", "alias", "gate"] and "1.000 [.76, 1.0]" in line
    assert "distinct" not in draw_bots([{"bot": "a/b", "rows": 1, "gate": ""}])
    assert "labelled" not in draw_bots([{**BOT, "labelled": 1200}])
    assert "labelled" in draw_bots([{**BOT, "labelled": 900}])
