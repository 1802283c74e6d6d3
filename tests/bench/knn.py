"""The k-NN join of two tables on Spark against numpy's product of the same matrices, on the same cores.

    python -m tests.bench.knn [--rows 100000] [--dims 512] [--runs 1]

numpy has one thread a core and makes the product in blocks, without looking at it; Spark has one task a core.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

from mlpipeline.spark.knn_join import knn_join
from mlpipeline.spark.session import open_session
from mlpipeline.stages.embed.features import as_binary

_CORES, _NEAREST, _BLOCK = 2, 10, 4096


def unit_rows(seed: int, rows: int, dims: int) -> np.ndarray:
    """Random directions, float32."""
    made = np.random.default_rng(seed).standard_normal((rows, dims), dtype=np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True))


def time_product(left: np.ndarray, right: np.ndarray) -> float:
    """Seconds of the bare product."""
    began = time.monotonic()
    with threadpool_limits(_CORES, user_api="blas"):
        made = np.empty((_BLOCK, len(right)), np.float32)
        for start in range(0, len(left), _BLOCK):
            block = left[start : start + _BLOCK]
            np.matmul(block, right.T, out=made[: len(block)])
    return time.monotonic() - began


def main() -> int:
    """Prints seconds of both and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dims", type=int, default=512)
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args()
    tables = [unit_rows(seed, options.rows, options.dims) for seed in (1, 2)]
    plain, ours = [], []
    with tempfile.TemporaryDirectory() as folder, open_session("bench", master=f"local[{_CORES}]") as spark:
        frames = []
        for name, vectors in zip(("left", "right"), tables, strict=True):
            ids = [f"{name}{at:08d}" for at in range(len(vectors))]
            packed = as_binary(vectors.view(np.uint8).reshape(len(vectors), -1))
            pq.write_table(pa.table({"id": ids, "vector": packed}), f"{folder}/{name}.parquet", row_group_size=10_000)
            frames.append(spark.read.parquet(f"{folder}/{name}.parquet"))
        knn_join(frames[0].limit(100), frames[1].limit(100), _NEAREST).count()  # starts the workers
        for _ in range(options.runs):
            plain.append(time_product(*tables))
            began = time.monotonic()
            knn_join(frames[0], frames[1], _NEAREST).write.format("noop").mode("overwrite").save()
            ours.append(time.monotonic() - began)
    seconds = [statistics.median(times) for times in (ours, plain)]
    size = f"{options.rows:,} x {options.rows:,} rows of {options.dims}"
    print(f"| {size} | join {seconds[0]:.1f} s | numpy {seconds[1]:.1f} s | ratio {seconds[0] / seconds[1]:.2f} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
