"""Files of utterances become rows of `utterance`; what cannot, becomes a row of `utterance_rejected`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StringType, StructField, StructType

from mlpipeline.errors import InputError
from mlpipeline.schemas import REJECTED, SOURCE_FILE, UTTERANCE
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.frames import union_all
from mlpipeline.spark.workers import enter_worker
from mlpipeline.stages.contract import Frames, Part, Stage
from mlpipeline.store.corpus_files import Reject, read_document, read_jsonl_lines

# An utterance or a reject, told apart by `reason`; `ts` is still text.
_PARSED = StructType(
    [
        *[StructField("ts", StringType()) if field.name == "ts" else field for field in UTTERANCE.fields],
        *[field for field in REJECTED.fields if field.name in ("reason", "detail", "raw")],
    ]
)
_ARROW = to_arrow_schema(_PARSED)
_BATCH = 20_000
# Spark never cuts a file below this size into several blocks (spark.sql.files.openCostInBytes).
_UNCUT = 4 << 20


def utterance_id(domain: str, lang: str, intent: str | None, text: str) -> str:
    """16 hex characters that name an utterance by what it says."""
    return hashlib.sha256(f"{domain}\x1f{lang}\x1f{intent or ''}\x1f{text}".encode()).hexdigest()[:16]


def _plain(uri: str) -> str:
    path = unquote(uri)
    return "/" + path[5:].lstrip("/") if path.startswith("file:") else path


def _escaped(path: str) -> str:
    # Spark reads paths as glob patterns.
    return "".join("\\" + char if char in "*?[]{}\\" else char for char in path)


def _owners(files: Iterable[Row]) -> dict[str, list[dict[str, Any]]]:
    owners: dict[str, list[dict[str, Any]]] = {}
    for file in files:
        owners.setdefault(file["path"], []).append(file.asDict())
    return owners


def _columns(owner: Mapping[str, Any], records: Iterable[Any]) -> Iterator[pa.RecordBatch]:
    """Record batches of one owner's rows and rejects, in file order."""
    domain, lang, name, source = owner["domain"], owner["lang"], owner["name"], owner["source"]
    rows: list[tuple[Any, ...]] = []
    for record in records:
        if isinstance(record, Reject):
            rows.append((None, None, None, None, None, record.line, record.reason, record.detail, record.raw))
        else:
            made = utterance_id(domain, lang, record.intent, record.text)
            ours = record.source or source
            rows.append((made, record.intent, record.text, ours, record.ts, record.line, None, None, None))
        if len(rows) == _BATCH:
            yield _as_batch(domain, lang, name, rows)
            rows = []
    if rows:
        yield _as_batch(domain, lang, name, rows)


