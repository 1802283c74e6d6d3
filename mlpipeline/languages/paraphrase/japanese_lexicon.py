"""The packaged word lists of Japanese, read once, and how their entries are found in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources

from mlpipeline.languages.paraphrase.operators import Sentence

Finder = tuple["re.Pattern[str]", dict[str, tuple[str, ...]]]


@lru_cache(maxsize=8)
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The lines of a packaged list, without comments."""
    folder = resources.files("mlpipeline.languages.paraphrase") / "lexicon"
    text = (folder / f"{name}.tsv").read_text("utf-8")
    return tuple(tuple(line.split("\t")) for line in text.splitlines() if line.strip() and not line.startswith("#"))


def words(text: str) -> frozenset[str]:
    """The words of a line, which is easier to read than forty quoted ones."""
    return frozenset(text.split())


def finder(pairs: Iterator[tuple[str, str]]) -> Finder:
    """What finds the first of each pair, longest first, and what may stand for it."""
    others = dict[str, tuple[str, ...]]()
    for said, other in pairs:
        others[said] = (*others.get(said, ()), other)
    longest_first = sorted(others, key=lambda one: (-len(one), one))
    return re.compile("|".join(map(re.escape, longest_first))), others


def groups(lines: Iterator[tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Every spelling of each group with every other."""
    for group in lines:
        for said in group:
            yield from ((said, other) for other in group if other != said)


def _grown_together(text: str, start: int, stop: int) -> bool:
    # a word amid others of its script is part of a longer one: 今 in 今週末, リスト in プレイリスト
    before, after = text[start - 1 : start], text[stop : stop + 1]
    return any(
        _compound(one) and _compound(other) and (one >= "一") == (other >= "一")
        for one, other in ((before, text[start]), (text[stop - 1], after))
    )


def _compound(one: str) -> bool:
    return bool(one) and ("ァ" <= one <= "ー" or "々" <= one <= "〇" or "一" <= one <= "鿿")


def dictionary_matches(
    sentence: Sentence, finder: Finder, open_end: bool = False
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Where entries stand: (start, stop, what may stand for it), from a word's beginning to a word's end.

    Args:
        sentence: the sentence.
        finder: of `finder`.
        open_end: an entry may end within a word.
    """
    pattern, others = finder
    starts = stops = None
    for hit in pattern.finditer(sentence.text):
        if starts is None or stops is None:
            starts = {token.start for token in sentence.tokens}
            stops = {token.stop for token in sentence.tokens}
        if hit.start() not in starts or not (open_end or hit.end() in stops):
            continue
        if not _grown_together(sentence.text, hit.start(), hit.end()):
            yield hit.start(), hit.end(), others[hit[0]]
