"""Bootstrap intervals of a bot's figures.

A resample of the rows changes accuracy, macro-F1 and calibration error only through how often each kind of row is
drawn: same true intent, same prediction, same confidence bin. So whole resamples are drawn as multinomial counts of
these cells, which is the ordinary bootstrap of rows (Efron and Tibshirani 1993, chapters 6 and 13) at a cost that does
not grow with the rows. Only the confidence within a cell is replaced by its mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

_SEED = 20261121
_CELLS_AT_ONCE = 2_000_000  # counts held at a time: 16 MB


@dataclass(frozen=True)
class Scored:
    """Rows with a known true intent. All arrays (n,): codes of intents, confidences in [0, 1], bins of these."""

    true: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    bin: np.ndarray
    n_codes: int
    n_bins: int


def bootstrap_intervals(rows: Scored, *, resamples: int, interval: float) -> dict[str, list[float] | None]:
    """Percentile intervals of accuracy, macro_f1 and ece, each [low, high]; None without rows or resamples.

    Args:
        rows: the rows, n >= 0.
        resamples: how many times the rows are drawn anew.
        interval: the share of resamples between the two ends, such as 0.95.

    Accuracy of a sample without a single error (or a single hit) has no spread under the bootstrap; there the Wilson
    score interval (Wilson 1927) stands instead, so that one right answer out of one is not shown as certainty.
    """
    n = len(rows.true)
    if n == 0 or resamples <= 0:
        return {"accuracy": None, "macro_f1": None, "ece": None}
    figures = _resampled(rows, resamples)
    tail = (1.0 - interval) / 2.0
    ends = np.quantile(figures, [tail, 1.0 - tail], axis=1)
    result: dict[str, list[float] | None] = {
        name: [float(ends[0, i]), float(ends[1, i])] for i, name in enumerate(("accuracy", "macro_f1", "ece"))
    }
    hits = int((rows.true == rows.predicted).sum())
    if hits in (0, n):
        result["accuracy"] = _wilson(hits, n, interval)
    return result


def expected_calibration_error(rows: np.ndarray, hits: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """ECE (Naeini et al. 2015; Guo et al. 2017) from sums per bin, each (..., bins): a share in [0, 1], shape (...)."""
    total = np.maximum(rows.sum(axis=-1), 1)
    return np.asarray(np.abs(hits - confidence).sum(axis=-1) / total)


def macro_f1(hits: np.ndarray, support: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Mean F1 over the intents that occur as truth or prediction; counts (..., intents) -> (...); 0.0 without any."""
    occurs = support + predicted
    f1 = np.divide(2.0 * hits, occurs, out=np.zeros(occurs.shape), where=occurs > 0)
    return np.asarray(f1.sum(axis=-1) / np.maximum((occurs > 0).sum(axis=-1), 1))


def _resampled(rows: Scored, resamples: int) -> np.ndarray:
    """Figures (3, resamples): accuracy, macro-F1, calibration error of each resample."""
    key = (rows.true.astype(np.int64) * rows.n_codes + rows.predicted) * rows.n_bins + rows.bin
    cells, place, counts = np.unique(key, return_inverse=True, return_counts=True)
    confidence = np.bincount(place, weights=rows.confidence) / counts
    pair, bin_of = np.divmod(cells, rows.n_bins)
    true, predicted = np.divmod(pair, rows.n_codes)
    hit = (true == predicted).astype(np.float64)
    n = len(key)
    random = np.random.default_rng(_SEED)
    figures = []
    step = max(1, _CELLS_AT_ONCE // len(cells))
    for start in range(0, resamples, step):
        drawn = random.multinomial(n, counts / n, size=min(step, resamples - start)).astype(np.float64)
        hits = drawn * hit
        f1 = macro_f1(*(_by(codes, v, rows.n_codes) for codes, v in ((true, hits), (true, drawn), (predicted, drawn))))
        ece = expected_calibration_error(*(_by(bin_of, v, rows.n_bins) for v in (drawn, hits, drawn * confidence)))
        figures.append(np.stack([hits.sum(axis=1) / n, f1, ece]))
    return np.concatenate(figures, axis=1)


def _by(codes: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """Sums of the columns of `values` (r, cells) that share a code below `size`: (r, size)."""
    order = np.argsort(codes, kind="stable")
    first = np.flatnonzero(np.diff(codes[order], prepend=-1))
    sums = np.zeros((len(values), size))
    sums[:, codes[order][first]] = np.add.reduceat(values[:, order], first, axis=1)
    return sums


def _wilson(hits: int, n: int, interval: float) -> list[float]:
    z = NormalDist().inv_cdf(0.5 + interval / 2.0)
    share, weight = hits / n, z * z / n
    middle = (share + weight / 2.0) / (1.0 + weight)
    half = z * float(np.sqrt(share * (1.0 - share) / n + weight / (4.0 * n))) / (1.0 + weight)
    return [max(0.0, middle - half), min(1.0, middle + half)]
