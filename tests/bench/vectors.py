"""Rows a second of `embed`'s carrier against the same encoder called on batches in plain Python, on the same cores.

    python -m tests.bench.vectors [--rows 400000] [--runs 3]

Both sides run two processes (or tasks) with one thread each, after a warm-up that loads the model, in turn.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mlpipeline.networks.encoders.ngram_lsa import NgramEncoder, fit_ngram_encoder
from mlpipeline.recipe.model_fields import EmbedSection
from mlpipeline.schemas import FEATURES
from mlpipeline.spark.partitions import map_partitions
from mlpipeline.spark.session import open_session
from mlpipeline.stages.embed import as_features
from mlpipeline.store.corpus.files import Row, read_file
from tests.sections import section

_HOME = Path(__file__).resolve().parents[2]
_CORES, _BATCH = 2, 1024


def sample_texts(rows: int) -> list[str]:
    """Sample questions, numbered so that none is like another."""
    corpus = [one.text for one in read_file(str(_HOME / "examples/assistant/en.jsonl")) if isinstance(one, Row)]
    return [f"{corpus[number % len(corpus)]} {number}" for number in range(rows)]


def encode_all(payload: bytes, texts: list[str], ready: object, start: object) -> None:
    """One plain process: waits for the start, then encodes its share batch by batch."""
    encoder = NgramEncoder.from_bytes(payload)
    encoder.encode(texts[:_BATCH])
    ready.release()  # type: ignore[attr-defined]
    start.wait()  # type: ignore[attr-defined]
    for first in range(0, len(texts), _BATCH):
        encoder.encode(texts[first : first + _BATCH])


def time_plain(payload: bytes, texts: list[str]) -> float:
    """Seconds of two plain processes for all texts."""
    ready, start = multiprocessing.Semaphore(0), multiprocessing.Event()
    shares = [texts[number::_CORES] for number in range(_CORES)]
    workers = [multiprocessing.Process(target=encode_all, args=(payload, share, ready, start)) for share in shares]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    began = time.monotonic()
    start.set()
    for worker in workers:
        worker.join()
    return time.monotonic() - began


def main() -> int:
    """Prints rows a second of both sides and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # numpy multiplies in the processes that start later
        os.environ[name] = "1"
    texts = sample_texts(options.rows)
    encoder = fit_ngram_encoder(texts[:20_000])
    payload, digest = encoder.to_bytes(), encoder.digest
    plain, ours = [], []
    with tempfile.TemporaryDirectory() as made, open_session("bench", master=f"local[{_CORES}]") as spark:
        columns = {
            "lang": ["en"] * len(texts),
            "content_id": [str(i) for i in range(len(texts))],
        }
        pq.write_table(pa.table({**columns, "normalized": texts}), f"{made}/texts.parquet", row_group_size=20_000)
        frame = spark.read.parquet(f"{made}/texts.parquet").repartition(_CORES).persist()
        frame.count()
        rules, names = section(EmbedSection), {"maker": "m", "encoder": digest, "precision": "float32"}
        vectors = map_partitions(
            frame,
            lambda: NgramEncoder.from_bytes(payload),
            lambda model, batch: as_features(model, batch, rules, names),
            schema=FEATURES,
            key="bench",
            batch_size=_BATCH * 8,
        )
        for run in range(options.runs + 1):
            began = time.monotonic()
            vectors.write.format("noop").mode("overwrite").save()
            if run:  # the first one loads the model in each worker
                ours.append(time.monotonic() - began)
                plain.append(time_plain(payload, texts))
    rates = [len(texts) / statistics.median(times) for times in (ours, plain)]
    ratio = rates[0] / rates[1]
    print(f"| {len(texts):,} rows | embed {rates[0]:,.0f} rows/s | plain {rates[1]:,.0f} rows/s | ratio {ratio:.2f} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
