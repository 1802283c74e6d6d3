"""`mlpipeline batch`: a file or table of messages answered on Spark."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlpipeline.cli.ask import canonical_bot, open_answerer
from mlpipeline.cli.options import Desk, checked_settings, session_options
from mlpipeline.errors import InputError, UsageError
from mlpipeline.schemas import ANSWER
from mlpipeline.serving.batch import answer_rows
from mlpipeline.spark.session import open_session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def add_batch(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("bot", help="DOMAIN/LANG")
    parser.add_argument(
        "--from", dest="source", required=True, metavar="PATH",
        help="messages: .jsonl, .csv, .tsv, .parquet, .txt (one a line) or a Delta table",
    )  # fmt: skip
    parser.add_argument("--column", default="text", metavar="NAME", help="column of the messages (default text)")
    parser.add_argument(
        "--keep", default="", metavar="NAMES", help="columns of the messages to have beside the answers, with commas"
    )
    parser.add_argument(
        "--to", required=True, metavar="PATH", help="answers: a folder .jsonl, .csv, .parquet, or a Delta table"
    )
    parser.add_argument("--nearest", type=int, default=3, metavar="N", help="known questions beside each answer")
    parser.add_argument("--version", metavar="N", help="a version of the registry instead of the champion")
    session_options(parser)
    parser.set_defaults(verb=batch_verb)


def batch_verb(desk: Desk) -> int:
    """Answers all messages; the result is there as a whole or not at all."""
    options = desk.options
    settings = checked_settings(desk)
    bot = canonical_bot(options.bot)
    check_target(options.source, options.to)
    keep = [name.strip() for name in options.keep.split(",") if name.strip()]
    bundle = open_answerer(desk.store, bot, options.version).bundle.files.folder
    with open_session(f"answer {bot}", master=options.master, extra=settings, pool="adhoc", say=desk.say) as spark:
        messages = read_messages(spark, options.source, options.column, keep)
        write_answers(answer_rows(messages, bundle, nearest=options.nearest, keep=keep), options.to)
        rows = read_back(spark, options.to).count()
    told = {"bot": bot, "rows": rows, "to": options.to}
    desk.give(told, f"{rows:,} messages answered by {bot} in {options.to}")
    return 0


def check_target(source: str, target: str) -> None:
    """Refuses a target that would take the messages, or a person's file, with it when it is replaced.

    Raises:
        UsageError: the target is a file, or it is, holds or lies in what is read.
    """
    if "://" in source or "://" in target:
        return
    read, written = Path(source).resolve(), Path(target).resolve()
    if read == written or read in written.parents or written in read.parents:
        raise UsageError(f"--to {target} would replace --from {source}", fix="give another --to")
    if written.is_file():
        raise UsageError(f"--to {target} is a file; answers are a folder of files", fix="give another --to")


def read_messages(spark: SparkSession, path: str, column: str, keep: Sequence[str] = ()) -> DataFrame:
    """The messages as a frame with the column `text`, and those that `keep` names.

    Raises:
        InputError: nothing is there, or there is no such column.
        UsageError: a column to keep is named like one of the answers'.
    """
    taken = [name for name in keep if name in ANSWER.names]
    if taken:
        raise UsageError(f"--keep {', '.join(taken)}: an answer has a column of that name", fix="rename it in the file")
    if "://" not in path and not Path(path).exists():
        raise InputError("no such file or table", where=path, fix="give a file or a Delta table of messages")
    reader, suffix = spark.read, Path(path.removesuffix(".gz")).suffix
    if suffix in (".jsonl", ".ndjson"):
        frame = reader.json(path)
    elif suffix in (".csv", ".tsv"):
        frame = reader.csv(path, header=True, sep="\t" if suffix == ".tsv" else ",", multiLine=True, escape='"')
    elif suffix == ".txt":
        frame = reader.text(path).withColumnRenamed("value", column)
    else:
        frame = reader.format("parquet" if suffix == ".parquet" else "delta").load(path)
    for name, option in ((column, "--column"), *((name, "--keep") for name in keep)):
        if name not in frame.columns:
            raise InputError(
                f"no column {name!r}; it has: {', '.join(frame.columns)}", where=path, fix=f"name it by {option}"
            )
    # An empty row is answered too (by falling back): as many answers as messages.
    return frame.selectExpr(f"coalesce(CAST(`{column}` AS STRING), '') AS text", *(f"`{name}`" for name in keep))


def write_answers(answers: DataFrame, path: str) -> None:
    """Writes the answers in the format that the suffix says; a path that is there is replaced."""
    kinds = {".jsonl": "json", ".csv": "csv", ".parquet": "parquet"}
    writer = answers.write.mode("overwrite").format(kinds.get(Path(path).suffix, "delta"))
    (writer.option("header", True) if path.endswith(".csv") else writer).save(path)


def read_back(spark: SparkSession, path: str) -> DataFrame:
    """What `write_answers` wrote."""
    kinds = {".jsonl": "json", ".csv": "csv", ".parquet": "parquet"}
    kind = kinds.get(Path(path).suffix, "delta")
    return spark.read.option("header", True).option("multiLine", kind == "csv").format(kind).load(path)
