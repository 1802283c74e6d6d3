"""Japanese said another way: Sudachi's analysis and all operators of the language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from mlpipeline.languages.paraphrase import (
    japanese_asking,
    japanese_endings,
    japanese_particles,
    japanese_requests,
    japanese_slips,
    japanese_spelling,
    japanese_spoken,
)
from mlpipeline.languages.paraphrase.japanese_lexicon import words
from mlpipeline.languages.paraphrase.operators import Operator, Rewrite, Sentence, Token, Tool, by_name
from mlpipeline.languages.paraphrase.protected import is_whole, kept, protected_spans

if TYPE_CHECKING:
    from sudachipy import MorphemeList

# Sudachi refuses texts of more than 49,149 bytes; nobody asks a bot at such length
_LONGEST = 4_000


@dataclass(frozen=True)
class JapaneseSentence(Sentence):
    """A sentence with Sudachi's own list of morphemes, which knows their readings."""

    morphemes: MorphemeList | None = None

    def reading(self, number: int) -> str:
        """How a token is read, in katakana."""
        assert self.morphemes is not None
        return str(self.morphemes[number].reading_form())


# What must not lose the letter or sign that it belongs to
_JOINERS = re.compile("[\u0300-\u036f\u200c\u200d\ufe00-\ufe0f\U0001f1e6-\U0001f1ff]").search


def _sure(rewrite: Rewrite) -> Rewrite:
    """The same rewriting without what is broken: not in NFC, or a number or placeholder lost where two parts met."""

    def sure(sentence: Sentence, rng: Random) -> Iterator[str]:
        joined = _JOINERS(sentence.text)
        for made in rewrite(sentence, rng):
            if made == sentence.text or not unicodedata.is_normalized("NFC", made):
                continue
            if sentence.protected and not kept(sentence.text, made):
                continue
            if joined and not is_whole(made):
                continue
            yield made

    return sure


OPERATORS: tuple[Operator, ...] = tuple(
    one._replace(rewrite=_sure(one.rewrite))
    for room in (
        japanese_endings,
        japanese_requests,
        japanese_asking,
        japanese_particles,
        japanese_spoken,
        japanese_spelling,
        japanese_slips,
    )
    for one in room.OPERATORS
)

# word classes that carry the meaning; verbs that only help (いる in している) are no content
_CONTENT = ("名詞", "代名詞", "動詞", "形容詞", "形状詞", "副詞", "連体詞", "接尾辞,名詞", "接頭辞")
_HELPING = words(
    "為る 居る 下さる 呉れる 貰える 貰う 頂ける 頂く 欲しい 思う 仕舞う 置く 御 御願い 願う 頂戴 てる 成る 事 有難い"
)


class Japanese:
    """The language, loaded once a process: 36 MB with the small dictionary, 0.03 s."""

    def __init__(self, dictionary: str = "small") -> None:
        import sudachipy

        self._tokenizer = sudachipy.Dictionary(dict=dictionary).tokenizer(sudachipy.SplitMode.C)
        self._tags: dict[int, str] = {}
        self.operators: Mapping[str, Operator] = by_name(OPERATORS)

    def analyse(self, text: str) -> Sentence:
        """The morphemes of a text; none for a text that is too long or broken."""
        protected = protected_spans(text)
        if len(text) > _LONGEST or not unicodedata.is_normalized("NFC", text):
            return JapaneseSentence(text, (), protected)
        try:
            morphemes = self._tokenizer.tokenize(text)
        except UnicodeEncodeError:  # half of a surrogate pair
            return JapaneseSentence(text, (), protected)
        tags = self._tags
        tokens = list[Token]()
        for one in morphemes:
            number = one.part_of_speech_id()
            tag = tags.get(number)
            if tag is None:
                tag = tags[number] = ",".join(one.part_of_speech())
            tokens.append(Token(one.surface(), one.dictionary_form(), tag, one.begin(), one.end()))
        return JapaneseSentence(text, tokens, protected, morphemes)

    def stems(self, text: str) -> Sequence[str]:
        """Content words, each in its base form and its usual writing, so that 出来る and できる are one.

        ある and ない are one as well, as 行く and 行かない are.
        """
        if len(text) > _LONGEST:
            return ()
        try:
            morphemes = self._tokenizer.tokenize(text)
        except UnicodeEncodeError:
            return ()
        found, helps = list[str](), False
        for one in morphemes:
            tag = ",".join(one.part_of_speech()[:2])
            if tag.startswith(_CONTENT):
                form = one.normalized_form()
                if form not in _HELPING and not (form in ("無い", "有る") and helps):
                    found.append("有る" if form == "無い" else form)
            # 高くない, 雨ではない: what follows only negates
            helps = one.part_of_speech()[5].startswith("連用形") or (helps and one.surface() == "は")
        return found


def load() -> Tool:
    """Japanese, ready for one thread."""
    return Japanese()
