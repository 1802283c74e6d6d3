"""How a bot's classifier is trained: its rows become weights, then a temperature and a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks.classifier import TrainedModel, most_ngrams
from mlpipeline.networks.features import FeatureSpec, fit_vocabulary
from mlpipeline.networks.fitting import as_sparse, fit_weights
from mlpipeline.networks.settings import ClassifierSettings

# With 30 rows an intent half the steps give .6 to 1.6 points more to a network that reads vectors, with 8 as much as
# all of them; n-grams alone lose .8 to 1.4 points with 8 (MASSIVE dev, ko, th, en, two seeds).
_STEPS_WITH_VECTORS = 2
_TINY = 2000  # rows; below that, every n-gram of the training rows is known, whatever `min_df` says


@dataclass(frozen=True)
class LabelledRows:
    """n rows that teach: normalised `texts` and their `intents`, the out-of-scope label among them.

    `vectors`: float32 (n, d), those of the encoder with the digest `encoder`, zeros for a row without one; None: the
    n-grams alone. `weights`: float32 (n,), how much each row counts; None: all the same.
    """

    texts: Sequence[str]
    intents: Sequence[str]
    vectors: NDArray[np.float32] | None = None
    weights: NDArray[np.float32] | None = None
    encoder: str = ""

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: NDArray[np.integer]) -> LabelledRows:
        """The rows at these positions, in their order."""
        chosen = rows.tolist()
        return LabelledRows(
            [self.texts[row] for row in chosen],
            [self.intents[row] for row in chosen],
            None if self.vectors is None else self.vectors[rows],
            None if self.weights is None else self.weights[rows],
            self.encoder,
        )


class AugmentedExample(NamedTuple):
    """A training row that was made from others: `parents` are their texts, all of the same label."""

    text: str
    label: str
    parents: tuple[str, ...]


def fit_network(
    rows: LabelledRows,
    names: list[str],
    settings: ClassifierSettings,
    seed: int,
    synthetic: Sequence[AugmentedExample] = (),
) -> TrainedModel:
    """A model of these rows, whose temperature and threshold are still to be chosen.

    Args:
        rows: what it learns; their order counts, as all that is random follows it.
        names: the intents that it tells apart, in the order of the logits; one without a row is learnt as never seen.
        settings: those of the bot.
        seed: with equal rows, settings and machine, an equal seed gives equal weights.
        synthetic: rows made from others; each counts `settings.augmented_weight`.
    """
    spec = FeatureSpec(
        char_ngrams=settings.char_ngrams,
        word_ngrams=settings.word_ngrams,
        max_ids=settings.max_ids,
        word_weight=settings.word_weight,
    )
    texts = [*rows.texts, *(row.text for row in synthetic)]
    counts = np.ones(len(texts), np.float32)
    if rows.weights is not None:
        counts[: len(rows)] = rows.weights
    counts[len(rows) :] = settings.augmented_weight
    min_df = 1 if len(rows) < _TINY else settings.min_df
    vocabulary = fit_vocabulary(texts, spec, min_df, most_ngrams(len(names), settings))
    labels = [*rows.intents, *(row.label for row in synthetic)]
    targets = _targets(labels, names, settings.label_smoothing)
    sparse = as_sparse(texts, spec, vocabulary)
    vectors = None if rows.vectors is None else np.concatenate([rows.vectors, _vectors_of(synthetic, rows)])
    if vectors is not None:
        settings = replace(settings, min_steps=-(-settings.min_steps // _STEPS_WITH_VECTORS))
    weights, losses = fit_weights(sparse, targets, len(vocabulary), settings, seed, counts, vectors)
    outside = settings.out_of_scope_label
    return TrainedModel(
        labels=names,
        spec=spec,
        vocabulary=vocabulary,
        weights=weights,
        out_of_scope=outside if outside in rows.intents else "",
        encoder=rows.encoder if vectors is not None else "",
        history={"loss": losses, "rows": len(rows), "vocabulary": len(vocabulary)},
    )


def _vectors_of(synthetic: Sequence[AugmentedExample], rows: LabelledRows) -> NDArray[np.float32]:
    """What was made of rows is read as near to them: the mean of their vectors; zeros for what was found in logs."""
    place = {text: row for row, text in enumerate(rows.texts)}
    assert rows.vectors is not None
    found = np.zeros((len(synthetic), rows.vectors.shape[1]), np.float32)
    for number, example in enumerate(synthetic):
        if known := [place[parent] for parent in example.parents if parent in place]:
            found[number] = rows.vectors[known].mean(axis=0)
    return found


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
