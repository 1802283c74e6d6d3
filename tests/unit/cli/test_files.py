"""Files that a verb writes for people."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
from datetime import datetime, timezone
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.cli import dataset
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.files import check_target, write_csv
from mlpipeline.cli.main import main
from mlpipeline.errors import UsageError

FORMULAS = [
    "=HYPERLINK(1)",
    "@sum",
    "+1",
    "-1",
    "\t=1",
    "\r=1",
    "  =1",
    "\u3000@x",
    "\ufeff=1",
    "\u200b-1",
    "＝1",
    "\n=1",
]
HARMLESS = ['환불, "언제"?', "two\nlines", "a-b", "1+1", "ok\r=cmd|' /C calc'!A0", "e@x.com"]


def read_back(place: Path, encoding: str = "utf-8-sig") -> list[list[str]]:
    with place.open(encoding=encoding, newline="") as stream:
        return list(csv.reader(stream))


def test_texts_come_back_and_nothing_in_them_is_a_formula(tmp_path: Path):
    place = tmp_path / "list.csv"
    texts = [*HARMLESS, *FORMULAS]
    write_csv(place, ["text", "rows"], [[text, -1] for text in texts])
    head, *rows = read_back(place)
    assert head == ["text", "rows"]
    assert [row[0] for row in rows] == [*HARMLESS, *(f"'{text}" for text in FORMULAS)]
    assert {row[1] for row in rows} == {"-1"}  # a number of our own is no text of a stranger
    assert place.read_bytes().startswith(b'\xef\xbb\xbf"text","rows"\n"'), "every cell is quoted"


def test_raw_texts_are_as_they_are(tmp_path: Path):
    place = tmp_path / "list.csv"
    cells = [*HARMLESS, *FORMULAS]
    write_csv(place, ["=a"], [[cell] for cell in cells], raw=True)
    assert read_back(place, "utf-8") == [["=a"], *([cell] for cell in cells)]
    write_csv(place, ["a", "b", "c", "d"], [[None, "", True, datetime(2026, 1, 2, tzinfo=timezone.utc)]], raw=True)
    assert place.read_text("utf-8") == '"a","b","c","d"\n,"","true","2026-01-02T00:00:00+00:00"\n'
    write_csv(place, ["a"], [[None]], raw=True)
    assert read_back(place, "utf-8") == [["a"], [""]], "a record of nothing is a record"


@given(st.lists(st.lists(st.text(st.sampled_from("=@+-\t\r\n \"',a한\u2028"), max_size=6), min_size=2, max_size=2)))
def test_whatever_texts_hold_there_are_as_many_records(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]):
    place = tmp_path_factory.getbasetemp() / "any.csv"
    write_csv(place, ["a", "b"], rows)
    read = read_back(place)[1:]
    assert len(read) == len(rows)
    for cells, back in zip(rows, read, strict=True):
        assert [text.removeprefix("'") for text in back] == [text.removeprefix("'") for text in cells]
        assert not any(text.lstrip().startswith(("=", "@", "+", "-")) for text in back)
    # A program that takes a bare return for the end of a line finds the same records.
    assert list(csv.reader(io.StringIO(place.read_text("utf-8-sig")))) == [
        [text.replace("\r\n", "\n").replace("\r", "\n") for text in row] for row in read_back(place)
    ]


def test_a_list_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path):
    place = tmp_path / "list.csv"
    write_csv(place, ["text"], [["old"]])

    def rows():
        yield ["new"]
        raise OSError("no space left on device")

    with pytest.raises(UsageError, match="no space left"):
        write_csv(place, ["text"], rows(), UsageError)
    assert "old" in place.read_text("utf-8") and list(tmp_path.iterdir()) == [place]


def test_a_target_that_cannot_be_written_is_told_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert check_target("--to", tmp_path / "x.csv") == tmp_path / "x.csv"
    for place, why in ((tmp_path, "is a folder"), (tmp_path / "gone" / "x.csv", "no such folder")):
        with pytest.raises(UsageError, match=why):
            check_target("--to", place)
    monkeypatch.setattr(os, "access", lambda *asked: False)
    with pytest.raises(UsageError, match="may not be written"):
        check_target("--to", tmp_path / "x.csv")


@pytest.mark.parametrize(
    "words",
    [
        ["dataset", "write", "shop/ko/cleaned"],
        ["contradictions", "shop/ko"],
        ["doctor", "run"],
        ["schedule"],
        ["size", "--nodes", "2", "--cores", "4", "--memory", "8g"],
    ],
)
def test_every_verb_looks_at_its_target_first(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["--store", str(tmp_path / "no"), *words, "--to", str(tmp_path / "gone" / "x.csv")]) == 2
    assert "there is no such folder -> " in capsys.readouterr().err


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rows = [
        {"text": "=cmd|' /C calc'!A0", "report": '{"a": [1]}', "payload": b"\x01\xff"},
        {"text": "a\r=b", "report": None, "payload": None},
    ]
    monkeypatch.setattr(dataset, "read_rows", lambda *asked, **more: pa.Table.from_pylist(rows))

    def write(name: str, raw: bool = False) -> Path:
        place = tmp_path / name
        options = argparse.Namespace(name="shop/ko/evaluation", to=str(place), raw=raw, json=False, quiet=True)
        dataset.write_verb(CommandContext(argparse.Namespace(**vars(options), store=str(tmp_path), conf=str(tmp_path))))
        return place

    return write


def test_a_dataset_as_csv_holds_no_formula_unless_asked(written):
    assert read_back(written("x.csv"))[1:] == [
        ["'=cmd|' /C calc'!A0", '{"a": [1]}', "01ff"],
        ["a\r=b", "", ""],
    ]
    assert read_back(written("y.csv", raw=True), "utf-8")[1][0] == "=cmd|' /C calc'!A0"


def test_a_dataset_as_json_lines_holds_json_not_texts_of_it(written):
    first, second = [json.loads(line) for line in written("x.jsonl").read_text("utf-8").split("\n")[:-1]]
    assert first == {"text": "=cmd|' /C calc'!A0", "report": {"a": [1]}, "payload": "01ff"}
    assert second["report"] is None
    assert json.loads(written("y.jsonl", raw=True).read_text("utf-8").split("\n")[0])["report"] == '{"a": [1]}'
