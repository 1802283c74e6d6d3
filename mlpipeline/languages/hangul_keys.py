"""The Korean keyboard of two sets (Dubeolsik, KS X 5002): Hangul as the keys that type it, and keys as Hangul."""

from __future__ import annotations

import re

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_KEY_OF = dict(zip("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ", "rRseEfaqQtTdwWczxvg", strict=True))
_KEY_OF |= dict(zip("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ", "koiOjpuPhynbml", strict=True))
_KEY_OF |= dict(zip("ㅘㅙㅚㅝㅞㅟㅢ", ("hk", "ho", "hl", "nj", "np", "nl", "ml"), strict=True))
_KEY_OF |= dict(
    zip("ㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ", ["rt", "sw", "sg", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "qt"], strict=True)
)
_JAMO_OF = {keys: jamo for jamo, keys in _KEY_OF.items()}
# Shift makes another letter on these keys only; on all others it changes nothing.
_SHIFTED = "QWERTOP"
_FIRST, _LAST = 0xAC00, 0xD7A3

# A consonant is the next syllable's where a vowel follows, so a final is one that no vowel follows.
_VOWEL = "h[kol]|n[jpl]|ml|[koiOjpuPhynbml]"
_FINAL = "rt|s[wg]|f[raqtxvg]|qt|[rRsefaqtTdwczxvg]"
_syllable = re.compile(f"([rRseEfaqQtTdwWczxvg])({_VOWEL})(?:({_FINAL})(?![koiOjpuPhynbml]))?").match


def as_keys(text: str) -> str:
    """The keys of an English keyboard that type a text; what is no Hangul stays: 내일 is ``sodlf``."""
    return "".join(map(_keys_of, text))


def as_syllables(keys: str) -> str | None:
    """What the Korean keyboard makes of letters, ``sodlf`` is 내일; None where not all of them are whole syllables.

    It gives back every text of whole syllables that `as_keys` was given.
    """
    keys = "".join(key if key in _SHIFTED else key.lower() for key in keys)
    place, made = 0, []
    while place < len(keys):
        found = _syllable(keys, place)
        if found is None:
            return None
        initial, vowel, final = (_JAMO_OF.get(part or "", "") for part in found.groups())
        at = (_INITIALS.index(initial) * 21 + _VOWELS.index(vowel)) * 28 + _FINALS.index(final)
        made.append(chr(_FIRST + at))
        place = found.end()
    return "".join(made)


def _keys_of(char: str) -> str:
    at = ord(char) - _FIRST
    if 0 <= at <= _LAST - _FIRST:
        parts = (_INITIALS[at // 588], _VOWELS[at % 588 // 28], _FINALS[at % 28])
        return "".join(_KEY_OF.get(part, "") for part in parts)
    return _KEY_OF.get(char, char)
