"""Vietnamese as people type it: without marks, keys of Telex and VNI left over, usual spelling slips."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from mlpipeline.languages.paraphrase.operators import Operator, Rewrite, Sentence
from mlpipeline.languages.paraphrase.word_edits import exchange, free, some, spliced

# combining grave, hook, tilde, acute, dot below -> key of Telex, key of VNI (1 acute, 2 grave, 3 hook, 4 tilde, 5 dot)
_TONES = {"\u0300": ("f", "2"), "\u0309": ("r", "3"), "\u0303": ("x", "4"), "\u0301": ("s", "1"), "\u0323": ("j", "5")}
# circumflex, horn and breve: Telex doubles the vowel or adds w, VNI adds 6, 7, 8
_SHAPES = {"\u0302": ("", "6"), "\u031b": ("w", "7"), "\u0306": ("w", "8")}
_tones = re.compile("[\u0300\u0309\u0303\u0301\u0323]").sub
_syllables = re.compile(r"[^\W\d_]+").finditer
# A syllable has one run of vowels, so that its tone moves behind its last letter
_TELEX, _VNI = 0, 1


def without_marks(text: str) -> str:
    """A text as typed on a keyboard without Vietnamese: no tone, no hat, d for đ.

    >>> without_marks("đặt báo thức")
    'dat bao thuc'
    """
    plain = "".join(one for one in unicodedata.normalize("NFD", text) if not _is_mark(one))
    return unicodedata.normalize("NFC", plain.replace("đ", "d").replace("Đ", "D"))


def _is_mark(one: str) -> bool:
    return one in _TONES or one in _SHAPES


def without_tones(text: str) -> str:
    """A text without tones, its vowels as they are: "đặt" is "đăt".

    >>> without_tones("đặt báo thức")
    'đăt bao thưc'
    """
    return unicodedata.normalize("NFC", _tones("", unicodedata.normalize("NFD", text)))


def keystrokes(syllable: str, method: int) -> str:
    """What was typed for a syllable when the input method did nothing; the tone last, as most people type it.

    >>> keystrokes("đặt", 0), keystrokes("không", 0), keystrokes("không", 1)
    ('ddawtj', 'khoong', 'kho6ng')
    """
    typed, tone = "", ""
    for one in unicodedata.normalize("NFD", syllable):
        if one in _TONES:
            tone = _TONES[one][method]
        elif one in _SHAPES:
            typed += _SHAPES[one][method] or typed[-1:].lower()
        elif one in "đĐ":
            plain = "d" if one == "đ" else "D"
            typed += plain + (plain.lower() if method == _TELEX else "9")
        else:
            typed += one
    return typed + tone


def _changeable(sentence: Sentence, marked: bool = True) -> list[tuple[int, int]]:
    """Syllables that may be changed, those with a mark only where asked."""
    return [
        found.span()
        for found in _syllables(sentence.text)
        if free(sentence, *found.span()) and (not marked or not found[0].isascii())
    ]


def _all_changed(sentence: Sentence, change: Callable[[str], str]) -> str:
    text = sentence.text
    for start, stop in reversed(_changeable(sentence)):
        text = text[:start] + change(text[start:stop]) + text[stop:]
    return text


def _no_marks(sentence: Sentence, rng: Random) -> Iterator[str]:
    yield _all_changed(sentence, without_marks)


def _some_marks_gone(sentence: Sentence, rng: Random) -> Iterator[str]:
    """One or two syllables without marks, as when the key did not take."""
    places = _changeable(sentence)
    for start, stop in some(rng, places, 2 if len(places) > 2 else 0):
        yield spliced(sentence.text, start, stop, without_marks(sentence.text[start:stop]))


def _typed(method: int) -> Rewrite:
    def rewrite(sentence: Sentence, rng: Random) -> Iterator[str]:
        places = _changeable(sentence)
        for start, stop in some(rng, places, 2):
            yield spliced(sentence.text, start, stop, keystrokes(sentence.text[start:stop], method))
        if 1 < len(places) <= 6:
            yield _all_changed(sentence, lambda syllable: keystrokes(syllable, method))

    return rewrite


# Hook and tilde sound alike in the south and are the most frequent slip in writing
_HOOK_TILDE = str.maketrans({"\u0309": "\u0303", "\u0303": "\u0309"})


def _tone_slip(sentence: Sentence, rng: Random) -> Iterator[str]:
    places = list[tuple[int, int, str]]()
    for start, stop in _changeable(sentence):
        loose = unicodedata.normalize("NFD", sentence.text[start:stop])
        if (other := loose.translate(_HOOK_TILDE)) != loose:
            places.append((start, stop, unicodedata.normalize("NFC", other)))
    for start, stop, other in some(rng, places, 2):
        yield spliced(sentence.text, start, stop, other)


# Onsets and codas that sound alike: s/x and tr/ch (north), d/gi, l/n (north), n/ng and c/t at the end (south)
_ONSETS = {"tr": "ch", "ch": "tr", "s": "x", "x": "s", "gi": "d", "d": "gi", "l": "n", "n": "l", "r": "d"}
_onset = re.compile("(?:tr|ch|gi(?=[^\\W\\d_])|s|x|d(?!i)|l|n(?![gh])|r)(?=[^\\W\\d_])").match
_FINALS = {"n": "ng", "ng": "n", "c": "t", "t": "c"}
_final = re.compile("(?<=[aăâươ])(?:ng|n|c|t)$").search


def _sound_slip(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A consonant written as it is said in a part of the country."""
    places = list[tuple[int, int, str]]()
    for start, stop in _changeable(sentence):
        syllable = sentence.text[start:stop]
        if found := _onset(syllable):
            places.append((start, start + found.end(), _ONSETS[found[0]]))
        if found := _final(without_tones(syllable)):
            places.append((start + found.start(), start + found.end(), _FINALS[found[0]]))
    for start, stop, other in some(rng, places, 2):
        yield spliced(sentence.text, start, stop, other)


