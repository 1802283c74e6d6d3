"""Ablation of made rows: what judges was seen by nobody, intervals say what they mean, planted harm is found."""

from __future__ import annotations

import numpy as np
import pytest

from mlpipeline.errors import InputError
from mlpipeline.languages.paraphrase.tools import load_tool
from mlpipeline.methods.augmentation.ablation import Arm, Lesson, OperatorGain, ablate
from mlpipeline.methods.augmentation.ablation_gains import Gain, paired_gains
from mlpipeline.methods.augmentation.ablation_learners import linear_learner
from mlpipeline.methods.augmentation.corpus import Corpus
from mlpipeline.methods.augmentation.word_order import OrderScore
from mlpipeline.orders.augmentation_report import decision, would_help
from mlpipeline.orders.augmentation_rows import SplitRow, drawn_rows, families
from mlpipeline.orders.review_sheet import Marks, Share

from .planted import rules, sample_corpus, with_operators


@pytest.mark.slow
def test_what_judges_was_seen_by_nobody() -> None:
    corpus = sample_corpus("en", 6, 8)
    groups = np.arange(len(corpus.ids)) // 2
    seen: list[Lesson] = []

    def learner(lesson: Lesson, arm: Arm) -> np.ndarray:
        seen.append(lesson)
        return np.zeros(len(lesson.held_out), np.int64)

    tool = with_operators(load_tool("en"), ("request_polite", "typo_swap", "word_dropout"))
    found = ablate(corpus, groups, rules(), tool, learner, model="none", folds=3, seeds=5)
    for lesson in seen:
        assert not set(groups[lesson.train]) & set(groups[lesson.held_out])
        parents = {row for one in lesson.synthetic for row in (one.row, one.other) if row >= 0}
        assert parents <= set(lesson.train.tolist())
        asked = {corpus.texts[row] for row in lesson.held_out}
        assert not asked & {one.normalized for one in lesson.synthetic}
        assert all(corpus.texts[one.row] != one.normalized for one in lesson.synthetic)
    assert found.together == Gain(0.0, 0.0, 0.0)
    assert len(found.lessons) == 15 and all(gain.rows > 0 for gain in found.operators.values())
    # many rows of every operator, those too that the recipe does not use, beside what the recipe makes
    assert found.operators["request_polite"].used and not found.operators["typo_swap"].used
    for lesson in found.lessons:
        kinds = {one.operators[0] for one, own in zip(lesson.synthetic, lesson.by_recipe, strict=True) if own}
        assert "typo_swap" not in kinds and lesson.many_by("typo_swap").any()
        assert not (lesson.many_by("request_polite") & lesson.by_recipe).any()
    # what is made of one seed is not what is made of another
    made = [{one.normalized for one in lesson.synthetic} for lesson in found.lessons if lesson.fold == 0]
    assert len({frozenset(texts) for texts in made}) == 5


def test_a_bot_with_nothing_to_measure_is_said() -> None:
    corpus = sample_corpus("en", 3, 2)
    with pytest.raises(InputError, match="with two rows that differ"):
        ablate(
            corpus,
            np.array([0, 0, 0, 1, 1, 2]),
            rules(),
            with_operators(load_tool("en"), ()),
            linear_learner(corpus, 1),
            model="linear",
        )


