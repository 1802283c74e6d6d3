"""Words put in, taken out and exchanged where words keep their shape; protected parts stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from random import Random
from typing import TypeVar

from mlpipeline.languages.paraphrase.operators import Rewrite, Sentence
from mlpipeline.languages.paraphrase.protected import is_whole, kept

One = TypeVar("One")

_spaces = re.compile(" {2,}").sub


def listed(words: str) -> tuple[str, ...]:
    """The words of a list with | between them."""
    return tuple(words.split("|"))


def free(sentence: Sentence, start: int, stop: int) -> bool:
    """Whether text[start:stop] may be changed; for start == stop, whether something may be put in there."""
    return all(stop <= first or start >= last for first, last in sentence.protected)


def at_words(sentence: Sentence, start: int, stop: int) -> bool:
    """Whether text[start:stop] is one word or some words side by side, and not a piece of another."""
    starts = stops = False
    for token in sentence.tokens:
        starts = starts or token.start == start
        stops = stops or token.stop == stop
    return starts and stops


def spliced(text: str, start: int, stop: int, new: str) -> str:
    """The text with `new` in place of text[start:stop]; what is taken out leaves no second space behind.

    >>> spliced("nhắc tôi sau", 5, 8, "")
    'nhắc sau'
    """
    before, after = text[:start], text[stop:]
    if new:
        return before + new + after
    if before.endswith(" ") or not before:
        after = after.lstrip(" ")
    return (before + after).rstrip(" ") if not after else before + after


def cased(like: str, word: str) -> str:
    """The word with a capital where `like` begins with one."""
    return word[:1].upper() + word[1:] if like[:1].isupper() else word


def in_front(word: str, text: str) -> str:
    """A word before a text; the capital of the text's first word goes over to it, an abbreviation keeps its own.

    >>> in_front("vui lòng", "Hủy đơn hàng"), in_front("xem", "VOV")
    ('Vui lòng hủy đơn hàng', 'Xem VOV')
    """
    after = text[:1].lower() + text[1:] if text[:1].isupper() and text[1:2].islower() else text
    return f"{cased(text, word)} {after}"


def some(rng: Random, choices: Sequence[One], most: int) -> list[One]:
    """At most so many of the choices, in the order of the dice."""
    return rng.sample(choices, min(most, len(choices)))


def exchange(table: Mapping[str, Sequence[str]], most: int = 4) -> Rewrite:
    """An operator's function that puts another word of a table in place of one that stands in the text.

    Args:
        table: what is said, in small letters, and what can be said for it. The longest that fits counts.
        most: so many texts at most, one exchange each.
    """
    find = re.compile("|".join(map(re.escape, sorted(table, key=lambda key: (-len(key), key)))), re.IGNORECASE).finditer

    def rewrite(sentence: Sentence, rng: Random) -> Iterator[str]:
        choices = [
            (found, other)
            for found in find(sentence.text)
            if at_words(sentence, *found.span()) and free(sentence, *found.span())
            for other in table.get(found[0].lower(), ())
        ]
        for found, other in some(rng, choices, most):
            yield spliced(sentence.text, *found.span(), cased(found[0], other))

    return rewrite


def checked_rewrite(rewrite: Rewrite, most: int = 8) -> Rewrite:
    """The same operator without what is broken, empty or the text itself; no more than `most`, each once."""

    def checked(sentence: Sentence, rng: Random) -> Iterator[str]:
        given = {sentence.text}
        for made in rewrite(sentence, rng):
            made = _spaces(" ", made.strip())
            if made and made not in given and is_whole(made) and kept(sentence.text, made):
                given.add(made)
                yield made
                if len(given) > most:
                    return

    return checked


def lexicon(tag: str) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The packaged word list of a language: operator -> what is said -> what can be said for it.

    Lines `operator, said, others with | between`, tabs between them; what # begins says where the next come from.
    """
    tables: dict[str, dict[str, tuple[str, ...]]] = {}
    text = (
        files("mlpipeline.languages.paraphrase").joinpath("lexicon").joinpath(f"{tag}.tsv").read_text(encoding="utf-8")
    )
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            operator, said, others = line.split("\t")
            tables.setdefault(operator, {})[said] = tuple(others.split("|"))
    return tables
