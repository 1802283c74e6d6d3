"""The models that an ablation asks: a fast linear one, and the trainer's network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks.features import FeatureSpec, fit_vocabulary
from mlpipeline.networks.fitting import as_sparse
from mlpipeline.networks.noise.material import Material
from mlpipeline.networks.noise.views import View, choose_views, predict_fold
from mlpipeline.orders.augmentation import Arm, Codes, Learner, Lesson
from mlpipeline.stages.augment.corpus import Corpus

_TINY = 2000  # rows of persons; below that, every n-gram is known, as it is to the trainer
_MOST_NGRAMS = 60_000


def linear_learner(corpus: Corpus, seed: int, weight: float = 1.0) -> Learner:
    """One linear machine an intent, as the linear view of `networks.noise`: a tenth of a second for all.

    All models of a lesson know the same n-grams: those of its rows and of all that was made of them. Above 500 intents
    it is the view itself, naive Bayes, which knows no weights.

    Args:
        corpus: of the bot.
        seed: of what is random in the model.
        weight: of a made row, against 1 for a row of a person (the recipe's `train.augmented_weight`).
    """
    names, codes = np.unique(np.array(corpus.intents, object), return_inverse=True)
    labels = np.asarray(codes.reshape(-1), np.int64)
    view = choose_views(len(names), vectors=False, network=False)[0]
    held: dict[tuple[int, int], Any] = {}

    def learn(lesson: Lesson, arm: Arm) -> Codes:
        if (lesson.seed, lesson.fold) not in held:
            held.clear()
            held[lesson.seed, lesson.fold] = _matrix(corpus, lesson)
        matrix, count = held[lesson.seed, lesson.fold], len(lesson.learnt)
        parents = np.array([one.row for one in lesson.made], np.int64)[arm.used]
        more = np.searchsorted(lesson.learnt, parents) if arm.copied else count + np.flatnonzero(arm.used)
        rows = np.concatenate([np.arange(count), more])
        asked = np.arange(count + len(lesson.made), matrix.shape[0])
        given = np.concatenate([labels[lesson.learnt], labels[parents]])
        if view.how == "linear":
            weights = np.where(np.arange(len(rows)) < count, 1.0, 1.0 if arm.full else weight)
            return _by_machines(matrix[rows], given, weights, matrix[asked], seed)
        return _by_view(view, matrix, np.concatenate([rows, asked]), given, len(names), seed)

    return learn


def _by_machines(rows: Any, labels: Codes, weights: NDArray[np.float64], asked: Any, seed: int) -> Codes:
    from sklearn.svm import LinearSVC

    model = LinearSVC(C=0.3, tol=0.03, random_state=seed).fit(rows, labels, sample_weight=weights)
    return np.asarray(model.predict(asked), np.int64)


def _by_view(view: View, matrix: Any, rows: Codes, labels: Codes, classes: int, seed: int) -> Codes:
    material = Material(matrix[rows], np.zeros((len(rows), 0), np.float32), np.arange(len(rows)))
    folds = (np.arange(len(rows)) >= len(labels)).astype(np.int64)
    given = np.concatenate([labels, np.zeros(len(rows) - len(labels), np.int64)])
    _, scores = predict_fold(view, material, given, folds, 1, classes, seed=seed)
    return np.asarray(scores.argmax(axis=1), np.int64)


def _matrix(corpus: Corpus, lesson: Lesson) -> Any:
    """Rows of n-grams: what is learnt, what was made, what is asked."""
    from scipy.sparse import csr_matrix

    learnt = [corpus.texts[row] for row in lesson.learnt]
    made = [one.normalized for one in lesson.made]
    vocabulary = fit_vocabulary(learnt + made, FeatureSpec(), 1 if len(learnt) < _TINY else 2, _MOST_NGRAMS)
    texts = [*learnt, *made, *(corpus.texts[row] for row in lesson.asked)]
    rows = as_sparse(texts, FeatureSpec(), vocabulary)
    shape = (len(texts), max(len(vocabulary), 1))
    return csr_matrix((rows.values, rows.ids - 1, rows.offsets), shape=shape, dtype=np.float32)


def trainer_learner(corpus: Corpus, settings: Mapping[str, Any]) -> Learner:
    """The trainer itself with the recipe's settings, `augmented_weight` among them: seconds a model.

    Args:
        corpus: of the bot.
        settings: the recipe's `train` part.
    """
    from mlpipeline.networks.classifier import MadeRow, logits, train_classifier

    names = np.unique(np.array(corpus.intents, object)).tolist()
    place = {name: code for code, name in enumerate(names)}

    def learn(lesson: Lesson, arm: Arm) -> Codes:
        texts, intents = ([column[row] for row in lesson.learnt] for column in (corpus.texts, corpus.intents))
        made = [
            MadeRow(
                corpus.texts[one.row] if arm.copied else one.normalized,
                corpus.intents[one.row],
                tuple(corpus.texts[row] for row in (one.row, one.other) if row >= 0),
            )
            for one, wanted in zip(lesson.made, arm.used.tolist(), strict=True)
            if wanted
        ]
        asked, right = ([column[row] for row in lesson.asked] for column in (corpus.texts, corpus.intents))
        # The rows that judge only set temperature and threshold here, which move no first place.
        model = train_classifier(texts, intents, asked, right, settings, int(settings["seed"]) + lesson.seed, made)
        best = logits(model, asked).argmax(axis=1)
        return np.array([place[model.labels[code]] for code in best.tolist()], np.int64)

    return learn
