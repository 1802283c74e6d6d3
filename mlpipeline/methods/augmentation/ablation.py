"""Do made rows help a bot, and which operators? An ablation on its training rows only, told with intervals.

The rows are parted into folds, families whole, once a seed. From the rows of the other folds alone rows are made, with
all gates; a model learns them and judges the fold that was left out. So no row that judges was seen by an operator, a
gate or a model. Rows are made twice: as the recipe says, and more of every operator, those too that the recipe does not
use. Three gains are told:

- `together`: of all rows that the recipe makes, over none, weighted as the recipe says;
- `alone`: of the many rows of one operator, over copies of the rows that they were made from, all at full weight. Over
  none, an operator that fits few intents would be blamed (or praised) for having made them larger than others;
- `among`: of all rows that the recipe makes, over all but those of the operator; what falls out is not made up for by
  others. Of an operator that the recipe does not use: of its many rows beside all, over all.

An operator that the recipe uses is switched off for one of three reasons:

- `gain`: neither `alone` nor `among` is above zero, and the interval of one of them lies below zero. One interval alone
  would switch off one useless operator in forty by chance, and there are dozens; both together make that rarer;
- `order`: its texts follow no order, see `word_order`. A model of n-grams, fast or the trainer's, gains as much from
  shuffled words as from a sentence; a reader does not. What excuses them is an interval of `among` above zero: then
  such rows bring what no other operator does;
- `marks`: people said that its texts are not natural or mean something else, see `review_sheet`. Where they said that
  they are natural, `order` does not count.

One that it does not use would help when neither gain is below zero, the interval of one lies above, and its texts have
an order: that is told, and nothing is switched on.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlpipeline.errors import InputError
from mlpipeline.languages.paraphrase.operators import Tool
from mlpipeline.methods.augmentation.ablation_gains import Gain, paired_gains
from mlpipeline.methods.augmentation.corpus import Candidate, Corpus, coded
from mlpipeline.methods.augmentation.making import augment_bot
from mlpipeline.methods.augmentation.settings import MakingSettings
from mlpipeline.methods.label_noise.noise_data import folds_by_group

_log = logging.getLogger(__name__)

Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

PLAIN, ALL = "plain", "all"
FEWEST_ROWS = 8  # of an operator, as a mean over folds: fewer say nothing


class Lesson(NamedTuple):
    """One fold of one seed: places of the rows to learn and of those to judge, and what was made of the first.

    `by_recipe` flags what the recipe makes; the others are there so that each operator has many.
    """

    seed: int
    fold: int
    train: Codes
    held_out: Codes
    synthetic: Sequence[Candidate]
    by_recipe: Flags

    def by(self, operator: str) -> Flags:
        """Which of the made rows an operator had a part in."""
        return np.array([operator in one.operators for one in self.synthetic], bool)

    def many_by(self, operator: str) -> Flags:
        """The many rows that an operator made alone; what only the recipe makes (retrieval), as the recipe makes it."""
        alone = np.array([one.operators == (operator,) for one in self.synthetic], bool)
        many = alone & ~self.by_recipe
        return many if many.any() else alone


class Arm(NamedTuple):
    """What a model learns besides the rows of persons: the flagged made rows, or copies of their parents instead.

    `full`: made rows count as much as those of persons, whatever the recipe says.
    """

    name: str
    used: Flags
    copied: bool = False
    full: bool = False


# Says (m,) label codes of the asked rows of a lesson, after learning the others and those of an arm.
Learner = Callable[[Lesson, Arm], Codes]


class OperatorGain(NamedTuple):
    """One operator: the many rows it made, as a mean over folds, and what they bring; None for too few."""

    rows: float
    alone: Gain | None
    among: Gain | None
    used: bool = True


@dataclass(frozen=True)
class Ablation:
    """What was found: `together` is all against none. `lessons` hold the rows that were made."""

    model: str
    rows: int
    folds: int
    seeds: int
    scores: dict[str, float]
    together: Gain | None
    operators: dict[str, OperatorGain]
    lessons: list[Lesson] = field(repr=False)
    fold_of: Codes = field(repr=False)  # (n,) of the first seed


def ablate(
    corpus: Corpus,
    groups: Codes,
    rules: MakingSettings,
    tool: Tool,
    learner: Learner,
    *,
    model: str,
    folds: int = 3,
    seeds: int = 5,
    by_operator: bool = True,
    outside: str = "",
) -> Ablation:
    """The gains of made rows.

    Args:
        corpus: of the bot; its training rows are parted.
        groups: (n,) families of the training rows.
        rules: what `augment_bot` takes; seed after seed is counted on from its seed.
        tool: of the language.
        learner: see `augmentation_learners`.
        model: the learner's name.
        folds: at least 2.
        seeds: how often the rows are parted and made anew.
        by_operator: without it only all against none.
        outside: the intent of what is not the bot's business: learnt, never judged.

    Raises:
        InputError: there are not two intents with rows of two families.
    """
    names, labels = _labels(corpus, groups)
    lessons, fold_of = _lessons(corpus, labels, groups, rules, tool, (seeds, folds), by_operator)
    rows = _mean_rows(lessons)
    used = {name for one in lessons for synthetic in _of_recipe(one) for name in synthetic.operators}
    measured = [name for name, count in rows.items() if by_operator and count >= FEWEST_ROWS]
    said = _said(lessons, learner, measured, used, len(labels), seeds)
    judged = np.flatnonzero([names[code] != outside for code in labels])
    pairs = [(ALL, PLAIN), *(pair for name in measured for pair in _pairs(name, used))]
    told = {arm: codes[:, judged] for arm, codes in said.items()}
    gains, scores = paired_gains(told, pairs, labels[judged], groups[judged], len(names), rules.seed)
    operators = dict[str, OperatorGain]()
    for name, count in rows.items():
        alone, among = (gains.get(pair) for pair in _pairs(name, used))
        operators[name] = OperatorGain(count, alone, among, name in used)
    both = {arm: scores[arm] for arm in (PLAIN, ALL)}
    return Ablation(model, len(labels), folds, seeds, both, gains[ALL, PLAIN], operators, lessons, fold_of)


def _lessons(
    corpus: Corpus,
    labels: Codes,
    groups: Codes,
    rules: MakingSettings,
    tool: Tool,
    times: tuple[int, int],
    by_operator: bool,
) -> tuple[list[Lesson], Codes]:
    """The lessons of all seeds and folds, and how the first seed parts the rows."""
    lessons, parted = list[Lesson](), list[Codes]()
    seeds, folds = times
    for number in range(seeds):
        parted.append(folds_by_group(labels, groups, folds, rules.seed + number))
        own = replace(rules, seed=rules.seed + number)
        lessons += [_lesson(corpus, own, tool, parted[-1], number, fold, by_operator) for fold in range(folds)]
        synthetic = sum(int(one.by_recipe.sum()) for one in lessons[-folds:])
        _log.info("seed %d of %d: %s synthetic examples in %d folds", number + 1, seeds, f"{synthetic:,}", folds)
    return lessons, parted[0]


def _of_recipe(lesson: Lesson) -> list[Candidate]:
    return [one for one, own in zip(lesson.synthetic, lesson.by_recipe.tolist(), strict=True) if own]


def _mean_rows(lessons: Sequence[Lesson]) -> dict[str, float]:
    """Operators by name -> the many rows of each, as a mean over lessons."""
    counted = Counter[str]()
    for lesson in lessons:
        for name in {name for one in lesson.synthetic for name in one.operators}:
            counted[name] += int(lesson.many_by(name).sum())
    return {name: counted[name] / len(lessons) for name in sorted(counted)}


def _labels(corpus: Corpus, groups: Codes) -> tuple[list[str], Codes]:
    names, labels = coded(corpus.intents)
    several = sum(len(np.unique(groups[labels == code])) > 1 for code in range(len(names)))
    if several < 2:
        what = f"{len(labels):,} training rows of {len(names):,} intents, {several} of them with two rows that differ"
        raise InputError(what, fix="nothing can be measured before two intents have a few rows each")
    return names, labels


def _alone(name: str) -> str:
    return f"alone {name}"


def _copies(name: str) -> str:
    return f"copies {name}"


def _without(name: str) -> str:
    return f"without {name}"


def _beside(name: str) -> str:
    return f"beside {name}"


def _pairs(name: str, used: Collection[str]) -> tuple[tuple[str, str], tuple[str, str]]:
    """The arms that `alone` and `among` compare."""
    among = (ALL, _without(name)) if name in used else (_beside(name), ALL)
    return (_alone(name), _copies(name)), among


def _lesson(
    corpus: Corpus, rules: MakingSettings, tool: Tool, fold_of: Codes, number: int, fold: int, by_operator: bool
) -> Lesson:
    """Rows made from what is learnt only; what is asked is held out like the bot's own test rows."""
    train, asked = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
    places = train.tolist()
    ids, texts, intents = ([column[row] for row in places] for column in (corpus.ids, corpus.texts, corpus.intents))
    held_out = [*corpus.held_out, *(corpus.texts[row] for row in asked.tolist())]
    part = Corpus(corpus.profile, ids, texts, intents, held_out, corpus.logs)
    kept = augment_bot(part, rules, tool).kept
    many = augment_bot(part, _many(rules), tool).kept if by_operator else []
    synthetic = [_in_whole(one.candidate, train) for one in [*kept, *many]]
    return Lesson(number, fold, train, asked, synthetic, np.arange(len(synthetic)) < len(kept))