def test_gains_are_paired_and_their_intervals_hold_what_they_should() -> None:
    random = np.random.default_rng(3)
    truth = np.repeat(np.arange(6), 40)
    right = random.random((5, 240)) < 0.8
    worse = right & (random.random((5, 240)) < 0.9)
    guess = (truth + 1) % 6
    said = {name: np.where(hit, truth, guess) for name, hit in (("a", right), ("b", worse), ("c", right))}
    gains, scores = paired_gains(said, [("a", "b"), ("b", "a"), ("a", "c")], truth, np.arange(240), 6)
    assert scores["a"] == pytest.approx(0.8, abs=0.03) and scores["a"] == scores["c"]
    assert 0.03 < gains["a", "b"].low < gains["a", "b"].gain < gains["a", "b"].high < 0.15
    assert gains["b", "a"].high < 0 and gains["a", "c"] == Gain(0.0, 0.0, 0.0)
    assert str(gains["b", "a"]).startswith("-")
    # rows of few families say less
    wide, _ = paired_gains(said, [("a", "b")], truth, np.tile(np.arange(40), 6) // 8, 6)
    assert wide["a", "b"].high - wide["a", "b"].low > 0


GAIN, NONE, LOSS = Gain(0.02, 0.01, 0.03), Gain(-0.001, -0.01, 0.01), Gain(-0.02, -0.03, -0.01)
SALAD, ORDERED = OrderScore(90, 0.5, 0.44, 0.56, 0.9), OrderScore(90, 0.85, 0.8, 0.9, 0.9)


@pytest.mark.parametrize(
    ("alone", "among", "order", "natural", "why"),
    [
        (LOSS, NONE, ORDERED, None, "gain"),
        (NONE, LOSS, None, None, "gain"),
        (LOSS, GAIN, ORDERED, None, ""),
        (NONE, NONE, ORDERED, None, ""),
        (None, None, None, None, ""),
        (GAIN, NONE, SALAD, None, "order"),
        (GAIN, GAIN, SALAD, None, ""),
        (None, None, SALAD, (18, 20), ""),
        (None, None, SALAD, (1, 20), "marks"),
        (GAIN, GAIN, ORDERED, (1, 20), "marks"),
        (LOSS, LOSS, ORDERED, (18, 20), "gain"),
    ],
)
def test_reasons_to_switch_off(
    alone: Gain | None, among: Gain | None, order: OrderScore | None, natural: tuple[int, int] | None, why: str
) -> None:
    marks = Marks(Share.of(*natural), Share.of(0, 0)) if natural else None
    assert decision(OperatorGain(30.0, alone, among), order, marks).split(":")[0].split(" ")[0] == why


def test_what_the_recipe_does_not_use_may_be_said_to_help_and_is_never_switched_on() -> None:
    assert would_help(OperatorGain(30.0, GAIN, Gain(0.0, -0.01, 0.01), used=False), ORDERED)
    assert not would_help(OperatorGain(30.0, GAIN, GAIN, used=False), SALAD)
    assert not would_help(OperatorGain(30.0, GAIN, NONE, used=False), ORDERED)
    assert not would_help(OperatorGain(30.0, GAIN, GAIN, used=True), ORDERED)
    assert not would_help(OperatorGain(3.0, None, None, used=False), None) and not would_help(None, None)


def test_few_rows_of_each_intent_are_drawn_family_by_family() -> None:
    intents = ["a"] * 6 + ["b"] * 2
    corpus = Corpus(sample_corpus("en", 1, 1).profile, [str(at) for at in range(8)], ["x"] * 8, intents)
    groups = np.array([0, 0, 0, 1, 2, 3, 4, 4])
    assert drawn_rows(corpus, groups, per_intent=4).tolist() == [0, 3, 4, 5, 6, 7]
    assert drawn_rows(corpus, groups, most=5).tolist() == [0, 3, 4, 6, 7]
    assert len(drawn_rows(corpus, groups)) == 8


def test_families_hold_near_duplicates_and_what_was_made_from_one_parent() -> None:
    rows: list[SplitRow] = [
        {"id": "1", "component": "a", "content_id": "a", "text": "One", "normalized": "one", "parent": None},
        {"id": "2", "component": "b", "content_id": "b", "text": "two", "normalized": "two", "parent": " ONE "},
        {"id": "3", "component": "c", "content_id": "c", "text": "three", "normalized": "three", "parent": "2"},
        {"id": "4", "component": "d", "content_id": "d", "text": "four", "normalized": "four", "parent": "lost"},
        {"id": "5", "component": "e", "content_id": "e", "text": "five", "normalized": "five", "parent": "lost"},
        {"id": "6", "component": None, "content_id": "f", "text": "six", "normalized": "six", "parent": None},
    ]
    assert families(rows) == {"1": "a", "2": "a", "3": "a", "4": "d", "5": "d", "6": "f"}
