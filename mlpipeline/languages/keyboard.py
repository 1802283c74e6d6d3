"""Texts typed with the other keyboard on: Korean in Latin letters (``sodlf`` is 내일), English in Hangul (ㅗ디ㅣㅐ).

Whether a word is English or Korean is decided by how likely its letters are as either: syllables by their frequency,
English by its pairs of letters. A message is looked at as a whole, so that doubtful words are read like the sure ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import log

from mlpipeline.languages.hangul_keys import as_keys, as_syllables
from mlpipeline.languages.keyboard_tables import LETTER_PAIRS, SYLLABLES
from mlpipeline.languages.unicode_steps import Step, step

_NEXT = "abcdefghijklmnopqrstuvwxyz$"
_PAIRS = {
    (one, two): -int(level, 36) / 2 for one, row in LETTER_PAIRS.items() for two, level in zip(_NEXT, row, strict=True)
}
_SYLLABLES = {syllable: -level / 2 for level, row in SYLLABLES.items() for syllable in row}
_RARE = -12.0  # of a syllable that stands in no table, and of a letter alone
_GOES_ON = log(0.7)  # that a Korean word has one syllable more

# Scores are log likelihood ratios, in nats.
_MESSAGE, _WORD = 4.0, 8.0  # from these on a message is repaired, and a word of a message that has both scripts
_INCOMPLETE = -3.0  # of a word in a Korean message that is no whole syllables: a brand
_SHORT = 2.0  # at most, of one syllable: abbreviations are like that
_FEW = 3  # so many short words are enough without a longer one
_UNLIKELY = -5.0  # below it a word stays as it is even in a Korean message

# English and names that are likely Korean by their letters
_LATIN_NAMES = """
abc also alaska aldi amc an audi dhl did didn didnt diego disk dlc dmv dna do doesn dual duran durhan dusk
fifa fox fur furry gif gift go goa goal goals god gospel got gpa gpt rhapsody rodeo rural russia sharp shoe
short siri skt sleep sms snafu snap snapshot sns so soap sofa soft sox susan suv thx to tofu video vivek vlsi
vodka work workday works workshop worm xml xyz
"""
_LATIN = frozenset(_LATIN_NAMES.split())
_LATIN_WORD = re.compile("[A-Za-z]{2,}")
# addresses, file names, model numbers: letters that signs join to others
_JOINED = re.compile(r"(\S*(?:[@/\\_#&=]|[A-Za-z0-9][.'-](?=[A-Za-z0-9]))\S*)")
_hangul = re.compile("[가-힣ㄱ-ㅣ]").search
_laughing = re.compile("(.*[^zgbn])(z{2,}|g{2,}|[bn]{2,})", re.IGNORECASE).fullmatch
_LAUGHTER = str.maketrans("zgbnZGBN", "ㅋㅎㅠㅜㅋㅎㅠㅜ")


@dataclass(frozen=True)
class _Word:
    """A word of Latin letters as Hangul; `score` says how much likelier it is Korean than English."""

    hangul: str
    score: float
    short: bool
    listed: bool

    @property
    def evidence(self) -> float:
        """What it says of its message, above 0 that it is Korean."""
        if self.listed:
            return 0.0 if self.short else _INCOMPLETE
        return min(self.score, _SHORT) if self.short else self.score


def _as_word(letters: str) -> _Word | None:
    """Letters as Hangul, with ㅋㅋ, ㅎㅎ or ㅠㅠ at the end; None where they are not whole syllables."""
    typed = letters.lower() if letters.isupper() and len(letters) > 2 else letters  # the Caps Lock key, not Shift
    end = _laughing(typed)
    core, laughter = end.groups() if end else (typed, "")
    made = as_syllables(core)
    if made is None:
        core, laughter = typed, ""
        made = as_syllables(core)
    if made is None:
        return None
    score = sum(_SYLLABLES.get(one, _RARE) + _GOES_ON for one in made) - _as_english(core)
    return _Word(made + laughter.translate(_LAUGHTER), score, len(made) == 1, letters.lower() in _LATIN)


def _as_english(letters: str) -> float:
    """Log likelihood of letters as an English word."""
    small = letters.lower()
    return sum(_PAIRS[pair] for pair in zip("^" + small, small + "$", strict=True))


def _korean_words(letters: list[str], in_hangul: bool) -> dict[str, str]:
    """Those of the words that are Korean in Latin letters, and what they are in Hangul."""
    words = {one: _as_word(one) for one in letters}
    known = {one: word for one, word in words.items() if word is not None}
    long = [word for word in known.values() if not word.short and not word.listed]
    if in_hangul:
        # Whoever writes Hangul has the right keyboard on: only what is plain by itself.
        return {one: word.hangul for one, word in known.items() if word in long and word.score >= _WORD}
    total = sum(_INCOMPLETE if word is None else word.evidence for word in words.values())
    if total < _MESSAGE or not (long or len(known) == len(words) >= _FEW):
        return {}
    # A listed abbreviation of one syllable is a Korean word among others: sns is 눈.
    chosen = {one: word for one, word in known.items() if word.short or not word.listed}
    return {one: word.hangul for one, word in chosen.items() if word.score > _UNLIKELY}


@step(patterns=("[A-Za-z]{2}",))
def korean_keyboard(text: str) -> str:
    """Korean typed with the English keyboard on is Hangul: "sodlf skfTl" is "내일 날씨"; English and names stay."""
    if not _LATIN_WORD.search(text):
        return text
    parts = _JOINED.split(text)  # what is joined stands at odd places
    letters = [word for part in parts[::2] for word in _LATIN_WORD.findall(part)]
    found = _korean_words(letters, _hangul(text) is not None)
    if not found:
        return text
    parts[::2] = [_LATIN_WORD.sub(lambda word: found.get(word[0], word[0]), part) for part in parts[::2]]
    return "".join(parts)


_HANGUL_WORD = re.compile("[가-힣ㄱ-ㅣ]+")
_LONE = re.compile("[ㄱ-ㅣ]")
# what people write in single letters in Korean: laughing, weeping, yes, thanks
_chat = re.compile("[ㄱ-ㅎㅠㅜㅡ]+").fullmatch
_drawn_out = re.compile(r"([ㄱ-ㅣ])\1\1").search
_ALONE = -5.0  # of a letter alone in a Korean word: a slip
_NO_ENGLISH = -3.2  # what letters of English have at least on average, as log likelihood


def _english_score(word: str) -> float:
    """How much likelier Hangul is English typed with the wrong keyboard on than Korean."""
    if _drawn_out(word):
        return 2 * _INCOMPLETE
    if _chat(word):
        return 0.0
    letters = as_keys(word)
    english = _as_english(letters)
    if english < _NO_ENGLISH * (len(letters) + 1):
        return _INCOMPLETE
    return english - sum(_ALONE if _LONE.match(one) else _SYLLABLES.get(one, _RARE) + _GOES_ON for one in word)


@step(patterns=("[ㄱ-ㅣ]",))
def english_keyboard(text: str) -> str:
    """English typed with the Korean keyboard on is in Latin letters: "ㅗ디ㅣㅐ" is "hello"; ㅋㅋ and ㅠㅠ stay."""
    if not _LONE.search(text):
        return text
    words = dict.fromkeys(_HANGUL_WORD.findall(text))
    if sum(map(_english_score, words)) < _MESSAGE:
        return text
    return _HANGUL_WORD.sub(lambda word: as_keys(word[0]), text)


STEPS: Mapping[str, Step] = {"korean_keyboard": korean_keyboard, "english_keyboard": english_keyboard}
