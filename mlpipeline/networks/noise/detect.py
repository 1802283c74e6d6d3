"""All of label noise for one bot in one process: two rounds of views, then a verdict on every row.

Round one looks at the rows as they are: how many labels are wrong, of what kind, and which rows are surely so. Round
two learns from the other rows only. Pairs of intents that are mistaken for each other come apart there: the views of
round one have learnt the mistakes, and find them half right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlpipeline.errors import StageError
from mlpipeline.networks.noise.estimate import Judgement, Noise
from mlpipeline.networks.noise.fuse import as_log_chances
from mlpipeline.networks.noise.material import Codes, Floats, Material, folds_by_group
from mlpipeline.networks.noise.parts import judge_parts
from mlpipeline.networks.noise.rare import judge_rare
from mlpipeline.networks.noise.views import View, choose_views, predict_all

Predict = Callable[[View, NDArray[np.bool_] | None], Floats]

_FOLDS = 5
# What takes part in the verdict. Vectors made of n-grams know nothing that the n-grams do not: they vote, and judge
# rare intents, but in the verdict they make no difference or a slightly worse one.
_JUDGES = ("linear", "bayes", "neighbours", "network")


@dataclass(frozen=True)
class Detection:
    """What was found.

    Attributes:
        judgement: the verdict; rare intents judged by their neighbours.
        views: log probabilities (n, k) by the name of the view.
        first: the verdict of round one.
        trusted: bool (n,), what round two learnt from.
        noise: rate and kind by part, as round one found them.
    """

    judgement: Judgement
    views: Mapping[str, Floats]
    first: Judgement
    trusted: NDArray[np.bool_]
    noise: Mapping[int, Noise]

    def expand(self, place: Codes) -> Detection:
        """The same for m rows, of which `place` (m,) tells as which row each was judged."""
        return Detection(
            self.judgement.expand(place),
            {name: view[place] for name, view in self.views.items()},
            self.first.expand(place),
            self.trusted[place],
            self.noise,
        )


def find_noise(
    material: Material,
    labels: Codes,
    classes: int,
    *,
    views: Sequence[View] | None = None,
    parts: Codes | None = None,
    folds: int = _FOLDS,
    seed: int = 20,
) -> Detection:
    """Judge the labels of one bot, everything in this process.

    Rows of one group with one label (and of one origin) are judged as one row, so the rate is that of distinct rows.

    Args:
        material: n rows.
        labels: (n,) label codes in [0, classes).
        classes: number of labels.
        views: which views; without it, those that `choose_views` finds worth their time.
        parts: (n,) origin of each row, such as 0 for human and 1 for made rows: each is judged by itself.
        folds: how often the rows are parted; a group stays whole.
        seed: of all that is random.

    Raises:
        StageError: when there are fewer than two labels, fewer than ten groups, or codes that are no labels.
    """
    check_labels(material, labels, folds, classes)
    chosen = choose_views(classes, vectors=material.vectors.shape[1] > 0) if views is None else tuple(views)
    # A text that stands there a thousand times with one label is one piece of evidence, not a thousand.
    origin = np.zeros_like(labels) if parts is None else parts
    _, first, again = np.unique(
        np.stack([material.groups, labels, origin]), axis=1, return_index=True, return_inverse=True
    )
    once = len(first) < len(labels)
    kept = np.sort(first) if once else np.arange(len(labels))
    asked, given = material.take(kept) if once else material, labels[kept]
    fold = folds_by_group(given, asked.groups, folds, seed)

    def predict(view: View, trusted: NDArray[np.bool_] | None) -> Floats:
        return predict_all(view, asked, given, fold, classes, trusted)

    found = detect(chosen, predict, given, None if parts is None else parts[kept], seed=seed)
    return found.expand(np.searchsorted(kept, first[again.reshape(-1)])) if once else found


def detect(
    views: Sequence[View], predict: Predict, labels: Codes, parts: Codes | None = None, *, seed: int = 20
) -> Detection:
    """Two rounds; `predict(view, trusted)` gives scores (n, k), from this process or from Spark tasks."""
    found = {view.name: as_log_chances(predict(view, None), labels) for view in views if not view.purified}
    first, noise = judge_parts(_judges(views, found), labels, parts, seed=seed)
    trusted = first.wrong < np.minimum(first.cut, 0.5)
    for view in views:
        if view.purified:
            found[view.name] = as_log_chances(predict(view, trusted), labels, trusted)
    verdict = first
    if any(view.purified for view in views):
        rates = {number: own.rate for number, own in noise.items()}
        verdict, _ = judge_parts(_judges(views, found), labels, parts, rates, seed)
        verdict = replace(verdict, noise=first.noise)
    near = [found[view.name] for view in views if view.how in ("neighbours", "embedding")]
    if near:
        verdict = judge_rare(verdict, near, labels)
    return Detection(verdict, found, first, trusted, noise)


def check_labels(material: Material, labels: Codes, folds: int = _FOLDS, classes: int | None = None) -> None:
    """Raises StageError where nothing can be judged, with the reason."""
    if len(labels) != len(material):
        raise StageError(f"{len(labels)} labels for {len(material)} rows", fix="give one label a row")
    if len(labels) and (labels.min() < 0 or (classes is not None and labels.max() >= classes)):
        raise StageError(
            f"label codes from {labels.min()} to {labels.max()} for {classes} labels", fix="number labels from 0 on"
        )
    if len(np.unique(labels)) < 2:
        raise StageError("all rows carry one label", fix="label noise can be judged from two labels on")
    if len(np.unique(material.groups)) < 2 * folds:
        raise StageError(
            f"only {len(np.unique(material.groups))} different texts", fix=f"give at least {2 * folds} different texts"
        )


def _judges(views: Sequence[View], found: Mapping[str, Floats]) -> list[Floats]:
    named = [view for view in views if view.name in found]
    judges = [found[view.name] for view in named if view.how in _JUDGES]
    return judges or [found[view.name] for view in named]
