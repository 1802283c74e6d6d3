"""From scores of several views to one opinion: temperature for each view, then the mean of log probabilities.

Probabilities are multiplied, not added: a row is wrong when no view finds its label likely. Added, one view that is
sure of another label outvotes the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.label_noise.noise_data import Codes, Floats
from mlpipeline.networks import calibrate

_FLOOR = 1e-6  # no view is surer than that
_ENOUGH, _ENOUGH_CELLS, _FEWEST = 4000, 2_000_000, 500  # rows a temperature is fitted on: fewer with many labels
_CELL = 0.5  # rows that every pair of labels is mistaken for before the first one is counted
_BLOCK = 8192  # rows copied at once: with 2,000 intents, all of them would be gigabytes


def as_log_chances(scores: Floats, labels: Codes, trusted: NDArray[np.bool_] | None = None) -> Floats:
    """Scores of one view (n, k) -> log probabilities float32 (n, k), temperature fitted on the trusted rows."""
    usable = np.arange(len(labels)) if trusted is None or not trusted.any() else np.flatnonzero(trusted)
    enough = min(_ENOUGH, max(_ENOUGH_CELLS // max(scores.shape[1], 1), _FEWEST))
    if len(usable) > enough:
        usable = usable[np.linspace(0, len(usable) - 1, enough).astype(np.int64)]
    temperature = calibrate.fit_temperature(_finite(scores[usable]), labels[usable])
    result = np.empty(scores.shape, np.float32)
    for start in range(0, len(scores), _BLOCK):
        part = slice(start, start + _BLOCK)
        result[part] = np.log(calibrate.softmax(_finite(scores[part]), temperature) + _FLOOR)
    return result


def _finite(scores: Floats) -> Floats:
    return np.nan_to_num(scores, nan=0.0, posinf=0.0, neginf=-50.0)


def fuse(log_chances: Sequence[Floats]) -> Floats:
    """Log probabilities of the views, each (n, k) -> their mean (n, k), normalised again."""
    result = np.empty(log_chances[0].shape, np.float32)
    for start in range(0, len(result), _BLOCK):
        part = slice(start, start + _BLOCK)
        mean = sum(view[part] for view in log_chances) / np.float32(len(log_chances))
        mean -= mean.max(axis=1, keepdims=True)
        result[part] = mean - np.log(np.exp(mean).sum(axis=1, keepdims=True))
    return result


def margins(log_chances: Floats, rows: Codes, labels: Codes) -> Floats:
    """How much likelier the best other label is than the one in question, in log units: (m,).

    Args:
        log_chances: (n, k).
        rows: (m,) which rows.
        labels: (m,) the label in question of each.
    """
    return _against(log_chances, rows, labels)[0]


def _against(log_chances: Floats, rows: Codes, labels: Codes) -> tuple[Floats, Codes]:
    """Margin (m,) and the best other label (m,)."""
    margin, best = np.empty(len(rows), np.float32), np.empty(len(rows), np.int64)
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        picked = log_chances[rows[part]]  # a copy
        place = np.arange(len(picked))
        own = picked[place, labels[part]].copy()
        picked[place, labels[part]] = -np.inf
        best[part] = picked.argmax(axis=1)
        margin[part] = picked[place, best[part]] - own
    return margin, best


def best_other(log_chances: Floats, labels: Codes) -> Codes:
    """The likeliest label that is not the given one: (n,)."""
    return _against(log_chances, np.arange(len(labels)), labels)[1]


@dataclass(frozen=True)
class Mistaken:
    """Which label the rows of each label look like, all rows of a bot together.

    Only what rows with the label in question look like is asked, never the other way round: the models have learnt the
    wrong labels of other rows and find them a little likelier for all rows alike, which is no evidence for anything.

    Attributes:
        given: (n,) label of each row.
        mass: (k, k), summed probabilities of each label (column) over the rows with a given label (row).
    """

    given: Codes
    mass: NDArray[np.float64]

    @classmethod
    def count(cls, fused: Floats, labels: Codes) -> Mistaken:
        """From log probabilities (n, k) and given labels (n,)."""
        mass = np.zeros((fused.shape[1], fused.shape[1]))
        for start in range(0, len(labels), _BLOCK):
            part = slice(start, start + _BLOCK)
            np.add.at(mass, labels[part], np.exp(fused[part]))
        return cls(labels, mass)

    def shares(self, fused: Floats, rows: Codes, labels: Codes, best: Codes) -> NDArray[np.float64]:
        """Log share of the other rows with the label in question that look like the best other label: (m,)."""
        itself = self.given[rows] == labels
        own = np.where(itself, np.exp(fused[rows, best]), 0.0)
        count = len(self.mass)
        rest = np.maximum(self.mass[labels, best] - own, 0.0)
        total = np.maximum(self.mass.sum(axis=1)[labels] - itself, 0.0)
        return np.asarray(np.log((rest + _CELL) / (total + _CELL * count)), np.float64)


def fused_features(
    views: Sequence[Floats], fused: Floats, rows: Codes, labels: Codes, mistaken: Mistaken | None = None
) -> NDArray[np.float64]:
    """What speaks against `labels` of `rows`, for a linear judge: (m, 3 numbers a view + 2, or + 3 with `mistaken`).

    The margin, its positive part (a judge may weigh doubt and certainty apart) and the log probability of the label. Of
    all views together also whether rows with that label often look like the best other one: if so, a hard row is
    likelier than a wrong label.
    """
    columns: list[NDArray[np.floating]] = []
    for view in views:
        margin = margins(view, rows, labels)
        columns += [margin, np.maximum(margin, 0.0), view[rows, labels]]
    margin, best = _against(fused, rows, labels)
    columns += [margin, np.maximum(margin, 0.0)]
    if mistaken is not None:
        columns.append(mistaken.shares(fused, rows, labels, best))
    return np.stack(columns, axis=1).astype(np.float64)


def votes(views: Mapping[str, Floats]) -> dict[str, Codes]:
    """The likeliest label of each row in each view: name -> (n,)."""
    return {name: np.asarray(view.argmax(axis=1), np.int64) for name, view in views.items()}
