"""Greetings and thanks around a question: learnt as texts of no intent, and what is left of their cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mlpipeline.languages.frames import framed_for_test, lone_frames
from mlpipeline.networks.classifier import logits
from mlpipeline.networks.cross_validation import TrainingData, deal_clusters
from mlpipeline.networks.settings import ClassifierSettings
from mlpipeline.networks.training import AugmentedExample, fit_network

_TIMES = 3  # that each frame is learnt: they have the weight of augmented examples
_MOST = 2000  # rows that the network which is asked in frames learns and is asked, at most
_PARTS = 4  # of which one is asked

FramedPredictions = tuple[list[str], list[str], list[str]]


def with_lone_frames(data: TrainingData, lang: str, outside: str) -> TrainingData:
    """The rows, and the frames of their language as texts of no intent.

    Args:
        data: of a bot.
        lang: its language's tag.
        outside: the label of what is no intent.
    """
    alone = [AugmentedExample(text, outside, ()) for text in lone_frames(lang, data.rows.texts)]
    return replace(data, synthetic=[*data.synthetic, *alone * _TIMES])


def predict_in_frames(
    data: TrainingData, lang: str, settings: ClassifierSettings, seed: int
) -> FramedPredictions | None:
    """The intents of rows, what is said of each as it is, and in a frame that no network has learnt.

    One network answers, which has learnt three quarters of the rows, of a large bot of 2,000 drawn ones, in half the
    steps: what a frame costs is a difference, and need not come from the best network. None for languages without
    frames, for networks that read vectors, and where there is nothing to hold out.

    Args:
        data: as `with_lone_frames` gives it; the order of its rows does not matter.
        lang: tag of its language.
        settings, seed: as `train_classifier` takes them.
    """
    rows = data.rows
    if framed_for_test("", lang, seed) is None or rows.vectors is not None:
        return None
    order = sorted(range(len(rows)), key=lambda row: (rows.texts[row], rows.intents[row]))
    few = np.array(order, np.int64)[np.sort(np.random.default_rng(seed).permutation(len(order))[:_MOST])]
    rows, clusters = rows.take(few), [data.clusters[row] for row in few.tolist()]
    fold_of = deal_clusters(clusters, rows.intents, _PARTS, seed)
    is_asked = np.array([fold_of[cluster] == 0 for cluster in clusters], bool)
    inside = rows.take(np.flatnonzero(~is_asked))
    names = sorted(set(inside.intents) - {settings.out_of_scope_label})
    known = np.array([intent in set(names) for intent in rows.intents], bool)
    asked = rows.take(np.flatnonzero(is_asked & known))
    if len(names) < 2 or not len(asked):
        return None
    seen = set(inside.texts)
    quick = replace(settings, epochs=-(-settings.epochs // 2), min_steps=-(-settings.min_steps // 2))
    made = sorted(row for row in data.synthetic if seen.issuperset(row.parents))
    model = fit_network(inside, names, quick, seed, made)
    framed = [framed_for_test(text, lang, seed) or text for text in asked.texts]
    best = [logits(model, texts).argmax(axis=1).tolist() for texts in (asked.texts, framed)]
    plain, around = ([names[place] for place in places] for places in best)
    return list(asked.intents), plain, around
