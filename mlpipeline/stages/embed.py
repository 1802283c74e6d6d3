"""One vector an utterance, from an encoder that is trained here or lies in a local folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from mlpipeline.bots import Bot
from mlpipeline.cluster.sizing.needs import StageNeed
from mlpipeline.networks.encoders.contract import Encoder
from mlpipeline.networks.encoders.ngram_lsa import fit_ngram_encoder
from mlpipeline.networks.encoders.opening import make_encoder, open_encoder
from mlpipeline.schemas import CLEANED, EMBEDDING, ENCODER
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.frames import union_all
from mlpipeline.spark.partitions import map_partitions
from mlpipeline.spark.tasks import run_tasks
from mlpipeline.stages.contract import Frames, RowWords, Shared, Stage, Work

if TYPE_CHECKING:
    from mlpipeline.recipe.model_fields import EmbedSection

_ARROW = to_arrow_schema(EMBEDDING)
_FIT_SETTINGS = {"dims", "seed", "char_ngrams", "word_ngrams", "word_weight", "min_df", "max_vocabulary", "max_rows"}


@dataclass(frozen=True)
class EmbedSettings:
    """What embedding receives of the recipe."""

    embed: EmbedSection


def fit_encoders(settings: EmbedSettings, inputs: Frames, counters: Counters) -> DataFrame:
    """One encoder a language, from all its domains' texts, one task a language.

    Texts are drawn by content id and sorted, so the encoder depends on what is there and on nothing else.
    A folder's encoder is not copied: its row carries the digest of the folder and no payload.
    """
    rules = settings.embed
    train = partial(fit_ngram_encoder, **rules.model_dump(include=_FIT_SETTINGS))
    texts = inputs["cleaned"].select(F.lit("*").alias("domain"), "lang", "content_id", "normalized").distinct()

    def fit(bot: str, rows: pa.Table) -> pa.Table:
        drawn = rows.sort_by("content_id").slice(0, rules.max_rows)
        made = make_encoder(rules.encoder, drawn["normalized"].to_pylist(), train)
        row = {"domain": "*", "lang": Bot.parse(bot).lang, "encoder": made.digest, "rows": len(rows)}
        return pa.Table.from_pylist([{**row, "payload": made.to_bytes()}], schema=to_arrow_schema(ENCODER))

    return run_tasks(texts, fit, schema=ENCODER, counters=counters)


def with_vectors(cleaned: DataFrame, encoder: Row, rules: EmbedSection, counters: Counters) -> DataFrame:
    """A vector for each content of one language; texts travel once a content, not once a row."""
    spark = cleaned.sparkSession
    # A number that is stated is kept: of a few MB of texts AQE would make one task, and all cores but one would wait.
    tasks = int(spark.conf.get("spark.sql.shuffle.partitions") or 1)
    rows = cleaned.where(F.col("lang") == encoder["lang"]).repartition(tasks, "content_id")
    texts = rows.groupBy("domain", "lang", "content_id").agg(F.first("normalized").alias("normalized"))
    sent = spark.sparkContext.broadcast(encoder.asDict())
    digest, name = encoder["encoder"], rules.encoder

    def load() -> Encoder:
        payload = sent.value["payload"]
        return open_encoder(name, None if payload is None else bytes(payload))

    def predict(model: Encoder, batch: pa.RecordBatch) -> pa.RecordBatch:
        return as_vectors(model, digest, batch)

    return map_partitions(
        texts,
        load,
        predict,
        schema=EMBEDDING,
        key=f"embed:{digest}",
        batch_size=rules.batch_size,
        engine=rules.engine,
        counters=counters,
    )


def as_vectors(model: Encoder, digest: str, batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows of EMBEDDING for a batch with domain, lang, content_id, normalized; vectors as `<f4` bytes."""
    vectors = np.ascontiguousarray(model.encode(batch["normalized"].to_pylist()), dtype="<f4")
    rows, width = batch.num_rows, vectors.shape[1] * 4
    # One buffer for all vectors: no Python object a row.
    offsets = pa.py_buffer(np.arange(0, (rows + 1) * width, width, dtype=np.int32)[: rows + 1])
    packed = pa.BinaryArray.from_buffers(pa.binary(), rows, [None, offsets, pa.py_buffer(vectors)])
    columns = [batch["domain"], batch["lang"], batch["content_id"], pa.repeat(digest, rows), packed]
    return pa.RecordBatch.from_arrays(columns, schema=_ARROW)


def embed(settings: EmbedSettings, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: take each language's encoder, give every content its vector."""
    encoders = inputs["encoder"].collect()
    return {
        "embedding": union_all([with_vectors(inputs["cleaned"], row, settings.embed, counters) for row in encoders])
    }


STAGE = Stage(
    name="embed",
    settings=EmbedSettings,
    needs={"cleaned": CLEANED, "encoder": ENCODER},
    gives={"embedding": EMBEDDING},
    libraries=("numpy", "scipy", "sentencepiece"),
    folders={"embed.encoder": ("onnxruntime", "tokenizers", "sentence-transformers", "torch")},
    run=embed,
    shared=Shared(gives="encoder", schema=ENCODER, needs={"cleaned": CLEANED}, run=fit_encoders),
    # An encoder from a folder. `use` was measured with 125, ngram-lsa with 83.
    need=StageNeed(600, "an encoder of 470 MB and its batch", gpu=True),
    work=Work(4.0, 0.3),
    # A text under two labels is two rows, and has one vector.
    words=RowWords("texts out"),
)
