"""How good a bot is on labelled rows: one report for the stage `evaluate` and for any labelled file.

Accuracy is of all rows with an intent: rows of intents that the bot does not know are wrong, and told apart. Rows with
a known intent give macro-F1, the tables and the calibration; a prediction of the out-of-scope label is an error there.
Rows labelled out-of-scope only serve to tell how well they are kept apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlpipeline.errors import StageError
from mlpipeline.methods.evaluation import figures
from mlpipeline.methods.evaluation.intervals import Scored, auroc_interval, figure_ece, figure_f1, intervals_of, wilson
from mlpipeline.networks.calibrate import softmax


@dataclass(frozen=True)
class _Rows:
    """All rows of an evaluation: intents as text, `confidence` of the prediction, `scope` for AUROC, each (n,)."""

    predicted: Sequence[str]
    true: Sequence[str]
    confidence: np.ndarray
    scope: np.ndarray
    content_ids: Sequence[str] | None


@dataclass(frozen=True)
class ReportSettings:
    """How figures are given: with intervals of so many resamples (`bootstrap`; 0: of accuracy only) that cover with
    the probability `interval`, such as 0.95, and a calibration error of so many `bins` of confidence."""

    bootstrap: int
    interval: float
    bins: int


def evaluate_report(
    labels: Sequence[str],
    intents: Sequence[str],
    logits: np.ndarray,
    temperature: float,
    threshold: float,
    settings: ReportSettings,
    out_of_scope_label: str | None = None,
    content_ids: Sequence[str] | None = None,
    knownness: np.ndarray | None = None,
) -> dict[str, Any]:
    """The report of a bot from its network's output.

    Args:
        labels: the k intents that the network knows, in the order of its outputs.
        intents: the true intents of n rows.
        logits: float (n, k), before temperature.
        temperature: divides the logits.
        threshold: score from which the bot answers.
        settings: of the figures.
        out_of_scope_label: the label of rows that no intent fits; None or "" if there are none. The network may
            know it as one of its labels, or not.
        content_ids: n ids, shown as examples of confusions.
        knownness: (n,), what the probabilities of each row are multiplied by.

    Raises:
        StageError: shapes that do not fit, or logits that are not finite.
    """
    logits = (
        np.asarray(logits, dtype=np.float64).reshape(len(intents), -1) if len(intents) else np.zeros((0, len(labels)))
    )
    if logits.shape[1] != len(labels) or not labels:
        raise StageError(f"logits have {logits.shape[1]} columns for {len(labels)} labels", fix="train the bot again")
    bad = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if len(bad):
        raise StageError(
            f"the network gave numbers that are not finite for {len(bad)} of {len(logits)} rows (first: row {bad[0]})",
            fix="lower train.learning_rate and train again",
        )
    known = np.ones(len(logits)) if knownness is None else knownness
    shares = (softmax(logits, temperature) if len(logits) else logits) * known[:, None]
    inside = np.array([label != out_of_scope_label for label in labels])
    rows = _Rows(
        predicted=[labels[i] for i in shares.argmax(axis=1).tolist()],
        true=intents,
        confidence=shares.max(axis=1),
        scope=shares[:, inside].max(axis=1, initial=0.0),
        content_ids=content_ids,
    )
    return _report(rows, labels, threshold, settings, out_of_scope_label)


def evaluate_predictions(
    predicted: Sequence[str],
    scores: Sequence[float] | np.ndarray,
    true: Sequence[str],
    labels: Sequence[str],
    threshold: float,
    settings: ReportSettings,
    out_of_scope_label: str | None = None,
    content_ids: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The report of a bot from its answers: predicted intents, scores in [0, 1] and true intents of n rows.

    The other arguments and the errors are those of `evaluate_report`. A row whose true intent the bot does not know is
    counted and named in `unknown_intents`, is wrong for `accuracy`, and takes part in nothing else: `known_accuracy`
    and all other figures are of the `in_scope_rows`, whose intents the bot knows.

    Raises:
        StageError: the three are not equally many, or scores are not finite; and those of `evaluate_report`.
    """
    confidence = np.asarray(scores, dtype=np.float64)
    if not len(predicted) == len(confidence) == len(true):
        raise StageError(f"{len(predicted)} predictions, {len(confidence)} scores and {len(true)} true intents")
    if not np.isfinite(confidence).all():
        raise StageError("scores are not finite", fix="release the bot again")
    scope = np.where([name == out_of_scope_label for name in predicted], 0.0, confidence)
    rows = _Rows(predicted, true, confidence, scope.reshape(len(true)), content_ids)
    return _report(rows, labels, threshold, settings, out_of_scope_label)


