"""The tables of an evaluation: intents, confusions, calibration, and what a threshold would cost. Plain numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlpipeline.methods.evaluation.intervals import Scored

_SAMPLES = 3  # content ids shown for a confusion
_THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(21))


def per_intent(rows: Scored, names: Sequence[str]) -> list[dict[str, object]]:
    """Precision, recall, F1 and support of every intent that occurs, weakest F1 first.

    A figure that divides by zero (an intent never predicted, or without a row) is None; F1 is then 0.
    """
    support = np.bincount(rows.true, minlength=rows.n_codes)
    predicted = np.bincount(rows.predicted, minlength=rows.n_codes)
    hits = np.bincount(rows.true[rows.true == rows.predicted], minlength=rows.n_codes)
    table: list[dict[str, object]] = [
        {
            "intent": names[code],
            "precision": _share(hits[code], predicted[code]),
            "recall": _share(hits[code], support[code]),
            "f1": 2.0 * int(hits[code]) / int(support[code] + predicted[code]),
            "support": int(support[code]),
            "predicted": int(predicted[code]),
        }
        for code in np.flatnonzero(support + predicted).tolist()
    ]
    return sorted(table, key=lambda row: (row["f1"], row["intent"]))


def confusions(
    rows: Scored, names: Sequence[str], content_ids: Sequence[str] | None = None, top: int = 20
) -> list[dict[str, object]]:
    """The `top` most frequent wrong pairs with up to three content ids each, most frequent first.

    Ids, not texts: a report may go to people who must not read what users wrote.
    """
    wrong = np.flatnonzero(rows.true != rows.predicted)
    pairs, place, counts = np.unique(
        rows.true[wrong].astype(np.int64) * rows.n_codes + rows.predicted[wrong],
        return_inverse=True,
        return_counts=True,
    )
    table: list[dict[str, object]] = []
    for pair in np.lexsort((pairs, -counts))[:top].tolist():
        true, predicted = divmod(int(pairs[pair]), rows.n_codes)
        examples = wrong[place == pair][:_SAMPLES].tolist()
        row: dict[str, object] = {"true": names[true], "predicted": names[predicted], "count": int(counts[pair])}
        row["content_ids"] = [] if content_ids is None else [str(content_ids[i]) for i in examples]
        table.append(row)
    return table


def reliability(rows: Scored) -> list[dict[str, object]]:
    """Per bin of confidence: its borders, rows, mean confidence and accuracy (None in an empty bin)."""
    counts = np.bincount(rows.bin, minlength=rows.n_bins)
    sure = np.bincount(rows.bin, weights=rows.confidence, minlength=rows.n_bins)
    hits = np.bincount(rows.bin, weights=rows.true == rows.predicted, minlength=rows.n_bins)
    return [
        {
            "low": i / rows.n_bins,
            "high": (i + 1) / rows.n_bins,
            "rows": int(counts[i]),
            "confidence": _share(sure[i], counts[i]),
            "accuracy": _share(hits[i], counts[i]),
        }
        for i in range(rows.n_bins)
    ]


def acceptance_curve(
    correct: np.ndarray, score: np.ndarray, outside: np.ndarray, thresholds: Sequence[float] = _THRESHOLDS
) -> list[dict[str, object]]:
    """What each threshold would accept.

    Args:
        correct: bool (n,), in-scope rows that were answered rightly.
        score: float (n,), their scores; a row that the model itself puts out of scope has score -1.
        outside: float (m,), scores of the out-of-scope rows, in the same way.
        thresholds: rows with score >= threshold are accepted.
    """
    return [acceptance_at(correct, score, outside, threshold) for threshold in thresholds]


def acceptance_at(correct: np.ndarray, score: np.ndarray, outside: np.ndarray, threshold: float) -> dict[str, object]:
    """One row of `acceptance_curve`: shares accepted of in-scope and out-of-scope rows, accuracy of the accepted."""
    accepted = score >= threshold
    return {
        "threshold": float(threshold),
        "accepted": _share(accepted.sum(), len(score)),
        "accuracy": _share((correct & accepted).sum(), accepted.sum()),
        "out_of_scope_accepted": _share((outside >= threshold).sum(), len(outside)),
    }


def auroc(inside: np.ndarray, outside: np.ndarray) -> float | None:
    """Chance that an in-scope row scores above an out-of-scope row, ties half (Mann and Whitney 1947).

    Args:
        inside, outside: scores (n,) and (m,). None if either is empty.
    """
    if not len(inside) or not len(outside):
        return None
    ordered = np.sort(outside)
    below = np.searchsorted(ordered, inside, side="left")
    not_above = np.searchsorted(ordered, inside, side="right")
    return float((below + not_above).mean() / (2.0 * len(outside)))


def fpr_at_95(inside: np.ndarray, outside: np.ndarray) -> float | None:
    """Share of out-of-scope rows accepted by the threshold that accepts 95 % of the in-scope rows (FPR95).

    Source: Liang, Li, Srikant 2018 (ODIN). None if either is empty.
    """
    if not len(inside) or not len(outside):
        return None
    accepted = int(np.ceil(0.95 * len(inside)))
    threshold = np.sort(inside)[len(inside) - accepted]
    return float((outside >= threshold).mean())


def _share(part: np.generic | float, whole: np.generic | float) -> float | None:
    return float(part) / float(whole) if whole else None
