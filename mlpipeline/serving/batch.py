"""Many messages at once: a released bot answers the rows of a frame on Spark."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from mlpipeline.bots import Bot
from mlpipeline.schemas import ANSWER
from mlpipeline.serving.answer import Answerer
from mlpipeline.serving.bundle import as_bundle
from mlpipeline.spark.partitions import map_partitions
from mlpipeline.store.bundles.archives import pack_files, unpack_files
from mlpipeline.store.bundles.content import BundleFiles, open_bundle, open_files
from mlpipeline.store.bundles.seals import MANIFEST

_BATCH = 1024


def pack_bundle(files: BundleFiles) -> bytes:
    """What executors need of an opened bundle, as a zip: everything but the SavedModel."""
    names = [MANIFEST, *files.manifest["files"]]
    return pack_files({name: files.held[name] for name in names})


def open_packed(data: bytes, digest: str, nearest: int, version: int | None = None) -> Answerer:
    """An answerer from `pack_bundle`'s bytes, verified again; nothing is written to a disk.

    Raises:
        StoreError: what came is not the bundle with that digest.
    """
    bundle = as_bundle(open_files(unpack_files(data), Path("broadcast"), digest))
    return Answerer(bundle, nearest=nearest, version=version)


def answer_rows(
    messages: DataFrame, bundle: Path, *, nearest: int = 3, keep: Sequence[str] = (), version: int | None = None
) -> DataFrame:
    """An answer for each row of a frame with a column `text`; a row of ANSWER each, in no order.

    The bundle travels by broadcast: executors need neither the store nor its client.

    Args:
        messages: the rows, with `text` and what `keep` names.
        bundle: folder of a released bot.
        nearest: known questions beside each answer.
        keep: columns of the messages that stand behind the answer's own.
        version: of the bundle in the registry, to stand in each row.
    """
    files = open_bundle(bundle)
    domain, lang = Bot.parse(as_bundle(files).bot)
    digest = files.digest
    sent = messages.sparkSession.sparkContext.broadcast(pack_bundle(files))
    schema = StructType([*ANSWER.fields, *(messages.schema[name] for name in keep)])
    arrow = to_arrow_schema(schema)

    def load() -> Answerer:
        return open_packed(sent.value, digest, nearest, version)

    def predict(model: Answerer, batch: pa.RecordBatch) -> pa.RecordBatch:
        texts = [text or "" for text in batch["text"].to_pylist()]
        answers = model.answer(texts)
        columns = {
            "domain": [domain] * len(texts),
            "lang": [lang] * len(texts),
            "text": texts,
            **{
                name: [getattr(answer, name) for answer in answers]
                for name in ("intent", "score", "zone", "answer", "read_as", "version", "bundle_digest")
            },
            "nearest": [json.dumps([near._asdict() for near in a.nearest], ensure_ascii=False) for a in answers],
        }
        arrays = [pa.array(columns[field.name], field.type) for field in arrow if field.name in columns]
        kept = [batch[field.name].cast(field.type) for field in arrow if field.name not in columns]
        return pa.RecordBatch.from_arrays([*arrays, *kept], schema=arrow)

    key = f"answer:{digest}:{nearest}:{version}"
    chosen = messages.select("text", *keep)
    return map_partitions(chosen, load, predict, schema=schema, key=key, batch_size=_BATCH)
