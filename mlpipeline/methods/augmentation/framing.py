"""Rows of all intents in frames: with greetings, openings and closings, so that these words say nothing of an intent.

They are made beside the other examples: an intent with hundreds of rows needs them as well, and their frame is meant to
be near the row that it was made of.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlpipeline.languages.frames import Frame, framed
from mlpipeline.languages.paraphrase.frame import KIND, NAME, learnable_frames
from mlpipeline.languages.paraphrase.protected import is_whole, kept
from mlpipeline.languages.profile import normalizer
from mlpipeline.methods.augmentation.corpus import AugmentedRow, Candidate, Corpus, is_used, left_alone, rng_of
from mlpipeline.methods.augmentation.nearness import as_texts, near_rows, similarity_to
from mlpipeline.methods.augmentation.settings import MakingSettings


def framed_rows(corpus: Corpus, rules: MakingSettings) -> list[AugmentedRow]:
    """At most `rules.framed` rows of each intent, each once, in a frame; in the order of their intents.

    Args:
        corpus: in its canonical order (`Corpus.ordered`).
        rules: the recipe's `augment` part.
    """
    frames = learnable_frames(corpus.profile.tag)
    if not rules.framed or not frames or not is_used(rules, NAME, KIND):
        return []
    made = list(_candidates(corpus, rules, frames))
    if not made:
        return []
    texts = as_texts([one.normalized for one in made], corpus.texts, corpus.held_out, rules.fold)
    similarity = similarity_to(texts, np.arange(len(made)), np.array([one.row for one in made], np.int64))
    by_held_out = near_rows(texts, rules.near_threshold)[1] if corpus.held_out else np.zeros(len(made), bool)
    return [
        AugmentedRow(one, 1.0, float(alike))
        for one, alike, is_near in zip(made, similarity.tolist(), by_held_out.tolist(), strict=True)
        if not is_near
    ]


def _candidates(corpus: Corpus, rules: MakingSettings, frames: tuple[Frame, ...]) -> Iterator[Candidate]:
    normalize, seen = normalizer(corpus.profile), set(corpus.texts)
    for intent, rows in corpus.rows_of_intents().items():
        given, rng = 0, rng_of(rules.seed, intent, NAME)
        for row in rng.sample(rows, len(rows)):
            text = corpus.texts[row]
            if given == rules.framed:
                break
            if left_alone(text, corpus.profile):
                continue
            made = framed(text, corpus.profile.tag, frames, rng_of(rules.seed, corpus.ids[row], NAME))
            normalized = normalize(made)
            if normalized not in seen and is_whole(made) and kept(text, made):
                seen.add(normalized)
                given += 1
                yield Candidate(made, normalized, row, (NAME,))
