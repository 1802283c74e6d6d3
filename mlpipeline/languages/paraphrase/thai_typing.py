"""Thai as people type it: letters repeated, tone marks left out or mixed up, neighbouring keys, spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from mlpipeline.languages.paraphrase.operators import Operator, Sentence, Token
from mlpipeline.languages.paraphrase.word_edits import exchange, free, listed, some, spliced

_TONES = "\u0e48\u0e49\u0e4a\u0e4b"
_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
# A consonant between two others has no mark that could come apart
_is_thai = re.compile("[\u0e01-\u0e4e]+").fullmatch

# Neighbours on the Kedmanee keyboard (TIS 820-2538), first row without and with Shift as far as it is letters
_ROWS = ("ๆไำพะัีรนยบล", "ฟหกดเ้่าสวง", "ผปแอิืทมใฝ")
_CONSONANTS = re.compile("[\u0e01-\u0e2e]").match

# Tone marks that are taken for one another: after a low-class consonant ่ and ้ are read otherwise, and ๊ stands wrongly
# where ้ or ่ is meant (มั๊ย, ค๊ะ)
_TONE_SLIPS = {"\u0e48": "\u0e49", "\u0e49": "\u0e4a\u0e48", "\u0e4a": "\u0e49", "\u0e4b": "\u0e49"}
# Letters of one sound; ร as ล, and a second consonant ร or ล left out, is how many say it
_SAME_SOUND = {"ใ": "ไ", "ณ": "น", "ษ": "ส", "ศ": "ส", "ฎ": "ด", "ธ": "ท", "ฆ": "ค"}
_cluster = re.compile("^[เแโ]?[กขคตปผพ]([รล])(?=[\u0e31\u0e34-\u0e37\u0e47\u0e48-\u0e4b\u0e32])").finditer


def _neighbours() -> Mapping[str, str]:
    near = dict[str, str]()
    for row in _ROWS:
        for before, key, behind in zip(" " + row, row, row[1:] + " ", strict=False):
            if _CONSONANTS(key):
                near[key] = "".join(other for other in (before, behind) if _CONSONANTS(other))
    return {key: others for key, others in near.items() if others}


_NEAR = _neighbours()


def _words(sentence: Sentence, least: int = 3) -> list[Token]:
    """Thai words of at least so many letters that may be changed."""
    return [
        token
        for token in sentence.tokens
        if len(token.form) >= least and _is_thai(token.form) and free(sentence, token.start, token.stop)
    ]


# Particles, question words, adverbs; names and numbers are not drawn out
_DRAWN_OUT = frozenset(
    listed("หน่อย|ครับ|คับ|ด้วย|ไหม|ไหน|ที่ไหน|อะไร|อย่างไร|เท่าไร|บ้าง|มาก|เลย|แล้ว|จริง|นาน|ตอนไหน|ทำไม|จ้า|ค่า|เร็ว|กัน|ใคร")
)


def _letters_repeated(sentence: Sentence, rng: Random) -> Iterator[str]:
    """The last word drawn out: หน่อยยย."""
    words = _words(sentence, 2)
    if words and words[-1].stop == len(sentence.text.rstrip("?!. ")) and words[-1].form in _DRAWN_OUT:
        stop = words[-1].stop
        yield spliced(sentence.text, stop, stop, sentence.text[stop - 1] * rng.choice((2, 3)))


def _tone_dropped(sentence: Sentence, rng: Random) -> Iterator[str]:
    places = [word.start + at for word in _words(sentence) for at, one in enumerate(word.form) if one in _TONES]
    for place in some(rng, places, 2):
        yield sentence.text[:place] + sentence.text[place + 1 :]


def _tone_slip(sentence: Sentence, rng: Random) -> Iterator[str]:
    places = [word.start + at for word in _words(sentence) for at, one in enumerate(word.form) if one in _TONES]
    for place in some(rng, places, 2):
        yield spliced(sentence.text, place, place + 1, rng.choice(_TONE_SLIPS[sentence.text[place]]))


def _keyboard(sentence: Sentence, rng: Random) -> Iterator[str]:
    """One consonant exchanged for its neighbour: its marks stay and stand over the other."""
    places = [word.start + at for word in _words(sentence, 4) for at, one in enumerate(word.form) if one in _NEAR]
    for place in some(rng, places, 2):
        yield spliced(sentence.text, place, place + 1, rng.choice(_NEAR[sentence.text[place]]))


def _letter_dropped(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A silent letter left out: จันทร์ as จัน, เปอร์เซ็นต์ as เปอเซ็น; the consonant goes with its thanthakhat."""
    silent = re.compile("[\u0e01-\u0e2e][\u0e38\u0e34]?\u0e4c")
    places = [
        (word.start + found.start(), word.start + found.end())
        for word in _words(sentence, 4)
        for found in silent.finditer(word.form)
        if found.start() >= 2
    ]
    for start, stop in some(rng, places, 2):
        yield sentence.text[:start] + sentence.text[stop:]


