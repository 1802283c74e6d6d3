"""`mlpipeline batch`: a file or table of messages answered on Spark."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from pyspark.sql import functions as F

from mlpipeline.bots import Bot
from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.context import CommandContext, checked_settings
from mlpipeline.cli.files import JAVA_FORMULA, harmless, named_by_user
from mlpipeline.cli.files import check_target as check_file
from mlpipeline.cli.options import refuse_ignored, session_options
from mlpipeline.errors import UsageError
from mlpipeline.inputs import plain_file
from mlpipeline.serving.batch import answer_rows
from mlpipeline.serving.champion import open_answerer
from mlpipeline.serving.messages import Messages, check_messages, read_all
from mlpipeline.spark.session import open_session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_KINDS = {".jsonl": "json", ".csv": "csv", ".parquet": "parquet"}
_NO_TARGET = (".txt", ".tsv", ".json", ".ndjson", ".xlsx", ".gz", ".yml", ".yaml")
# As other programs read it: quotes doubled and not behind a backslash, no blank lost.
_CSV: dict[str, object] = {
    "header": True, "quoteAll": True, "escape": '"', "emptyValue": "", "nullValue": "",
    "ignoreLeadingWhiteSpace": False, "ignoreTrailingWhiteSpace": False,
}  # fmt: skip
_NEAREST = "array<struct<question string, intent string, similarity double>>"
# What a folder of answers holds: Spark's parts and marks, a Delta table's log.
_ANSWERS = re.compile(r"part-|_SUCCESS$|_delta_log$|_temporary$|\..*\.crc$")


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
    parser.add_argument(
        "--raw", action="store_true", help="for programs: formulas in a .csv, and JSON in .jsonl, as texts as they are"
    )
    parser.add_argument("--nearest", type=int, default=3, metavar="N", help="known questions beside each answer")
    parser.add_argument("--version", metavar="N", help="a version of the registry instead of the champion")
    session_options(parser)
    parser.set_defaults(verb=batch_verb)


def batch_verb(context: CommandContext) -> int:
    """Answers all messages; the result is there as a whole or not at all."""
    options = context.options
    settings = checked_settings(context)
    bot = meant_bot(context, options.bot)
    check_source(options.source)
    check_target(options.source, options.to)
    if _KINDS.get(Path(options.to).suffix.lower()) not in ("csv", "json"):
        refuse_ignored(options, ("raw",), "is for .jsonl and .csv: elsewhere texts are as they are")
    if Path(options.source.removesuffix(".gz")).suffix.lower() == ".txt":
        refuse_ignored(options, ("column",), "is for tables and JSONL: a .txt has one message a line")
    keep = [name.strip() for name in options.keep.split(",") if name.strip()]
    lang = Bot.parse(bot).lang
    with named_by_user():
        check_messages(options.source, lang)
    opened = open_answerer(context.store, bot, options.version)
    bundle = opened.bundle.files.folder
    with open_session(f"answer {bot}", master=options.master, extra=settings, pool="adhoc") as spark:
        with named_by_user():
            messages = read_all(spark, options.source, options.column, keep, lang)
        left_out = count_left_out(messages)
        answers = answer_rows(messages.frame, bundle, nearest=options.nearest, keep=keep, version=opened.version)
        write_answers(answers, options.to, raw=options.raw)
        rows = read_back(spark, options.to).count()
    for reason, counted in left_out.items():
        context.say(f"left out: {counted['rows']:,} {reason} ({options.source}{counted['first']})")
    counts = {reason: counted["rows"] for reason, counted in left_out.items()}
    total = rows + sum(counts.values())
    context.print_result(
        {"bot": bot, "rows": rows, "messages": total, "left_out": counts, "to": options.to},
        f"{rows:,} of {total:,} messages answered by {bot} in {options.to}",
    )
    return 0


class _LeftOut(TypedDict):
    rows: int
    first: str


def count_left_out(messages: Messages) -> dict[str, _LeftOut]:
    """By reason, how many rows are no messages, and where the first stands."""
    if messages.left_out is None:
        return {}
    first = F.min(F.struct("line", "detail")).alias("first")
    counted = messages.left_out.groupBy("reason").agg(F.count("*").alias("rows"), first).orderBy("reason").collect()
    return {
        row["reason"]: {
            "rows": row["rows"],
            "first": f":{row['first']['line']}" if row["first"]["line"] else f": {row['first']['detail'][:80]}",
        }
        for row in counted
    }


def check_source(source: str) -> None:
    """Raises UsageError where nothing is there, or no plain file and no folder: nothing is waited for."""
    if "://" not in source and not os.path.isdir(source):
        plain_file(source, fix="give a file or a Delta table of messages", refusal=UsageError)


def check_target(source: str, target: str) -> None:
    """Refuses a target that cannot be written, or would take what is there with it when it is replaced.

    Raises:
        UsageError: the target is a file, is, holds or lies in what is read, holds other files than earlier answers,
            is of a format that answers have not, or lies where nothing can be written.
    """
    suffix = Path(target).suffix.lower()
    if suffix in _NO_TARGET:
        fix = "give another --to: a folder .jsonl, .csv or .parquet, or a Delta table without suffix"
        raise UsageError(f"--to {target}: answers are not written as {suffix}", fix=fix)
    if "://" in target:
        return
    read, written = Path(source).resolve(), Path(target).resolve()
    if "://" not in source and (read == written or read in written.parents or written in read.parents):
        raise UsageError(f"--to {target} would replace --from {source}", fix="give another --to")
    if written.is_file():
        raise UsageError(f"--to {target} is a file; answers are a folder of files", fix="give another --to")
    if not written.is_dir():
        check_file("--to", Path(target))
    elif other := next((one.name for one in written.iterdir() if not _ANSWERS.match(one.name)), None):
        raise UsageError(f"--to {target} holds {other}, which would be lost", fix="give another --to")
    elif not os.access(written, os.W_OK | os.X_OK) or not os.access(written.parent, os.W_OK | os.X_OK):
        raise UsageError(f"--to {target} may not be written", fix="give another --to, or correct the permissions")


def read_messages(spark: SparkSession, path: str, column: str, keep: Sequence[str] = ()) -> DataFrame:
    """The messages as a frame with the column `text`, and those that `keep` names; raises as `read_all`."""
    return read_all(spark, path, column, keep).frame


def write_answers(answers: DataFrame, path: str, *, raw: bool = False) -> None:
    """Writes the answers in the format that the suffix says; a path that is there is replaced.

    Args:
        answers: rows of ANSWER, with the columns that are kept behind.
        path: where.
        raw: for programs: formulas in a CSV and the JSON of `nearest` in JSONL stay texts as they are.
    """
    kind = _KINDS.get(Path(path).suffix, "delta")
    if kind == "json" and not raw:
        answers = answers.withColumn("nearest", F.from_json("nearest", _NEAREST))
    if kind == "csv" and not raw:
        answers = without_formulas(answers)
    writer = answers.write.mode("overwrite").format(kind)
    (writer.options(**_CSV) if kind == "csv" else writer).save(path)


def without_formulas(frame: DataFrame) -> DataFrame:
    """The frame with an apostrophe before each text, and each name, that a spreadsheet would take for a formula."""
    texts = {field.name for field in frame.schema if field.dataType.typeName() == "string"}
    columns = []
    for name in frame.columns:
        column = F.col("`{}`".format(name.replace("`", "``")))
        if name in texts:
            column = F.when(column.rlike(JAVA_FORMULA), F.concat(F.lit("'"), column)).otherwise(column)
        columns.append(column.alias(harmless(name)))
    return frame.select(*columns)


def read_back(spark: SparkSession, path: str) -> DataFrame:
    """What `write_answers` wrote."""
    kind = _KINDS.get(Path(path).suffix, "delta")
    reader = spark.read.format(kind)
    return (reader.options(**_CSV, multiLine=True) if kind == "csv" else reader).load(path)
