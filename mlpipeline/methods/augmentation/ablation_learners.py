"""The models that an ablation asks: a fast linear one, and the trainer's network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlpipeline.methods.augmentation.ablation import Arm, Codes, Learner, Lesson
from mlpipeline.methods.augmentation.corpus import Corpus, coded
from mlpipeline.methods.label_noise.machines import fit_margins
from mlpipeline.methods.label_noise.noise_data import as_matrix, fit_ngrams
from mlpipeline.methods.label_noise.views import predict_rows, quick_views
from mlpipeline.networks.features import FeatureSpec
from mlpipeline.networks.settings import ClassifierSettings

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def linear_learner(corpus: Corpus, seed: int, weight: float = 1.0) -> Learner:
    """One linear machine an intent, as the linear view of `networks.noise`: a tenth of a second for all.

    All models of a lesson know the same n-grams: those of its rows and of all that was made of them. Above 500 intents
    it is the view itself, naive Bayes, which knows no weights.

    Args:
        corpus: of the bot.
        seed: of what is random in the model.
        weight: of a made row, against 1 for a row of a person (the recipe's `train.augmented_weight`).
    """
    names, labels = coded(corpus.intents)
    view = quick_views(len(names))[0]
    held: dict[tuple[int, int], csr_matrix] = {}

    def learn(lesson: Lesson, arm: Arm) -> Codes:
        if (lesson.seed, lesson.fold) not in held:
            held.clear()
            held[lesson.seed, lesson.fold] = _matrix(corpus, lesson)
        matrix, count = held[lesson.seed, lesson.fold], len(lesson.train)
        parents = np.array([one.row for one in lesson.synthetic], np.int64)[arm.used]
        more = np.searchsorted(lesson.train, parents) if arm.copied else count + np.flatnonzero(arm.used)
        rows = np.concatenate([np.arange(count), more])
        asked = np.arange(count + len(lesson.synthetic), matrix.shape[0])
        given = np.concatenate([labels[lesson.train], labels[parents]])
        if view.how == "linear":
            weights = np.where(np.arange(len(rows)) < count, 1.0, 1.0 if arm.full else weight)
            decide, known = fit_margins(matrix[rows], given, seed, weights=weights)
            return np.asarray(known[decide(matrix[asked]).argmax(axis=1)], np.int64)
        scores = predict_rows(view, matrix[rows], given, matrix[asked], len(names), seed)
        return np.asarray(scores.argmax(axis=1), np.int64)

    return learn


def _matrix(corpus: Corpus, lesson: Lesson) -> csr_matrix:
    """Rows of n-grams: what is learnt, what was made, what is asked."""
    train = [corpus.texts[row] for row in lesson.train]
    made = [one.normalized for one in lesson.synthetic]
    # few rows of persons: every n-gram is known, as it is to the trainer
    vocabulary = fit_ngrams(train + made, len(train), FeatureSpec())
    return as_matrix([*train, *made, *(corpus.texts[row] for row in lesson.held_out)], FeatureSpec(), vocabulary)


def trainer_learner(corpus: Corpus, settings: ClassifierSettings, seed: int) -> Learner:
    """The trainer itself with the recipe's settings, `augmented_weight` among them: seconds a model.

    Args:
        corpus: of the bot.
        settings: the recipe's `train` section.
        seed: of the first lesson's model.
    """
    from mlpipeline.networks.classifier import logits
    from mlpipeline.networks.cross_validation import TrainingData, fit_all
    from mlpipeline.networks.training import AugmentedExample, LabelledRows

    place = {name: code for code, name in enumerate(coded(corpus.intents)[0])}

    def learn(lesson: Lesson, arm: Arm) -> Codes:
        texts, intents = ([column[row] for row in lesson.train] for column in (corpus.texts, corpus.intents))
        made = [
            AugmentedExample(
                corpus.texts[one.row] if arm.copied else one.normalized,
                corpus.intents[one.row],
                tuple(corpus.texts[row] for row in (one.row, one.other) if row >= 0),
            )
            for one, wanted in zip(lesson.synthetic, arm.used.tolist(), strict=True)
            if wanted
        ]
        rows = TrainingData(LabelledRows(texts, intents), texts, synthetic=made)
        model = fit_all(rows, settings, seed + lesson.seed)
        best = logits(model, [corpus.texts[row] for row in lesson.held_out]).argmax(axis=1)
        return np.array([place[model.labels[code]] for code in best.tolist()], np.int64)

    return learn
