"""Messages for a batch: files and tables as a frame with the column `text`, and the rows that are none.

What Spark would read wrongly is read here, one task a file: tables with a stray quote, files that are packed or not
against what their name says, and those that begin with a mark.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import LongType, StringType, StructField, StructType

from mlpipeline.errors import InputError, UsageError
from mlpipeline.schemas import ANSWER
from mlpipeline.spark.workers import enter_worker
from mlpipeline.store.corpus.message_files import check_text_file, check_utf8, messages_of, unpacked
from mlpipeline.store.corpus.message_tables import MessageRow, no_column, read_message_table
from mlpipeline.store.corpus.rows import Reject

_JSON, _TABLES, _LINES = (".jsonl", ".ndjson"), (".csv", ".tsv"), (".txt",)
_BROKEN = "_broken_line"  # whatever keys a person has, not this one
_REFUSED = "refused"
_ROWS = 5_000
_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
# Why a row is none; in one column, as those that are kept may have any name.
_WHY = "_why_left_out"
_REASON = StructType(
    [StructField("line", LongType()), StructField("reason", StringType()), StructField("detail", StringType())]
)

Parse = Callable[[bytes, str], Iterator[MessageRow | Reject]]
_Parsed = tuple[tuple[str, ...] | None, dict[str, Any] | None]  # cells, or why there are none


class Messages(NamedTuple):
    """`frame` has `text` and the columns that are kept; `left_out` has `line`, `reason` and `detail` of other rows."""

    frame: DataFrame
    left_out: DataFrame | None = None


def read_all(
    spark: SparkSession, path: str, column: str, keep: Sequence[str] = (), lang: str | None = None
) -> Messages:
    """The messages of a file, of a folder of files, or of a Delta table.

    Args:
        spark: the session.
        path: what to read; the suffix says the format, without one it is a Delta table.
        column: of the messages.
        keep: of what is to stand beside the answers.
        lang: tag of the bot's language, for the encoding that a message proposes.

    Raises:
        InputError: nothing is there, it cannot be read, or there is no such column.
        UsageError: a column to keep is named like one of the answers', or like another one.
    """
    _check_kept(keep)
    _check_there(path)
    suffix = _suffix(path)
    if suffix in _TABLES:
        return _documents(spark, path, _as_table(column, keep, "\t" if suffix == ".tsv" else None, lang), keep)
    if suffix in _JSON:
        return _json_lines(spark, path, column, keep, lang)
    if suffix in _LINES:
        if keep:
            raise no_column(keep[0], column, path, "--keep")
        return _lines(spark, path, lang)
    return Messages(_table(spark, path, "parquet" if suffix == ".parquet" else "delta", column, keep))


def check_messages(path: str, lang: str | None = None) -> None:
    """What can be known of the messages before a session starts: that they are there, whole, and UTF-8.

    Raises:
        InputError: they are not; with the line, and the encoding that fits.
    """
    _check_there(path)
    suffix, local = _suffix(path), Path(path)
    if local.is_file() and suffix not in (*_JSON, *_TABLES, *_LINES, ".parquet"):
        known = ", ".join((*_JSON, *_TABLES, *_LINES, ".parquet"))
        raise InputError(
            f"the suffix says no format that is read here ({known})", where=path, fix="rename or convert it"
        )
    if local.is_dir() and not suffix and not (local / "_delta_log").is_dir():
        raise InputError("this folder is no Delta table", where=path, fix="name a file or a Delta table of messages")
    if suffix in (*_JSON, *_TABLES, *_LINES) and local.is_file():
        check_text_file(path, lang)


def _check_there(path: str) -> None:
    if "://" not in path and not Path(path).exists():
        raise InputError("no such file or table", where=path, fix="give a file or a Delta table of messages")


def _suffix(path: str) -> str:
    return Path(path.removesuffix(".gz")).suffix.lower()


def _check_kept(keep: Sequence[str]) -> None:
    taken = {name.casefold() for name in ANSWER.names}
    own = [name for name in keep if name.casefold() in taken]
    if own:
        raise UsageError(f"--keep {', '.join(own)}: an answer has a column of that name", fix="rename it in the file")
    if len({name.casefold() for name in keep}) < len(keep):
        raise UsageError(f"--keep {', '.join(keep)}: two columns of one name", fix="rename one in the file")


def _table(spark: SparkSession, path: str, kind: str, column: str, keep: Sequence[str]) -> DataFrame:
    try:
        frame = spark.read.format(kind).load(path)
    except Exception as error:  # of the JVM, of whatever class its reader raises
        why = " ".join(str(error).split())[:200]
        raise InputError(f"cannot be read as {kind}: {why}", where=path, fix="write it anew") from error
    _check_columns(frame.columns, path, column, keep)
    return _chosen(frame, column, keep)


def _chosen(frame: DataFrame, column: str, keep: Sequence[str]) -> DataFrame:
    # An empty row is answered too (by falling back): as many answers as messages.
    text = F.coalesce(F.col(_quoted(column)).cast("string"), F.lit("")).alias("text")
    return frame.select(text, *(F.col(_quoted(name)) for name in keep))


def _quoted(name: str) -> str:
    return "`{}`".format(name.replace("`", "``"))


def _check_columns(columns: Sequence[str], path: str, column: str, keep: Sequence[str]) -> None:
    for name, option in ((column, "--column"), *((name, "--keep") for name in keep)):
        if name not in columns:
            raise no_column(name, ", ".join(columns), path, option)


def _as_spark_expects(path: str) -> bool:
    """Whether a file is packed as its name says, and begins with its first letter."""
    if "://" in path or not Path(path).is_file():
        return not path.endswith(".gz")
    with open(path, "rb") as stream:
        head = stream.read(3)
    return not head.startswith(_GZIP) and not path.endswith(".gz") and head != _BOM


def _lines(spark: SparkSession, path: str, lang: str | None) -> Messages:
    """One message a line; a blank line is none."""
    if not _as_spark_expects(path):
        return _documents(spark, path, _as_lines(lang), ())
    text = F.regexp_replace("value", r"\r\z", "").alias("text")
    frame = spark.read.option("lineSep", "\n").text(path).select(text).where(F.col("text").rlike(r"(?U)[^\s]"))
    if "://" in path:
        bad = frame.where(~F.is_valid_utf8("text")).limit(1)
        if not bad.isEmpty():
            raise InputError("a line is not UTF-8", where=path, fix="save it as UTF-8 and run again")
    return Messages(frame)


def _json_lines(spark: SparkSession, path: str, column: str, keep: Sequence[str], lang: str | None) -> Messages:
    reader = spark.read.option("lineSep", "\n").option("columnNameOfCorruptRecord", _BROKEN)
    source: object = path
    if not _as_spark_expects(path):
        source = _documents(spark, path, _as_lines(lang), ()).frame.rdd.map(lambda row: row[0])
    with _case_sensitive(spark):
        found = reader.json(source).schema
    if found.names == [_BROKEN]:
        raise InputError("no line is a JSON object", where=path, fix='write lines such as {"text": "..."}')
    _check_columns([name for name in found.names if name != _BROKEN], path, column, keep)
    # Read again with what is needed only: in a session that takes `Text` and `text` for one, both are no trouble then.
    wanted = [found[name] for name in dict.fromkeys([column, *keep])]
    frame = reader.schema(StructType([*wanted, StructField(_BROKEN, StringType())])).json(source)
    told = (F.lit(None).cast("long").alias("line"), F.lit("not_json").alias("reason"))
    # With another column: Spark reads no file for the broken lines alone.
    detail = F.coalesce(F.col(_BROKEN), F.col(_quoted(column)).cast("string")).alias("detail")
    broken = frame.where(F.col(_BROKEN).isNotNull()).select(*told, detail)
    whole = _chosen(frame.where(F.col(_BROKEN).isNull()), column, keep)
    return Messages(whole, broken if _BROKEN in found.names else None)


@contextmanager
def _case_sensitive(spark: SparkSession) -> Iterator[None]:
    # Keys that differ by case are two columns in JSON; Spark refuses them by default.
    key = "spark.sql.caseSensitive"
    before = spark.conf.get(key)
    spark.conf.set(key, "true")
    try:
        yield
    finally:
        spark.conf.set(key, str(before))


def _as_lines(lang: str | None) -> Parse:
    def parse(data: bytes, name: str) -> Iterator[MessageRow | Reject]:
        return (MessageRow(message.line, (message.text,)) for message in messages_of(data, name, lang))

    return parse


def _as_table(column: str, keep: Sequence[str], delimiter: str | None, lang: str | None) -> Parse:
    kept = tuple(keep)

    def parse(data: bytes, name: str) -> Iterator[MessageRow | Reject]:
        data = unpacked(data, name)
        check_utf8(data, name, lang)
        return read_message_table(data, name, column, kept, delimiter)

    return parse


def _documents(spark: SparkSession, path: str, parse: Parse, keep: Sequence[str]) -> Messages:
    """Whole files, one task each, with what is left out of them.

    Raises:
        InputError: a file that `parse` refuses, as it says.
    """
    columns = [StructField(name, StringType()) for name in ("text", *keep)]
    schema = StructType([*columns, StructField(_WHY, _REASON)])
    arrow = to_arrow_schema(schema)

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        enter_worker()
        for batch in batches:
            for uri, data in zip(batch["path"].to_pylist(), batch["content"].to_pylist(), strict=True):
                yield from _as_batches(_parsed(parse, data, path, uri), arrow)

    escaped = "".join("\\" + char if char in "*?[]{}\\" else char for char in path)
    parsed = spark.read.format("binaryFile").load(escaped).select("path", "content").mapInArrow(read, schema)
    refused = parsed.where(F.col(f"{_WHY}.reason") == _REFUSED).select(f"{_WHY}.detail").limit(1).collect()
    if refused:
        told = json.loads(refused[0][0])
        raise InputError(told["what"], where=told["where"], fix=told["fix"])
    rows = parsed.where(F.col(_WHY).isNull()).select("text", *(F.col(_quoted(name)) for name in keep))
    return Messages(rows, parsed.where(F.col(_WHY).isNotNull()).select(f"{_WHY}.*"))


def _parsed(parse: Parse, data: bytes, path: str, uri: str) -> Iterator[_Parsed]:
    # Of a folder the file is named, of a file what the user wrote.
    name = path if Path(uri).name == Path(path).name else f"{path.rstrip('/')}/{Path(uri).name}"
    try:
        for row in parse(data, name):
            if isinstance(row, Reject):
                yield None, {"line": row.line, "reason": row.reason, "detail": row.detail}
            else:
                yield row.cells, None
    except InputError as error:
        told = {"what": error.what, "where": error.where, "fix": error.fix}
        yield None, {"line": None, "reason": _REFUSED, "detail": json.dumps(told)}


def _as_batches(rows: Iterator[_Parsed], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    while held := list(islice(rows, _ROWS)):
        nothing = (None,) * (len(schema) - 1)
        columns = [*zip(*(cells or nothing for cells, _ in held), strict=True), [why for _, why in held]]
        arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
