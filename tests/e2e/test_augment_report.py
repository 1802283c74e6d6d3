"""`augment report` from the store: a planted operator is switched off, sheets go out and marks come back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import CommitProperties, write_deltalake
from openpyxl import load_workbook

from mlpipeline.cli.main import main
from mlpipeline.languages.paraphrase import tools
from mlpipeline.languages.profile import normalize
from mlpipeline.recipe.load import load_recipes
from mlpipeline.recipe.measured import read_reasons
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.provenance import as_metadata, make_provenance
from tests.unit.methods.augmentation.planted import PLANTED, SHUFFLE, profile_of, sample_rows, with_operators

BOT = "shop/en"
GOOD = ("request_polite", "word_exchange")
SMALL = ["--set", "augment.fill_to=14"]


def put(home: Path, dataset: str, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    said = CommitProperties(
        custom_metadata={"userMetadata": as_metadata("clean", "run", {BOT: make_provenance("c", {}, {}, {})})}
    )
    path = Store(str(home / "store")).table_path(dataset)
    table = pa.Table.from_pylist(rows, schema=schema)
    write_deltalake(path, table, partition_by=["domain", "lang"], commit_properties=said)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with a split bot of eight training rows an intent, and a tool with a planted operator."""
    folder = tmp_path / "conf" / "domains" / "shop"
    folder.mkdir(parents=True)
    (folder / "domain.yaml").write_text("languages: [en]\n")
    own, profile = {"domain": "shop", "lang": "en"}, profile_of("en")
    rows, splits = [], []
    for at, (text, intent) in enumerate(sample_rows("en", 10, 14)):
        names = {"content_id": f"c{at:04}", "component": f"c{at:04}", "id": f"id{at:04}"}
        said = {"text": text, "normalized": normalize(text, profile), "intent": intent, "parent": None}
        rows.append({**own, **names, **said})
        splits.append({**own, "content_id": names["content_id"], "split": "test" if at % 10 > 7 else "train"})
    rows.append({**own, "content_id": "log", "component": "log", "id": "log", "text": "hello you", "normalized": "hi"})
    texts = ("content_id", "component", "id", "text", "normalized", "intent", "parent")
    put(tmp_path, "cleaned", rows, pa.schema([(name, pa.string()) for name in ("domain", "lang", *texts)]))
    put(
        tmp_path,
        "splits",
        splits,
        pa.schema([(name, pa.string()) for name in ("domain", "lang", "content_id", "split")]),
    )
    tool = with_operators(tools.load_tool("en"), GOOD, ba_order=PLANTED)
    monkeypatch.setattr(tools, "load_tool", lambda *_: tool)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_planted_operator_is_switched_off_for_the_next_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layer = home / "conf" / "domains" / "shop" / "en.measured.yaml"
    asked = ["augment", "report", BOT, "--json", *SMALL]
    assert main([*asked, "--no-switch"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["switched_off"]) == [SHUFFLE] and not found["written"] and not layer.exists()
    assert found["ablation"]["seeds"] == 5 and found["ablation"]["rows"] == found["rows"] == 112
    by_name = {one["name"]: one for one in found["operators"]}
    assert by_name[SHUFFLE]["bad"].startswith("order") and by_name["request_polite"]["bad"] is None
    assert by_name["request_polite"]["samples"] and set(by_name["request_polite"]["alone"]) == {"gain", "low", "high"}
    assert main(asked) == 0
    said = capsys.readouterr()
    again = json.loads(said.out)
    assert again["written"] and again["operators"] == found["operators"], "equal seeds, equal figures"
    assert "seed 5 of 5" in said.err and "models" in said.err
    assert SHUFFLE in layer.read_text("utf-8") and "of shuffles read worse" in layer.read_text("utf-8")
    assert SHUFFLE in load_recipes(home / "conf")[0].recipe.augment.disabled
    assert main(["config", "show", BOT, "--origin", "--json"]) == 0
    said = capsys.readouterr()
    (shown,) = [row for row in json.loads(said.out) if row["key"] == "augment.disabled"]
    assert shown["value"][-1] == SHUFFLE and "en.measured.yaml" in shown["origin"]
    assert f"operators off by measurement: {SHUFFLE}" in said.err
    layer.unlink()
    assert SHUFFLE not in load_recipes(home / "conf")[0].recipe.augment.disabled


def test_what_no_longer_does_harm_is_taken_back_and_other_lines_stay(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    layer = home / "conf" / "domains" / "shop" / "en.measured.yaml"
    lines = ["word_exchange  # gain in points: -3", "gone  # order: 0.5", "own_choice", "other  # marks: 0 of 9"]
    text = "\n  - ".join(["augment:\n  disabled:", *lines]) + "\n"
    layer.write_text(text)
    tool = with_operators(tools.load_tool("en"), GOOD)
    monkeypatch.setattr(tools, "load_tool", lambda *_: tool)
    assert main(["augment", "report", BOT, "--json", "--quick", *SMALL]) == 0
    quick = json.loads(capsys.readouterr().out)
    assert quick["ablation"] is None and not quick["taken_back"] and layer.read_text() == text
    assert main(["augment", "report", BOT, *SMALL]) == 0
    told = capsys.readouterr().out
    assert "on again from the next run on: word_exchange" in told and "macro-F1" in told
    assert list(read_reasons(layer)) == ["gone", "other", "own_choice"], "what names no operator here stays in the file"


def test_a_folder_that_cannot_be_written_to_still_gives_the_report(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    marks = home / "marks.xlsx"
    assert main(["augment", "report", BOT, "--quick", "--to", str(marks), *SMALL]) == 0
    capsys.readouterr()
    fill(marks, {SHUFFLE: ("n", "n")})
    assert main(["augment", "report", BOT, "--quick", "--marks", str(marks), "--json", *SMALL]) == 1
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert SHUFFLE in found["switched_off"] and not found["written"]
    assert "cannot be written" in said.err and f"augment: {{disabled: [{SHUFFLE}]}}" in said.err


def fill(place: Path, marks: dict[str, tuple[str, str]]) -> int:
    """Marks all rows of some operators; gives how many."""
    book, count = load_workbook(place), 0
    for row in book.active.iter_rows(min_row=2):
        if row[2].value in marks:
            row[4].value, row[5].value = marks[row[2].value]
            count += 1
    book.save(place)
    return count


def test_marks_come_back_into_the_figures(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["augment", "report", BOT, "--quick", *SMALL]
    assert main([*asked, "--to", "review.xlsx", "--rows", "50"]) == 0
    assert "review.xlsx" in capsys.readouterr().out
    marked = fill(home / "review.xlsx", {"request_polite": ("n", "y"), SHUFFLE: ("y", "y")})
    assert marked > 20
    book = load_workbook("review.xlsx")
    book.active["E51"].value = "perhaps"
    book.save("review.xlsx")
    assert main([*asked, "--marks", "review.xlsx", "--json"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    by_name = {one["name"]: one for one in found["operators"]}
    assert by_name["request_polite"]["marks"]["natural"]["yes"] == 0 and by_name["request_polite"]["bad"].startswith(
        "marks"
    )
    assert list(found["switched_off"]) == ["request_polite"] and found["written"]
    assert found["sheet"]["bad"] == ["row 51: natural? (y/n) is 'perhaps'"] and "row 51" in said.err
    # the marks stay when only gains are measured; people who say natural outweigh the order of letters
    assert main(["augment", "report", BOT, "--marks", "review.xlsx", "--no-switch", "--json", *SMALL]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert list(whole["switched_off"]) == ["request_polite"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["shop/ko"], 2, "there is no bot shop/ko, did you mean shop/en?"),
        (["shop"], 2, "is no bot"),
        ([BOT, "--seeds", "4"], 2, "--seeds 4 is too few"),
        ([BOT, "--folds", "1"], 2, "--folds 1 is too few"),
        ([BOT, "--per-intent", "1"], 2, "--per-intent 1"),
        ([BOT, "--to", "review.csv"], 2, ".xlsx"),
        ([BOT, "--to", "nowhere/review.xlsx"], 2, "no such folder"),
        ([BOT, "--to", "a.xlsx", "--marks", "a.xlsx"], 2, "another name"),
        ([BOT, "--marks", "none.xlsx"], 1, "cannot be read"),
        ([BOT, "--quick", "--set", "augment.fil_to=3"], 2, "did you mean fill_to?"),
    ],
)
def test_what_cannot_be_told_is_said_in_one_line(
    words: list[str], code: int, said: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["augment", "report", *words, "--quiet"]) == code
    err = capsys.readouterr().err
    assert said in err and len(err.splitlines()) == 1


def test_a_bot_without_splits_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "conf" / "domains" / "shop").mkdir(parents=True)
    (tmp_path / "conf" / "domains" / "shop" / "domain.yaml").write_text("languages: [en]\n")
    where = ["--conf", str(tmp_path / "conf"), "--store", str(tmp_path / "store"), "--quiet"]
    assert main(["augment", "report", BOT, *where]) == 1
    assert "has no splits" in capsys.readouterr().err
