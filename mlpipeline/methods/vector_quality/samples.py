"""The texts that come with the package: pairs of words, paraphrases, and one text in several languages."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from mlpipeline.methods.vector_quality.analogies import Pair

_TRADITIONAL = {"zh-TW", "zh-HK", "zh-MO"}


class Grouped(NamedTuple):
    """Sentences, and the number of the group of each: those of one group mean the same."""

    texts: tuple[str, ...]
    groups: tuple[int, ...]


def analogy_pairs(lang: str) -> Mapping[str, Sequence[Pair]]:
    """Kind -> pairs of words of a language, named by its tag; empty for a language that has no list."""
    lists = _analogies()
    return lists.get(_listed(lang, lists), {})


def paraphrases(lang: str) -> Grouped:
    """Sentences of a language in groups; none for a language that has no list."""
    lists = _paraphrases()
    return lists.get(_listed(lang, lists), Grouped((), ()))


def grouped_sentences(pairs: Iterable[tuple[str, str]], *, most: int, seed: int) -> Grouped:
    """Sentences whose group has two or more, each once; whole groups are drawn until `most` sentences are there.

    Args:
        pairs: text and name of its group.
        most: sentences, at most.
        seed: of the draw.
    """
    groups: dict[str, dict[str, None]] = {}
    for text, group in pairs:
        groups.setdefault(group, {})[text] = None
    names = sorted(name for name, texts in groups.items() if len(texts) > 1)
    if sum(len(groups[name]) for name in names) > most:
        random.Random(seed).shuffle(names)
    texts, numbers = list[str](), list[int]()
    for number, name in enumerate(names):
        if len(texts) + len(groups[name]) <= most:
            texts += groups[name]
            numbers += [number] * len(groups[name])
    return Grouped(tuple(texts), tuple(numbers))


def parallel_texts(lang: str) -> Sequence[str]:
    """120 sentences, the same in every language and in the same order; none for a language that has no list."""
    lists = _parallel()
    return lists.get(_listed(lang, lists), ())


def _listed(lang: str, lists: Mapping[str, object]) -> str:
    """The list that stands for a language: its own, else by its script, else of the language without region."""
    if lang in lists:
        return lang
    first = lang.partition("-")[0]
    if first == "zh":
        return "zh-Hant" if lang in _TRADITIONAL or "Hant" in lang else "zh-Hans"
    return first


@cache
def _analogies() -> dict[str, dict[str, list[Pair]]]:
    found: dict[str, dict[str, list[Pair]]] = {}
    for lang, kind, left, right in _rows("analogies.tsv"):
        found.setdefault(lang, {}).setdefault(kind, []).append((left, right))
    return found


@cache
def _paraphrases() -> dict[str, Grouped]:
    found: dict[str, tuple[list[str], list[int]]] = {}
    for lang, group, text in _rows("paraphrases.tsv"):
        texts, groups = found.setdefault(lang, ([], []))
        texts.append(text)
        groups.append(int(group))
    return {lang: Grouped(tuple(texts), tuple(groups)) for lang, (texts, groups) in found.items()}


@cache
def _parallel() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for lang, _, text in _rows("parallel.tsv"):
        found.setdefault(lang, []).append(text)
    return found


def _rows(name: str) -> list[list[str]]:
    text = files("mlpipeline.methods.vector_quality").joinpath(name).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
