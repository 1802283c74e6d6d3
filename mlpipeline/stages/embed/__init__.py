"""One vector a text, from an encoder that is trained here or lies in a local folder; what was encoded once, is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from mlpipeline.bots import Bot
from mlpipeline.cluster.device import CPU
from mlpipeline.cluster.sizing.needs import StageNeed
from mlpipeline.errors import SetupError
from mlpipeline.networks.batches import Encodes, encode_texts
from mlpipeline.networks.encoders.contract import Encoder
from mlpipeline.networks.encoders.ngram_lsa import fit_ngram_encoder
from mlpipeline.networks.encoders.opening import USE_FITTED, Corpus, make_encoder, open_encoder, uses_gpu
from mlpipeline.networks.precision import pack_vectors
from mlpipeline.schemas import CLEANED, EMBEDDING, ENCODER, FEATURES, SPLITS
from mlpipeline.spark.counters import TEXTS, Counters, Counts
from mlpipeline.spark.device import device_of_task
from mlpipeline.spark.frames import Transform, union_all
from mlpipeline.spark.partitions import map_partitions
from mlpipeline.spark.profiles import NO_GPUS, GpuTasks, gpu_tasks
from mlpipeline.spark.tasks import run_tasks
from mlpipeline.stages.contract import Few, Frames, Kept, RowWords, Shared, Stage, Work
from mlpipeline.stages.embed.features import (
    FOLDER_LIBRARIES,
    LIBRARIES,
    EmbedSettings,
    as_binary,
    as_float32_cells,
    maker_of,
)
from mlpipeline.stages.embed.few import gather_vectors, missing_texts

if TYPE_CHECKING:
    from mlpipeline.recipe.model_fields import EmbedSection

_ARROW = to_arrow_schema(FEATURES)
_KEYS = ("maker", "lang", "content_id")
_SORTED_TOGETHER = 8  # batches: of so many texts those of like length are encoded together
_TEXTS_A_TASK = 10_000  # four seconds of `use`
_ROWS_A_COMMIT = 200_000  # texts; a run that is killed loses the last of them only
_FIT_SETTINGS = {"dims", "seed", "char_ngrams", "word_ngrams", "word_weight", "min_df", "max_vocabulary", "max_rows"}


def fit_encoders(settings: EmbedSettings, inputs: Frames, counters: Counters) -> DataFrame:
    """One encoder a language, from all its domains' texts, one task a language.

    Texts are drawn by content id and sorted, so the encoder depends on what is there and on nothing else.
    A folder's encoder is not copied: its row carries the digest of the folder and no payload.
    """
    rules = settings.embed
    train = partial(fit_ngram_encoder, **rules.model_dump(include=_FIT_SETTINGS))
    texts = inputs["cleaned"].select(F.lit("*").alias("domain"), "lang", "content_id", "normalized").distinct()
    if rules.encoder == USE_FITTED:
        texts = texts.join(training_intents(inputs), ["lang", "content_id"], "left")

    def fit(bot: str, rows: pa.Table) -> pa.Table:
        made = make_encoder(rules.encoder, as_corpus(rows, rules.max_rows), train)
        row = {
            "domain": "*",
            "lang": Bot.parse(bot).lang,
            "encoder": made.digest,
            "rows": len(rows["content_id"].unique()),
        }
        return pa.Table.from_pylist([{**row, "payload": made.to_bytes()}], schema=to_arrow_schema(ENCODER))

    return run_tasks(texts, fit, schema=ENCODER, counters=counters)


def training_intents(inputs: Frames) -> DataFrame:
    """lang, content_id and `intent` (with its domain) of the rows of the training split: others must not be learnt."""
    training = inputs["splits"].where("split = 'train'").select("domain", "lang", "content_id")
    rows = inputs["cleaned"].where("intent is not null").join(training, ["domain", "lang", "content_id"], "left_semi")
    return rows.select("lang", "content_id", F.concat_ws("/", "domain", "intent").alias("intent")).distinct()


def as_corpus(rows: pa.Table, most: int) -> Corpus:
    """What an encoder may learn from, drawn by content id; `intent` is there for the encoders that read it."""
    labelled = "intent" in rows.column_names
    rows = rows.sort_by([(name, "ascending") for name in ("content_id", *(("intent",) if labelled else ()))])
    if not labelled:
        return Corpus(rows["normalized"].slice(0, most).to_pylist())
    known = rows.filter(pc.is_valid(rows["intent"])).slice(0, most)
    return Corpus((), known["normalized"].to_pylist(), known["intent"].to_pylist())


def with_maker(makers: Mapping[str, str]) -> Transform:
    """Adds `maker` of each row's language; rows of other languages go."""
    pairs = F.create_map(*[F.lit(text) for pair in makers.items() for text in pair])
    return lambda frame: frame.where(F.col("lang").isin(list(makers))).withColumn("maker", pairs[F.col("lang")])