def _as_batch(domain: str, lang: str, name: str, rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    made, intent, text, source, ts, line, reason, detail, raw = zip(*rows, strict=True)
    same = [pa.repeat(value, len(rows)) for value in (domain, lang, name)]
    columns = {
        **{"domain": same[0], "lang": same[1], "id": made, "intent": intent, "text": text, "source": source, "ts": ts},
        **{"origin_file": same[2], "origin_line": line, "reason": reason, "detail": detail, "raw": raw},
    }
    arrays = [pa.array(columns[field.name], type=field.type) for field in _ARROW]
    return pa.RecordBatch.from_arrays(arrays, schema=_ARROW)


def as_parsed_lines(spark: SparkSession, files: list[Row]) -> DataFrame:
    """JSONL files, read line by line in as many tasks as their size deserves; lines keep their numbers."""
    owners = _owners(files)
    text = spark.read.option("lineSep", "\n").text([_escaped(path) for path in owners])
    lines = text.select(
        F.col("value").cast("binary").alias("value"),
        F.col("_metadata.file_path").alias("file"),
        F.col("_metadata.file_block_start").alias("block"),
        F.col("_metadata.file_size").alias("size"),
    )
    firsts = _first_lines(lines)

    def parse(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        enter_worker()
        seen: dict[tuple[str, int], int] = {}
        for batch in batches:
            for start, stop in _runs(batch):
                place = (batch["file"][start].as_py(), batch["block"][start].as_py())
                line = seen.get(place, firsts.get(place, 0))
                seen[place] = line + stop - start
                numbered = list(enumerate(batch["value"].slice(start, stop - start).to_pylist(), line + 1))
                for owner in owners[_plain(place[0])]:
                    yield from _columns(owner, read_jsonl_lines(numbered, json.loads(owner["mapping"])))

    return lines.drop("size").mapInArrow(parse, _PARSED)


def _runs(batch: pa.RecordBatch) -> Iterator[tuple[int, int]]:
    """(start, stop) of the stretches of a batch that come from one block of one file."""
    keys = pc.binary_join_element_wise(batch["file"], pc.cast(batch["block"], pa.string()), "\x1f")
    start = 0
    for stop in pc.run_end_encode(keys).run_ends.to_pylist():
        yield start, stop
        start = stop


def _first_lines(lines: DataFrame) -> dict[tuple[str, int], int]:
    """Lines before each block of the files that Spark may cut into several."""
    counts = lines.where(F.col("size") > _UNCUT).groupBy("file", "block").count().collect()
    before: dict[tuple[str, int], int] = {}
    total: dict[str, int] = {}
    for row in sorted(counts, key=lambda row: (row["file"], row["block"])):
        before[row["file"], row["block"]] = total.get(row["file"], 0)
        total[row["file"]] = total.get(row["file"], 0) + row["count"]
    return before


def as_parsed_documents(spark: SparkSession, files: list[Row]) -> DataFrame:
    """CSV, TSV and Rasa files: one task reads one whole file, because a record may span lines."""
    owners = _owners(files)
    whole = spark.read.format("binaryFile").load([_escaped(path) for path in owners])

    def parse(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        enter_worker()
        for batch in batches:
            for uri, data in zip(batch["file"].to_pylist(), batch["content"].to_pylist(), strict=True):
                for owner in owners[_plain(uri)]:
                    yield from _columns(owner, _document(owner, data))

    return whole.select(F.col("_metadata.file_path").alias("file"), "content").mapInArrow(parse, _PARSED)


def _document(owner: Mapping[str, Any], data: bytes) -> Iterator[Any]:
    # A file that cannot be used at all is one reject at line 0: the other bots of the job go on.
    try:
        yield from read_document(data, owner["kind"], json.loads(owner["mapping"]), owner["name"])
    except InputError as error:
        yield Reject(line=0, reason="file_refused", detail=str(error), raw="")


def with_timestamp(frame: DataFrame) -> DataFrame:
    """Text timestamps become UTC timestamps; the reader has already rejected what is none."""
    return frame.withColumn("ts", F.try_to_timestamp("ts"))


def ingest(part: Part, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: read the bots' files, keep what is an utterance, keep what is not beside it."""
    files = inputs["source_file"].collect()
    spark = inputs["source_file"].sparkSession
    by_line = [file for file in files if file["kind"] == "jsonl"]
    whole = [file for file in files if file["kind"] != "jsonl"]
    frames = [as_parsed_lines(spark, by_line)] if by_line else []
    frames += [as_parsed_documents(spark, whole)] if whole else []
    parsed = union_all(frames).persist()
    return {
        "utterance_rejected": parsed.where(F.col("reason").isNotNull()).select(*REJECTED.names),
        "utterance": with_timestamp(parsed.where(F.col("reason").isNull())).select(*UTTERANCE.names),
    }


STAGE = Stage(
    name="ingest",
    sections=("ingest",),
    needs={"source_file": SOURCE_FILE},
    gives={"utterance_rejected": REJECTED, "utterance": UTTERANCE},
    code=("stages.ingest", "store.corpus_files", "store.corpus_rows", "store.csv_files", "store.rasa_files"),
    libraries=("orjson", "PyYAML"),
    run=ingest,
    dropped="utterance_rejected",
)
