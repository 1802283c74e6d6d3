"""Every verb through its entry point, without a JVM: the right answer, a user's mistake, and what reading leaves."""

from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from mlpipeline.cli.main import main
from mlpipeline.cli.verbs import VERBS
from tests.unit.cli.small_home import tree

# Verbs that write nothing: words that end with 0, and what stands on stdout.
READING = {
    "ls": ("ls", ["shop/ko", "0.875 [.70, .95]", "champion", "bank/en"]),
    "ls datasets": ("ls datasets --digest", ["shop/ko/cleaned@", "bank/en/splits@"]),
    "show": (
        "show cleaned shop/ko --rows 1 --where intent=hours",
        ["몇 시에 문을 여나요", "1 of 3 rows that fit, of 8"],
    ),
    "answer": ("answer shop/ko '몇 시에 문을 여나요'", ["answer", "hours", "9시입니다."]),
    "evaluate": ("evaluate shop/ko --on corpora/shop.jsonl", ["8 of 8 rows scored", "accuracy"]),
    "explain": ("explain shop/ko 배송비 --nearest 1", ["delivery", "speaks for", "shop/ko@1"]),
    "compare": ("compare shop/ko shop/ko@champion --on corpora/shop.jsonl", ["no row changed", "learnt 8 of them"]),
    "split check": ("split check bank/en", ["bank/en: 8 rows (train 6, test 2)", "no leak"]),
    "contradictions": ("contradictions bank/en", ["bank/en"]),
    "schedule": ("schedule --select shop/ko", ["30 2 * * *", "shop/ko"]),
    "config show": ("config show shop/ko --set train.epochs=7", ["train.epochs", " 7"]),
    "config reference": ("config reference", ["train.epochs", "| "]),
    "config schema": ("config schema", ['"train"', '"epochs"']),
    "size": ("size --nodes 2 --cores 8 --memory 32g --no-python", ["spark.executor.cores"]),
}
# Verbs that have files of their own here: what writes, starts Spark or a program, or has many ways to go wrong.
ELSEWHERE = {
    "run": "test_run.py",
    "plan": "test_main.py",
    "submit": "test_submit.py",
    "check": "test_verbs.py",
    "promote": "test_models.py",
    "rollback": "test_models.py",
    "retire": "test_models.py",
    "models ls": "test_models.py",
    "models show": "test_models.py",
    "models diff": "test_models.py",
    "gc": "test_models.py",
    "new": "test_new.py",
    "batch": "test_spark_verbs.py",
    "neighbours": "test_neighbours.py",
    "compact": "test_neighbours.py",
    "forget": "test_neighbours.py",
    "embed report": "test_embed_report.py",
    "denoise check": "test_denoise.py",
    "augment try": "test_augment_try.py",
    "augment operators": "test_augment_try.py",
    "augment report": "test_augment_try.py",
    "dataset write": "test_verbs.py",
    "pii audit": "../orders/test_personal_data.py",
    "notebook write": "../views/notebook/test_notebook_formats.py",
    "shell": "test_spark_verbs.py",
    "scheduled-run": "test_spark_verbs.py",
    "completion": "test_completion.py",
    "doctor run": "test_doctor.py",
    "spark lint": "../cluster/test_lint.py",
    "doctor env": "test_spark_verbs.py",
    "config reference": "../../house/test_recipe_docs.py",
    "config schema": "../recipe/test_json_schema.py",
}
# A user's mistake: the words, and what is to stand in the one line that is said of it.
MISTAKES = [
    ("promote shop/ko", ["shop/ko names no version", "write shop/ko@VERSION"]),
    ("rollback shpo/ko", ["there is no bot shpo/ko", "did you mean shop/ko"]),
    ("retire shpo/ko", ["there is no bot shpo/ko", "did you mean shop/ko"]),
    ("models ls --select shop/vi", ["no bot of the store is chosen", "shop/ko"]),
    ("models show shpo/ko@1", ["there is no bot shpo/ko", "did you mean shop/ko"]),
    ("models diff shop/ko@x1 shop/ko", ["'shop/ko@x1' names no version of a bot"]),
    ("gc --keep 0", ["--keep 0 would leave nothing", "give 1 or more"]),
    ("run --force trian", ["no stage 'trian'", "did you mean train"]),
    ("submit gone.py", ["gone.py: no such script", "->"]),
    ("plan --select domain:shpo", ["did you mean domain:shop"]),
    ("ls --select shop/vi", ["no bot of the store is chosen", "shop/ko"]),
    ("ls --where nothing=1", ["--where", "no column 'nothing'", "accuracy"]),
    ("ls --columns bot,verison", ["did you mean version"]),
    ("check --select lang:fr", ["no bot of the store is chosen", "there are: bank/en, shop/ko"]),
    ("show cleened", ["no dataset 'cleened'", "did you mean cleaned", "there are: "]),
    ("show cleaned shop/vi", ["there is no bot shop/vi", "did you mean shop/ko", "bank/en"]),
    ("show cleaned --rows -1", ["--rows -1", "give 0 or more"]),
    ("show cleaned --columns txt", ["no column 'txt'", "did you mean text"]),
    ("new shop --lang ko --from gone.csv", ["gone.csv: no such file", "->"]),
    ("answer shpo/ko hello", ["there is no bot shpo/ko", "did you mean shop/ko"]),
    ("neighbours shpo/ko x", ["there is no bot shpo/ko", "did you mean shop/ko"]),
    ("compact --nothing", ["--nothing", "`mlpipeline compact --help`"]),
    ("forget ' '", ["no text", "name a file with one text a line"]),
    ("batch shop/ko --from gone.jsonl --to out.csv", ["gone.jsonl: no such file", "give a file"]),
    ("evaluate shop/ko --on gone.jsonl", ["gone.jsonl: no such file", "->"]),
    ("explain shpo/ko x", ["there is no bot shpo/ko", "did you mean shop/ko", "folder of a bundle"]),
    ("explain shop/ko x --nearest -1", ["--nearest -1", "give a number from 0"]),
    ("compare shop/ko shpo/ko", ["there is no bot shpo/ko", "did you mean shop/ko", "folder of a bundle"]),
    ("compare shop/ko shop/ko --on gone.jsonl", ["gone.jsonl: no such file", "->"]),
    ("denoise check gone.csv --lang ko", ["gone.csv", "->"]),
    ("embed report --min-knn-accuracy 2", ["--min-knn-accuracy 2.0", "from 0 to 1"]),
    ("embed report --against usee", ["--against usee", "did you mean use?"]),
    ("embed report --to page.pdf", ["page.pdf", "name it report.html"]),
    ("embed report --paraphrases x.jsonl", ["x.jsonl", "--select lang:en"]),
    ("split check gone.csv", ["gone.csv", "->"]),
    ("pii audit gone", ["gone: no such file or folder", "->"]),
    ("augment try en hello --chain 9", ["--chain 9 is no chain", "give 1 to 5"]),
    ("augment operators xx", ["xx", "->"]),
    ("augment report bank/en --seeds 2", ["--seeds 2 is too few", "give at least 5"]),
    ("augment report bank/en --to review.csv", ["review.csv", "review.xlsx"]),
    ("contradictions shpo", ["shpo", "->"]),
    ("dataset write shop/ko --to x.jsonl", ["'shop/ko' names no dataset", "write shop/ko/cleaned"]),
    ("dataset write shop/ko/cleened --to x.jsonl", ["no dataset 'cleened'", "did you mean cleaned"]),
    ("dataset write shop/ko/cleaned --to x.xlsx", ["cannot write .xlsx", "name a .jsonl, .csv or .parquet file"]),
    ("dataset write shop/ko/cleaned@99 --to x.csv", ["cleaned has no version 99", "its versions are 0 to 1"]),
    ("dataset write shop/ko/cleaned --to gone/x.csv", ["gone/x.csv", "->"]),
    ("notebook write nosuch --to notes", ["nosuch", "notebooks are: "]),
    ("shell --stage trian -c 1", ["did you mean train"]),
    ("shell --master local --remote sc://x -c 1", ["exclude each other", "give one of"]),
    ("schedule --at '61 2 * * *'", ["61", "->"]),
    ("schedule --keep-logs -1", ["--keep-logs", "give a positive number"]),
    ("completion fsh", ["'fsh'", "did you mean fish"]),
    ("scheduled-run --force trian", ["did you mean train"]),
    ("size --nodes 2 --cores 8 --memory 32", ["32", "->"]),
    ("doctor run gone.gz", ["gone.gz", "->"]),
    ("spark lint gone.conf", ["gone.conf", "->"]),
    ("doctor env --tasks 0", ["--tasks 0", "give 1 or more"]),
    ("config reference --nothing", ["--nothing"]),
    ("config schema --to gone/x.json", ["gone/x.json", "->"]),
    ("config show shop/vi", ["shop/ko", "->"]),
    ("config reference --to gone/page.md", ["gone/page.md", "name another file"]),
    ("config schema --to gone/schema.json", ["gone/schema.json", "name another file"]),
]


