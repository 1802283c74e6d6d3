"""Out of fold: what views say of the rows of one fold, with nothing learnt from these rows' own labels.

A view that is purified learns only rows that the first quick view trusts. That one looks at the other folds alone,
too: a wrong label that took part in choosing whom to trust would vouch for itself, through the rows that resemble its
own. Pairs of intents, every fifth label of MASSIVE, were found with an F1 of .65 to .69 then, now .66 to .73, and the
promised work curve was off by .10 to .12, now by .03 to .06.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.label_noise.estimate_groups import estimate_groups
from mlpipeline.methods.label_noise.fuse import as_log_chances
from mlpipeline.methods.label_noise.noise_data import Codes, Floats, NoiseData, folds_by_group
from mlpipeline.methods.label_noise.views import View, fit_view, quick_views

Flags = NDArray[np.bool_]

_INNER = 4  # parts of the rows outside a fold, each judged by what the others teach; with two, F1 falls by .01
_PASSES = 3  # see `views.fit_margins`
_DOUBTED = 0.5


@dataclass(frozen=True)
class Task:
    """What every view of a bot works on.

    Attributes:
        noise_data: n rows.
        labels: int64 (n,), given label codes below `classes`.
        folds: int64 (n,), fold of each row; a group lies in one fold.
        origins: int64 (n,), origin of each row, see `estimate_groups`.
        trainable: bool (n,), rows that may be learnt; test rows may not.
        classes: number of labels.
        seed: of all that is random.
    """

    noise_data: NoiseData
    labels: Codes
    folds: Codes
    origins: Codes
    trainable: Flags
    classes: int
    seed: int = 20

    @property
    def numbers(self) -> list[int]:
        """The numbers of the folds."""
        return [int(fold) for fold in np.unique(self.folds)]

    def orders(self, views: Sequence[View]) -> list[tuple[View, int]]:
        """Each view with each fold, what takes longest first: a purified view looks for rows to trust."""
        ordered = sorted(views, key=lambda view: not view.purified)
        return [(view, fold) for view in ordered for fold in self.numbers]

    def gather(self, pieces: Sequence[tuple[Codes, Floats]]) -> Floats:
        """What `predict_fold` gives of each fold, as one: (n, classes)."""
        scores = np.zeros((len(self.labels), self.classes), np.float32)
        for rows, found in pieces:
            scores[rows] = found
        return scores


def predict_fold(view: View, task: Task, fold: int) -> tuple[Codes, Floats]:
    """One view and fold: row numbers (m,) and scores (m, classes), learnt from other folds. One Spark task."""
    asked, learnt = np.flatnonzero(task.folds == fold), train_rows_of(view, task, fold)
    return asked, fit_view(view, task.noise_data, task.labels, learnt, asked, task.classes, task.seed)


def predict_all(view: View, task: Task) -> Floats:
    """`predict_fold` for every fold, one after another: scores (n, classes)."""
    return task.gather([predict_fold(view, task, fold) for fold in task.numbers])


def train_rows_of(view: View, task: Task, fold: int) -> Codes:
    """Numbers of the rows that the view learns when the fold is asked; of a purified view, those that seem right."""
    rest = np.flatnonzero(task.trainable & (task.folds != fold))
    return rest[_seem_right(view, task, rest)] if view.purified else rest


def _seem_right(purified: View, task: Task, rest: Codes) -> Flags:
    """Which of the rows (m,) carry labels that seem right, from these rows alone."""
    labels, part = task.labels[rest], task.noise_data.take(rest)
    inner = folds_by_group(labels, part.groups, _INNER, task.seed)
    own = Task(part, labels, inner, task.origins[rest], np.ones(len(rest), bool), task.classes, task.seed)
    # Neighbours beside it change nothing but the time. Beside machines of rivals, naive Bayes is enough: of 48,000 rows
    # of which a tenth is wrong, it trusts 87 % and machines of rivals 89 %, .8 % of them wrong ones either way.
    quick = View("bayes", "bayes") if purified.how == "rivals" else quick_views(task.classes)[0]
    view = replace(quick, settings={"passes": _PASSES})
    found = as_log_chances(predict_all(view, own), labels)
    judged, _ = estimate_groups([found], labels, own.origins, task.seed)
    return np.asarray(judged.wrong < min(judged.cut, _DOUBTED))
