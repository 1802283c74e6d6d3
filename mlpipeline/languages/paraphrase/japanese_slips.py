"""As people mistype Japanese: slips of the keyboard, of the flick pad, of the conversion; marks and spaces left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from random import Random

from mlpipeline.languages.paraphrase.japanese_lexicon import Finder, dictionary_matches, finder, groups, rows
from mlpipeline.languages.paraphrase.japanese_predicate import ASKING, asks, core_of, replaced
from mlpipeline.languages.paraphrase.operators import Operator, Sentence

# Romaji rows as an input method reads them; a space where there is no such kana
_ROWS = {
    "": "あいうえお",
    "k": "かきくけこ",
    "s": "さしすせそ",
    "t": "たちつてと",
    "n": "なにぬねの",
    "h": "はひふへほ",
    "m": "まみむめも",
    "y": "や ゆ よ",
    "r": "らりるれろ",
    "g": "がぎぐげご",
    "z": "ざじずぜぞ",
    "d": "だぢづでど",
    "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
}
_KANA = {
    row + vowel: kana for row, line in _ROWS.items() for vowel, kana in zip("aiueo", line, strict=True) if kana != " "
}
_ROMAJI = {kana: keys for keys, kana in _KANA.items()}
# neighbours on a QWERTY keyboard that still give a kana
_NEAR = {
    "i": "uo", "o": "i", "u": "i", "k": "m", "s": "dz", "t": "rgy", "n": "mbh", "h": "gnb", "m": "nk",
    "y": "tgh", "r": "td", "g": "htb", "z": "s", "d": "sr", "b": "ngh",
}  # fmt: skip
# what the key beside a consonant leaves of it; before the vowel it stays a Latin letter
_PLAIN = dict(
    zip("がぎぐげござじずぜぞだでどばびぶべぼぱぴぷぺぽ", "かきくけこさしすせそたてとはひふへほはひふへほ", strict=True)
)
_BIG = dict(zip("っゃゅょ", "つやゆよ", strict=True))
_KEPT = ASKING | {"ない", "なかっ", "ませ"}
_SMALL = "っゃゅょぁぃぅぇぉー"

_runs = re.compile("[ぁ-ゖー]{3,}").finditer


def _slots(sentence: Sentence, wanted: str) -> list[int]:
    """Where kana of a kind stand in hiragana long enough that a slip leaves it readable.

    Never in a particle of one kana or a question word: が for か says something else.
    """
    text = sentence.text
    kept = {
        at for one in sentence.tokens if len(one.form) == 1 or one.form in _KEPT for at in range(one.start, one.stop)
    }
    return [
        at
        for run in (_runs(text) if sentence.tokens else ())
        for at in range(run.start() + 1, run.end())
        if text[at] in wanted and at not in kept and (at + 1 == len(text) or text[at + 1] not in _SMALL)
    ]


_ALL = "".join(_ROMAJI)


def typo_keyboard(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A key beside the right one, one too many or one too few: ください becomes くださいい, くdさい, くだそい."""
    slots = [at for at in _slots(sentence, _ALL) if sentence.text[at - 1] not in _SMALL]
    for at in slots if len(slots) <= 2 else rng.sample(slots, 2):
        keys = _ROMAJI[sentence.text[at]]
        made = list[str]()
        for number, key in enumerate(keys):
            for near in _NEAR.get(key, ""):
                kana = _KANA.get(keys[:number] + near + keys[number + 1 :])
                if kana and kana not in "ぢづ":
                    made.append(kana)
        made.append(sentence.text[at] + _KANA[keys[-1]])
        if len(keys) == 2:
            made.append(keys[0])
        yield from replaced(sentence, at, at + 1, rng.choice(made))


def typo_flick(sentence: Sentence, rng: Random) -> Iterator[str]:
    """Voicing or small size forgotten, as on a phone: ください becomes くたさい, 送って becomes 送つて."""
    text = sentence.text
    slots = _slots(sentence, "".join(_PLAIN))
    found = [(at, _PLAIN[text[at]]) for at in slots]
    if sentence.tokens:
        found += [(at, _BIG[one]) for at, one in enumerate(text) if one in _BIG and at and "ぁ" <= text[at - 1] <= "龯"]
    if found:
        at, kana = rng.choice(found)
        yield from replaced(sentence, at, at + 1, kana)


def typo_swap(sentence: Sentence, rng: Random) -> Iterator[str]:
    """Two kana in the wrong order: ください becomes くだいさ."""
    text = sentence.text
    single = {token.start for token in sentence.tokens if len(token.form) == 1}
    slots = [
        at
        for at in _slots(sentence, _ALL)
        if text[at - 1] in _ROMAJI and at - 1 not in single and text[at] != text[at - 1]
    ]
    if slots:
        at = rng.choice(slots)
        yield from replaced(sentence, at - 1, at + 1, text[at] + text[at - 1])


@lru_cache(maxsize=1)
def _homophones() -> Finder:
    return finder(groups(iter(rows("ja_homophones"))))


def typo_homophone(sentence: Sentence, rng: Random) -> Iterator[str]:
    """The wrong word of the input method's list: 保証 becomes 補償, 聞いて becomes 効いて."""
    found = [
        (start, stop, one)
        for start, stop, others in dictionary_matches(sentence, _homophones(), True)
        for one in others
    ]
    if found:
        yield from replaced(sentence, *rng.choice(found))


_end_marks = re.compile("[。.！!？?、]+$").search


def marks_drop(sentence: Sentence, rng: Random) -> Iterator[str]:
    """No marks: 荷物は、いつ届きますか？ becomes 荷物は、いつ届きますか and 荷物はいつ届きますか？"""
    found = _end_marks(sentence.text)
    if found and sentence.tokens and (sentence.text[: found.start()].endswith(("か", "の")) or "？" not in found[0]):
        yield from replaced(sentence, found.start(), found.end(), "")
    if sentence.tokens and "、" in sentence.text[:-1]:
        at = sentence.text.index("、")
        yield from replaced(sentence, at, at + 1, "")


def marks_add(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A question mark where there is none: いつ届きますか？; not 。 and ！, which carry nothing."""
    tokens, count = sentence.tokens, core_of(sentence)
    if count < 2 or count != len(tokens):
        return
    last = tokens[-1]
    if last.form in ("か", "の", "かな") or asks(sentence):
        yield from replaced(sentence, last.stop, last.stop, "？")


def space_drop(sentence: Sentence, rng: Random) -> Iterator[str]:
    """No space between Latin and Japanese words: android アプリ becomes androidアプリ."""
    text = sentence.text
    found = [
        at
        for at, one in enumerate(text)
        if one == " "
        and 0 < at < len(text) - 1
        and sentence.tokens
        and any("ぁ" <= one <= "鿿" for one in (text[at - 1], text[at + 1]))
    ]
    if found:
        at = rng.choice(found)
        yield from replaced(sentence, at, at + 1, "")


OPERATORS: tuple[Operator, ...] = (
    Operator("typo_keyboard", "a key beside the right one, one too many or too few", "typing", typo_keyboard),
    Operator("typo_flick", "voicing or small size forgotten", "typing", typo_flick),
    Operator("typo_swap", "two kana in the wrong order", "typing", typo_swap),
    Operator("typo_homophone", "the wrong word of the input method's list", "typing", typo_homophone),
    Operator("marks_drop", "no marks", "typing", marks_drop),
    Operator("marks_add", "a question mark at the end", "typing", marks_add),
    Operator("space_drop", "no space beside Latin words", "typing", space_drop),
)
