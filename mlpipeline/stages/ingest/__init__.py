"""Files of utterances become rows of `utterance`; what cannot, becomes a row of `utterance_rejected`."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import BooleanType, IntegerType, LongType, StringType, StructField, StructType

from mlpipeline.errors import Failure, InputError
from mlpipeline.schemas import REJECTED, SOURCE_FILE, UTTERANCE
from mlpipeline.spark.counters import Counters, Counts
from mlpipeline.spark.frames import Transform, union_all, with_text_id
from mlpipeline.spark.paths import escaped_path, first_bytes, plain_path
from mlpipeline.spark.workers import enter_worker
from mlpipeline.stages.contract import Frames, RowWords, Stage, Work
from mlpipeline.stages.ingest.masking import Hide, as_delivered, as_masked
from mlpipeline.stages.ingest.refusals import tell_notes, tell_refused, tell_useless
from mlpipeline.store.corpus.files import Note, is_gzip, lost_columns, read_document, read_file, read_jsonl_lines
from mlpipeline.store.corpus.files import Row as Accepted
from mlpipeline.store.corpus.rows import NoUtterances

if TYPE_CHECKING:
    from mlpipeline.recipe.fields import IngestSection

# What a task makes of a record: an utterance or a reject, told apart by `reason`; `owner` is a position among the
# files, whose names are added in the JVM; `ts` is still text.
_PARSED = StructType(
    [
        StructField("owner", IntegerType()),
        *[StructField(name, StringType()) for name in ("intent", "text", "source", "ts", "annotator", "parent")],
        StructField("verified", BooleanType()),
        StructField("origin_line", LongType()),
        *[StructField(name, StringType()) for name in ("reason", "detail", "raw")],
    ]
)
_ARROW = to_arrow_schema(_PARSED)
_BATCH = 20_000
# Spark never cuts a file below this size into several blocks (spark.sql.files.openCostInBytes).
_UNCUT = 4 << 20
# Names by which Spark unpacks a file, or tries to.
_CODECS = (".gz", ".bz2", ".zst", ".lz4", ".snappy", ".deflate")


@dataclass(frozen=True)
class IngestSettings:
    """What reading files receives of the recipe."""

    ingest: IngestSection


def _owners(files: Sequence[Row]) -> dict[str, list[int]]:
    """Positions of the files by path: one file may belong to several bots."""
    owners: dict[str, list[int]] = {}
    for position, file in enumerate(files):
        owners.setdefault(file["path"], []).append(position)
    return owners


def _as_batches(owner: int, records: Iterable[object], counters: Counters) -> Iterator[pa.RecordBatch]:
    """Record batches of one file's rows and rejects, in file order."""
    records, rejected = iter(records), 0
    while held := list(islice(records, _BATCH)):
        rows = [record for record in held if isinstance(record, Accepted)]
        rejects = [record for record in held if not isinstance(record, Accepted)]
        rejected += len(rejects)
        if rows:
            columns = dict(zip(Accepted._fields, zip(*rows, strict=True), strict=True))
            yield _as_batch(owner, len(rows), origin_line=columns.pop("line"), **columns)
        if rejects:
            line, reason, detail, raw = zip(*rejects, strict=True)
            yield _as_batch(owner, len(rejects), origin_line=line, reason=reason, detail=detail, raw=raw)
    counters.add(Counts(dropped=rejected))


def _as_batch(owner: int, rows: int, **columns: Sequence[object]) -> pa.RecordBatch:
    arrays = [
        pa.array(columns[field.name], type=field.type)
        if field.name in columns
        else pa.repeat(pa.scalar(owner if field.name == "owner" else None, field.type), rows)
        for field in _ARROW
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=_ARROW)


def _file_keys(uris: list[str]) -> tuple[Column, dict[object, str]]:
    """A column that tells the files apart, and the URI behind each of its values.

    A number of eight bytes travels with each line instead of a path, unless two paths share one.
    """
    path = F.col("_metadata.file_path")
    spelled = {uri.replace("file:///", "file:/", 1) for uri in uris}  # as `_metadata` writes them
    numbered: dict[object, str] = {zlib.crc32(uri.encode()): uri for uri in spelled}
    if len(numbered) == len(spelled):
        return F.crc32(path.cast("binary")), numbered
    return path, {uri: uri for uri in spelled}


