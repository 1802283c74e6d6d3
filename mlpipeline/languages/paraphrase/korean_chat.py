"""Korean in chats: contractions, short words and jamo words, soft endings, marks left out or doubled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib import resources
from random import Random

from mlpipeline.languages.paraphrase.korean_clause import KoreanRewrite, KoreanSentence
from mlpipeline.languages.paraphrase.korean_particles import has_final


@lru_cache(maxsize=1)
def lexicon() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Kind -> word -> other words, from lexicon/ko.tsv."""
    kinds = dict[str, dict[str, tuple[str, ...]]]()
    lines = (resources.files("mlpipeline.languages.paraphrase") / "lexicon" / "ko.tsv").read_text("utf-8").splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            kind, word, others = line.split("\t")[:3]
            kinds.setdefault(kind, {})[word] = tuple(others.split("|"))
    return kinds


@lru_cache(maxsize=8)
def _finder(kind: str) -> Callable[[str], Iterator[re.Match[str]]]:
    words = sorted(lexicon()[kind], key=len, reverse=True)
    pattern = "|".join(map(re.escape, words))
    # `word`: the whole word; `start`: a particle or a verb may follow
    behind = r"(?![가-힣])" if kind in ("contraction", "expansion", "chat_whole") else ""
    return re.compile(rf"(?<![가-힣A-Za-z])(?:{pattern}){behind}").finditer


# Particles by what they follow: a final consonant, none
_AFTER_FINAL = {
    "는": "은",
    "가": "이",
    "를": "을",
    "로": "으로",
    "와": "과",
    "랑": "이랑",
    "야": "이야",
    "예요": "이에요",
}
_AFTER_VOWEL = {new: old for old, new in _AFTER_FINAL.items()}
_word_end = re.compile(r"[가-힣]*").match


def _fitted(other: str, word: str, behind: str) -> str | None:
    """The word with what follows it, the particle made to fit; None where it cannot."""
    if has_final(other) == has_final(word) and not behind.startswith("로"):
        return other + behind
    found = _word_end(behind)
    particle = found.group() if found else ""
    if not particle:
        return other + behind
    rest = behind[len(particle) :]
    if particle == "로" and (not has_final(other) or (ord(other[-1]) - 0xAC00) % 28 == 8):
        return other + behind
    new = (_AFTER_FINAL if has_final(other) else _AFTER_VOWEL).get(particle)
    return None if new is None else other + new + rest


def _is_word(sentence: KoreanSentence, start: int, stop: int) -> bool:
    """True where words begin and end at the span and no noun is glued to it (메일함 is no 메일)."""
    last = next((i for i, one in enumerate(sentence.tokens) if one.stop == stop), None)
    if last is None or not any(one.start == start for one in sentence.tokens):
        return False
    after = sentence.tokens[last + 1 : last + 2]
    return not after or after[0].start > stop or after[0].tag[0] in "JVS" or after[0].tag == "XSV"


def _lexical(kind: str, how_many: int = 2) -> KoreanRewrite:
    def rewrite(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
        text, table = sentence.text, lexicon()[kind]
        found = [place for place in _finder(kind)(text) if sentence.free(*place.span())]
        if kind in ("short", "same"):
            found = [place for place in found if _is_word(sentence, *place.span())]
        made = [
            text[: place.start()] + fitted
            for place in found
            for other in table[place.group()]
            if (fitted := _fitted(other, place.group(), text[place.end() :])) is not None
        ]
        yield from made if len(made) <= how_many else rng.sample(made, how_many)

    return rewrite


contraction = _lexical("contraction")
expansion = _lexical("expansion")
short_word = _lexical("short")
same_word = _lexical("same")
chat_word = _lexical("chat_whole")

_SOFT = (
    ("어요", "어여"),
    ("아요", "아여"),
    ("나요", "나여"),
    ("세요", "세여"),
    ("세요", "세용"),
    ("해요", "해여"),
    ("해요", "해용"),
    ("까요", "까여"),
    ("네요", "네용"),
    ("워요", "워여"),
    ("와요", "와용"),
    ("게요", "게용"),
    ("데요", "데여"),
    ("니다", "니당"),
    ("가요", "가여"),
    ("려요", "려용"),
    ("줘요", "줘용"),
    ("돼요", "돼여"),
)


def soft_ending(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """먹었어요 -> 먹었어여, 해주세요 -> 해주세용: 요 as it is typed to be friendly."""
    clause = sentence.clause
    if clause is None:
        return
    stop = len(sentence.text) - len(clause.tail)
    body = sentence.text[:stop]
    for old, new in _SOFT:
        if body.endswith(old):
            yield body[: -len(new)] + new + clause.tail


_last_mark = re.compile(r"[?!.~？！。]+\s*$").search


def mark_drop(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """점심 먹었니? -> 점심 먹었니."""
    found = _last_mark(sentence.text)
    if found and found.start() and sentence.free(found.start(), found.end()):
        yield sentence.text[: found.start()]


def mark_add(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """? behind questions, ㅠㅠ behind what does not work; none of . ! ~, which carry nothing."""
    text, clause = sentence.text, sentence.clause
    if clause is None or clause.tail or not sentence.free(len(text) - 1, len(text)):
        return
    if clause.act == "question":
        yield text + "?"
    elif (clause.act == "statement" or clause.last[0] in ("되", "없")) and any(
        one.form in ("안", "못", "않", "없") for one in sentence.tokens
    ):
        yield text + rng.choice((" ㅠㅠ", "ㅠㅠ", " ㅜㅜ"))
