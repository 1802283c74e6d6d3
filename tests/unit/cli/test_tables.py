"""Tables stay aligned where letters take two cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.cli.tables import cut, draw, width


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
    starts = {width(line[: line.index(mark)]) for line, mark in zip(lines[2:3], ["몇"], strict=True)}
    assert starts == {width(lines[0][: lines[0].index("question")])}


def test_an_empty_table_is_its_head():
    assert draw(["a", "b"], []).split("\n") == ["a  b", "-  -"]
