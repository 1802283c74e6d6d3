"""Operators that need no grammar: a word left out, two rows of one intent spliced, their values exchanged."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from random import Random
from typing import NamedTuple

from mlpipeline.languages.paraphrase.operators import Operator, Rewrite, Sentence, Token
from mlpipeline.languages.paraphrase.protected import is_whole, kept
from mlpipeline.languages.paraphrase.word_edits import checked_rewrite, free, some, spliced

# A text without its negation says the opposite; a word with one of these in it is neither left out nor exchanged
_NEGATIONS = re.compile(
    r"^(?:not|no|never|none|without|cannot|can't|dont|stop)$|n['’]t$|^(?:không|chưa|đừng|chẳng|khong|ko|chả)|[不没沒别別無无未勿]"
    r"|^(?:안|못|않|아니|말|없|마)|(?:않|없)|ない|ません|なく|^(?:ず|ぬ|無し)$|^(?:ไม่|อย่า|มิ|ยังไม่|ห้าม)",
    re.IGNORECASE,
).search


# Without these it asks something else, or nothing
_ASKING = re.compile(
    r"^(?:how|what|when|where|who|whose|why|which|if|whether|gì|nào|đâu|sao|ai|mấy|bao|뭐|뭘|무엇|무슨|어느|언제|어디|누구|누가|왜|몇|얼마)",
    re.IGNORECASE,
).match
# Words of a text that can spare one
_DROPPABLE = 5
_initial = re.compile(r"[^\W\d_]\.?").fullmatch


class Mixed(NamedTuple):
    """A text made of two rows: which row it comes from, which row gave the rest (positions in the rows given)."""

    text: str
    row: int
    other: int


def negates(sentence: Sentence, first: int, last: int) -> bool:
    """Whether one of the tokens from `first` to before `last` negates."""
    return any(_NEGATIONS(one.form) or _NEGATIONS(one.stem) for one in sentence.tokens[first:last])


def _written_words(sentence: Sentence) -> list[tuple[int, int]]:
    """(start, stop) of the words as they are written: one or more tokens up to the next space."""
    text, found, start = sentence.text, list[tuple[int, int]](), -1
    for one in sentence.tokens:
        if one.start == 0 or text[one.start - 1].isspace():
            start = one.start
        if start >= 0 and (one.stop == len(text) or text[one.stop].isspace()):
            found.append((start, one.stop))
            start = -1
    return found


def _dropout(stems: Callable[[str], Sequence[str]] | None) -> Rewrite:
    def rewrite(sentence: Sentence, rng: Random) -> Iterator[str]:
        words = _droppable(sentence)
        if words and stems is not None:
            # what a sentence is about stays: "how do i my order" says nothing
            about = set(stems(sentence.text))
            words = [span for span in words if not any(_is_about(one, about) for one in _inside(sentence, *span))]
        for start, stop in some(rng, words, 1):
            yield spliced(sentence.text, start, stop, "")

    return rewrite


def _inside(sentence: Sentence, start: int, stop: int) -> list[Token]:
    return [one for one in sentence.tokens if start <= one.start and one.stop <= stop]


def _is_about(token: Token, about: Collection[str]) -> bool:
    return any(word in about for word in (token.form, token.stem, *token.stem.split()))


def _droppable(sentence: Sentence) -> list[tuple[int, int]]:
    # what stands between spaces: a morpheme left out of the middle of a word gives no word, so that languages written
    # without spaces have nothing to leave out. Of few words each one is needed, and the last is the predicate of
    # languages that end in it, the thing that is asked for in others
    written = _written_words(sentence)
    if len(written) < _DROPPABLE:
        return []
    needed = [
        (one.start, one.stop)
        for at, one in enumerate(sentence.tokens)
        if negates(sentence, at, at + 1) or _ASKING(one.form)
    ]
    return [
        (start, stop)
        for start, stop in written[:-1]
        if free(sentence, start, stop)
        and all(stop <= first or start >= last for first, last in needed)
        # c. n. n. is one name
        and not _initial(sentence.text[start:stop])
    ]


def _forms(sentence: Sentence) -> list[str]:
    return [one.form.casefold() for one in sentence.tokens]


def _overlap(sentence: Sentence) -> bool:
    """Whether tokens do not stand one behind another: an analyser may give a contraction two at one place."""
    return any(one.stop > other.start for one, other in zip(sentence.tokens, sentence.tokens[1:], strict=False))


def splices(
    rows: Sequence[Sentence], rng: Random, most: int = 2, contents: Sequence[Collection[str]] | None = None
) -> Iterator[Mixed]:
    """The beginning of one row and the end of another of the same intent, joined at a word that both have.

    "how do i cancel my order" and "please cancel the subscription" give "how do i cancel the subscription". The word
    stands behind the first word of one and before the last of the other, so that both give something.

    Args:
        rows: all of one intent.
        dice: all random choices.
        most: so many texts a row at most.
        contents: the stems of each row's content words (`Tool.stems`): joined at these only. None: at any word, which
            breaks about twice as many.
    """
    forms = [_forms(row) for row in rows]
    there = {row.text for row in rows}
    places: dict[str, list[tuple[int, int]]] = {}
    for row, words in enumerate(forms):
        if _overlap(rows[row]):
            continue
        for at, word in enumerate(words):
            # once in the row, and more than a particle
            known = contents is None or rows[row].tokens[at].stem in contents[row]
            if known and words.count(word) == 1 and len(word) > 1 and at + 1 < len(words):
                places.setdefault(word, []).append((row, at))
    choices: list[list[tuple[int, int, int]]] = [[] for _ in rows]
    for found in places.values():
        for row, at in found:
            choices[row] += [(at, other, there_at) for other, there_at in found if other != row and at > 0]
    for row, ways in enumerate(choices):
        given = 0
        for at, other, other_at in rng.sample(ways, len(ways)):
            made = _joined(rows[row], at, rows[other], other_at)
            if made and made not in there:
                there.add(made)
                yield Mixed(made, row, other)
                given += 1
                if given == most:
                    break


def _joined(one: Sentence, at: int, other: Sentence, other_at: int) -> str:
    first, second = one.tokens[at], other.tokens[other_at]
    if not free(one, first.start, first.stop) or not free(other, second.start, second.stop):
        return ""
    # what is left out or comes in must not turn the meaning round
    if negates(one, at, len(one.tokens)) or negates(other, 0, len(other.tokens)) or negates(one, 0, at):
        return ""
    made = one.text[: first.stop] + other.text[second.stop :]
    return made if is_whole(made) else ""


def slot_exchanges(rows: Sequence[Sentence], rng: Random, most: int = 3, longest: int = 3) -> Iterator[Mixed]:
    """Values exchanged between rows of one intent: by "play jazz now", "play rock now" is "i like jazz" "i like rock".

    Two spans are values of one slot where two rows are the same but for them; a row that has one gets the other.

    Args:
        rows: all of one intent: across intents on and off would be values of one slot.
        dice: all random choices.
        most: so many texts a row at most.
        longest: words of a value at most.
    """
    pairs = _values(rows, longest)
    there = {row.text for row in rows}
    for row, sentence in enumerate(rows):
        ways = [
            (start, stop, value, other)
            for start, stop, said, _ in _spans(sentence, longest)
            for value, other in pairs.get(said, {}).items()
            if other != row and fits(sentence.text, start, stop, value)
        ]
        given = 0
        for start, stop, value, other in rng.sample(ways, len(ways)):
            made = spliced(sentence.text, start, stop, value)
            if made not in there and is_whole(made) and kept(sentence.text, made):
                there.add(made)
                yield Mixed(made, row, other)
                given += 1
                if given == most:
                    break


def _spans(sentence: Sentence, longest: int) -> Iterator[tuple[int, int, str, int]]:
    """(start, stop, value, words) of spans that may be values: no number, no placeholder, no negation."""
    tokens = sentence.tokens
    if _overlap(sentence):
        return
    for first in range(len(tokens)):
        for last in range(first + 1, min(first + longest, len(tokens)) + 1):
            start, stop = tokens[first].start, tokens[last - 1].stop
            if free(sentence, start, stop) and not negates(sentence, first, last):
                yield start, stop, sentence.text[start:stop], last - first


def _values(rows: Sequence[Sentence], longest: int) -> dict[str, dict[str, int]]:
    """Value -> values that stand in its place in an otherwise equal row -> that row."""
    frames: dict[tuple[str, str, int], dict[str, int]] = {}
    for row, sentence in enumerate(rows):
        for start, stop, value, words in _spans(sentence, longest):
            before, after = sentence.text[:start], sentence.text[stop:]
            # a frame of fewer than two words says nothing of what stands in it; values of as many words are of one kind
            # more often: "plug" and "the kettle" are not
            if sum(1 for one in sentence.tokens if one.stop <= start or one.start >= stop) >= 2:
                frames.setdefault((before, after, words), {}).setdefault(value, row)
    pairs: dict[str, dict[str, int]] = {}
    for values in frames.values():
        for value in values:
            for other, row in values.items():
                # with a word in common the smaller span is the value
                if other != value and not set(value.split()) & set(other.split()):
                    pairs.setdefault(value, {}).setdefault(other, row)
    return pairs


def fits(text: str, start: int, stop: int, value: str) -> bool:
    """Whether the words beside the value keep their form: a Korean particle glued to it, a or an before it."""
    said = text[start:stop]
    if text[stop : stop + 1].strip() and _final(said) != _final(value):
        return False
    article = re.search(r"\b(?:a|an) $", text[:start], re.IGNORECASE)
    return not article or (said[:1] in "aeiou") == (value[:1] in "aeiou")


def _final(value: str) -> str:
    """How a value in Hangul ends: in a vowel, in ㄹ (as 로 and 으로 ask), in another consonant."""
    last = value[-1:]
    if not "가" <= last <= "힣":
        return "other"
    return {0: "vowel", 8: "rieul"}.get((ord(last) - 0xAC00) % 28, "consonant")


def operators(stems: Callable[[str], Sequence[str]] | None = None) -> tuple[Operator, ...]:
    """The operators of one row.

    Args:
        stems: the content words of a text (`Tool.stems`), which none of them leaves out; None where they are unknown.
    """
    about = "without one word that does not say what it is about" if stems else "without one word, but for the last"
    return (Operator("word_dropout", about, "typing", checked_rewrite(_dropout(stems))),)


OPERATORS: tuple[Operator, ...] = operators()
