"""From scores of several views to one opinion: temperature for each view, then the mean of log probabilities.

Probabilities are multiplied, not added: a row is wrong when no view finds its label likely. Added, one view that is
sure of another label outvotes the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks import calibrate
from mlpipeline.networks.noise.material import Codes, Floats

_FLOOR = 1e-6  # no view is surer than that
_ENOUGH = 4000  # rows a temperature is fitted on
_BLOCK = 8192  # rows copied at once: with 2,000 intents, all of them would be gigabytes


def as_log_chances(scores: Floats, labels: Codes, trusted: NDArray[np.bool_] | None = None) -> Floats:
    """Scores of one view (n, k) -> log probabilities float32 (n, k), temperature fitted on the trusted rows."""
    usable = np.arange(len(labels)) if trusted is None or not trusted.any() else np.flatnonzero(trusted)
    if len(usable) > _ENOUGH:
        usable = usable[np.linspace(0, len(usable) - 1, _ENOUGH).astype(np.int64)]
    finite = np.nan_to_num(scores, nan=0.0, posinf=0.0, neginf=-50.0)
    temperature = calibrate.fit_temperature(finite[usable], labels[usable])
    return np.log(calibrate.softmax(finite, temperature) + _FLOOR).astype(np.float32)


def fuse(log_chances: Sequence[Floats]) -> Floats:
    """Log probabilities of the views, each (n, k) -> their mean (n, k), normalised again."""
    mean = np.mean(np.stack(log_chances), axis=0)
    top = mean.max(axis=1, keepdims=True)
    return np.asarray(mean - top - np.log(np.exp(mean - top).sum(axis=1, keepdims=True)), np.float32)


def margins(log_chances: Floats, rows: Codes, labels: Codes) -> Floats:
    """How much likelier the best other label is than the one in question, in log units: (m,).

    Args:
        log_chances: (n, k).
        rows: (m,) which rows.
        labels: (m,) the label in question of each.
    """
    result = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        picked = log_chances[rows[part]]  # a copy
        place = np.arange(len(picked))
        own = picked[place, labels[part]].copy()
        picked[place, labels[part]] = -np.inf
        result[part] = picked.max(axis=1) - own
    return result


def best_other(log_chances: Floats, labels: Codes) -> Codes:
    """The likeliest label that is not the given one: (n,)."""
    picked = log_chances.copy()
    picked[np.arange(len(labels)), labels] = -np.inf
    return np.asarray(picked.argmax(axis=1), np.int64)


def evidence(views: Sequence[Floats], fused: Floats, rows: Codes, labels: Codes) -> NDArray[np.float64]:
    """What speaks against `labels` of `rows`, for a linear judge: (m, 3 numbers a view + 2).

    The margin, its positive part (a judge may weigh doubt and certainty apart) and the log probability of the label.
    """
    columns = []
    for view in views:
        margin = margins(view, rows, labels)
        columns += [margin, np.maximum(margin, 0.0), view[rows, labels]]
    margin = margins(fused, rows, labels)
    columns += [margin, np.maximum(margin, 0.0)]
    return np.stack(columns, axis=1).astype(np.float64)


def votes(views: Mapping[str, Floats]) -> dict[str, Codes]:
    """The likeliest label of each row in each view: name -> (n,)."""
    return {name: np.asarray(view.argmax(axis=1), np.int64) for name, view in views.items()}
