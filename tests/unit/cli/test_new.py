"""`mlpipeline new`, as a user types it: what it says of a file, and lines that work as they stand."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
import yaml

from mlpipeline.cli.main import main


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _new(capsys: pytest.CaptureFixture[str], file: str, *words: str, expect: int = 0) -> str:
    assert main(["new", "shop", "--lang", "ko", "--from", file, *words]) == expect
    told = capsys.readouterr()
    return told.out if not expect else told.err


FAQ = "intent,text\n배송,언제 와요\n배송,언제 와요\n배송,언제  와요!\n환불,환불해 주세요\n"


def test_different_texts_are_counted_beside_the_rows(capsys: pytest.CaptureFixture[str]):
    Path("faq.csv").write_text(FAQ, "utf-8")
    assert "shop/ko: 4 rows (2 different texts), 2 intents" in _new(capsys, "faq.csv")


def test_the_next_line_names_conf_and_store_where_they_were_given(capsys: pytest.CaptureFixture[str]):
    Path("faq.csv").write_text(FAQ, "utf-8")
    said = _new(capsys, "faq.csv", "--conf", "my conf", "--store", "it's")
    words = shlex.split(said.splitlines()[-1].removeprefix("next: "))
    assert words == ["mlpipeline", "run", "--select", "shop/ko", "--store", "it's", "--conf", "my conf"]


def test_without_them_it_is_short(capsys: pytest.CaptureFixture[str]):
    Path("faq.csv").write_text(FAQ, "utf-8")
    assert _new(capsys, "faq.csv").splitlines()[-1] == "next: mlpipeline run --select shop/ko"


def test_a_column_that_would_cost_all_rows_is_left_out_in_the_recipe_too(capsys: pytest.CaptureFixture[str]):
    rows = [{"text": text, "intent": intent, "ts": "5 Jan"} for text, intent in (("안녕", "a"), ("잘 가", "b"))]
    Path("faq.jsonl").write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    assert "have a ts that cannot be read" in _new(capsys, "faq.jsonl")
    assert yaml.safe_load(Path("conf/domains/shop/ko.yaml").read_text("utf-8"))["ingest"]["map"] == {"ts": None}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("text,split\nbig tv,train\nsmall tv,test\n", "its columns are text, split: none looks like a label; add a"),
        ("text,klass\nbig tv,x1\nsmall tv,x1\nwide,x2\n", "--map text=text,intent=klass names its columns"),
        ("text,intent\nhi,a\nbye,a\n", "the only intent is 'a' -> a bot needs at least two intents: add rows"),
        ("intent,text,,\ngreet,hi,,\nbye,so long, friend,\n", "1 rejected, the first in line 3: wrong_column_count"),
    ],
)
def test_a_hint_is_given_only_where_its_cause_is_known(text: str, said: str, capsys: pytest.CaptureFixture[str]):
    Path("faq.csv").write_text(text, "utf-8")
    assert said in _new(capsys, "faq.csv", expect=2)


def test_a_file_without_columns_is_not_told_of_them(capsys: pytest.CaptureFixture[str]):
    Path("nlu.yml").write_text("nlu:\n- intent: a\n  examples: |\n    - hi\n    - bye\n", "utf-8")
    assert "--map" not in _new(capsys, "nlu.yml", expect=2)


def test_a_folder_is_told_with_what_it_holds(capsys: pytest.CaptureFixture[str]):
    home = Path("my data")
    home.mkdir()
    assert "a folder with no file" in _new(capsys, "my data", expect=2)
    (home / "notes.docx").write_text("")
    assert "a folder with only notes.docx" in _new(capsys, "my data", expect=2)
    for name in ("b.csv", "a.jsonl.gz", ".hidden.csv"):
        (home / name).write_text(FAQ, "utf-8")
    said = _new(capsys, "my data", expect=2)
    assert (
        "it holds a.jsonl.gz, b.csv -> name one: --from 'my data/a.jsonl.gz'; the others go into ingest.files" in said
    )
