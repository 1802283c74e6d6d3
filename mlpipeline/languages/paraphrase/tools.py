"""The tool of a language by its tag, loaded once a process; a language without one of its own gets a plain one."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module

from mlpipeline.errors import RecipeError
from mlpipeline.languages.paraphrase import any_language
from mlpipeline.languages.paraphrase.frame import frame_operators
from mlpipeline.languages.paraphrase.operators import Operator, Sentence, Token, Tool, by_name
from mlpipeline.languages.paraphrase.protected import protected_spans

_MODULES: Mapping[str, str] = {
    "en": "english",
    "ja": "japanese",
    "ko": "korean",
    "th": "thai",
    "vi": "vietnamese",
    "zh-Hans": "chinese",
    "zh-Hant": "chinese",
    "zh-TW": "chinese",
}
CONVERSION = "convert_to_"
"""Operators whose names begin so write a text in another variety: off by default."""


class Plain:
    """Words are what stands between spaces: a language of which nothing is known but that."""

    operators: Mapping[str, Operator] = by_name(any_language.OPERATORS)

    def analyse(self, text: str) -> Sentence:
        """The words of a text without the marks around them; a word is its own base form in small letters."""
        tokens, at = list[Token](), 0
        for word in text.split():
            at = text.index(word, at)
            bare = _bare(word)
            if bare:
                start = at + word.index(bare)
                tokens.append(Token(bare, bare.casefold(), "", start, start + len(bare)))
            at += len(word)
        return Sentence(text, tokens, protected_spans(text))

    def stems(self, text: str) -> Sequence[str]:
        """All words in small letters."""
        return [token.stem for token in self.analyse(text).tokens]


def _bare(word: str) -> str:
    """A word without the marks around it. Vowel signs are letters here: many scripts write them as combining marks."""
    inside = [at for at, one in enumerate(word) if one.isalnum() or unicodedata.category(one)[0] == "M"]
    return word[inside[0] : inside[-1] + 1] if inside else ""


class _Extended:
    """A tool with the operators of any language, and the frames of its own, behind its others."""

    def __init__(self, tool: Tool, tag: str) -> None:
        self._tool = tool
        self.analyse: Callable[[str], Sentence] = tool.analyse
        self.stems: Callable[[str], Sequence[str]] = tool.stems
        self.operators: Mapping[str, Operator] = {
            **tool.operators,
            **{
                name: one
                for name, one in by_name((*any_language.operators(tool.stems), *frame_operators(tag))).items()
                if name not in tool.operators
            },
        }


def load_tool(tag: str, on: Iterable[str] = ()) -> Tool:
    """The tool of a language, up to five seconds the first time in a process; not to be shared between threads.

    Args:
        tag: BCP 47, as in the recipe. One that is not known, and whose language is not, gets the plain tool: words are
            what stands between spaces, and only operators of any language are there.
        on: names of operators that are off by default. A Chinese variety is loaded with the conversions among them;
            `convert_to_zh_TW` writes a text as in Taiwan.

    Raises:
        RecipeError: a conversion into a variety that there is none for.
    """
    varieties = {name[len(CONVERSION) :].replace("_", "-") for name in on if name.startswith(CONVERSION)}
    return _loaded(tag, tuple(sorted(varieties - {tag})))


@cache
def _loaded(tag: str, converts_to: tuple[str, ...]) -> Tool:
    module = _MODULES.get(tag) or _MODULES.get(tag.split("-")[0])
    if module is None:
        return Plain()
    loaded = import_module(f"mlpipeline.languages.paraphrase.{module}")
    if module != "chinese":
        return _Extended(loaded.load(), tag)
    for other in converts_to:
        if other not in loaded.TAGS:
            known = ", ".join(CONVERSION + one.replace("-", "_") for one in loaded.TAGS if one != tag)
            raise RecipeError(
                f"no text of {tag} is converted to {other!r}", where="augment.enabled", fix=f"choose of {known}"
            )
    return _Extended(loaded.load(tag, converts_to), tag)
