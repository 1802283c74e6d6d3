"""CPU time of one question among many vectors: exact on all threads, exact on one, and by an index.

    python -m tests.bench.search [--sizes 11000x128 20000x512 60000x128]

Vectors are drawn around 200 centres, questions near some of them; the recall is of the ten nearest.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from mlpipeline.networks import search as searching
from mlpipeline.networks.approximate import build_index, open_index
from mlpipeline.networks.search import Vectors, search

_ASKED, _CENTRES = 200, 200


def clustered_rows(rows: int, dims: int) -> Vectors:
    """float32 (rows, dims) of unit length."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((_CENTRES, dims))
    made = centres[rng.integers(0, _CENTRES, rows)] + 0.8 * rng.standard_normal((rows, dims))
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def cost(ask: Callable[[Vectors], object], asked: Vectors) -> tuple[float, float]:
    """Median and 99th percentile of the CPU milliseconds of one question."""
    taken = []
    for one in asked:
        began = time.process_time()
        ask(one[None])
        taken.append(1000 * (time.process_time() - began))
    return float(np.percentile(taken, 50)), float(np.percentile(taken, 99))


def main() -> int:
    """Prints one row a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=["11000x128", "20000x512", "60000x128"], metavar="ROWSxDIMS")
    options = parser.parse_args()
    few = searching.FEW
    for size in options.sizes:
        vectors = clustered_rows(*map(int, size.split("x")))
        near = vectors[:_ASKED] + 0.05 * np.random.default_rng(1).standard_normal((_ASKED, vectors.shape[1]))
        asked = np.asarray(near / np.linalg.norm(near, axis=1, keepdims=True), np.float32)
        searching.FEW = 0
        all_threads = cost(lambda one: search(vectors, one, 10), asked)  # noqa: B023
        searching.FEW = few
        single = cost(lambda one: search(vectors, one, 10), asked)  # noqa: B023
        began = time.process_time()
        data, facts = build_index(vectors)
        built, index = time.process_time() - began, open_index(data, len(vectors))
        by_index = cost(lambda one: search(vectors, one, 10, index), asked)  # noqa: B023
        figures = " | ".join(f"{middle:.2f} ({high:.2f})" for middle, high in (all_threads, single, by_index))
        print(f"| {size} | {figures} | {facts.recall:.3f} | {built:.0f} s |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
