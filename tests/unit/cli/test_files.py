"""Lists that a verb writes for people."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from mlpipeline.cli.files import write_csv
from mlpipeline.errors import UsageError


def test_texts_come_back_and_nothing_in_them_is_a_formula(tmp_path: Path):
    place = tmp_path / "list.csv"
    texts = ['환불, "언제"?', "two\nlines", "=HYPERLINK(1)", "@sum", "+1", "-1", "a-b", "1+1"]
    write_csv(place, ["text", "rows"], [[text, -1] for text in texts])
    with place.open(encoding="utf-8-sig", newline="") as stream:
        head, *rows = csv.reader(stream)
    assert head == ["text", "rows"]
    assert [row[0] for row in rows] == [*texts[:2], "'=HYPERLINK(1)", "'@sum", "'+1", "'-1", *texts[6:]]
    assert {row[1] for row in rows} == {"-1"}  # a number of our own is no text of a stranger


def test_a_list_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path):
    place = tmp_path / "list.csv"
    write_csv(place, ["text"], [["old"]])

    def rows():
        yield ["new"]
        raise OSError("no space left on device")

    with pytest.raises(UsageError, match="no space left"):
        write_csv(place, ["text"], rows(), UsageError)
    assert "old" in place.read_text("utf-8") and list(tmp_path.iterdir()) == [place]