def encode_missing(settings: EmbedSettings, inputs: Frames, counters: Counters) -> Iterator[DataFrame]:
    """Rows of FEATURES for the texts of all bots that have no vector there; texts travel once a content."""
    # Asked for again when the vectors are read.
    rules, encoders = settings.embed, inputs["encoder"].persist().collect()
    makers = {row["lang"]: maker_of(row, rules) for row in encoders}
    counters.add(Counts(rows=0))
    if not makers:
        return
    there = inputs["features"].where(F.col("maker").isin(list(makers.values())) & F.col("vector").isNotNull())
    texts = inputs["cleaned"].groupBy("lang", "content_id").agg(F.first("normalized").alias("normalized"))
    missing = texts.transform(with_maker(makers)).join(there.select(*_KEYS), [*_KEYS], "left_anti").persist()
    # One for all languages: two profiles in one job are refused.
    gpus = gpu_tasks(missing.sparkSession) if uses_gpu(rules.encoder) else NO_GPUS
    try:
        counts = _by_lang(missing)
        parts = -(-sum(counts.values()) // _ROWS_A_COMMIT)
        if counts:
            wanted = sum(_by_lang(texts.transform(with_maker(makers))).values())
            counters.add(Counts(stored=wanted - sum(counts.values())))
            counters.add_steps(TEXTS, sum(counts.values()))
        explain_tasks(missing.sparkSession, counts, gpus, counters)
        for part in range(parts):
            chosen = missing if parts == 1 else missing.where(F.pmod(F.hash("content_id"), F.lit(parts)) == part)
            languages = [row for row in encoders if row["lang"] in counts]
            tasks = {lang: _tasks(missing.sparkSession, count // parts) for lang, count in counts.items()}
            yield union_all([with_vectors(chosen, row, rules, counters, gpus, tasks[row["lang"]]) for row in languages])
    finally:
        missing.unpersist()


def _by_lang(rows: DataFrame) -> dict[str, int]:
    return {row["lang"]: row["count"] for row in rows.groupBy("lang").count().collect()}


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' if count != 1 else ''}"


def explain_tasks(spark: SparkSession, counts: Mapping[str, int], gpus: GpuTasks, counters: Counters) -> None:
    """Tells how many tasks encode each language's texts and why, and what stands between tasks and GPUs."""
    shared = f", each with {gpus.share:g} of a GPU" if gpus.of_executor else ""
    for lang, count in counts.items():
        tasks, slots = _tasks(spark, count), _tasks(spark)
        why = "as spark.sql.shuffle.partitions says"
        if tasks != slots:
            why = "a task a text" if tasks < slots else f"so that none has more than {_TEXTS_A_TASK:,}"
        counters.reason(
            f"{lang}: {_counted(count, 'text')} in {_counted(tasks, 'task')}{shared}, {why}: stated, because "
            "adaptive execution would make one task of so few bytes"
        )
    if counts and gpus.note:
        counters.remark(f"embed: {gpus.note}")


def _tasks(spark: SparkSession, texts: int | None = None) -> int:
    """Tasks for so many texts: a multiple of what runs at once, each with few of them: only a task that ends tells."""
    slots = int(spark.conf.get("spark.sql.shuffle.partitions") or 1)
    if texts is None:
        return slots
    return min(slots, max(texts, 1)) if texts <= slots else slots * -(-texts // (slots * _TEXTS_A_TASK))


def with_vectors(
    missing: DataFrame, encoder: Row, rules: EmbedSection, counters: Counters, gpus: GpuTasks, tasks: int
) -> DataFrame:
    """Rows of FEATURES for the texts of one language, made by so many tasks."""
    spark, of_executor = missing.sparkSession, gpus.of_executor
    # A number that is stated is kept: of a few MB of texts AQE would make one task, and all cores but one would wait.
    texts = missing.where(F.col("lang") == encoder["lang"]).repartition(tasks, "content_id")
    sent, maker = spark.sparkContext.broadcast(encoder.asDict()), maker_of(encoder, rules)
    made, name = encoder["encoder"], rules.encoder

    def load() -> Encoder:
        payload = sent.value["payload"]
        device = device_of_task(of_executor) if of_executor else CPU
        opened = open_encoder(name, None if payload is None else bytes(payload), device)
        check_same(opened.digest, made, name)
        counters.add(Counts(gpu_loads=int(opened.device.number is not None)))
        if opened.device.number != device.number:
            counters.remark(f"embed: tasks own GPUs and do not use them: {opened.device}")
        return opened

    def predict(model: Encoder, batch: pa.RecordBatch) -> pa.RecordBatch:
        return as_features(model, batch, rules, {"maker": maker, "encoder": made, "precision": rules.precision})

    return map_partitions(
        texts.select("lang", "content_id", "normalized"),
        load,
        predict,
        schema=FEATURES,
        key=f"embed:{made}",
        batch_size=rules.batch_size * _SORTED_TOGETHER,
        engine=rules.engine,
        counters=counters,
        gpus=gpus,
    )


def check_same(opened: str, expected: str, name: str) -> None:
    """Raises a SetupError where the files of a folder are others on this executor than where the run was planned."""
    if opened != expected:
        what = "its files are others on this executor than where the encoder was looked at first"
        raise SetupError(what, where=name, fix="lay the same files down everywhere, and run again")


def as_features(
    model: Encodes, batch: pa.RecordBatch, rules: EmbedSection, constants: Mapping[str, str]
) -> pa.RecordBatch:
    """The rows of FEATURES for a batch with lang, content_id, normalized; the vector is null where `error` says why."""
    made = encode_texts(model, batch["normalized"].to_pylist(), rows=rules.batch_size, chars=rules.batch_chars)
    vectors = as_binary(pack_vectors(made.vectors, rules.precision))
    errors = pa.array([made.errors.get(place) for place in range(batch.num_rows)], pa.string())
    if made.errors:
        vectors = pc.if_else(pc.is_null(errors), vectors, pa.scalar(None, pa.binary()))
    columns = {
        **{name: pa.repeat(value, batch.num_rows) for name, value in constants.items()},
        **{"lang": batch["lang"], "content_id": batch["content_id"], "vector": vectors, "error": errors},
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in _ARROW.names], schema=_ARROW)


def unique_features(features: DataFrame, makers: Mapping[str, str]) -> DataFrame:
    """One row a key: two runs may have made the same one, and an encoder may have failed on a text before."""
    rows = features.where(F.col("maker").isin(list(makers.values())))
    keys = rows.select(*_KEYS, F.col("error").isNotNull().alias("fails"))
    told = keys.agg(F.count("*"), F.count_distinct(*_KEYS), F.count_if("fails")).first()
    if told is None or told[0] == told[1]:
        return rows
    good, bad = rows.where("vector is not null"), rows.where("vector is null")
    return good.dropDuplicates([*_KEYS]).unionByName(
        bad.dropDuplicates([*_KEYS]).join(good.select(*_KEYS), [*_KEYS], "left_anti")
    )


def as_float32(rows: DataFrame, rules: EmbedSection) -> DataFrame:
    """The rows of EMBEDDING with their vectors as they are kept, as `<f4` bytes."""
    if rules.precision == "float32":
        return rows

    def unpack(_: object, batch: pa.RecordBatch) -> pa.RecordBatch:
        place = batch.schema.get_field_index("vector")
        return batch.set_column(place, "vector", as_float32_cells(batch["vector"], rules.precision))

    rows = rows.select(*EMBEDDING.names)
    return map_partitions(rows, lambda: None, unpack, schema=EMBEDDING, key="unpack", batch_size=1024)


def embed(settings: EmbedSettings, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: every content of every bot gets the vector that is kept of it."""
    makers = {row["lang"]: maker_of(row, settings.embed) for row in inputs["encoder"].collect()}
    if not makers:
        return {"embedding": inputs["cleaned"].sparkSession.createDataFrame([], EMBEDDING)}
    contents = inputs["cleaned"].select("domain", "lang", "content_id").distinct().transform(with_maker(makers))
    kept = unique_features(inputs["features"], makers).select(*_KEYS, "encoder", "vector", "error")
    return {"embedding": as_float32(contents.join(kept, [*_KEYS]), settings.embed)}


STAGE = Stage(
    name="embed",
    settings=EmbedSettings,
    needs={"cleaned": CLEANED, "encoder": ENCODER},
    gives={"embedding": EMBEDDING},
    libraries=LIBRARIES,
    folders={"embed.encoder": FOLDER_LIBRARIES},
    run=embed,
    shared=Shared(gives="encoder", schema=ENCODER, needs={"cleaned": CLEANED, "splits": SPLITS}, run=fit_encoders),
    kept=Kept("features", FEATURES, ("maker", "lang"), encode_missing, Few(missing_texts, gather_vectors)),
    # An encoder from a folder. `use` was measured with 125, ngram-lsa with 83.
    need=StageNeed(600, "an encoder of 470 MB and its batch", gpu=True),
    work=Work(4.0, 0.3),
    # A text under two labels is two rows, and has one vector.
    words=RowWords("texts out", new="encoded"),
)