def as_parsed_lines(spark: SparkSession, files: list[Row], counters: Counters, hide: Hide) -> DataFrame:
    """JSONL files, read line by line in as many tasks as their size deserves; lines keep their numbers."""
    paths = dict.fromkeys(file["path"] for file in files)
    text = spark.read.option("lineSep", "\n").text([escaped_path(path) for path in paths])
    key, uris = _file_keys(text.inputFiles())
    by_path = _owners(files)
    owners = {number: by_path[plain_path(uri)] for number, uri in uris.items()}
    lines = text.select(
        F.col("value").cast("binary").alias("value"),
        key.alias("file"),
        F.col("_metadata.file_block_start").alias("block"),
        F.col("_metadata.file_size").alias("size"),
    )
    firsts = _first_lines(lines)

    def parse(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        enter_worker()
        seen: dict[tuple[object, int], int] = {}
        for batch in batches:
            for start, stop in _runs(batch):
                place = (batch["file"][start].as_py(), batch["block"][start].as_py())
                line = seen.get(place, firsts.get(place, 0))
                seen[place] = line + stop - start
                numbered = list(enumerate(batch["value"].slice(start, stop - start).to_pylist(), line + 1))
                for owner in owners[place[0]]:
                    records = read_jsonl_lines(numbered, json.loads(files[owner]["mapping"]))
                    yield from _as_batches(owner, hide(records), counters)

    return lines.drop("size").mapInArrow(parse, _PARSED)


def _runs(batch: pa.RecordBatch) -> Iterator[tuple[int, int]]:
    """(start, stop) of the stretches of a batch that come from one block of one file."""
    changed = [pc.not_equal(batch[name][1:], batch[name][:-1]) for name in ("file", "block")]
    ends = pc.indices_nonzero(pc.or_(*changed)).to_pylist() if batch.num_rows else []
    edges = [0, *(end + 1 for end in ends), batch.num_rows]
    return pairwise(edges)


def _first_lines(lines: DataFrame) -> dict[tuple[object, int], int]:
    """Lines before each block of the files that Spark may cut into several."""
    counts = lines.where(F.col("size") > _UNCUT).groupBy("file", "block").count().collect()
    before: dict[tuple[object, int], int] = {}
    total: dict[object, int] = {}
    for row in sorted(counts, key=lambda row: (row["file"], row["block"])):
        before[row["file"], row["block"]] = total.get(row["file"], 0)
        total[row["file"]] = total.get(row["file"], 0) + row["count"]
    return before


def as_parsed_documents(spark: SparkSession, files: list[Row], counters: Counters, hide: Hide) -> DataFrame:
    """CSV, TSV and Rasa files: one task reads one whole file, because a record may span lines."""
    owners = _owners(files)
    whole = spark.read.format("binaryFile").load([escaped_path(path) for path in owners])

    def parse(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        enter_worker()
        for batch in batches:
            for uri, data in zip(batch["file"].to_pylist(), batch["content"].to_pylist(), strict=True):
                for owner in owners[plain_path(uri)]:
                    file = files[owner]
                    records = partial(read_document, data, file["kind"], json.loads(file["mapping"]), file["name"])
                    yield from _as_batches(owner, hide(_accepted(records, file, counters)), counters)

    return whole.select(F.col("_metadata.file_path").alias("file"), "content").mapInArrow(parse, _PARSED)


def as_parsed_streams(spark: SparkSession, files: list[Row], counters: Counters, hide: Hide) -> DataFrame:
    """Zipped JSONL files of this machine: a task reads each as it unpacks it, whatever its name ends in."""
    numbers = spark.range(0, len(files), 1, len(files))

    def parse(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        enter_worker()
        for batch in batches:
            for owner in batch["id"].to_pylist():
                file = files[owner]
                records = partial(read_file, file["path"], "jsonl", json.loads(file["mapping"]))
                yield from _as_batches(owner, hide(_accepted(records, file, counters)), counters)

    return numbers.mapInArrow(parse, _PARSED)


def _accepted(read: Callable[[], Iterator[object]], file: Row, counters: Counters) -> Iterator[object]:
    # A file that cannot be used at all costs its bot the stage: the other bots of the job go on.
    notes: list[str] = []
    try:
        for record in read():
            if isinstance(record, Note):
                notes.append(f"{file['name']}:{record.line}: {record.detail}")
                tell_notes(counters, file, "; ".join(notes))
            else:
                yield record
    except InputError as error:
        where = error.where.replace(file["path"], file["name"], 1)  # as the recipe calls it
        why = Failure(error.what, where, error.fix, refused=True)
        tell_useless(counters, "idle" if isinstance(error, NoUtterances) else "refused", file, why)


def with_owner(files: Sequence[Row]) -> Transform:
    """Adds the names of the file that a record came from; a row's own `source` wins over the file's."""

    def of_file(name: str) -> Column:
        return F.get(F.array(*[F.lit(file[name]) for file in files]), F.col("owner"))

    def step(frame: DataFrame) -> DataFrame:
        source = F.coalesce(F.col("source"), of_file("source"))
        named = {"domain": of_file("domain"), "lang": of_file("lang"), "origin_file": of_file("name"), "source": source}
        return frame.withColumns(named)

    return step


def with_timestamp(frame: DataFrame) -> DataFrame:
    """Text timestamps become UTC timestamps; the reader has already rejected what is none."""
    return frame.withColumn("ts", F.try_to_timestamp("ts"))


def is_by_line(spark: SparkSession, file: Row) -> bool:
    """Whether Spark can cut a file into lines by itself: JSONL whose content is what its name makes Spark expect."""
    if file["kind"] != "jsonl":
        return False
    if "://" not in file["path"]:
        return not file["path"].endswith(_CODECS) and not is_gzip(file["path"])
    returned: bool = file["path"].endswith(_CODECS) == (first_bytes(spark, file["path"]) == b"\x1f\x8b")
    return returned


def without_lost_columns(file: Row, counters: Counters) -> Row:
    """A file with a mapping that leaves out the columns that would cost all its rows, where this machine has it."""
    mapping = json.loads(file["mapping"])
    found = [] if "://" in file["path"] else lost_columns(file["path"], mapping)
    if not found:
        return file
    notes = "; ".join(f"{file['name']}:{note.line}: {note.detail}" for note in found)
    tell_notes(counters, file, notes)
    left_out = dict.fromkeys(note.raw for note in found)
    return Row(**{**file.asDict(), "mapping": json.dumps({**mapping, **left_out}, sort_keys=True)})


def as_parsed(spark: SparkSession, files: list[Row], counters: Counters, hide: Hide) -> DataFrame:
    """The records of all files, whatever their formats; files that are refused are told before anything is kept."""
    cut = [is_by_line(spark, file) for file in files]
    by_line = [without_lost_columns(file, counters) for file, cuts in zip(files, cut, strict=True) if cuts]
    rest = [file for file, cuts in zip(files, cut, strict=True) if not cuts]
    streams = [file for file in rest if file["kind"] == "jsonl" and "://" not in file["path"]]
    documents = [file for file in rest if file not in streams]
    frames = [as_parsed_lines(spark, by_line, counters, hide).transform(with_owner(by_line))] if by_line else []
    for parsed, some in ((as_parsed_streams, streams), (as_parsed_documents, documents)):
        if some:
            frames.append(parsed(spark, some, counters, hide).transform(with_owner(some)).persist())
            frames[-1].count()
    tell_refused(files, counters)
    return union_all(frames)


def ingest(settings: IngestSettings, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: read the bots' files, mask them, keep what is an utterance, keep what is not beside it."""
    hide = as_masked if settings.ingest.personal_data == "mask" else as_delivered
    files = inputs["source_file"]
    parsed = as_parsed(files.sparkSession, files.collect(), counters, hide)
    accepted = parsed.where(F.col("reason").isNull()).transform(with_timestamp)
    return {
        "utterance": accepted.transform(with_text_id("id", "domain", "lang", "intent", "text")),
        "utterance_rejected": parsed.where(F.col("reason").isNotNull()),
    }


STAGE = Stage(
    name="ingest",
    settings=IngestSettings,
    needs={"source_file": SOURCE_FILE},
    gives={"utterance": UTTERANCE, "utterance_rejected": REJECTED},
    libraries=("orjson", "PyYAML"),
    run=ingest,
    dropped="utterance_rejected",
    work=Work(3.0, 0.05),
    words=RowWords(left_out="rejected", balanced=True),
    must_keep="utterance",
)