def _report(
    rows: _Rows, labels: Sequence[str], threshold: float, settings: ReportSettings, label: str | None
) -> dict[str, object]:
    outside_label = label or None  # a recipe may say "" for none; no row is labelled so
    names = sorted({*labels, *rows.predicted})
    codes = {name: code for code, name in enumerate(names)}
    known = set(labels) - {outside_label}
    kept = np.flatnonzero([name in known for name in rows.true])
    outside = np.flatnonzero([outside_label is not None and name == outside_label for name in rows.true])
    unknown = Counter(name for name in rows.true if name not in known and name != outside_label)
    bins = settings.bins
    scored = Scored(
        true=np.array([codes[rows.true[i]] for i in kept.tolist()], dtype=np.int64),
        predicted=np.array([codes[rows.predicted[i]] for i in kept.tolist()], dtype=np.int64),
        confidence=rows.confidence[kept],
        bin=np.minimum((rows.confidence[kept] * bins).astype(np.int64), bins - 1),
        n_codes=len(names),
        n_bins=bins,
    )
    ids = None if rows.content_ids is None else [rows.content_ids[i] for i in kept.tolist()]
    return {
        "rows": len(rows.true),
        "in_scope_rows": len(kept),
        "unknown_intents": dict(sorted(unknown.items())),
        "unknown_rows": sum(unknown.values()),
        **_headline(scored, sum(unknown.values()), settings),
        "per_intent": figures.per_intent(scored, names),
        "confusions": figures.confusions(scored, names, ids),
        "reliability": figures.reliability(scored),
        **_scope(rows, kept, outside, threshold, outside_label, settings.interval),
    }


def _headline(rows: Scored, unknown: int, settings: ReportSettings) -> dict[str, object]:
    """Accuracy with and without `unknown` more rows, macro-F1, ECE and their intervals; None without rows."""
    intervals = intervals_of(rows, resamples=settings.bootstrap, interval=settings.interval)
    right, n = int((rows.true == rows.predicted).sum()), len(rows.true)
    intervals["known_accuracy"] = intervals["accuracy"]
    intervals["accuracy"] = wilson(right, n + unknown, settings.interval) if n + unknown else None
    values = {
        "accuracy": right / (n + unknown) if n + unknown else None,
        "known_accuracy": right / n if n else None,
        "macro_f1": figure_f1(rows) if n else None,
        "ece": figure_ece(rows) if n else None,
    }
    report: dict[str, object] = {"accuracy_rows": n + unknown}
    for name, value in values.items():
        report[name] = value
        report[f"{name}_interval"] = intervals[name]
    report["interval"] = settings.interval
    report["bootstrap"] = settings.bootstrap
    return report


def _scope(
    rows: _Rows, kept: np.ndarray, outside: np.ndarray, threshold: float, outside_label: str | None, interval: float
) -> dict[str, object]:
    """What thresholds accept, and how well out-of-scope rows are kept apart (None without such rows)."""
    refused = np.array([outside_label is not None and name == outside_label for name in rows.predicted], dtype=bool)
    score = np.where(refused, -1.0, rows.confidence)
    correct = np.array([rows.predicted[i] == rows.true[i] for i in kept.tolist()], dtype=bool)
    inside_scope, outside_scope = rows.scope[kept], rows.scope[outside]
    n, refusals = len(outside), int((score[outside] < threshold).sum())
    apart, accepted = figures.auroc(inside_scope, outside_scope), figures.fpr_at_95(inside_scope, outside_scope)
    return {
        "oos_curve": figures.acceptance_curve(correct, score[kept], score[outside]),
        "at_threshold": figures.acceptance_at(correct, score[kept], score[outside], threshold),
        "out_of_scope": {
            "rows": n,
            "recall": refusals / n if n else None,
            "recall_interval": wilson(refusals, n, interval) if n else None,
            "auroc": apart,
            "auroc_interval": None if apart is None else auroc_interval(apart, len(kept), n, interval),
            "fpr95": accepted,
            "fpr95_interval": None if accepted is None else wilson(round(accepted * n), n, interval),
        },
    }
