"""`mlpipeline denoise check` on files, as a user types it."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mlpipeline.cli.main import main
from tests.unit.methods.label_noise.noise_rows import COUNT, WRONG, rows

SAMPLE = Path(__file__).parents[3] / "examples" / "assistant" / "en.jsonl"
QUICK = ("--set", "denoise.folds=3", "--set", "denoise.audit=0.0", "--quiet")
LOUD = [word for word in QUICK if word != "--quiet"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, made: Iterable[dict[str, Any]]) -> str:
    lines = (json.dumps({"text": row["text"], "intent": row["intent"]}, ensure_ascii=False) for row in made)
    Path(name).write_text("\n".join(lines) + "\n", "utf-8")
    return name


def test_a_file_is_judged_and_the_list_written(capsys: pytest.CaptureFixture[str]):
    write("rows.jsonl", rows(WRONG))
    assert main(["denoise", "check", "rows.jsonl", "--lang", "ko", "--to", "issues.csv", *QUICK]) == 0
    said = capsys.readouterr().out
    assert f"of {COUNT} labels are wrong" in said and "rows to remove 70 % of the noise" in said
    # A spreadsheet takes Korean for Latin letters where the mark is missing.
    assert Path("issues.csv").read_bytes().startswith(b'\xef\xbb\xbf"score","text",')
    with open("issues.csv", encoding="utf-8-sig", newline="") as stream:
        issues = list(csv.DictReader(stream))
    scores = [float(issue["score"]) for issue in issues]
    assert scores == sorted(scores, reverse=True)
    made = rows(WRONG)
    for issue in issues[:10]:
        row = made[int(issue["lines"]) - 1]
        assert (issue["text"], issue["given"]) == (row["text"], row["intent"])
        assert int(issue["lines"]) - 1 in WRONG
        assert issue["suggested"] == rows()[int(issue["lines"]) - 1]["intent"]
        assert f"linear: {issue['suggested']} | " in issue["votes"] and issue["nearest_suggested"]
    page = Path("issues.html").read_text("utf-8")
    assert "<svg" in page and "Read these first" in page and issues[0]["given"] in page


@pytest.mark.slow
def test_the_rate_of_a_sample_corpus_with_flips_is_right_within_two_points(capsys: pytest.CaptureFixture[str]):
    with SAMPLE.open(encoding="utf-8") as stream:
        made = [json.loads(line) for line in stream]
    names, drawn = sorted({row["intent"] for row in made}), random.Random(1)
    for number in drawn.sample(range(len(made)), len(made) // 10):
        made[number]["intent"] = drawn.choice([name for name in names if name != made[number]["intent"]])
    write("rows.jsonl", made)
    assert main(["denoise", "check", "rows.jsonl", "--lang", "en", "--json", *QUICK[2:]]) == 0
    assert json.loads(capsys.readouterr().out)["rate"] == pytest.approx(0.1, abs=0.02)


@pytest.mark.slow
def test_json_says_the_rate_and_where_things_are(capsys: pytest.CaptureFixture[str]):
    write("rows.jsonl", rows(WRONG))
    assert main(["denoise", "check", "rows.jsonl", "--report", "r.html", "--json", *QUICK]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["low"] <= len(WRONG) / COUNT <= told["high"]
    assert told["wrote"] == {"report": "r.html"}
    assert Path("r.html").is_file()


def test_csv_with_other_columns(capsys: pytest.CaptureFixture[str]):
    lines = ["question,label", *(f"{row['text']},{row['intent']}" for row in rows()), "no label,"]
    Path("rows.csv").write_text("\n".join(lines), "utf-8")
    assert main(["denoise", "check", "rows.csv", "--map", "text=question,intent=label", *LOUD]) == 0
    said = capsys.readouterr()
    assert f"{COUNT} labels" in said.out
    assert f"rows.csv: {COUNT} of {COUNT + 1} rows are checked; left out: 1 no intent" in said.err


@pytest.mark.parametrize(
    ("made", "said", "listed"),
    [
        ([{"text": row["text"], "intent": "hi"} for row in rows()], "all rows carry one label", 0),
        ([{"text": row["text"], "intent": f"i{n}"} for n, row in enumerate(rows())], "two different texts", 0),
        ([{"text": "hi", "intent": row["intent"]} for row in rows()], "one text stands under 12 labels", 12),
        ([{"text": "hi", "intent": "Greet"}, {"text": "ho", "intent": "greet"}], "Greet | greet", 0),
    ],
)
def test_what_cannot_be_judged_is_said(
    made: list[dict[str, Any]], said: str, listed: int, capsys: pytest.CaptureFixture[str]
):
    write("rows.jsonl", made)
    assert main(["denoise", "check", "rows.jsonl", "--to", "issues.csv", *QUICK]) == 0
    printed = capsys.readouterr().out
    assert said in printed and "not checked" in printed
    assert Path("issues.csv").read_text("utf-8").count("\n") == 1 + listed
    page = Path("issues.html").read_text("utf-8")
    assert "not checked" in page and "0 of 0" not in page


@pytest.mark.parametrize("others", [pytest.param(("cho",), marks=pytest.mark.slow), ()])
def test_verified_rows_are_marked_and_annotators_told(others: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    truth, made = rows(), list[dict[str, Any]]()
    for number, row in enumerate(rows(WRONG)):
        text, right = row["text"], truth[number]["intent"]
        # Of two people alone, their answers never tell which one is right: the views do.
        said = {"anna": right, **dict.fromkeys(others, right), "ben": row["intent"]}
        made += [{"text": text, "intent": intent, "annotator": name} for name, intent in said.items()]
        made[-1]["verified"] = number == WRONG[0]
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in made), "utf-8")
    assert main(["denoise", "check", "rows.jsonl", "--to", "issues.csv", *QUICK]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("annotator")]
    assert len(told) == 2 + len(others) and told[0].startswith("annotator ben: right in about 9")
    with open("issues.csv", encoding="utf-8-sig", newline="") as stream:
        verified = {issue["lines"]: issue["verified"] for issue in csv.DictReader(stream)}
    assert verified[str(len(told) * (WRONG[0] + 1))] == "yes" and list(verified.values()).count("yes") == 1


@pytest.mark.parametrize("count", [1, 7])
def test_intents_in_several_spellings_are_told_with_what_to_do(count: int, capsys: pytest.CaptureFixture[str]):
    write("rows.jsonl", ({"text": f"hi {name}", "intent": name} for n in range(count) for name in (f"A{n}", f"a{n}")))
    assert main(["denoise", "check", "rows.jsonl", *QUICK]) == 0
    said = capsys.readouterr().out
    assert "in several spellings: write each in one way" in said and "A0 | a0" in said
    assert said.count(" | ") == min(count, 5) and ("and 2 more" in said) == (count == 7)


def test_a_long_row_and_an_empty_one_are_left_out(capsys: pytest.CaptureFixture[str]):
    few = rows()[:12]
    made = [*few, {"text": "x" * 100_000, "intent": "joke"}, {"text": "\u200b", "intent": "joke"}]
    write("rows.jsonl", made)
    assert main(["denoise", "check", "rows.jsonl", "--lang", "ko", "--json", *QUICK]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == len(few)
    assert sum(told["left_out"].values()) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none.jsonl"], "no such file"),
        (["empty.jsonl"], "no labelled row: the file is empty"),
        (["korean.csv"], "korean.csv: no labelled row: 1 invalid utf8"),
        (["korean.csv"], "-> save it as UTF-8: iconv -f CP949 -t UTF-8 korean.csv > korean.utf8.csv"),
        (["rows.txt"], "suffix"),
        (["folder.jsonl"], "is a folder"),
        (["rows.jsonl", "--to", "rows.jsonl"], ".csv"),
        (["rows.csv", "--to", "rows.csv"], "would replace"),
        (["rows.jsonl", "--to", "nowhere/issues.csv"], "folder that is there"),
        (["rows.jsonl", "--lang", "xx"], "xx"),
        (["rows.jsonl", "--set", "denoise.fold=3"], "denoise.fold"),
        (["rows.jsonl", "--map", "text"], "column map"),
    ],
)
def test_wrong_usage_is_told_in_one_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]):
    write("rows.jsonl", rows()[:3])
    Path("rows.csv").write_text("text,intent\na,b\n", "utf-8")
    Path("folder.jsonl").mkdir()
    Path("korean.csv").write_bytes("text,intent\n환불,refund\n".encode("cp949"))
    for name in ("empty.jsonl", "rows.txt"):
        Path(name).write_text("", "utf-8")
    assert main(["denoise", "check", *words, "--quiet"]) == 2
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1
