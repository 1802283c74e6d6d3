"""Messages in, answers out: files of every kind and Delta tables, with what `answer` says of each one alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from mlpipeline.cli.batch import check_target, read_back, read_messages, write_answers
from mlpipeline.errors import InputError, UsageError
from mlpipeline.schemas import ANSWER
from mlpipeline.serving.answer import Answerer
from mlpipeline.serving.batch import answer_rows
from mlpipeline.serving.bundle import load_bundle
from mlpipeline.store.bundles import write_bundle
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
    write_answers(answer_rows(read_messages(spark, source, "question"), bundle, nearest=2), target)
    made = read_back(spark, target)
    assert set(made.columns) >= {"text", "intent", "score", "zone", "nearest"}
    wanted = {one.text: one for one in Answerer(load_bundle(bundle), nearest=2).answer(MESSAGES)}
    rows = made.collect()
    assert len(rows) == len(MESSAGES)
    for row in rows:
        one = wanted[row["text"] or ""]
        assert (row["intent"], row["zone"]) == (one.intent, one.zone)
        assert float(row["score"]) == pytest.approx(one.score, abs=1e-9)
        assert json.loads(row["nearest"]) == [near._asdict() for near in one.nearest]
    if kind in ("parquet", "delta"):
        assert [field.name for field in made.schema] == [field.name for field in ANSWER]


def test_text_has_a_message_a_line(spark: SparkSession, bundle: Path, tmp_path: Path):
    file = tmp_path / "messages.txt"
    file.write_text("\n".join(MESSAGES[:2]) + "\n", "utf-8")
    answers = answer_rows(read_messages(spark, str(file), "text"), bundle).collect()
    assert sorted(row["text"] for row in answers) == sorted(MESSAGES[:2])


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
