"""Words exchanged for words that the bot's own texts use in the same places.

What stands in the same places is as often the opposite as a synonym, so that a word is
not exchanged where the rows show that it tells intents apart.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from random import Random
from typing import NamedTuple

import numpy as np

from mlpipeline.languages.paraphrase.any_language import fits, negates
from mlpipeline.languages.paraphrase.operators import Sentence, Token, Tool
from mlpipeline.languages.paraphrase.protected import is_whole, kept
from mlpipeline.languages.paraphrase.word_edits import cased, free, spliced
from mlpipeline.languages.profile import normalizer
from mlpipeline.methods.augmentation.corpus import Candidate, Corpus, left_alone, rng_of
from mlpipeline.methods.augmentation.neighbours import Word, Words, neighbours_of
from mlpipeline.methods.augmentation.settings import MakingSettings

OPERATOR = "synonym"
LEAST_TEXTS = 1000
"""Rows and logs together; of fewer, the neighbours of a word are chance."""
_MOST_TEXTS = 12_000  # they are analysed, which in Korean takes a second for 3,000
_MARKING = 3.84  # of a likelihood ratio: chance gives more in one word of twenty
_OF_ROW = 4  # exchanges of one row at most
# Verbs of Korean, whose endings hang on their last vowel, and words of number and of pointing
_FIXED = ("V", "NR", "SN", "NP", "MM", "名詞,数詞", "代名詞", "m")
_NUMBER = re.compile(
    r"zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand|million|first|second|third|half|[〇零一二三四五六七八九十百千万萬億亿兆两兩].*"
    r"|một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|trăm|nghìn|ngàn|triệu"
    r"|หนึ่ง|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า|สิบ|ยี่สิบ|ร้อย|พัน|หมื่น|แสน|ล้าน"
).fullmatch
_FIRST_NOT_LATIN = "\u0250"
_LEAST_LATIN = 3  # letters of a word: p of "p. m." is none


class Slot(NamedTuple):
    """A word of a row that can be exchanged: where it stands, and which it is."""

    start: int
    stop: int
    word: Word


def synonyms(
    corpus: Corpus, counts: Mapping[str, int], rules: MakingSettings, tool: Tool, report: MutableMapping[str, object]
) -> Iterator[Candidate]:
    """Rows of intents that lack some with one word exchanged.

    Args:
        corpus: in its canonical order.
        counts: intent -> rows that it lacks.
        rules: the recipe's `augment` part.
        tool: of its language.
        report: gets `texts`, and `reason` where nothing is given, else `words` that have neighbours.
    """
    texts = _texts(corpus, rules.seed)
    report["texts"] = len(texts)
    if len(texts) < LEAST_TEXTS or not counts:
        few = f"rows and logs are {len(texts)} texts; neighbours of words need {LEAST_TEXTS}"
        report["reason"] = few if counts else "no intent lacks rows"
        return
    found = neighbours_of([words_of(tool.analyse(text), tool) for text in texts])
    rows = [tool.analyse(text) for text in corpus.texts]
    marks = Marks(corpus.intents, [{one[0] for one in words_of(row, tool) if one[0]} for row in rows])
    report["words"] = len(found)
    normalize = normalizer(corpus.profile)
    there = set(corpus.texts)
    for row, sentence in enumerate(rows):
        intent, text = corpus.intents[row], corpus.texts[row]
        if counts.get(intent, 0) <= 0 or left_alone(text, corpus.profile):
            continue
        rng = rng_of(rules.seed, corpus.ids[row], OPERATOR)
        said = {one.form.casefold() for one in sentence.tokens}
        ways = [
            (place, other)
            for place in slots_of(sentence, tool)
            for other in found.get(place.word, ())
            if other[0] not in said
            and marks.may_exchange(place.word, other, intent)
            and fits(text, place.start, place.stop, other[0])
        ]
        turned = _opposites(sentence, tool, rng) if ways else set()
        for place, other in rng.sample(ways, min(len(ways), _OF_ROW)):
            made = spliced(text, place.start, place.stop, cased(text[place.start : place.stop], other[0]))
            if made not in there and made not in turned and is_whole(made) and kept(text, made):
                there.add(made)
                yield Candidate(made, normalize(made), row, (OPERATOR,))


def words_of(sentence: Sentence, tool: Tool) -> Words:
    """The words of a sentence in their order, and whether each is one that can be exchanged; None where a number, a
    placeholder or the like stands."""
    places = {(place.start, place.stop) for place in slots_of(sentence, tool)}
    return [
        (
            (one.form.casefold(), one.tag)
            if free(sentence, one.start, one.stop) and not any(map(str.isdigit, one.form))
            else None,
            (one.start, one.stop) in places,
        )
        for one in sentence.tokens
    ]


def slots_of(sentence: Sentence, tool: Tool) -> list[Slot]:
    """Content words that stand as they are said: no number, no negation, nothing protected, no verb that is joined."""
    stems = set(tool.stems(sentence.text))
    found = list[Slot]()
    for at, one in enumerate(sentence.tokens):
        if (
            (one.stem in stems or one.form in stems or stems.issuperset(one.form))
            and sentence.text[one.start : one.stop] == one.form
            and _is_word(one)
            and free(sentence, one.start, one.stop)
            and not negates(sentence, at, at + 1)
            and not _is_piece(sentence, at)
        ):
            found.append(Slot(one.start, one.stop, (one.form.casefold(), one.tag)))
    return found


def _is_word(one: Token) -> bool:
    if not any(map(str.isalpha, one.form)) or any(map(str.isdigit, one.form)) or one.tag.startswith(_FIXED):
        return False
    return not _NUMBER(one.form.casefold()) and (len(one.form) >= _LEAST_LATIN or one.form[0] >= _FIRST_NOT_LATIN)


def _is_piece(sentence: Sentence, at: int) -> bool:
    """Whether a Korean noun is a part of a longer one: what follows a whole one is a particle."""
    one, text = sentence.tokens[at], sentence.text
    if not "가" <= one.form[-1] <= "힣":
        return False
    after = sentence.tokens[at + 1] if at + 1 < len(sentence.tokens) else None
    glued = after is not None and after.start == one.stop and not after.tag.startswith(("J", "VCP"))
    return glued or bool(text[: one.start].strip() and not text[one.start - 1].isspace())


class Marks:
    """Which words mark which intents, by the rows of persons."""

    def __init__(self, intents: Sequence[str], words: Sequence[set[Word]]) -> None:
        self._rows = Counter(intents)
        self._all = len(intents)
        self._with: dict[Word, Counter[str]] = defaultdict(Counter)
        for intent, held in zip(intents, words, strict=True):
            for word in held:
                self._with[word][intent] += 1

    def may_exchange(self, text: Word, other: Word, intent: str) -> bool:
        """Whether a row of an intent keeps it when it says the other word.

        The other word is one that rows of the intent say, and not more those of another intent; or no row says it, and
        what it takes the place of says nothing of the intent either.
        """
        others = self._with.get(other)
        if others is None:
            return not self.marks(text, intent)
        return others[intent] > 0 and not any(self.marks(other, one) for one in others if one != intent)

    def marks(self, word: Word, intent: str) -> bool:
        """Whether a word stands in rows of an intent more often than chance (likelihood ratio: Dunning 1993)."""
        held = self._with.get(word)
        if held is None or not held[intent]:
            return False
        inside, total, rows = held[intent], held.total(), self._rows[intent]
        if inside * self._all <= total * rows:
            return False
        table = np.array([[inside, rows - inside], [total - inside, self._all - rows - total + inside]], np.float64)
        expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / self._all
        return bool(2 * (table * np.log(np.maximum(table, 1e-9) / np.maximum(expected, 1e-9))).sum() > _MARKING)


def _texts(corpus: Corpus, seed: int) -> list[str]:
    """Rows and logs, each text once; of very many, some."""
    texts = sorted({*corpus.texts, *corpus.logs})
    if len(texts) > _MOST_TEXTS:
        texts = sorted(rng_of(seed, OPERATOR).sample(texts, _MOST_TEXTS))
    return texts


def _opposites(sentence: Sentence, tool: Tool, rng: Random) -> set[str]:
    """What the language knows to say the opposite."""
    return {made for one in tool.operators.values() if one.opposite for made in one.rewrite(sentence, rng)}
