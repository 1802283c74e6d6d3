"""Views: what different models say of rows that they have not seen.

Each view is cheap and errs in its own way: a linear model with a margin is hard to mislead by flips, neighbours show
what a row resembles, by its n-grams or by vectors of a pretrained encoder where the bot has them, and the trainer's
network is the best on rows that are mostly right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from mlpipeline.errors import StageError
from mlpipeline.methods.label_noise.machines import UNSEEN, fit_bayes, fit_margins, fit_rivals
from mlpipeline.methods.label_noise.noise_data import Codes, Floats, NoiseData
from mlpipeline.networks.settings import FitSettings

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_UNSEEN_LOGIT = -12.0
_BLOCK = 1500  # rows compared with all others at once
_LEAST_SIMILAR = 1e-3
_NEIGHBOURS_FLOOR = 0.05  # share of a vote that is spread over all labels: ten neighbours cannot exclude a label
_MANY_LABELS = 500
# Rows x labels, such as 20,000 rows of 300 intents: a machine of all rows for each label costs as much as that grows.
CHEAPER_FROM = 6_000_000
_FREQUENT = 0.05  # n-grams in more of the texts are not compared where there are very many: a quarter of the time
_FEW_BLOCK = 300  # and then in blocks of 24 MB
MOST_VOTERS = 20_000  # rows that neighbours are sought among; whoever has more must say so


@dataclass(frozen=True)
class View:
    """One way to look at the rows.

    Attributes:
        name: stands in the findings as the voter's name.
        how: `linear`, `rivals`, `neighbours`, `embedding`, `bayes` or `network`.
        purified: whether it learns only from rows that the quick views do not find wrong.
        settings: what differs from the defaults of `how`.
        votes_only: it has no part in the verdict; it is shown beside it, and judges rare intents.
    """

    name: str
    how: str
    purified: bool = False
    settings: Mapping[str, float] = field(default_factory=dict)
    votes_only: bool = False


# What the network is trained with; fewer passes than the trainer's: what comes late is learning flips by heart.
NETWORK = FitSettings(
    epochs=6, min_steps=600, batch_size=128, learning_rate=0.003, dims=64, dropout=0.3, feature_dropout=0.3
)
_SMOOTHING = 0.1


def are_cheaper(labels: int, rows: int) -> bool:
    """Whether a corpus is so large that it gets the cheaper views: from `CHEAPER_FROM` rows x labels on."""
    return labels * rows >= CHEAPER_FROM


def quick_views(labels: int, rows: int = 0) -> tuple[View, ...]:
    """The views of a first look, none of them purified; an audit plants and looks again and again, so it uses these.

    On CLINC150 they alone reach an F1 of .958 (random flips, 10 %) and .867 (confusable pairs).

    Args:
        labels: number of labels; a linear model of each costs too much above 500 of them, Bayes does not.
        rows: number of rows of the corpus; with very many of both, see `are_cheaper`, machines learn rivals only, and
            neighbours are compared without the n-grams that many texts share.
    """
    if are_cheaper(labels, rows):
        shorter = {"frequent": _FREQUENT, "block": _FEW_BLOCK}
        return View("rivals", "rivals"), View("neighbours", "neighbours", settings=shorter)
    how = "linear" if labels <= _MANY_LABELS else "bayes"
    return View(how, how), View("neighbours", "neighbours")


def choose_views(
    labels: int, rows: int = 0, *, vectors: bool, network: bool = True, pretrained: bool = False
) -> tuple[View, ...]:
    """The views that are worth their time.

    Without the network, and so without TensorFlow, F1 falls from .976 to .967 (random flips, 10 %) and from .907 to
    .890 (confusable pairs) on CLINC150, at three fifths of the time.

    Args:
        labels: number of labels.
        rows: number of rows; from `CHEAPER_FROM` rows x labels on there is no network.
        vectors: whether there are sentence vectors.
        network: whether to train the network, by far the dearest view.
        pretrained: whether the vectors know more than the rows: vectors made of n-grams know nothing that the n-grams
            do not, and in the verdict they make no difference or a slightly worse one.
    """
    views = list(quick_views(labels, rows))
    if vectors:
        settings = {"block": _FEW_BLOCK} if are_cheaper(labels, rows) else {}
        views.append(View("embedding", "embedding", settings=settings, votes_only=not pretrained))
    how = views[0].how
    network = network and not are_cheaper(labels, rows)
    # On purified rows the network is the better one; both together are no better than the network alone.
    views.append(View("network", "network", purified=True) if network else View(f"{how}-purified", how, purified=True))
    return tuple(views)


def say_cheaper(labels: int, rows: int, views: Sequence[View]) -> str:
    """One line for who waits and for the report where the views are the cheaper ones; empty where they are not."""
    if not are_cheaper(labels, rows):
        return ""
    return f"{rows:,} rows x {labels:,} intents: cheaper views ({', '.join(view.name for view in views)})"


def fit_view(
    view: View, noise_data: NoiseData, labels: Codes, train: Codes, held_out: Codes, classes: int, seed: int = 20
) -> Floats:
    """What the view says of some rows after learning others.

    Args:
        view: which view.
        noise_data: n rows.
        labels: (n,) given label codes in [0, classes).
        train: (l,) numbers of the rows to learn.
        held_out: (m,) numbers of the rows in question.
        classes: number of labels.
        seed: of what is random in a view.

    Returns:
        Scores (m, classes): higher is likelier, on a scale of the view's own; zeros where fewer than two labels are
        learnt.

    Raises:
        StageError: for an unknown kind of view.
    """
    known = np.unique(labels[train])
    if not len(held_out) or len(known) < 2:
        return np.zeros((len(held_out), classes), np.float32)
    if view.how in ("neighbours", "embedding"):
        rows = noise_data.matrix if view.how == "neighbours" else noise_data.vectors
        return _by_neighbours(rows, labels, held_out, train, classes, view.settings, noise_data.groups)
    by_matrix = {"linear": _by_margin, "rivals": _by_rivals, "bayes": _by_bayes, "network": _by_network}
    if view.how not in by_matrix:
        raise StageError(f"no view is called {view.how!r}", fix=f"choose of {', '.join(sorted(by_matrix))}")
    return by_matrix[view.how](noise_data.matrix, labels, held_out, train, classes, view.settings, seed)


def predict_rows(
    view: View, rows: csr_matrix, labels: Codes, held_out: csr_matrix, classes: int, seed: int = 20
) -> Floats:
    """What a view of n-grams says of other rows than those it learns.

    Args:
        view: one that looks at n-grams only.
        rows: scipy CSR (n, v), what it learns.
        labels: (n,) their label codes in [0, classes).
        held_out: scipy CSR (m, v).
        classes: number of labels.
        seed: of what is random in the view.

    Returns:
        Scores (m, classes), see `fit_view`.
    """
    from scipy.sparse import vstack

    count, more = rows.shape[0], held_out.shape[0]
    noise_data = NoiseData(
        vstack([rows, held_out]).tocsr(), np.zeros((count + more, 0), np.float32), np.arange(count + more)
    )
    given = np.concatenate([labels, np.zeros(more, np.int64)])
    return fit_view(view, noise_data, given, np.arange(count), np.arange(count, count + more), classes, seed)


def _by_margin(
    matrix: csr_matrix,
    labels: Codes,
    asked: Codes,
    learnt: Codes,
    classes: int,
    settings: Mapping[str, float],
    seed: int,
) -> Floats:
    c, passes = float(settings.get("c", 0.3)), int(settings.get("passes", 1000))
    decide, known = fit_margins(matrix[learnt], labels[learnt], seed, c=c, passes=passes)
    return _spread(decide(matrix[asked]), known, classes, UNSEEN)


def _by_rivals(
    matrix: csr_matrix,
    labels: Codes,
    asked: Codes,
    learnt: Codes,
    classes: int,
    settings: Mapping[str, float],
    seed: int,
) -> Floats:
    """See `machines.fit_rivals`; margins of three digits, which is what they are good for, take half the memory."""
    decide, known = fit_rivals(matrix[learnt], labels[learnt], seed, c=float(settings.get("c", 0.3)))
    scores = np.empty((len(asked), len(known)), np.float16)
    for start in range(0, len(asked), _BLOCK):
        scores[start : start + _BLOCK] = decide(matrix[asked[start : start + _BLOCK]])
    return _spread(scores, known, classes, UNSEEN)


def _by_bayes(
    matrix: csr_matrix,
    labels: Codes,
    asked: Codes,
    learnt: Codes,
    classes: int,
    settings: Mapping[str, float],
    seed: int,
) -> Floats:
    decide, known = fit_bayes(matrix[learnt], labels[learnt], float(settings.get("alpha", 0.3)))
    scores = np.empty((len(asked), len(known)), np.float32)
    for start in range(0, len(asked), _BLOCK):
        scores[start : start + _BLOCK] = decide(matrix[asked[start : start + _BLOCK]])
    return _spread(scores, known, classes, float(scores.min()) - 1.0)


def _by_network(
    matrix: csr_matrix,
    labels: Codes,
    asked: Codes,
    learnt: Codes,
    classes: int,
    settings: Mapping[str, float],
    seed: int,
) -> Floats:
    """The trainer's network, see `fitting.fit_weights`."""
    from mlpipeline.networks.fitting import Sparse, fit_weights

    chosen = replace(NETWORK, **{name: type(getattr(NETWORK, name))(value) for name, value in settings.items()})
    known, place = np.unique(labels[learnt], return_inverse=True)
    targets = np.full((len(learnt), len(known)), _SMOOTHING / len(known), np.float32)
    targets[np.arange(len(learnt)), place.reshape(-1)] += 1.0 - _SMOOTHING
    part = matrix[learnt]
    rows = Sparse((part.indices + 1).astype(np.int32), part.data, part.indptr.astype(np.int64))
    weights, _ = fit_weights(rows, targets, matrix.shape[1], chosen, seed)
    summed = matrix[asked] @ weights["table"][1:]
    count = len(known)
    logits = summed[:, :count] + np.maximum(summed[:, count:], 0.0) @ weights["out"] + weights["bias"]
    return _spread(logits, known, classes, _UNSEEN_LOGIT)