def call(line: str) -> int:
    try:
        return main(shlex.split(line))
    except SystemExit as end:
        return int(end.code or 0)


def test_every_verb_has_its_test():
    assert {*READING, *ELSEWHERE} - {"ls datasets"} == set(VERBS), (
        "a verb without a test, or a test of a verb that is gone"
    )
    for verb, file in ELSEWHERE.items():
        words = ", ".join(f'"{word}"' for word in verb.split())
        text = Path(__file__).parent.joinpath(file).read_text("utf-8")
        assert words in text or f'"{verb} ' in text, f"{file} says nothing of {verb}"
    assert {next(verb for verb in VERBS if f"{line} ".startswith(f"{verb} ")) for line, _ in MISTAKES} == set(VERBS)


@pytest.mark.parametrize("name", list(READING))
def test_a_reading_verb_tells_what_is_there_and_makes_nothing(
    name: str, small_home: Path, capsys: pytest.CaptureFixture[str]
):
    line, said = READING[name]
    before = tree(small_home)
    assert call(line) == 0
    out = capsys.readouterr().out
    assert [part for part in said if part not in out] == [], out
    assert call(f"{line} --json --quiet") == 0
    told = capsys.readouterr()
    assert json.loads(told.out) is not None and not told.err
    assert tree(small_home) == before


