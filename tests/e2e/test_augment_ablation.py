"""Ablation on a corpus as large as a small bot: planted operators are found by every way to find them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import numpy as np
import pytest

from mlpipeline.languages.paraphrase.operators import Operator, Sentence
from mlpipeline.languages.paraphrase.tools import load_tool
from mlpipeline.methods.augmentation.ablation import ablate
from mlpipeline.methods.augmentation.ablation_learners import linear_learner
from mlpipeline.methods.augmentation.corpus import Corpus
from mlpipeline.orders.augmentation_report import decision, scores_of_order
from tests.unit.methods.augmentation.planted import PLANTED, SHUFFLE, rules, sample_corpus, with_operators

GOOD = ("request_polite", "typo_swap", "word_dropout")


def of_another(corpus: Corpus) -> Operator:
    """Mixes in words of any row: the gates let much of it through, the label is not its own."""
    words = [text.split() for text in corpus.texts]

    def rewrite(sentence: Sentence, rng: Random) -> Iterator[str]:
        for _ in range(3):
            other = rng.choice(words)
            yield f"{sentence.text} {' '.join(rng.sample(other, min(len(other), 6)))}"

    return Operator("mix", "words of another row", "words", rewrite)


def test_planted_operators_are_found_and_good_ones_are_not(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    corpus = sample_corpus("en", 8)
    tool = with_operators(load_tool("en"), GOOD, ba_order=PLANTED, mix=of_another(corpus))
    groups = np.arange(len(corpus.ids))
    given = rules(min_agreement=0.0, disabled=("splice", "slot_exchange"))
    found = ablate(corpus, groups, given, tool, linear_learner(corpus, 20), model="linear")
    orders = scores_of_order(corpus, found, tool, 20)
    why = {name: decision(gain, orders.get(name), None) for name, gain in found.operators.items()}
    assert why[SHUFFLE].startswith("order: 0.") and orders[SHUFFLE].score < 0.65 < 0.8 < orders[SHUFFLE].parents
    assert why["mix"].startswith("gain in points")
    assert not any(why[name] for name in GOOD)
    assert any("seed 5 of 5" in line for line in caplog.messages) and any("models" in line for line in caplog.messages)
    # the model of n-grams alone would have let the shuffle pass: the reason that `order` is there
    alone = found.operators[SHUFFLE].alone
    assert alone is not None and alone.high > 0
