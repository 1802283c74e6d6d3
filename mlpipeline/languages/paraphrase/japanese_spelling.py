"""One word in other letters: kanji, hiragana, katakana, long vowels, full and half width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING

from mlpipeline.languages.paraphrase.japanese_lexicon import Finder, dictionary_matches, finder, groups, rows
from mlpipeline.languages.paraphrase.japanese_predicate import replaced
from mlpipeline.languages.paraphrase.operators import Operator, Sentence, Token

if TYPE_CHECKING:
    from sudachipy import MorphemeList

_KATAKANA = {one: one - 0x60 for one in range(0x30A1, 0x30F7)}
# Sudachi's reading is the formal one; people type these
_READINGS = {"私": "わたし", "明日": "あした", "昨日": "きのう", "日本": "にほん", "何": "なに", "家": "いえ"}
_ENOUGH = 3


@lru_cache(maxsize=2)
def _finder(kind: str) -> Finder:
    return finder(groups(row[1:] for row in rows("ja_spelling") if row[0] == kind))


def spelling(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A spelling that is as common: ください as 下さい, できる as 出来る, サーバー as サーバ."""
    found = [
        (start, stop, one) for start, stop, others in dictionary_matches(sentence, _finder("word")) for one in others
    ]
    found += [
        (start, stop, one)
        for start, stop, others in dictionary_matches(sentence, _finder("stem"), True)
        for one in others
    ]
    for start, stop, other in found if len(found) <= _ENOUGH else rng.sample(found, _ENOUGH):
        yield from replaced(sentence, start, stop, other)


_CONVERTED = ("名詞,普通名詞", "動詞,一般", "形容詞,一般", "形状詞", "副詞")
_kanji = re.compile("[々一-鿿]")
_katakana = re.compile("(?<![ァ-ヺー・])[ァ-ヴ][ァ-ヴー]{2,9}(?![ァ-ヺー・])").finditer


def _loans(sentence: Sentence) -> list[re.Match[str]]:
    """Whole rows of katakana, which may be several words (プレイリスト)."""
    return list(_katakana(sentence.text)) if sentence.tokens else []


def _readable(sentence: Sentence) -> Iterator[tuple[int, Token]]:
    """Words whose reading is sure: no names, no numbers, no part of a row of kanji."""
    tokens = sentence.tokens
    for number, token in enumerate(tokens):
        if not token.tag.startswith(_CONVERTED) or "助数詞" in token.tag:
            continue
        if not _kanji.search(token.form):
            continue
        around = sentence.text[max(0, token.start - 1) : token.start] + sentence.text[token.stop : token.stop + 1]
        if not _kanji.search(around) and not (number and tokens[number - 1].tag.startswith("接頭辞")):
            yield number, token


def kana_spelling(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A word in hiragana, as one types without converting: 返品したい becomes へんぴんしたい."""
    morphemes: MorphemeList = sentence
    if not hasattr(morphemes, "reading"):
        return
    words = list(_readable(sentence))
    for number, token in words if len(words) <= 2 else rng.sample(words, 2):
        reading = _READINGS.get(token.form) or morphemes.reading(number).translate(_KATAKANA)
        if re.fullmatch("[ぁ-ゖー]+", reading):
            yield from replaced(sentence, token.start, token.stop, reading)


def katakana_as_hiragana(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A loan word left in hiragana: メールを送って becomes めーるを送って."""
    runs = _loans(sentence)
    if runs:
        run = rng.choice(runs)
        yield from replaced(sentence, run.start(), run.end(), run[0].translate(_KATAKANA))


_vowel_end = re.compile("[ァ-ヴー]{3,}[タダザラバカガマサナヤ]ー").fullmatch


def long_vowel_drop(sentence: Sentence, rng: Random) -> Iterator[str]:
    """The last long vowel of a loan word left out: カレンダー becomes カレンダ, センター becomes センタ."""
    words = [token for token in sentence.tokens if token.tag.startswith("名詞,普通") and _vowel_end(token.form)]
    if words:
        token = rng.choice(words)
        yield from replaced(sentence, token.stop - 1, token.stop, "")


def long_vowel_add(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A drawn-out ending: お願いします becomes お願いしまーす, 教えて becomes 教えてー."""
    tokens = [token for token in sentence.tokens if not token.tag.startswith(("補助記号", "空白", "記号"))]
    if len(tokens) < 2:
        return
    last = tokens[-1]
    if last.form == "ます":
        yield from replaced(sentence, last.stop - 1, last.stop - 1, "ー")
    elif last.form in ("て", "で", "ね", "よ", "かな", "な") and "助詞" in last.tag:
        yield from replaced(sentence, last.stop, last.stop, "ー")


_HALF = (
    "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン"
)
_HALF_KANA = {ord(full): chr(0xFF66 + number) for number, full in enumerate(_HALF)}
# a voiced kana is two signs in half width
_VOICED = ("ガギグゲゴザジズゼゾダヂヅデドバビブベボヴ", "カキクケコサシスセソタチツテトハヒフヘホウ")
_HALF_KANA |= {ord(one): _HALF_KANA[ord(plain)] + "ﾞ" for one, plain in zip(*_VOICED, strict=True)}
_HALF_KANA |= {ord(one): _HALF_KANA[ord(plain)] + "ﾟ" for one, plain in zip("パピプペポ", "ハヒフヘホ", strict=True)}
_WIDE = {ord(" "): "　", **{number: chr(number + 0xFEE0) for number in range(0x21, 0x7F)}}
_japanese = re.compile("[ぁ-ヺ]").search
_latin = re.compile("[A-Za-z]{2,}").search


def width(sentence: Sentence, rng: Random) -> Iterator[str]:
    """Loan words in half width and Latin words in full width, as old input methods leave them: メール as ﾒｰﾙ."""
    runs = _loans(sentence)
    if runs:
        run = rng.choice(runs)
        yield from replaced(sentence, run.start(), run.end(), run[0].translate(_HALF_KANA))
    latin = _latin(sentence.text)
    if latin and _japanese(sentence.text):
        yield from replaced(sentence, latin.start(), latin.end(), latin[0].translate(_WIDE))


OPERATORS: tuple[Operator, ...] = (
    Operator("spelling", "a spelling that is as common: ください, 下さい", "typing", spelling),
    Operator("kana_spelling", "a kanji word in hiragana", "typing", kana_spelling),
    Operator("katakana_as_hiragana", "a loan word in hiragana", "typing", katakana_as_hiragana),
    Operator("long_vowel_drop", "the last ー of a loan word left out", "typing", long_vowel_drop),
    Operator("long_vowel_add", "a drawn-out ending: 教えてー", "typing", long_vowel_add),
    Operator(
        "width", "loan words in half, Latin words in full width", "typing", width, undone_by=("nfkc", "fold_width")
    ),
)