def _by_neighbours(
    rows: csr_matrix,
    labels: Codes,
    asked: Codes,
    learnt: Codes,
    classes: int,
    settings: Mapping[str, float],
    groups: Codes,
) -> Floats:
    """Log shares of the votes of the most similar rows, one row a group and label (Cover and Hart 1967)."""
    count, sharpness = int(settings.get("neighbours", 10)), float(settings.get("sharpness", 5.0))
    # A sentence that stands there a thousand times has one voice a label; and one text costs one comparison.
    _, first = np.unique(np.stack([groups[learnt], labels[learnt]]), axis=1, return_index=True)
    voters = learnt[np.sort(first)]
    limit = int(settings.get("most_voters", MOST_VOTERS))
    if len(voters) > limit:  # no quadratic growth: a fixed sample, the same in every run
        voters = np.sort(np.random.default_rng(len(voters)).permutation(voters)[:limit])
    count, block = min(count, len(voters)), int(settings.get("block", _BLOCK))
    if "frequent" in settings:
        rows = _without_frequent(rows, float(settings["frequent"]))
    known = rows[voters].T.tocsr() if hasattr(rows, "tocsr") else np.ascontiguousarray(rows[voters].T)
    scores = np.empty((len(asked), classes), np.float32)
    for start in range(0, len(asked), block):
        part = rows[asked[start : start + block]] @ known
        similar = part.toarray() if hasattr(part, "toarray") else part
        nearest = np.argpartition(-similar, count - 1, axis=1)[:, :count]
        near = np.take_along_axis(similar, nearest, axis=1)
        weight = np.exp(sharpness * (near - near.max(axis=1, keepdims=True))) * np.maximum(near, _LEAST_SIMILAR)
        own = np.repeat(np.arange(len(similar)), count) * classes + labels[voters][nearest].reshape(-1)
        votes = np.bincount(own, weights=weight.reshape(-1), minlength=len(similar) * classes)
        share = votes.reshape(len(similar), classes) / weight.sum(axis=1, keepdims=True)
        floored = (1.0 - _NEIGHBOURS_FLOOR) * share + _NEIGHBOURS_FLOOR / classes
        scores[start : start + block] = np.log(floored)
    return scores


def _without_frequent(rows: csr_matrix, share: float) -> csr_matrix:
    """The rows without those n-grams that stand in more than this share of them; they tell the least, and cost most."""
    counts = np.bincount(rows.indices, minlength=rows.shape[1])
    return rows[:, np.flatnonzero(counts <= share * rows.shape[0])]


def _spread(scores: np.ndarray, known: Codes, classes: int, missing: float) -> Floats:
    """Scores of the labels that were learnt -> scores of all labels."""
    result = np.full((len(scores), classes), missing, np.float32)
    result[:, known] = scores
    return result