@pytest.mark.parametrize(("line", "said"), MISTAKES, ids=[line for line, _ in MISTAKES])
def test_a_mistake_is_2_in_one_line_and_makes_nothing(
    line: str, said: list[str], small_home: Path, capsys: pytest.CaptureFixture[str]
):
    before = tree(small_home)
    assert call(f"{line} --quiet") == 2
    told = capsys.readouterr()
    (message,) = [line for line in told.err.splitlines() if not line.startswith("run: ")]
    assert message.startswith("error: ") and [part for part in said if part not in message] == [], message
    assert not told.out and tree(small_home) == before


def test_a_dataset_is_written_in_each_format_whole(
    small_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for suffix in ("jsonl", "csv", "parquet"):
        assert call(f"dataset write shop/ko/cleaned --to '{tmp_path}/rows.{suffix}' --json") == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["rows"], told["file"]) == (8, f"{tmp_path}/rows.{suffix}")
    lines = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text("utf-8").splitlines()]
    with open(tmp_path / "rows.csv", encoding="utf-8-sig", newline="") as stream:
        cells = list(csv.DictReader(stream))
    table = parquet.read_table(tmp_path / "rows.parquet").to_pylist()
    texts = [sorted(row["text"] for row in rows) for rows in (lines, cells, table)]
    assert texts[0] == texts[1] == texts[2] and len(set(texts[0])) == 8
    assert {row["lang"] for row in lines} == {"ko"}, "rows of one bot only"


def test_damage_is_1_with_what_makes_it_anew_and_looking_for_it_mends_nothing(
    small_home: Path, capsys: pytest.CaptureFixture[str]
):
    before = tree(small_home)
    assert call("check") == 1
    line, end = capsys.readouterr().out.splitlines()
    assert line.startswith("shop/ko: registry missing: ") and "`mlpipeline run --from-stage" in line
    assert end.endswith(" 1 bundles read: 1 damaged")
    assert call("check --json --select shop/ko") == 1
    (damage,) = json.loads(capsys.readouterr().out)["damages"]
    assert (damage["bot"], tree(small_home)) == ("shop/ko", before)
    assert call("check --select bank/en") == 0
    assert capsys.readouterr().out.endswith(" files of tables and 0 bundles read: all as written\n")


def test_what_a_bot_has_not_is_1_and_writes_no_file(
    small_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert call(f"dataset write bank/en/evaluation --to '{tmp_path}/x.csv'") == 1
    assert "bank/en has no evaluation" in capsys.readouterr().err
    assert call("show evaluation bank/en") == 1
    assert "nothing of bank/en in evaluation -> bots there are: shop/ko" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_rows_of_a_bot_are_its_own(small_home: Path, capsys: pytest.CaptureFixture[str]):
    def shown(line: str) -> list[dict[str, Any]]:
        assert call(f"{line} --json") == 0
        return list(json.loads(capsys.readouterr().out))

    assert {(row["domain"], row["lang"]) for row in shown("show cleaned bank/en --rows 99")} == {("bank", "en")}
    assert len(shown("show cleaned --rows 3")) == 3 and len(shown("show cleaned --rows 99")) == 16
    assert [list(row) for row in shown("show cleaned --rows 1 --columns text,intent")] == [["text", "intent"]]
    assert [row["bot"] for row in shown("ls --select lang:ko")] == ["shop/ko"]
    assert [row["bot"] for row in shown("ls --exclude shop/ko")] == ["bank/en"]
    (row,) = shown("ls --where version=1 --columns bot,learnt,test_rows,gate")
    assert row == {"bot": "shop/ko", "learnt": 6, "test_rows": 2, "gate": "passed"}


def test_a_digest_hangs_on_rows_and_not_on_their_order(small_home: Path, capsys: pytest.CaptureFixture[str]):
    assert call("ls datasets --digest --json") == 0
    told = {row["dataset"].split("@")[0]: row["digest"] for row in json.loads(capsys.readouterr().out)}
    assert len({told["shop/ko/cleaned"], told["bank/en/cleaned"]}) == 2 and all(len(one) == 16 for one in told.values())
    assert call("ls datasets --digest --json --select shop/ko") == 0
    again = {row["dataset"].split("@")[0]: row["digest"] for row in json.loads(capsys.readouterr().out)}
    assert again == {name: one for name, one in told.items() if name.startswith("shop/ko")}
