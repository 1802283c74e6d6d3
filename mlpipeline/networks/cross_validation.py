"""A model that learns every row, and what networks that had not seen a row said of it.

The model that is released is fitted on all rows. How good such a model is, its temperature and its threshold come from
other networks of the same recipe: each row is judged by one that has learnt neither the row nor anything of its
cluster. For most bots that is cross-validation; for a large one, one network without the rows held out must do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from mlpipeline.errors import StageError
from mlpipeline.networks.calibrate import ENOUGH, Learnt, calibrate_model
from mlpipeline.networks.classifier import TrainedModel, read_texts
from mlpipeline.networks.held_out import NEVER
from mlpipeline.networks.knownness import Readings, known_to_others
from mlpipeline.networks.settings import ClassifierSettings
from mlpipeline.networks.shapes import AUTO, VECTOR, compare_shapes
from mlpipeline.networks.training import AugmentedExample, LabelledRows, fit_network

# A cluster of more rows than this, and of more than this share of all, is never held out: what is left would be too
# little to learn from, and the figures would be those of one sentence.
_LARGE, _LARGE_SHARE = 20, 0.05
_COMPARED_FOLDS = 2  # in which both shapes are asked, where the recipe leaves open which

Folds = NDArray[np.int32]
Negatives = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class TrainingData:
    """The rows of a bot, and how they may be judged.

    Attributes:
        rows: n rows that the released model learns, in any order.
        clusters: of each row; what is near, or was made from one parent, is learnt or held out together.
        evaluated: bool (n,), False for rows that teach only, such as near duplicates; None: all are evaluated.
        held_out: bool (n,), rows that the network which judges does not learn, where there are too many for folds.
        synthetic: rows made from others, which none is judged on.
        negatives: texts by kind that are no bot's business, from `make_negatives`: calibrated on, never learnt.
        nonsense: others like them, to judge by how many of them are answered.
        encode: texts to their vectors, where the network reads vectors; None: such a network knows no negatives.
    """

    rows: LabelledRows
    clusters: Sequence[str]
    evaluated: NDArray[np.bool_] | None = None
    held_out: NDArray[np.bool_] | None = None
    synthetic: Sequence[AugmentedExample] = ()
    negatives: Negatives = field(default_factory=dict)
    nonsense: Negatives = field(default_factory=dict)
    encode: Callable[[Sequence[str]], NDArray[np.float32]] | None = None

    def read(self, model: TrainedModel, texts: Negatives) -> dict[str, Readings]:
        """What a model says of such texts, by kind; nothing of any where it reads vectors and there are none."""
        if model.vector_dims and self.encode is None:
            return {}
        encode = self.encode if model.vector_dims else None
        return {kind: read_texts(model, some, encode(some) if encode else None) for kind, some in texts.items() if some}


@dataclass(frozen=True)
class OutOfFold:
    """What was said of m of the rows: their positions `rows` int64 (m,), `folds` int32 (m,), `logits` (m, k).

    `known`: float32 (m,), the share of each that its network knew.
    """

    rows: NDArray[np.int64]
    folds: Folds
    logits: NDArray[np.float32]
    known: NDArray[np.float32]


def train_classifier(data: TrainingData, settings: ClassifierSettings, seed: int) -> tuple[TrainedModel, OutOfFold]:
    """The model of all rows, calibrated on what is said of rows unseen, and that; the order of the rows is nothing.

    Args:
        data: the rows; those with `settings.out_of_scope_label` teach what not to answer.
        settings: those of the bot. Up to `max_folded_rows` rows are judged in `folds` folds.
        seed: with equal data, settings and machine, an equal seed gives equal weights and folds.

    Raises:
        StageError: when fewer than two intents are left to choose from.
    """
    order, names, synthetic = _in_order(data, settings)
    rows = data.rows.take(order)
    evaluated = np.ones(len(rows), bool) if data.evaluated is None else data.evaluated
    folds = fold_rows(data, evaluated, settings, seed)
    rows, said, why = choose_shape(rows, folds[order], evaluated[order], names, settings, seed, synthetic)
    model = fit_network(rows, names, settings, seed, synthetic)
    intents, negatives = rows.take(said.rows).intents, data.read(model, data.negatives)
    own = list(dict.fromkeys(rows.texts))
    known = known_to_others(own, model.spec) if len(said.rows) < ENOUGH else np.zeros(0, np.float32)
    learnt = Learnt(len(own) / len(names), known)
    calibrate_model(model, said.logits, intents, settings, said.known, negatives, learnt)
    model.history["folds"] = len(set(said.folds.tolist()))
    model.history["shape"] = why
    asked = order[said.rows]
    back = np.argsort(asked, kind="stable")
    return model, OutOfFold(asked[back], said.folds[back], said.logits[back], said.known[back])


def fit_all(data: TrainingData, settings: ClassifierSettings, seed: int) -> TrainedModel:
    """The same model without temperature and threshold, and without judging it: which intent comes first is the same.

    The arguments and the errors are those of `train_classifier`.
    """
    order, names, synthetic = _in_order(data, settings)
    return fit_network(data.rows.take(order), names, settings, seed, synthetic)


def _in_order(
    data: TrainingData, settings: ClassifierSettings
) -> tuple[NDArray[np.int64], list[str], list[AugmentedExample]]:
    """The order that all that is random follows, the intents in the order of the logits, and the rows that are made."""
    rows, outside = data.rows, settings.out_of_scope_label
    names = sorted({label for label in rows.intents if label != outside})
    if len(names) < 2:
        found = f"one intent only ({names[0]})" if names else "no intent at all"
        raise StageError(f"the training rows hold {found}", fix="add rows of at least two intents to the corpus")
    order = np.array(sorted(range(len(rows)), key=lambda row: (rows.texts[row], rows.intents[row])), np.int64)
    known = {*names, outside}
    return order, names, sorted(row for row in data.synthetic if row.label in known)


def fold_rows(data: TrainingData, evaluated: NDArray[np.bool_], settings: ClassifierSettings, seed: int) -> Folds:
    """The fold in which each row is held out, int32 (n,); NEVER for those that every network must learn.

    Args:
        data: of the bot; its rows that are `held_out` are fold 0 where there are too many rows for folds.
        evaluated: bool (n,), which of them count; the others go with their cluster.
        settings, seed: as `train_classifier` takes them.
    """
    own = np.flatnonzero(evaluated).tolist()
    clusters, intents = [data.clusters[row] for row in own], [data.rows.intents[row] for row in own]
    if data.held_out is not None and len(own) > settings.max_folded_rows:
        apart = {data.clusters[row] for row in np.flatnonzero(data.held_out).tolist()}
        fold_of = {cluster: 0 if cluster in apart else NEVER for cluster in clusters}
    else:
        fold_of = deal_clusters(clusters, intents, settings.folds, seed)
    for cluster in only_clusters(fold_of, clusters, intents, settings.out_of_scope_label):
        fold_of[cluster] = NEVER
    return np.array([fold_of.get(cluster, NEVER) for cluster in data.clusters], np.int32)


def deal_clusters(clusters: Sequence[str], intents: Sequence[str], folds: int, seed: int) -> dict[str, int]:
    """The fold of each cluster: whole clusters, every intent spread as evenly as they allow, large ones in none.

    It hangs on the rows and the seed, not on the order of the rows.

    Args:
        clusters, intents: of each row.
        folds: how many.
        seed: draws which cluster comes first.
    """
    members: dict[str, Counter[str]] = {}
    for cluster, intent in zip(clusters, intents, strict=True):
        members.setdefault(cluster, Counter())[intent] += 1

    def drawn(cluster: str) -> tuple[int, bytes]:
        return -members[cluster].total(), blake2b(f"{seed}\x1f{cluster}".encode(), digest_size=8).digest()

    most = max(_LARGE, _LARGE_SHARE * len(clusters))
    filled: Counter[tuple[int, str]] = Counter()
    sizes, fold_of = [0] * folds, {}
    for cluster in sorted(members, key=drawn):
        held = members[cluster]
        if held.total() > most:
            fold_of[cluster] = NEVER
            continue

        def load(fold: int, held: Counter[str] = held) -> tuple[int, int, int]:
            return sum(filled[fold, intent] * count for intent, count in held.items()), sizes[fold], fold

        chosen = fold_of[cluster] = min(range(folds), key=load)
        filled.update({(chosen, intent): count for intent, count in held.items()})
        sizes[chosen] += held.total()
    return fold_of


def only_clusters(fold_of: dict[str, int], clusters: Sequence[str], intents: Sequence[str], outside: str) -> set[str]:
    """The clusters that must not be held out, because an intent would then have no row left to learn from.

    Args:
        fold_of: the fold of each cluster.
        clusters, intents: of each row.
        outside: the label that is no intent.
    """
    where: dict[str, set[int]] = {}
    for cluster, intent in zip(clusters, intents, strict=True):
        where.setdefault(intent, set()).add(fold_of[cluster])
    lost = {intent for intent, folds in where.items() if len(folds) == 1 and intent != outside}
    return {cluster for cluster, intent in zip(clusters, intents, strict=True) if intent in lost}


def choose_shape(
    rows: LabelledRows,
    folds: Folds,
    evaluated: NDArray[np.bool_],
    names: list[str],
    settings: ClassifierSettings,
    seed: int,
    synthetic: Sequence[AugmentedExample] = (),
) -> tuple[LabelledRows, OutOfFold, str]:
    """The rows as the network is to read them, what is said of those evaluated, and why it reads vectors or not.

    Where the recipe leaves it open, both shapes are asked for the same rows, those of the first folds. The reason is
    empty where there is nothing to choose.

    Args:
        rows, folds, evaluated, names, settings, seed, synthetic: as `out_of_fold_logits` takes them.
    """
    others = (evaluated, names, settings, seed, synthetic)
    if settings.model != AUTO or rows.vectors is None:
        return rows, out_of_fold_logits(rows, folds, *others), ""
    first = np.isin(folds, sorted(set(folds.tolist()) - {NEVER})[:_COMPARED_FOLDS])
    plain, some = replace(rows, vectors=None, encoder=""), np.where(first, folds, NEVER)
    ngram, vector = (out_of_fold_logits(each, some, *others) for each in (plain, rows))
    choice = compare_shapes(ngram.logits, vector.logits, names, rows.take(vector.rows).intents)
    chosen, begun = (rows, vector) if choice.shape == VECTOR else (plain, ngram)
    rest = out_of_fold_logits(chosen, np.where(first, NEVER, folds), *others)
    parts = [(part.rows, part.folds, part.logits, part.known) for part in (begun, rest)]
    return chosen, OutOfFold(*map(np.concatenate, zip(*parts, strict=True))), choice.sentence()


def out_of_fold_logits(
    rows: LabelledRows,
    folds: Folds,
    evaluated: NDArray[np.bool_],
    names: list[str],
    settings: ClassifierSettings,
    seed: int,
    synthetic: Sequence[AugmentedExample] = (),
) -> OutOfFold:
    """What networks say of the judged rows that they have not learnt, nor what was made from them.

    Args:
        rows: n rows in an order that all that is random follows.
        folds, evaluated: (n,) the fold that holds each out, or NEVER, and whether it is judged then.
        names: the intents, in the order of the logits. One that a network has not learnt has its lowest logit.
        settings, seed, synthetic: as `fit_network` takes them.
    """
    places, found = [np.zeros(0, np.int64)], [Readings(np.zeros((0, len(names)), np.float32), np.zeros(0, np.float32))]
    for fold in sorted(set(folds.tolist()) - {NEVER}):
        inside, asked = rows.take(np.flatnonzero(folds != fold)), np.flatnonzero((folds == fold) & evaluated)
        seen = set(inside.texts)
        part = fit_network(inside, names, settings, seed, [row for row in synthetic if seen.issuperset(row.parents)])
        judged = rows.take(asked)
        said = read_texts(part, judged.texts, judged.vectors)
        strange = [place for place, name in enumerate(names) if name not in set(inside.intents)]
        said.logits[:, strange] = said.logits.min(axis=1, keepdims=True, initial=0.0)
        places.append(asked)
        found.append(said)
    together = np.concatenate(places)
    return OutOfFold(together, folds[together], *(np.concatenate(part) for part in zip(*found, strict=True)))
