"""All of label noise for one bot in one process: what the views say of every row, then a verdict on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mlpipeline.errors import StageError
from mlpipeline.methods.label_noise.estimate import Noise, NoiseEstimate
from mlpipeline.methods.label_noise.estimate_groups import estimate_groups
from mlpipeline.methods.label_noise.folds import Task, predict_all
from mlpipeline.methods.label_noise.fuse import as_log_chances
from mlpipeline.methods.label_noise.noise_data import Codes, Floats, NoiseData, folds_by_group
from mlpipeline.methods.label_noise.rare import estimate_rare
from mlpipeline.methods.label_noise.views import View, choose_views

_FOLDS = 5


@dataclass(frozen=True)
class Detection:
    """What was found.

    Attributes:
        judgement: the verdict; rare intents judged by their neighbours.
        views: log probabilities (n, k) by the name of the view.
        noise: rate and kind by part.
    """

    estimate: NoiseEstimate
    views: Mapping[str, Floats]
    noise: Mapping[int, Noise]

    def expand(self, index: Codes) -> Detection:
        """The same for m rows, of which `index` (m,) tells as which row each was judged."""
        views = {name: view[index] for name, view in self.views.items()}
        return Detection(self.estimate.expand(index), views, self.noise)


def find_noise(
    noise_data: NoiseData,
    labels: Codes,
    classes: int,
    *,
    views: Sequence[View] | None = None,
    origins: Codes | None = None,
    folds: int = _FOLDS,
    seed: int = 20,
) -> Detection:
    """Judge the labels of one bot, everything in this process.

    Rows of one group with one label (and of one origin) are judged as one row, so the rate is that of distinct rows.

    Args:
        noise_data: n rows.
        labels: (n,) label codes in [0, classes).
        classes: number of labels.
        views: which views; without it, those that `choose_views` finds worth their time.
        origins: (n,) origin of each row, such as 0 for human and 1 for made rows: each is judged by itself.
        folds: how often the rows are parted; a group stays whole.
        seed: of all that is random.

    Raises:
        StageError: when there are fewer than two labels, fewer than ten groups, or codes that are no labels.
    """
    check_labels(noise_data, labels, folds, classes)
    chosen = (
        choose_views(classes, len(labels), vectors=noise_data.vectors.shape[1] > 0) if views is None else tuple(views)
    )
    # A text that stands there a thousand times with one label is one piece of evidence, not a thousand.
    origin = np.zeros_like(labels) if origins is None else origins
    _, first, again = np.unique(
        np.stack([noise_data.groups, labels, origin]), axis=1, return_index=True, return_inverse=True
    )
    once = len(first) < len(labels)
    kept = np.sort(first) if once else np.arange(len(labels))
    asked, given, origin = noise_data.take(kept) if once else noise_data, labels[kept], origin[kept]
    fold = folds_by_group(given, asked.groups, folds, seed)
    task = Task(asked, given, fold, origin, np.ones(len(given), bool), classes, seed)
    found = detect(chosen, {view.name: predict_all(view, task) for view in chosen}, given, origin, seed=seed)
    return found.expand(np.searchsorted(kept, first[again.reshape(-1)])) if once else found


def detect(
    views: Sequence[View], scores: Mapping[str, Floats], labels: Codes, origins: Codes, *, seed: int = 20
) -> Detection:
    """The verdict on n rows from the views' scores (n, k) by name, out of fold; `origins` (n,) are judged apart."""
    judges = [view for view in views if not view.votes_only] or views
    found = {view.name: as_log_chances(scores[view.name], labels) for view in judges}
    analysis, noise = estimate_groups(list(found.values()), labels, origins, seed)
    voters = {view.name: as_log_chances(scores[view.name], labels) for view in views if view not in judges}
    found = {view.name: (found | voters)[view.name] for view in views}
    near = [found[view.name] for view in views if view.how in ("neighbours", "embedding")]
    if near:
        analysis = estimate_rare(analysis, near, labels)
    return Detection(analysis, found, noise)


def check_labels(noise_data: NoiseData, labels: Codes, folds: int = _FOLDS, classes: int | None = None) -> None:
    """Raises StageError where nothing can be judged, with the reason."""
    if len(labels) != len(noise_data):
        raise StageError(f"{len(labels)} labels for {len(noise_data)} rows", fix="give one label a row")
    if len(labels) and (labels.min() < 0 or (classes is not None and labels.max() >= classes)):
        raise StageError(
            f"label codes from {labels.min()} to {labels.max()} for {classes} labels", fix="number labels from 0 on"
        )
    if len(np.unique(labels)) < 2:
        raise StageError("all rows carry one label", fix="label noise can be estimated from two labels on")
    if len(np.unique(noise_data.groups)) < 2 * folds:
        raise StageError(
            f"only {len(np.unique(noise_data.groups))} different texts",
            fix=f"give at least {2 * folds} different texts",
        )
