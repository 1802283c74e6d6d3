"""Rows that humans judged: how many of the first n of our list are errors, against the published candidates."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.label_noise.estimate import estimate_noise
from mlpipeline.methods.label_noise.noise_data import Codes, Floats

SETS = ("20news", "imdb", "mnist", "cifar10")
TOPS = (20, 50, 100)
COLUMNS = ("set", "candidates reviewed", "errors", *(f"top {top}: ours" for top in TOPS),
           *(f"top {top}: candidates by cleanlab's margin" for top in TOPS))  # fmt: skip


def read_verdicts(file: Path) -> tuple[Floats, Codes, Codes]:
    """Published probabilities (n, k), given labels (n,), and verdicts (n,): 1 error, 0 none, -1 nobody was asked."""
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    chances = np.array([row["probs"] for row in rows], np.float64)
    names = sorted({row["label"] for row in rows})
    digits = all(str(name).isdigit() for name in names)
    labels = np.array([int(row["label"]) if digits else names.index(row["label"]) for row in rows], np.int64)
    verdicts = np.array([{"error": 1, "non_error": 0}.get(row.get("verdict"), -1) for row in rows], np.int64)
    return np.log(chances / chances.sum(axis=1, keepdims=True) + 1e-6).astype(np.float32), labels, verdicts


def as_line(name: str, folder: Path) -> str:
    """One line of the table: errors among the judged rows at the top of each list."""
    from cleanlab.rank import get_label_quality_scores

    chances, labels, verdicts = read_verdicts(folder / f"{name}.jsonl.gz")
    ours = estimate_noise([chances], labels).order
    raw = np.exp(chances.astype(np.float64))
    raw /= raw.sum(axis=1, keepdims=True)
    quality = get_label_quality_scores(labels, raw, method="normalized_margin")
    asked = verdicts >= 0
    theirs = np.argsort(quality, kind="stable")
    cells = [name, str(int(asked.sum())), str(int((verdicts == 1).sum()))]
    cells += [_top(ours, verdicts, top) for top in TOPS]
    cells += [_top(theirs[asked[theirs]], verdicts, top) for top in TOPS]
    return f"| {' | '.join(cells)} |"


def _top(order: NDArray[np.int64], verdicts: Codes, top: int) -> str:
    first = verdicts[order[:top]]
    return f"{int((first == 1).sum())} of {int((first >= 0).sum())}"
