"""Messages in, answers out: files of every kind and Delta tables, with what `answer` says of each one alone."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from mlpipeline.cli.batch import check_target, count_left_out, read_back, read_messages, write_answers
from mlpipeline.cli.files import harmless
from mlpipeline.errors import InputError, UsageError
from mlpipeline.schemas import ANSWER
from mlpipeline.serving.answer import Answerer
from mlpipeline.serving.batch import answer_rows
from mlpipeline.serving.bundle import load_bundle
from mlpipeline.serving.messages import read_all
from mlpipeline.store.bundles.content import write_bundle
from tests.unit.serving.conftest import make_contents

MESSAGES = ["몇 시에 문을 여나요", "배송은 며칠 걸리나요", 'say "hi", 둘\n줄', "", "zzz"]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "small"
    write_bundle(folder, make_contents())
    return folder


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet", "delta"])
def test_a_batch_says_what_an_answer_says(spark: SparkSession, bundle: Path, tmp_path: Path, kind: str):
    given = spark.createDataFrame([(text, "m") for text in MESSAGES], "question string, other string").coalesce(1)
    source = str(tmp_path / ("messages" if kind == "delta" else f"messages.{kind}"))
    if kind == "csv":
        given.write.option("header", True).option("escape", '"').csv(source)
    else:
        given.write.format("json" if kind == "jsonl" else kind).save(source)
    target = str(tmp_path / ("answers" if kind == "delta" else f"answers.{kind}"))
    write_answers(answer_rows(read_messages(spark, source, "question"), bundle, nearest=2, version=3), target)
    made = read_back(spark, target)
    assert set(made.columns) >= {"text", "intent", "score", "zone", "nearest"}
    (digest,) = {row["bundle_digest"] for row in made.collect()}
    assert digest == load_bundle(bundle).digest and {int(row["version"]) for row in made.collect()} == {3}
    wanted = {one.text: one for one in Answerer(load_bundle(bundle), nearest=2).answer(MESSAGES)}
    rows = made.collect()
    assert len(rows) == len(MESSAGES)
    for row in rows:
        one = wanted[row["text"] or ""]
        assert (row["intent"], row["zone"]) == (one.intent, one.zone)
        assert float(row["score"]) == pytest.approx(one.score, abs=1e-9)
        nearest = [near.asDict() for near in row["nearest"]] if kind == "jsonl" else json.loads(row["nearest"])
        assert nearest == [near._asdict() for near in one.nearest]
    if kind in ("parquet", "delta"):
        assert [field.name for field in made.schema] == [field.name for field in ANSWER]


def test_text_has_a_message_a_line(spark: SparkSession, bundle: Path, tmp_path: Path):
    file = tmp_path / "messages.txt"
    file.write_text("\n".join(MESSAGES[:2]) + "\n", "utf-8")
    answers = answer_rows(read_messages(spark, str(file), "text"), bundle).collect()
    assert sorted(row["text"] for row in answers) == sorted(MESSAGES[:2])


def test_a_row_that_is_broken_costs_itself(spark: SparkSession, tmp_path: Path):
    quoted = "".join(f"m{number},{number}\n" for number in range(50))
    (tmp_path / "q.csv").write_text(f'text,id\nfirst,a\n"say "hi" now,b\n{quoted}"last, one","c ""d"""\n', "utf-8")
    found = read_all(spark, str(tmp_path / "q.csv"), "text", ["id"])
    rows = [(row["text"], row["id"]) for row in found.frame.collect()]
    assert len(rows) == 52 and rows[0] == ("first", "a") and rows[-1] == ("last, one", 'c "d"')
    assert count_left_out(found) == {"unclosed_quote": {"rows": 1, "first": ":3"}}
    (tmp_path / "k.jsonl").write_text('{"Text": "A", "text": "a"}\nbroken\n{"text": "b\\u2028c"}\n', "utf-8")
    found = read_all(spark, str(tmp_path / "k.jsonl"), "text")
    assert sorted(row["text"] for row in found.frame.collect()) == ["a", "b\u2028c"]
    assert count_left_out(found) == {"not_json": {"rows": 1, "first": ": broken"}}


