"""English as people type it: keyboard slips, short forms, no marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from mlpipeline.languages.paraphrase.english_frames import without_mark
from mlpipeline.languages.paraphrase.english_words import exchange
from mlpipeline.languages.paraphrase.operators import Operator, Sentence, Token
from mlpipeline.languages.paraphrase.word_edits import free, some, spliced

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _neighbours() -> dict[str, str]:
    """Each letter's neighbours on a QWERTY keyboard; its rows are set off by a quarter and three quarters of a key."""
    at = {
        one: (x + offset, y)
        for y, (row, offset) in enumerate(zip(_ROWS, (0, 0.25, 0.75), strict=True))
        for x, one in enumerate(row)
    }
    return {
        one: "".join(other for other, (u, v) in at.items() if other != one and abs(v - y) <= 1 and abs(u - x) <= 1)
        for one, (x, y) in at.items()
    }


_NEAR = _neighbours()


def _words(sentence: Sentence) -> list[Token]:
    """Words that are long enough to be known with a slip in them."""
    return [
        one
        for one in sentence.tokens
        if len(one.form) > 4 and one.form.isascii() and one.form.isalpha() and free(sentence, one.start, one.stop)
    ]


def _typo_keyboard(sentence: Sentence, rng: Random) -> Iterator[str]:
    for token in some(rng, _words(sentence), 2):
        at = rng.randrange(1, len(token.form))
        near = _NEAR.get(token.form[at].lower(), "")
        if near:
            yield spliced(sentence.text, token.start + at, token.start + at + 1, rng.choice(near))


def _typo_swap(sentence: Sentence, rng: Random) -> Iterator[str]:
    for token in some(rng, _words(sentence), 1):
        at = token.start + rng.randrange(1, len(token.form) - 1)
        yield spliced(sentence.text, at, at + 2, sentence.text[at + 1] + sentence.text[at])


def _typo_missing(sentence: Sentence, rng: Random) -> Iterator[str]:
    for token in some(rng, _words(sentence), 1):
        at = token.start + rng.randrange(1, len(token.form) - 1)
        yield sentence.text[:at] + sentence.text[at + 1 :]


def _typo_double(sentence: Sentence, rng: Random) -> Iterator[str]:
    doubled = [
        (one, at) for one in _words(sentence) for at in range(1, len(one.form)) if one.form[at] == one.form[at - 1]
    ]
    if doubled:
        token, at = rng.choice(doubled)
        yield sentence.text[: token.start + at] + sentence.text[token.start + at + 1 :]
        return
    for token in some(rng, _words(sentence), 1):
        at = token.start + rng.randrange(1, len(token.form))
        yield sentence.text[: at + 1] + sentence.text[at:]


def _end_mark(sentence: Sentence, rng: Random) -> Iterator[str]:
    text = sentence.text
    bare = without_mark(text)
    if bare != text and bare and free(sentence, len(bare), len(text)):
        yield bare


def operators(lexicon: Mapping[str, Mapping[str, Sequence[str]]]) -> tuple[Operator, ...]:
    """How English is typed."""
    return (
        Operator("apostrophe_drop", "whats, dont, im", "typing", exchange(lexicon["apostrophe_drop"])),
        Operator("chat_short", "pls, u, tmrw, wanna", "typing", exchange(lexicon["chat_short"])),
        Operator("typo_keyboard", "a neighbouring key", "typing", _typo_keyboard),
        Operator("typo_swap", "two letters in the other order", "typing", _typo_swap),
        Operator("typo_missing", "a letter left out", "typing", _typo_missing),
        Operator("typo_double", "one letter for two, two for one", "typing", _typo_double),
        Operator("end_mark", "no mark at the end", "typing", _end_mark),
    )
