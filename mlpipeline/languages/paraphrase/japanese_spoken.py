"""As people speak: contractions and their full forms, words of the same meaning, えっと and あの."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from random import Random

from mlpipeline.languages.paraphrase.japanese_lexicon import Finder, dictionary_matches, finder, rows
from mlpipeline.languages.paraphrase.japanese_predicate import replaced
from mlpipeline.languages.paraphrase.operators import Operator, Sentence

_OPENINGS = ("えっと、", "えーと、", "あの、", "あのー、", "すみません、")
_hiragana = re.compile("[ぁ-ゖ]").search  # else it may be another language
_ENOUGH = 3


@lru_cache(maxsize=4)
def _finder(kind: str) -> Finder:
    if kind == "expansion":
        return finder((row[2], row[1]) for row in rows("ja_spoken") if row[0] == "contraction" and row[2] != "けど")
    return finder((row[1], row[2]) for row in rows("ja_spoken") if row[0] == kind)


def _exchanged(sentence: Sentence, kind: str, rng: Random) -> Iterator[str]:
    found = [
        (start, stop, one)
        for start, stop, others in dictionary_matches(sentence, _finder(kind))
        for one in others
        if not (kind == "word" and start and sentence.text[start - 1] in "おご")  # お買い物 is one word
    ]
    for start, stop, other in found if len(found) <= _ENOUGH else rng.sample(found, _ENOUGH):
        yield from replaced(sentence, start, stop, other)


def contraction(sentence: Sentence, rng: Random) -> Iterator[str]:
    """Shortened as in speech: 届いている becomes 届いてる, 忘れてしまった becomes 忘れちゃった."""
    yield from _exchanged(sentence, "contraction", rng)


def expansion(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A contraction in full: 届いてる becomes 届いている, 届いてますか becomes 届いていますか."""
    yield from _exchanged(sentence, "expansion", rng)


def same_word(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A word of the same meaning from a small list: なぜ becomes どうして, 値段 becomes 価格."""
    yield from _exchanged(sentence, "word", rng)


def interjection(sentence: Sentence, rng: Random) -> Iterator[str]:
    """What people say while they think: えっと、荷物はいつ届きますか."""
    tokens = sentence.tokens
    if (
        len(tokens) < 2
        or not _hiragana(sentence.text)
        or not tokens[0].tag.startswith(("名詞", "代名詞", "連体詞", "動詞", "形容詞", "形状詞"))
    ):
        return
    for opening in rng.sample(_OPENINGS, 2):
        yield from replaced(sentence, 0, 0, opening)


OPERATORS: tuple[Operator, ...] = (
    Operator("contraction", "ている as てる, てしまう as ちゃう", "form", contraction),
    Operator("expansion", "てる as ている, ちゃう as てしまう", "form", expansion),
    Operator("same_word", "a word of the same meaning", "words", same_word),
    Operator("interjection", "えっと, あの before the sentence", "words", interjection),
)
