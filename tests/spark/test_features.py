"""Vectors are kept once for all bots and runs: what was encoded is not encoded again, and nothing is needed of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlpipeline.catalog import stage_named
from mlpipeline.networks.classifier import TrainedModel
from mlpipeline.networks.encoders.ngram_lsa import NgramEncoder
from mlpipeline.networks.features import FeatureSpec, Vocabulary
from mlpipeline.networks.precision import Precision, pack_vectors, unpack_vectors
from mlpipeline.pipeline import run_stage
from mlpipeline.schemas import CLEANED, DENOISED, EMBEDDING, FEATURES, MODEL, SPLITS
from mlpipeline.spark.counters import Counts
from mlpipeline.spark.frames import with_text_id
from mlpipeline.spark.knn_join import knn_join
from mlpipeline.stages import kept
from mlpipeline.stages.contract import Job, RunContext
from mlpipeline.stages.embed import unique_features
from mlpipeline.stages.export.index import export_indexes
from mlpipeline.store.bundles.archives import unpack_files
from mlpipeline.store.content_ids import content_id
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.appended import append_rows, damages_of, files_of, newest_version
from mlpipeline.store.tables.datasets import read_dataset, read_rows, write_dataset
from mlpipeline.store.tables.provenance import as_metadata, make_provenance
from mlpipeline.store.tables.row_counts import count_filled
from tests.spark.conftest import recipe
from tests.unit.networks.encoders.test_folder import WORDS, write_folder, write_model

SETS = ("embed.encoder=ngram-lsa", "embed.dims=8", "embed.min_df=1", "embed.batch_size=16")
TEXTS = [f"질문 {number} {'빨리' if number % 3 else '천천히'}" for number in range(40)]
Run = Callable[..., Counts]


def clean(spark, store: Store, bot: str, texts: list[str]) -> None:
    domain, lang = bot.split("/")
    rows = [{"domain": domain, "lang": lang, "normalized": text, "content_id": f"id of {text}"} for text in texts]
    marks = {bot: make_provenance("1", {}, {}, {})}
    write_dataset(store, "cleaned", spark.createDataFrame(rows, CLEANED), [bot], as_metadata("clean", "r", marks))


@pytest.fixture
def embed(spark, store: Store, tmp_path: Path) -> Run:
    """Runs the stage for bots of the store, and gives what its tasks counted."""

    def start(*bots: str, precision: Precision = "float32", encoder: str = "ngram-lsa") -> Counts:
        sets = (*SETS, f"embed.precision={precision}", f"embed.encoder={encoder}")
        shared = None if newest_version(store, "encoder") is not None else make_provenance("one encoder", {}, {}, {})
        jobs = [
            Job(bot, recipe(tmp_path, bot.split("/")[0], sets=sets).recipe, make_provenance("1", {}, {}, {}),
                shared=shared)
            for bot in bots
        ]  # fmt: skip
        outcome = run_stage(RunContext(store, lambda: spark, "r"), stage_named("embed"), jobs)
        assert outcome.done == list(bots) and not outcome.failed, outcome.failed
        return outcome.counts

    return start


def vectors(store: Store, bot: str) -> dict[str, bytes]:
    rows = read_rows(store, "embedding", bots=[bot]).to_pylist()
    assert len({row["content_id"] for row in rows}) == len(rows)
    return {row["content_id"].removeprefix("id of "): row["vector"] for row in rows}


def expected(store: Store, texts: list[str]) -> dict[str, bytes]:
    """The bytes that the encoder gives without any store."""
    (row,) = read_rows(store, "encoder", bots=["*/ko"]).to_pylist()
    made = NgramEncoder.from_bytes(row["payload"]).encode(texts)
    return {text: vector.astype("<f4").tobytes() for text, vector in zip(texts, made, strict=True)}


def test_what_was_encoded_once_is_taken_from_the_store(spark, store: Store, embed: Run, monkeypatch):
    clean(spark, store, "shop/ko", TEXTS)
    clean(spark, store, "bank/ko", TEXTS[:30])
    assert embed("shop/ko", "bank/ko").rows == 40, "two bots share 30 texts"
    assert vectors(store, "shop/ko") == expected(store, TEXTS)
    assert vectors(store, "bank/ko") == expected(store, TEXTS[:30])

    version = newest_version(store, "features")
    assert embed("shop/ko", "bank/ko").rows == 0
    assert newest_version(store, "features") == version, "nothing new is no commit"

    changed = [*TEXTS[:-1], "하나만 다름"]
    clean(spark, store, "shop/ko", changed)
    with monkeypatch.context() as patched:

        def killed(*given: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(kept, "replace_rows", killed)
        with pytest.raises(KeyboardInterrupt):
            embed("shop/ko")
    assert vectors(store, "shop/ko") == expected(store, TEXTS), "the rows of before"
    assert embed("shop/ko").rows == 0, "the one changed text was kept before the run was killed"
    assert sum(file.rows for file in files_of(store, "features")) == 41
    assert vectors(store, "shop/ko") == expected(store, changed)


def test_rows_that_two_runs_made_and_files_that_are_damaged(spark, store: Store, embed: Run):
    clean(spark, store, "shop/ko", TEXTS)
    assert embed("shop/ko").rows == 40
    twice = read_dataset(spark, store, "features", FEATURES, version=newest_version(store, "features"))
    append_rows(store, "features", twice, ["maker", "lang"], "{}")
    assert embed("shop/ko").rows == 0 and vectors(store, "shop/ko") == expected(store, TEXTS)

    folder = Path(store.table_path("features"))
    for file in files_of(store, "features"):
        place = folder / file.path
        data = bytearray(place.read_bytes())
        data[len(data) // 4] ^= 1  # among the vectors
        place.write_bytes(data)
    damages = list(damages_of(store, "features"))
    assert damages and "`mlpipeline run" in damages[0][1]
    assert embed("shop/ko").rows == 40 and vectors(store, "shop/ko") == expected(store, TEXTS)
    assert not list(damages_of(store, "features"))

    (folder / files_of(store, "features")[0].path).write_bytes(b"PAR1")
    assert embed("shop/ko").rows and vectors(store, "shop/ko") == expected(store, TEXTS)
    for entry in (folder / "_delta_log").glob("*.json"):
        entry.write_text("{")
    assert embed("shop/ko").rows == 40 and vectors(store, "shop/ko") == expected(store, TEXTS)


def test_another_precision_is_another_vector(spark, store: Store, embed: Run):
    clean(spark, store, "shop/ko", TEXTS)
    assert embed("shop/ko", precision="int8").rows == 40
    exact = expected(store, TEXTS)
    rounded = unpack_vectors(
        pack_vectors(np.stack([np.frombuffer(exact[text], "<f4") for text in TEXTS]), "int8"), "int8"
    )
    assert vectors(store, "shop/ko") == {text: row.tobytes() for text, row in zip(TEXTS, rounded, strict=True)}


def test_a_text_that_breaks_the_encoder_ends_as_an_error_row_and_is_tried_again(
    spark, store: Store, embed: Run, tmp_path: Path
):
    folder = tmp_path / "model"
    folder.mkdir()
    write_folder(folder)
    table = np.random.default_rng(3).normal(size=(len(WORDS), 8)).astype(np.float32)
    table[WORDS.index("lights")] = np.nan
    write_model(folder, table=table)
    clean(spark, store, "shop/ko", ["play music", "stop", "lights please", "", "\0", "\U0001f600"])
    for rows in (6, 1):
        assert embed("shop/ko", encoder=str(folder)).rows == rows
        told = {row["content_id"]: row for row in read_rows(store, "embedding", bots=["shop/ko"]).to_pylist()}
        failed = {name.removeprefix("id of ") for name, row in told.items() if row["error"]}
        assert len(told) == 6 and failed == {"lights please"}
        assert told["id of lights please"]["error"] == "the encoder gave NaN or infinity"
        assert [name for name, row in told.items() if row["vector"] is None] == ["id of lights please"]
        assert count_filled(store, "embedding", "error", ["shop/ko"]) == {"shop/ko": 1}, "what the report warns of"


def test_a_text_on_which_an_encoder_fails_has_one_row_too(spark):
    rows = [
        ("m", "ko", "a", "e", "float32", b"1", None),
        ("m", "ko", "b", "e", "float32", None, "before"),
        ("m", "ko", "b", "e", "float32", b"2", None),
        ("m", "ko", "c", "e", "float32", None, "always"),
        ("m", "ko", "c", "e", "float32", None, "always"),
        ("other", "ko", "a", "e", "int8", b"3", None),
    ]
    found = unique_features(spark.createDataFrame(rows, FEATURES), {"ko": "m"})
    told = sorted((row["content_id"], row["vector"] and bytes(row["vector"]), row["error"]) for row in found.collect())
    assert told == [("a", b"1", None), ("b", b"2", None), ("c", None, "always")]


def test_the_nearest_rows_of_two_tables(spark):
    rng = np.random.default_rng(3)
    left, right = (rng.standard_normal((rows, 8)).astype("<f4") for rows in (37, 50))
    known = [(f"r{at:02d}", vector.tobytes()) for at, vector in enumerate(right)]
    asked = [(f"l{at:02d}", vector.tobytes()) for at, vector in enumerate(left)]
    schema = "id string, vector binary"
    there, here = (spark.createDataFrame(rows, schema) for rows in ([*asked, ("none", None)], [*known, ("none", None)]))
    order = np.argsort(-(left @ right.T), axis=1)[:, :3]
    wanted = [(f"l{row:02d}", f"r{column:02d}", rank) for row in range(37) for rank, column in enumerate(order[row], 1)]
    for part in (1000, 20):  # in one part, and in three
        found = knn_join(there, here, 3, block=part).select("left", "right", "rank").collect()
        assert sorted(tuple(row) for row in found) == sorted(wanted)
    assert knn_join(there, spark.createDataFrame([], schema), 3).count() == 0


def test_content_ids_are_those_of_spark(spark):
    texts = ["", "a", "안녕하세요", "x" * 31, "y" * 32, "ไทย" * 40, "🙂 emoji"]
    frame = spark.createDataFrame([(lang, text) for lang in ("ko", "zh-TW") for text in texts], "lang string, t string")
    for row in frame.transform(with_text_id("id", "lang", "t")).collect():
        assert content_id(row["lang"], row["t"]) == row["id"], row


def test_only_bots_that_may_be_large_are_indexed_and_of_these_only_training_rows(spark, counters):
    pytest.importorskip("usearch", reason="usearch, which is of the extra `search`, is not installed")
    weights = {"table": np.zeros((3, 6), np.float32), "out": np.zeros((4, 2), np.float32), "bias": np.zeros(2, "f4")}
    vocabulary = Vocabulary(np.arange(2, dtype=np.uint64), np.ones(2, np.float32))
    model = TrainedModel(["a", "b"], FeatureSpec(), vocabulary, weights).to_bytes()
    cells = np.random.default_rng(2).standard_normal((30, 4)).astype("<f4")
    tables: tuple[list[dict[str, Any]], ...] = ([], [], [], [])
    rows, splits, embedding, models = tables
    for domain, count in (("shop", 30), ("bank", 5)):
        bot = {"domain": domain, "lang": "ko"}
        models.append({**bot, "piece": 0, "payload": model})
        for at in range(count):
            row = {**bot, "content_id": f"c{at:02d}"}
            rows.append({**row, "intent": "ab"[at % 2] if at else None})
            splits.append({**row, "split": "test" if at % 5 else "train", "fixed": at % 5 == 1 or None})
            embedding.append({**row, "vector": cells[at].tobytes() if at != 2 else None})
    schemas = {"denoised": DENOISED, "splits": SPLITS, "embedding": EMBEDDING, "model": MODEL}
    given = zip(schemas.items(), tables, strict=True)
    inputs = {name: spark.createDataFrame(told, schema) for (name, schema), told in given}
    made = export_indexes(inputs, counters, cells=1024 * 10)
    assert made is None or made.count() == 0, "30 rows of 4 numbers are few, however many they might have had"
    made = export_indexes(inputs, counters, cells=60)
    assert made is not None
    (found,) = made.collect()
    facts = json.loads(unpack_files(bytes(found["payload"]))["index.json"])
    assert (found["domain"], found["target"], facts["rows"]) == ("shop", "index", 30 - 1 - 6 - 1)
    assert not counters.values.failed
    assert export_indexes(inputs, counters, cells=1 << 30) is None