def test_packing_and_marks_go_by_content(spark: SparkSession, tmp_path: Path):
    text = "\ufeffwake me\u2028at seven\r\n\n \nplay\x0bjazz".encode()
    names = {"a.txt": text, "b.txt": gzip.compress(text), "c.txt.gz": gzip.compress(text), "d.txt.gz": text}
    lines = b'{"text": "one", "n": 1}\n{"text": "two", "n": 2}\n'
    names |= {"a.jsonl": lines, "b.jsonl": gzip.compress(lines), "c.jsonl.gz": lines}
    names |= {"d.csv": gzip.compress(b"text\none\ntwo\n")}
    for name, data in names.items():
        (tmp_path / name).write_bytes(data)
        said = sorted(row["text"] for row in read_messages(spark, str(tmp_path / name), "text").collect())
        assert said == (["play\x0bjazz", "wake me\u2028at seven"] if ".txt" in name else ["one", "two"]), name


def test_no_formula_and_no_blank_is_changed_on_the_way_to_csv(spark: SparkSession, tmp_path: Path):
    formulas = ["=1", "\t=1", "\r@x", " \u3000+1", "\ufeff-1", "\u200b＝1", "\x1c=1", "\n=1"]
    texts = [*formulas, " ok ", 'a "b"\r=c', "a\\", ""]
    frame = spark.createDataFrame([(text, 1) for text in texts], "`=text` string, n int").coalesce(1)
    for raw in (False, True):
        write_answers(frame, str(tmp_path / "x.csv"), raw=raw)
        (part,) = (tmp_path / "x.csv").glob("part-*")
        with part.open(encoding="utf-8", newline="") as stream:
            head, *rows = csv.reader(stream)
        assert head == ["=text" if raw else "'=text", "n"]
        assert [row[0] for row in rows] == [text if raw else harmless(text) for text in texts]


def test_a_column_that_is_not_there_is_told_with_those_that_are(spark: SparkSession, tmp_path: Path):
    file = tmp_path / "messages.csv"
    file.write_text("question,id\nhi,1\n", "utf-8")
    with pytest.raises(InputError, match=r"no column 'text'; it has: question, id"):
        read_messages(spark, str(file), "text")
    with pytest.raises(InputError, match="no such file"):
        read_messages(spark, str(tmp_path / "gone.csv"), "text")


def test_columns_that_are_kept_stand_beside_their_answers(spark: SparkSession, bundle: Path, tmp_path: Path):
    source = str(tmp_path / "messages.parquet")
    rows = [(number, text, float(number), None) for number, text in enumerate(MESSAGES)]
    spark.createDataFrame(rows, "id long, question string, when double, note string").write.parquet(source)
    kept = ["when", "id", "note"]
    made = answer_rows(read_messages(spark, source, "question", kept), bundle, keep=kept)
    assert made.columns == [*ANSWER.names, *kept]
    assert {(row["id"], row["text"], row["when"], row["note"]) for row in made.collect()} == set(rows)
    with pytest.raises(InputError, match=r"no column 'gone'.*name it by --keep"):
        read_messages(spark, source, "question", ["gone"])
    with pytest.raises(UsageError, match="--keep intent: an answer has a column of that name"):
        read_messages(spark, source, "question", ["intent"])


@pytest.mark.parametrize("target", ["in.parquet", "in.parquet/out.parquet", ".", "./x/../in.parquet", "file.csv"])
def test_what_is_read_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.parquet").mkdir()
    (tmp_path / "file.csv").write_text("text\nmine\n")
    with pytest.raises(UsageError, match="give another --to"):
        check_target("in.parquet", target)
    check_target("in.parquet", "out.parquet")


def test_a_target_that_cannot_be_written_is_told_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "old.csv", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "mine" / "letters.doc").write_text("x")
    for name in ("part-00000.csv", "_SUCCESS", "._SUCCESS.crc"):
        (tmp_path / "old.csv" / name).write_text("x")
    for target, why in (
        ("gone/x.csv", "^--to gone/x.csv: there is no such folder"),
        ("mine", "holds letters.doc"),
        ("x.xlsx", "not written as .xlsx"),
        ("x.txt", "not written as .txt"),
    ):
        with pytest.raises(UsageError, match=why):
            check_target("in.jsonl", target)
    for target in ("old.csv", "empty", "new", "new.jsonl"):
        check_target("in.jsonl", target)
