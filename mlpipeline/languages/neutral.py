"""Sentences that no bot is about, in eight languages: what a bot is calibrated not to answer."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

_TRADITIONAL = ("zh-TW", "zh-HK", "zh-MO")


def neutral_sentences(lang: str) -> tuple[str, ...]:
    """Normalised everyday sentences in a language; empty for one that the list does not have.

    Args:
        lang: BCP 47 tag; a region or script that has no sentences of its own takes those of its language.
    """
    return _columns().get(_column(lang), ())


def foreign_sentences(lang: str) -> tuple[str, ...]:
    """Those of all other languages, in turns: the first of each, the second of each, and so on.

    Args:
        lang: BCP 47 tag. Kinds of Chinese are one language here.
    """
    own = lang.partition("-")[0]
    others = {name.partition("-")[0]: column for name, column in _columns().items() if name.partition("-")[0] != own}
    return tuple(text for line in zip(*others.values(), strict=True) for text in line)


def _column(lang: str) -> str:
    if lang in _columns():
        return lang
    language = lang.partition("-")[0]
    if language == "zh":
        return "zh-Hant" if "Hant" in lang or lang in _TRADITIONAL else "zh-Hans"
    return language


@cache
def _columns() -> dict[str, tuple[str, ...]]:
    text = files("mlpipeline.languages").joinpath("neutral.tsv").read_text("utf-8")
    names, *lines = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return dict(zip(names, zip(*lines, strict=True), strict=True))
