"""Whether made texts still have an order: do letters follow each other as in the bot's own texts, or as in a salad?

A model of n-grams hardly sees the order of words, so F1 alone lets an operator through that throws them about. Here
each text is compared with shuffles of its own words by a letter model of the bot's own texts. As words stay the same,
only what stands at their borders counts: slips of the keyboard and rare words cost a text nothing.

An order that the bot's texts do not have may be one all the same: in Korean, a request that begins with its verb. So
an operator that fails is asked again by a model that has learnt what it made of other rows, too. An order can be learnt
from them, a shuffle cannot. What neither notices is an order that is wrong always in the same way: words from last to
first. Marks of people do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import log2
from typing import NamedTuple

import numpy as np

from mlpipeline.languages.paraphrase.operators import Sentence, Tool
from mlpipeline.methods.augmentation.corpus import rng_of

_LONGEST = 6  # letters, the last of which is asked for
_SHUFFLES = 6  # of one text
_FEWEST_PIECES = 3
_LETTERS = 2000  # kinds of letters that a letter never seen may be one of
_NORMAL = 1.96
_MOST_MADE = 150  # texts of one operator that are looked at


class OrderScore(NamedTuple):
    """Of n made texts, the mean share of shuffles of its own words that a text reads better than.

    1: as a text should, 0.5: as a shuffle does. `parents` is the same of the rows that they were made from.
    """

    texts: int
    score: float
    low: float
    high: float
    parents: float

    @property
    def is_salad(self) -> bool:
        """Whether the interval lies nearer to a shuffle than to the rows of persons."""
        return self.high < (0.5 + self.parents) / 2 and self.parents > 0.5


class LetterModel:
    """How likely a letter is after up to five others: counts of all lengths, mixed by Witten and Bell (1991)."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._after: dict[str, Counter[str]] = defaultdict(Counter)
        for text in texts:
            framed = _framed(text)
            for at in range(1, len(framed)):
                for start in range(max(at - _LONGEST + 1, 0), at + 1):
                    self._after[framed[start:at]][framed[at]] += 1
        self._totals = {before: (sum(found.values()), len(found)) for before, found in self._after.items()}

    def bits(self, text: str) -> float:
        """What the text costs: minus the logarithm to base 2 of its probability."""
        framed = _framed(text)
        return -sum(log2(self._chance(framed, at)) for at in range(1, len(framed)))

    def _chance(self, framed: str, at: int) -> float:
        chance, letter = 1.0 / _LETTERS, framed[at]
        for start in range(at, max(at - _LONGEST, -1), -1):
            before = framed[start:at]
            if before not in self._totals:
                break
            total, kinds = self._totals[before]
            chance = (self._after[before][letter] + kinds * chance) / (total + kinds)
        return chance


def _framed(text: str) -> str:
    return f"\n{text}\n"


def pieces(sentence: Sentence) -> list[tuple[int, int]]:
    """Where the words of a text stand that may change places: between spaces, or as the tool cuts where there are none.

    A token that runs over a space, as a Vietnamese word of two syllables, stays whole.
    """
    tokens = [(one.start, one.stop) for one in sentence.tokens if one.start < one.stop]
    found: list[tuple[int, int]] = []
    for start, stop in _between_spaces(sentence.text):
        if found and any(first < start and found[-1][0] < last and last > start for first, last in tokens):
            found[-1] = (found[-1][0], stop)
        else:
            found.append((start, stop))
    if len(found) >= _FEWEST_PIECES:
        return found
    apart: list[tuple[int, int]] = []
    for start, stop in sorted(tokens):
        if not apart or start >= apart[-1][1]:
            apart.append((start, stop))
    return max(found, apart, key=len)


def _between_spaces(text: str) -> list[tuple[int, int]]:
    found, at = [], 0
    for word in text.split():
        start = text.index(word, at)
        at = start + len(word)
        found.append((start, at))
    return found


def order_share(text: str, sentence: Sentence, model: LetterModel, seed: int) -> float | None:
    """The share of shuffles of a text that it reads better than; None where there is no order to speak of."""
    places = pieces(sentence)
    words = [text[start:stop] for start, stop in places]
    if len(set(words)) < _FEWEST_PIECES:
        return None
    rng, own, beaten = rng_of(seed, "order", text), model.bits(text), []
    for _ in range(_SHUFFLES):
        mixed = _shuffled(text, places, rng.sample(words, len(words)))
        if mixed != text:
            other = model.bits(mixed)
            beaten.append(1.0 if own < other else 0.5 if own == other else 0.0)
    return sum(beaten) / len(beaten) if beaten else None


def _shuffled(text: str, places: Sequence[tuple[int, int]], words: Sequence[str]) -> str:
    parts, at = [], 0
    for (start, stop), word in zip(places, words, strict=True):
        parts += [text[at:start], word]
        at = stop
    return "".join([*parts, text[at:]])


def order_score(pairs: Sequence[tuple[str, str]], models: Sequence[LetterModel], tool: Tool, seed: int) -> OrderScore:
    """The score of one operator.

    Args:
        pairs: n parents and what was made of each.
        models: (n,) for each a letter model that has learnt neither of them.
        tool: of the language.
        seed: of the shuffles.
    """
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for (parent, made), model in zip(pairs, models, strict=True):
        own = order_share(made, tool.analyse(made), model, seed)
        before = order_share(parent, tool.analyse(parent), model, seed)
        if own is not None and before is not None:
            found[parent].append((own, before))
    if len(found) < 2:
        return OrderScore(len(found), 1.0, 0.0, 1.0, 1.0)
    # what was made of one parent is no independent witness: a mean a parent
    means = np.array([np.mean(shares, axis=0) for shares in found.values()])
    score, parents = means.mean(axis=0).tolist()
    spread = _NORMAL * float(means[:, 0].std(ddof=1)) / len(means) ** 0.5
    return OrderScore(sum(map(len, found.values())), score, score - spread, score + spread, parents)


def order_scores(
    texts: Sequence[str], folds: Sequence[int], candidates: Sequence[tuple[str, int, str]], tool: Tool, seed: int
) -> dict[str, OrderScore]:
    """The scores of operators by name; see the head of this module.

    Args:
        texts: n rows of the bot.
        folds: (n,) the part that each belongs to; of a text, and what was made of it, models of other parts are asked.
        candidates: the operator, the parent's place, and the text, of each made row.
        tool: of the language.
        seed: of the shuffles.
    """
    by_name: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for name, row, text in candidates:
        if len(by_name[name]) < _MOST_MADE:
            by_name[name].append((row, text))
    numbers = sorted(set(folds))
    own = {part: [text for text, its in zip(texts, folds, strict=True) if its != part] for part in numbers}
    models = {part: LetterModel(own[part]) for part in numbers}
    found = {}
    for name, rows in sorted(by_name.items()):
        pairs = [(texts[row], text) for row, text in rows]
        score = order_score(pairs, [models[folds[row]] for row, _ in rows], tool, seed)
        if score.is_salad:
            with_made = {
                part: LetterModel([*own[part], *(text for row, text in rows if folds[row] != part)]) for part in numbers
            }
            again = order_score(pairs, [with_made[folds[row]] for row, _ in rows], tool, seed)
            score = score if again.is_salad else again
        found[name] = score
    return found