def _many(rules: MakingSettings) -> MakingSettings:
    """What is made to look at each operator: rows of all kinds, as many as there are that do not wear out parents."""
    every = ("form", "words", "typing")
    return replace(rules, kinds=every, disabled=(), per_row=6, fill_to=100_000, retrieve_to=0, generator=None)


def _in_whole(one: Candidate, train: Codes) -> Candidate:
    other = int(train[one.other]) if one.other >= 0 else -1
    return one._replace(row=int(train[one.row]), other=other)


def _said(
    lessons: Sequence[Lesson],
    learner: Learner,
    operators: Sequence[str],
    used: Collection[str],
    rows: int,
    seeds: int,
) -> dict[str, Codes]:
    """Label codes (seeds, rows) by arm."""
    said = dict[str, Codes]()
    _log.info("%s models, for %d operators", f"{(2 + 3 * len(operators)) * len(lessons):,}", len(operators))
    for number, lesson in enumerate(lessons, 1):
        found = dict[tuple[bytes, bool, bool], Codes]()
        for arm in _arms(lesson, operators, used):
            # Two operators that made nothing here ask for the same model.
            key = (arm.used.tobytes(), arm.copied, arm.full) if arm.used.any() else (b"", False, False)
            if key not in found:
                found[key] = learner(lesson, arm)
            said.setdefault(arm.name, np.zeros((seeds, rows), np.int64))[lesson.seed, lesson.held_out] = found[key]
        if number % max(len(lessons) // 5, 1) == 0:
            _log.info("%d of %d folds scored", number, len(lessons))
    return said


def _arms(lesson: Lesson, operators: Sequence[str], used: Collection[str]) -> Iterator[Arm]:
    yield Arm(PLAIN, np.zeros(len(lesson.synthetic), bool))
    yield Arm(ALL, lesson.by_recipe)
    for name in operators:
        many = lesson.many_by(name)
        yield Arm(_alone(name), many, full=True)
        yield Arm(_copies(name), many, copied=True, full=True)
        if name in used:
            yield Arm(_without(name), lesson.by_recipe & ~lesson.by(name))
        else:
            yield Arm(_beside(name), lesson.by_recipe | many)
