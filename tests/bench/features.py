"""`embed` with and without what is kept: seconds of a first and of a second run, and ways to call an encoder on Spark.

    python -m tests.bench.features [--rows 100000] [--runs 3]

All on two cores, one thread each, by turns. The ways write vectors nowhere (noop), so that only how they travel counts;
the runs write `features` and `embedding` as Delta tables.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from pyspark.ml.functions import predict_batch_udf
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import ArrayType, FloatType

from mlpipeline.catalog import stage_named
from mlpipeline.networks.encoders.ngram_lsa import NgramEncoder, fit_ngram_encoder
from mlpipeline.networks.precision import Precision, pack_vectors, unpack_vectors
from mlpipeline.pipeline import run_stage
from mlpipeline.recipe.load import load_recipes
from mlpipeline.recipe.model_fields import EmbedSection
from mlpipeline.schemas import CLEANED, ENCODER, FEATURES
from mlpipeline.spark.partitions import loaded, map_partitions
from mlpipeline.spark.session import open_session
from mlpipeline.stages.contract import Job, RunContext
from mlpipeline.stages.embed import as_features
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import write_dataset
from mlpipeline.store.tables.provenance import as_metadata, make_provenance
from tests.bench.vectors import sample_texts, time_plain
from tests.sections import section

_CORES, _BATCH = 2, 1024


def ways(frame: DataFrame, payload: bytes) -> dict[str, DataFrame]:
    """The same vectors by each way to call an encoder."""
    rules, names = section(EmbedSection), {"maker": "m", "encoder": "e", "precision": "float32"}
    load = lambda: NgramEncoder.from_bytes(payload)  # noqa: E731

    def over_pandas(parts: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        model = loaded("bench", load)
        for part in parts:
            made = model.encode(part["normalized"].tolist())  # type: ignore[attr-defined]
            yield pd.DataFrame({"content_id": part["content_id"], "vector": list(made)})

    def over_rows(rows: Iterable[object]) -> Iterator[tuple[str, list[float]]]:
        model, held = loaded("bench", load), list(rows)
        for start in range(0, len(held), _BATCH):
            part = held[start : start + _BATCH]
            made = model.encode([row["normalized"] for row in part])  # type: ignore[attr-defined,index]
            yield from zip([row["content_id"] for row in part], made.tolist(), strict=True)  # type: ignore[index]

    def predictor() -> Callable[[np.ndarray], np.ndarray]:
        model = loaded("bench", load)
        return lambda texts: model.encode(texts.tolist())  # type: ignore[attr-defined,no-any-return]

    schema = "content_id string, vector array<float>"
    batches = predict_batch_udf(predictor, return_type=ArrayType(FloatType()), batch_size=_BATCH)
    size, key = _BATCH * 8, "bench"
    return {
        "map_partitions (mapInArrow, bytes)": map_partitions(
            frame, load, lambda m, b: as_features(m, b, rules, names), schema=FEATURES, key=key, batch_size=size
        ),
        "map_partitions (rdd, bytes)": map_partitions(
            frame, load, lambda m, b: as_features(m, b, rules, names), schema=FEATURES, key=key, batch_size=size,
            engine="rdd",
        ),
        "mapInPandas (lists)": frame.mapInPandas(over_pandas, schema),
        "predict_batch_udf (lists)": frame.select("content_id", batches("normalized").alias("vector")),
        "rdd.mapPartitions (lists)": frame.sparkSession.createDataFrame(frame.rdd.mapPartitions(over_rows), schema),
    }  # fmt: skip


def time_write(frame: DataFrame) -> float:
    """Seconds until all of it was made."""
    began = time.monotonic()
    frame.write.format("noop").mode("overwrite").save()
    return time.monotonic() - began


def time_stage(spark: SparkSession, home: Path, texts: list[str], encoder: NgramEncoder, turn: int) -> list[float]:
    """Seconds of `embed` for one bot: nothing is kept, all is, and all but one text."""
    store = Store(str(home / f"store{turn}"))
    domain = home / "conf" / "domains" / "shop"
    domain.mkdir(parents=True, exist_ok=True)
    (domain / "domain.yaml").write_text("languages: [en]\nembed: {encoder: ngram-lsa}\n", "utf-8")
    mark = make_provenance("1", {}, {}, {})
    row = [("*", "en", encoder.digest, len(texts), encoder.to_bytes())]
    write_dataset(
        store, "encoder", spark.createDataFrame(row, ENCODER), ["*/en"], as_metadata("e", "r", {"*/en": mark})
    )
    job = Job("shop/en", load_recipes(home / "conf")[0].recipe, mark)
    seconds = []
    for changed in (texts, texts, [*texts[:-1], "one more"]):
        rows = [{"domain": "shop", "lang": "en", "content_id": text, "normalized": text} for text in changed]
        marks = as_metadata("clean", "r", {"shop/en": mark})
        write_dataset(store, "cleaned", spark.createDataFrame(rows, CLEANED), ["shop/en"], marks)
        began = time.monotonic()
        outcome = run_stage(RunContext(store, lambda: spark, "r"), stage_named("embed"), [job])
        assert outcome.done == ["shop/en"], outcome.failed
        seconds.append(time.monotonic() - began)
    return seconds


def print_losses(vectors: np.ndarray) -> None:
    """What is lost by each precision: cosine of a vector with itself, neighbours that stay among the ten nearest."""
    asked = vectors[:500]
    exact = np.argsort(-(asked @ vectors.T), axis=1)[:, :10]
    for precision in ("float32", "float16", "int8"):
        kept: Precision = precision
        packed = pack_vectors(vectors, kept)
        found = unpack_vectors(packed, kept)
        loss = 1.0 - np.einsum("nd,nd->n", found.astype(np.float64), vectors.astype(np.float64))
        near = np.argsort(-(found[:500] @ found.T), axis=1)[:, :10]
        recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(near.tolist(), exact.tolist(), strict=True)])
        print(f"| {precision} | {packed.shape[1]} bytes | {loss.max():.1e} | {recall:.3f} |")


def main() -> int:
    """Prints the tables of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    texts = sample_texts(options.rows)
    encoder = fit_ngram_encoder(texts[:20_000])
    payload = encoder.to_bytes()
    times: dict[str, list[float]] = {}
    stages = []
    with tempfile.TemporaryDirectory() as home, open_session("bench", master=f"local[{_CORES}]") as spark:
        rows = [("en", text, text) for text in texts]
        frame = spark.createDataFrame(rows, "lang string, content_id string, normalized string")
        frame = frame.repartition(_CORES).persist()
        frame.count()
        for turn in range(options.runs + 1):  # the first one loads the model in each worker
            for name, way in ways(frame, payload).items():
                times.setdefault(name, []).append(time_write(way))
            times.setdefault("plain Python", []).append(time_plain(payload, texts))
            stages.append(time_stage(spark, Path(home), texts, encoder, turn))
    plain = statistics.median(times["plain Python"][1:])
    for name, taken in times.items():
        seconds = statistics.median(taken[1:])
        print(f"| {name} | {len(texts) / seconds:,.0f} rows/s | {plain / seconds:.2f} |")
    first, second, third = (statistics.median(one[place] for one in stages[1:]) for place in range(3))
    print(f"| first run of the stage | {first:.1f} s | {plain / first:.2f} of plain Python |")
    print(f"| second run | {second:.1f} s | {second / first:.1%} of the first |")
    print(f"| one changed text | {third:.1f} s | {third / first:.1%} of the first |")
    print_losses(encoder.encode(texts[:5000]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
