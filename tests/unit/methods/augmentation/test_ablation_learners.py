"""The models that an ablation asks: made rows teach, copies stand for them, weights count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlpipeline.methods.augmentation.ablation import Arm, Lesson
from mlpipeline.methods.augmentation.ablation_learners import linear_learner, trainer_learner
from mlpipeline.methods.augmentation.corpus import Candidate, Corpus
from mlpipeline.recipe.model_fields import TrainSection
from mlpipeline.stages.train import classifier_settings
from tests.sections import section

from .planted import profile_of

_ROOT = Path(__file__).parents[4]
TEXTS = ["red apple", "green pear", "fast train", "slow bus", "a banana", "the tram"]
FRUIT, RIDE = 0, 1


@pytest.fixture
def corpus() -> Corpus:
    intents = ["fruit", "fruit", "ride", "ride", "fruit", "ride"]
    return Corpus(profile_of("en"), list("abcdef"), TEXTS, intents)


@pytest.fixture
def lesson() -> Lesson:
    """Only the made rows name what is asked for; the second pair names it wrongly, and is of no recipe."""
    made = [Candidate(text, text, row, (name,)) for text, row, name in MADE]
    return Lesson(0, 0, np.arange(4), np.array([4, 5]), made, np.array([True, True, False, False]))


MADE = [("red banana", 0, "good"), ("fast tram", 2, "good"), ("green tram", 1, "bad"), ("slow banana", 3, "bad")]
NONE, ALL = np.zeros(4, bool), np.ones(4, bool)


def test_the_linear_model_learns_what_it_is_given(corpus: Corpus, lesson: Lesson) -> None:
    learn = linear_learner(corpus, 20)
    good, bad = lesson.by("good"), lesson.many_by("bad")
    assert good.tolist() == [True, True, False, False] and bad.tolist() == [False, False, True, True]
    assert learn(lesson, Arm("good", good)).tolist() == [FRUIT, RIDE]
    assert learn(lesson, Arm("bad", bad)).tolist() == [RIDE, FRUIT]
    assert learn(lesson, Arm("copies", bad, copied=True)).tolist() == learn(lesson, Arm("plain", NONE)).tolist()


def test_weights_are_the_recipes_but_where_an_arm_asks_for_more(corpus: Corpus, lesson: Lesson) -> None:
    light = linear_learner(corpus, 20, 1e-9)
    plain = light(lesson, Arm("plain", NONE)).tolist()
    assert light(lesson, Arm("good", lesson.by("good"))).tolist() == plain
    assert light(lesson, Arm("bad", lesson.by("good"), full=True)).tolist() == [FRUIT, RIDE]


def test_many_intents_are_judged_by_the_view_that_can() -> None:
    texts = [f"word{at} {side}" for at in range(510) for side in ("left", "right")]
    intents = [f"i{at:03}" for at in range(510) for _ in range(2)]
    many = Corpus(profile_of("en"), [str(at) for at in range(1020)], texts, intents)
    place = np.arange(1020)
    lesson = Lesson(0, 0, place[place % 2 == 0], place[place % 2 == 1], [], np.zeros(0, bool))
    said = linear_learner(many, 20)(lesson, Arm("plain", np.zeros(0, bool)))
    assert (said == np.arange(510)).mean() > 0.9


@pytest.mark.slow
def test_the_trainer_learns_made_rows_too(corpus: Corpus, lesson: Lesson) -> None:
    settings = section(TrainSection, min_steps=40, augmented_weight=1.0)
    learn = trainer_learner(corpus, classifier_settings(settings), settings.seed)
    assert learn(lesson, Arm("good", lesson.by("good"))).tolist() == [FRUIT, RIDE]
    assert len(learn(lesson, Arm("copies", ALL, copied=True))) == 2
