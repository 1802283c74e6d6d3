"""From logits to probabilities that mean what they say, and to the score below which a bot does not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks.features import FeatureSpec, Vocabulary
from mlpipeline.networks.knownness import Knownness, Readings, fit_knownness, known_share
from mlpipeline.networks.priors import TEMPERATURE, prior_threshold, shrunk
from mlpipeline.networks.zones import threshold_by_wrong, zones_by_costs

if TYPE_CHECKING:
    from mlpipeline.networks.settings import ClassifierSettings

Floats = NDArray[np.float64]

_LOG_BOUNDS = (-3.0, 3.0)  # temperatures between 0.05 and 20
_GOLDEN = (5**0.5 - 1) / 2
_LOWEST, _HIGHEST = 0.0, 0.95
ENOUGH = 30
"""Rows that knownness is fitted on; fewer say too little of the largest logit."""
FALLBACK_THRESHOLD = 0.5  # when there is nothing to measure on


class Scored(Protocol):
    """What is calibrated: a model of so many labels, in the order of its logits, and what is told of it."""

    labels: list[str]
    temperature: float
    threshold: float
    did_you_mean: float | None
    knownness: Knownness | None
    history: dict[str, object]


class Learnt(NamedTuple):
    """Of the rows that a model was trained on: how many an intent has, and the share of each that the others know.

    `known` is read only where fewer than ENOUGH rows were judged, and may be empty else.
    """

    rows_per_intent: float
    known: NDArray[np.float32]


def softmax(logits: NDArray[np.floating], temperature: float = 1.0) -> Floats:
    """Logits (n, k) -> probabilities float64 (n, k), rows sum to 1."""
    scaled = np.asarray(logits, np.float64) / temperature
    scaled = scaled - scaled.max(axis=-1, keepdims=True)
    grown = np.exp(scaled)
    return np.asarray(grown / grown.sum(axis=-1, keepdims=True))


def scores(readings: Readings, temperature: float, knownness: Knownness | None = None) -> Floats:
    """What n texts score for each of k labels, float64 (n, k): the chance that the text is a question with that label.

    The chance that a question of the bot's is this one (the calibrated probability), times the chance that the text is
    a question of the bot's at all (its knownness; 1 where there is none). A row sums to its knownness.
    """
    shares = softmax(readings.logits, temperature)
    return shares if knownness is None else shares * knownness.of(readings)[:, None]


def text_scores(
    texts: Sequence[str],
    logits: NDArray[np.float32],
    spec: FeatureSpec,
    vocabulary: Vocabulary,
    temperature: float,
    knownness: Knownness | None,
) -> Floats:
    """What normalised texts score, as `scores`; what is known of them is asked only where their scores hang on it.

    Args:
        texts: n of them.
        logits: (n, k), what the network says of each.
        spec, vocabulary: the n-grams that the network reads and knows.
        temperature, knownness: of the bot.
    """
    known = np.ones(len(texts), np.float32) if knownness is None else known_share(texts, spec, vocabulary)
    return scores(Readings(logits, known), temperature, knownness)


def fit_temperature(logits: NDArray[np.floating], targets: NDArray[np.integer]) -> float:
    """The temperature with the least negative log likelihood (Guo et al. 2017, "On Calibration ...").

    One row more than there are counts as having each label to an equal part, much as in Platt 1999 ("Probabilistic
    Outputs for Support Vector Machines"). Without it, rows that are all right would ask for the lowest temperature
    there is: every message would score 1, and no threshold could refuse one.

    Args:
        logits: (n, k) of rows that were not trained on.
        targets: (n,) index of the right label of each.

    Returns:
        Between 0.05 and 20; 1.0 when n is 0. Found by golden-section search: the loss is convex in 1 / temperature.
    """
    if not len(targets):
        return 1.0
    rows = np.arange(len(targets))
    doubt = 1.0 / (len(targets) + 1)

    def loss(log_temperature: float) -> float:
        logs = np.log(np.maximum(softmax(logits, float(np.exp(log_temperature))), 1e-300))
        return float(-((1.0 - doubt) * logs[rows, targets] + doubt * logs.mean(axis=1)).mean())

    low, high = _LOG_BOUNDS
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(40):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = loss(right)
    return round(float(np.exp((low + high) / 2)), 6)


def threshold_by_share(scores: Floats, correct: NDArray[np.bool_], accept_share: float) -> float:
    """The highest score that still lets `accept_share` of the rightly answered rows through.

    Args:
        scores: (n,) probability of the best label.
        correct: (n,) whether that label is right.
        accept_share: between 0 and 1.
    """
    right = np.asarray(scores)[np.asarray(correct, bool)]
    if not len(right):
        return FALLBACK_THRESHOLD
    wanted = float(np.quantile(right, 1.0 - accept_share, method="lower"))
    return round(min(max(wanted, _LOWEST), _HIGHEST), 6)


def threshold_by_rows(scores: Floats, correct: NDArray[np.bool_], outside: Floats) -> float:
    """The score that best parts rightly answered rows from out-of-scope rows.

    Maximises the mean of (share of in-scope rows that are right and accepted) and (share of out-of-scope rows that
    are refused); of equals, the lowest.

    Args:
        scores: (n,) best probability of in-scope rows.
        correct: (n,) whether the best label is right.
        outside: (m,) best probability of out-of-scope rows, m > 0.
    """
    seen = np.unique(np.concatenate([scores, outside]))
    candidates = np.concatenate([[0.0], (seen[1:] + seen[:-1]) / 2])  # half-way between two scores, far from both
    right = np.sort(np.asarray(scores)[np.asarray(correct, bool)])
    kept = (len(right) - np.searchsorted(right, candidates, "left")) / max(len(scores), 1)
    refused = np.searchsorted(np.sort(outside), candidates, "left") / len(outside)
    return round(float(candidates[int(np.argmax(kept + refused))]), 6)


def calibrate_model(
    model: Scored,
    logits: NDArray[np.float32],
    intents: Sequence[str],
    settings: ClassifierSettings,
    known: NDArray[np.float32] | None = None,
    negatives: Mapping[str, Readings] = MappingProxyType({}),
    learnt: Learnt | None = None,
) -> None:
    """Sets temperature, knownness and threshold from rows that were not trained on.

    Few such rows count little beside what is known of bots with as few; without `learnt`, nothing is known of them.

    Args:
        model: what is set.
        logits: (n, k), of networks of the same labels that have not seen the row.
        intents: of the n rows; what the model does not know stands for out of scope.
        settings: those of the bot.
        known: (n,) the share of each row that those networks know; None: knownness is not fitted.
        negatives: what the model says of texts that are no bot's business, by kind; without any, it is not either.
        learnt: the rows that the model was trained on.
    """
    place = {name: number for number, name in enumerate(model.labels)}
    targets = np.array([place.get(label, -1) for label in intents], np.int64)
    inside = targets >= 0
    count = int(inside.sum())
    if not count and learnt is None:
        return
    readings = Readings(logits, np.ones(len(intents), np.float32) if known is None else known)
    model.temperature = fit_temperature(logits[inside], targets[inside])
    if learnt is not None:
        model.temperature = shrunk(model.temperature, TEMPERATURE, count)
    if any(len(one.known) for one in negatives.values()):
        if known is not None and count >= ENOUGH:
            model.knownness = fit_knownness(readings.take(inside), {**negatives, "": readings.take(~inside)})
        elif learnt is not None and len(learnt.known):
            model.knownness = fit_knownness(_shares_only(learnt.known), _all_shares_only(negatives))
    shares = scores(readings, model.temperature, model.knownness)
    best, correct = shares.max(axis=1), shares.argmax(axis=1) == targets
    _choose_limits(model, best, correct, inside, settings, learnt)
    if count:
        model.history["validation_accuracy"] = round(float(correct[inside].mean()), 6)
    model.history["validation_rows"] = len(intents)


def _choose_limits(
    model: Scored,
    best: Floats,
    correct: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    settings: ClassifierSettings,
    learnt: Learnt | None,
) -> None:
    """Sets the scores from which the model answers and asks back; `best`, `correct` and `inside` are of n rows."""
    # A bot that is nearly always right on its own rows would else answer all that there is, nonsense too.
    least = threshold_by_share(best, correct, settings.accept_share)
    if settings.costs is not None:
        zones = zones_by_costs(best, correct, settings.costs)
        model.threshold, model.did_you_mean = max(zones.answer, least), zones.did_you_mean
    elif settings.max_wrong is not None:
        model.threshold = max(threshold_by_wrong(best, correct, settings.max_wrong), least)
    elif inside.any() and not inside.all():
        model.threshold = threshold_by_rows(best[inside], correct[inside], best[~inside])
    else:
        model.threshold = least
        if learnt is not None:
            prior = prior_threshold(learnt.rows_per_intent, len(model.labels))
            model.threshold = shrunk(model.threshold, prior, int(correct.sum()))


def _shares_only(known: NDArray[np.float32]) -> Readings:
    """Readings that say nothing by their logits: of rows that no network was asked about without learning them."""
    return Readings(np.zeros((len(known), 1), np.float32), known)


def _all_shares_only(readings: Mapping[str, Readings]) -> dict[str, Readings]:
    return {kind: _shares_only(one.known) for kind, one in readings.items()}