_OLD = dict(
    zip(
        ["oà", "oá", "oả", "oã", "oạ", "uỳ", "uý", "uỷ", "uỹ", "uỵ"],
        ["òa", "óa", "ỏa", "õa", "ọa", "ùy", "úy", "ủy", "ũy", "ụy"],
        strict=True,
    )
)
_SPELLINGS = {**_OLD, **{old: new for new, old in _OLD.items()}}
_placed = re.compile(f"(?<![qQ])(?:{'|'.join(_SPELLINGS)})(?![^\\W\\d_])").finditer
_I_Y = str.maketrans("ìíỉĩịỳýỷỹỵ", "ỳýỷỹỵìíỉĩị")
_i_y = re.compile("(?<![^\\W\\d_])[hklmst]([ìíỉĩịỳýỷỹỵ])(?![^\\W\\d_])").finditer


def _mark_place(sentence: Sentence, rng: Random) -> Iterator[str]:
    """The tone on the other vowel (hòa, hoà): two rules of spelling, both in use."""
    choices = [found for found in _placed(sentence.text) if free(sentence, *found.span())]
    for found in some(rng, choices, 2):
        yield spliced(sentence.text, *found.span(), _SPELLINGS[found[0]])


def _i_for_y(sentence: Sentence, rng: Random) -> Iterator[str]:
    """i for y at the end and back (kỹ, kĩ): both are in use."""
    choices = [found for found in _i_y(sentence.text) if free(sentence, *found.span())]
    for found in some(rng, choices, 2):
        yield spliced(sentence.text, *found.span(1), found[1].translate(_I_Y))


# Particles and question words are drawn out; names and numbers are not
_drawn_out = re.compile(
    r"\w\s+(?:đi|nhé|nha|nhá|nhỉ|ạ|à|ơi|với|thế|gì|nào|chưa|nữa|giờ|quá|hả|mà|thế)(?<=(\w))[?!.]*$"
).search


def _repeated(sentence: Sentence, rng: Random) -> Iterator[str]:
    """The last vowel drawn out, without its tone: đi điii, nhé nhéee."""
    found = _drawn_out(sentence.text)
    if found and free(sentence, *found.span(1)):
        times = rng.choice((2, 3))
        yield spliced(sentence.text, found.end(1), found.end(1), without_tones(found[1]) * times)


def _space_dropped(sentence: Sentence, rng: Random) -> Iterator[str]:
    """The space within one word left out: bâygiờ."""
    words = [word for word in sentence.tokens if " " in word.form and free(sentence, word.start, word.stop)]
    for word in some(rng, words, 2):
        yield spliced(sentence.text, word.start, word.stop, word.form.replace(" ", ""))


def operators(tables: Mapping[str, Mapping[str, Sequence[str]]]) -> tuple[Operator, ...]:
    """The operators of kind `typing`.

    Args:
        tables: the Vietnamese lexicon; used is its part typing_abbreviation.
    """
    return (
        Operator("typing_abbreviation", "ko, dc, mn", "typing", exchange(tables["typing_abbreviation"])),
        Operator("typing_no_marks", "no marks at all", "typing", _no_marks),
        Operator("typing_some_marks", "marks of one syllable left out", "typing", _some_marks_gone),
        Operator("typing_telex", "keys of Telex left over: ddawtj", "typing", _typed(_TELEX)),
        Operator("typing_vni", "keys of VNI left over: d9a8t5", "typing", _typed(_VNI)),
        Operator("typing_hook_tilde", "hook and tilde mixed up", "typing", _tone_slip),
        Operator("typing_sound", "consonants as they sound: s/x, tr/ch, d/gi", "typing", _sound_slip),
        Operator("typing_mark_place", "hòa and hoà", "typing", _mark_place, undone_by=("vietnamese_tones",)),
        Operator("typing_i_y", "kỹ and kĩ", "typing", _i_for_y),
        Operator("typing_repeated", "the last vowel repeated", "typing", _repeated),
        Operator("typing_space_dropped", "a word of two syllables without its space", "typing", _space_dropped),
    )
