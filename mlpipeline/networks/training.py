"""How a bot's classifier is trained: its rows become weights, then a temperature and a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlpipeline.errors import StageError
from mlpipeline.networks import calibrate
from mlpipeline.networks.classifier import TrainedModel, logits, most_ngrams
from mlpipeline.networks.features import FeatureSpec, fit_vocabulary
from mlpipeline.networks.fitting import as_sparse, fit_weights
from mlpipeline.networks.settings import ClassifierSettings

_ENOUGH_VALIDATION = 30  # rows; below that, temperature and threshold come from folds of the training rows
_MOST_FOLDED = 3000  # rows; above that, folding would cost too much for what it brings
_FOLDS = 3
_TINY = 2000  # rows; below that, every n-gram of the training rows is known, whatever `min_df` says


Texts = list[tuple[str, str]]  # (text, intent)


class AugmentedExample(NamedTuple):
    """A training row that was made from others: `parents` are their texts, all of the same label."""

    text: str
    label: str
    parents: tuple[str, ...]


def train_classifier(
    texts: Sequence[str],
    labels: Sequence[str],
    validation_texts: Sequence[str],
    validation_labels: Sequence[str],
    settings: ClassifierSettings,
    seed: int,
    synthetic: Sequence[AugmentedExample] = (),
) -> TrainedModel:
    """Train, calibrate and choose the threshold of one bot; the order of the rows does not matter.

    Args:
        texts: normalised training texts.
        labels: intent of each; rows with `settings.out_of_scope_label` teach what not to answer.
        validation_texts: normalised texts that are not trained on; may be empty.
        validation_labels: intent of each.
        settings: those of the bot.
        seed: with equal data, settings and machine, an equal seed gives equal weights.
        synthetic: rows made from training texts; each counts `settings.augmented_weight`, and none is calibrated on.

    Raises:
        StageError: when fewer than two intents are left to choose from.
    """
    outside = settings.out_of_scope_label
    rows = sorted(zip(texts, labels, strict=True))
    held = sorted(zip(validation_texts, validation_labels, strict=True))
    names = sorted({label for _, label in rows if label != outside})
    if len(names) < 2:
        found = f"one intent only ({names[0]})" if names else "no intent at all"
        raise StageError(f"the training rows hold {found}", fix="add rows of at least two intents to the corpus")
    known = set(names) | {outside}
    extra = sorted(row for row in synthetic if row.label in known)
    model = _fit(rows, names, settings, seed, extra)
    usable = [row for row in held if row[1] in set(names)]
    if len(usable) >= _ENOUGH_VALIDATION or len(rows) > _MOST_FOLDED:
        beyond = [row for row in held if row[1] == outside]
        _calibrate(model, logits(model, [text for text, _ in usable + beyond]), usable + beyond, settings)
        model.history["calibrated_on"] = "validation"
    else:
        folded = _folded_logits(rows, names, settings, seed, extra)
        _calibrate(model, folded, rows, settings)
        model.history["calibrated_on"] = "folds"
    return model


def _fit(
    rows: Texts, names: list[str], settings: ClassifierSettings, seed: int, made: Sequence[AugmentedExample]
) -> TrainedModel:
    """Train on sorted rows; temperature and threshold are still to be chosen."""
    spec = FeatureSpec(
        char_ngrams=settings.char_ngrams,
        word_ngrams=settings.word_ngrams,
        max_ids=settings.max_ids,
        word_weight=settings.word_weight,
    )
    texts = [text for text, _ in rows] + [row.text for row in made]
    counts = np.ones(len(texts), np.float32)
    counts[len(rows) :] = settings.augmented_weight
    min_df = 1 if len(rows) < _TINY else settings.min_df
    vocabulary = fit_vocabulary(texts, spec, min_df, most_ngrams(len(names), settings))
    labels = [label for _, label in rows] + [row.label for row in made]
    targets = _targets(labels, names, settings.label_smoothing)
    sparse = as_sparse(texts, spec, vocabulary)
    weights, losses = fit_weights(sparse, targets, len(vocabulary), settings, seed, counts)
    outside = settings.out_of_scope_label
    return TrainedModel(
        labels=names,
        spec=spec,
        vocabulary=vocabulary,
        weights=weights,
        out_of_scope=outside if any(label == outside for _, label in rows) else "",
        history={"loss": losses, "rows": len(rows), "vocabulary": len(vocabulary)},
    )


def _targets(labels: list[str], names: list[str], smoothing: float) -> NDArray[np.float32]:
    """Labels -> distributions float32 (n, k); out-of-scope rows get the even one (Hendrycks et al. 2019)."""
    place = {name: number for number, name in enumerate(names)}
    targets = np.full((len(labels), len(names)), smoothing / len(names), np.float32)
    for row, label in enumerate(labels):
        if label in place:
            targets[row, place[label]] += 1.0 - smoothing
        else:
            targets[row] = 1.0 / len(names)
    return targets


def _folded_logits(
    rows: Texts, names: list[str], settings: ClassifierSettings, seed: int, made: Sequence[AugmentedExample]
) -> NDArray[np.float32]:
    """Logits of every training row, each from a network that has seen neither it nor what was made from it.

    Every third row is left out in turn.
    """
    result = np.zeros((len(rows), len(names)), np.float32)
    fold = _fold_of(rows)
    for number in range(_FOLDS):
        inside = [row for row, its in zip(rows, fold, strict=True) if its != number]
        left_out = np.flatnonzero(np.array(fold) == number)
        if inside and len(left_out):
            seen = {text for text, _ in inside}
            part = _fit(inside, names, settings, seed, [row for row in made if seen.issuperset(row.parents)])
            result[left_out] = logits(part, [rows[index][0] for index in left_out])
    return result


def _fold_of(rows: list[tuple[str, str]]) -> list[int]:
    """Deal the rows of each intent out in turn, so that every fold has of every intent."""
    dealt: dict[str, int] = {}
    folds = []
    for _, label in rows:
        dealt[label] = dealt.get(label, len(dealt) - 1) + 1
        folds.append(dealt[label] % _FOLDS)
    return folds


def _calibrate(
    model: TrainedModel, scores: NDArray[np.float32], rows: list[tuple[str, str]], settings: ClassifierSettings
) -> None:
    """Set temperature and threshold from logits of rows that were not trained on."""
    place = {name: number for number, name in enumerate(model.labels)}
    targets = np.array([place.get(label, -1) for _, label in rows], np.int64)
    inside = targets >= 0
    if not inside.any():
        return
    model.temperature = calibrate.fit_temperature(scores[inside], targets[inside])
    chances = calibrate.softmax(scores, model.temperature)
    best, correct = chances.max(axis=1), chances.argmax(axis=1) == targets
    if inside.all():
        share = settings.accept_share
        model.threshold = calibrate.threshold_by_share(best, correct, share)
    else:
        model.threshold = calibrate.threshold_by_rows(best[inside], correct[inside], best[~inside])
    model.history["validation_accuracy"] = round(float(correct[inside].mean()), 6)
    model.history["validation_rows"] = len(rows)