def _same_sound(sentence: Sentence, rng: Random) -> Iterator[str]:
    places = [word.start + at for word in _words(sentence) for at, one in enumerate(word.form) if one in _SAME_SOUND]
    for place in some(rng, places, 2):
        yield spliced(sentence.text, place, place + 1, _SAME_SOUND[sentence.text[place]])


def _cluster_slip(sentence: Sentence, rng: Random) -> Iterator[str]:
    """ปรับ as ปับ: the second consonant is hardly said."""
    places = [word.start + found.start(1) for word in _words(sentence) for found in _cluster(word.form)]
    for place in some(rng, places, 2):
        yield sentence.text[:place] + sentence.text[place + 1 :]


def _space_added(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A space between two words; most people write none, no two put them at the same places."""
    pairs = zip(sentence.tokens, sentence.tokens[1:], strict=False)
    places = [
        one.stop
        for one, other in pairs
        if one.stop == other.start and _is_thai(one.form) and _is_thai(other.form) and other.form[0] != "ๆ"
        and free(sentence, one.stop, one.stop)
    ]  # fmt: skip
    for place in some(rng, places, 2):
        yield spliced(sentence.text, place, place, " ")


# the normalising step that takes spaces between Thai letters for nothing
_JOINED = ("join_thai",)
_inner_space = re.compile("(?<=[\u0e01-\u0e4e]) +(?=[\u0e01-\u0e4e])").finditer


def _spaces_dropped(sentence: Sentence, rng: Random) -> Iterator[str]:
    """No spaces between Thai words: all at once, and where there are more one at a time."""
    spaces = [found.span() for found in _inner_space(sentence.text) if free(sentence, *found.span())]
    if not spaces:
        return
    text = sentence.text
    for start, stop in reversed(spaces):
        text = text[:start] + text[stop:]
    yield text
    if len(spaces) > 1:
        start, stop = rng.choice(spaces)
        yield sentence.text[:start] + sentence.text[stop:]


def operators(tables: Mapping[str, Mapping[str, Sequence[str]]]) -> tuple[Operator, ...]:
    """The operators of kind `typing`.

    Args:
        tables: the Thai lexicon; used are its parts typing_chat and typing_spelling.
    """
    return (
        Operator("typing_chat", "spelt as it is said: คับ, ไร, รึป่าว", "typing", exchange(tables["typing_chat"])),
        Operator("typing_spelling", "spellings mixed up: นะค่ะ", "typing", exchange(tables["typing_spelling"])),
        Operator("typing_repeated", "the last letter repeated", "typing", _letters_repeated),
        Operator("typing_tone_dropped", "a tone mark left out", "typing", _tone_dropped),
        Operator("typing_tone_slip", "a tone mark for another", "typing", _tone_slip),
        Operator("typing_silent", "a silent letter left out", "typing", _letter_dropped),
        Operator("typing_same_sound", "a letter for another of the same sound", "typing", _same_sound),
        Operator("typing_cluster", "the second of two consonants left out", "typing", _cluster_slip),
        Operator("typing_keyboard", "a consonant for its neighbour on the keyboard", "typing", _keyboard),
        Operator("typing_space_added", "a space between two words", "typing", _space_added, undone_by=_JOINED),
        Operator(
            "typing_spaces_dropped",
            "spaces between Thai words left out",
            "typing",
            _spaces_dropped,
            undone_by=_JOINED,
        ),
    )
