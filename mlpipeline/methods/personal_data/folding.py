"""One spelling of digits, dashes and letters to scan, position by position the same as the text.

Full-width, Thai and other decimal digits become ASCII, a dozen dashes one, spaces of all widths one; digits that are
spelled in Chinese or Korean (零九一二, 공일공) only in runs of seven or more, because each of these is also a
word or part of one. A character becomes exactly one character, so a span of the folded text is one of the text.
"""

from __future__ import annotations

import re
import unicodedata

_DASHES = "‐‑‒–—―−﹘﹣－ーｰ─⁃"
_SPACES = (
    "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u202f\u205f\u2060\u3000\ufeff\t"
)
_SPELLED = {
    **dict(zip("零〇一二三四五六七八九", "00123456789", strict=True)),
    **dict(zip("幺壹贰貳叁參肆伍陆陸柒捌玖两兩", "112233456678922", strict=True)),
    **dict(zip("공영일이삼사오육륙칠팔구", "001234566789", strict=True)),
}


class _Table(dict[int, str]):
    """What each character becomes, found when a text first has it: all of Unicode would take longer than an answer."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        digit = unicodedata.decimal(letter, None)
        if letter in _SPACES:
            found = " "
        elif letter in _DASHES and letter not in "ーｰ":
            # The long vowel of katakana is a dash only between digits: see _LONG_VOWEL.
            found = "-"
        elif 0xFF01 <= code < 0xFF5F:
            found = chr(code - 0xFEE0)
        else:
            found = letter if digit is None else str(digit)
        self[code] = found
        return found


_TABLE = _Table()
_LONG_VOWEL = re.compile(r"(?<=[0-9])[ーｰ](?=[0-9])")
_ALL = "".join(_SPELLED)
# A Korean mobile number ends after eleven digits: the next syllable may be a particle (공일공...팔이에요).
_RUN = re.compile(rf"(?<![{_ALL}])(?:[공영]일[공일육칠팔구](?:[ \-.]?[{_ALL}]){{8}}|(?:[{_ALL}][ \-.]?){{7,}})")
_DIGITS = str.maketrans(_SPELLED)


def folded(text: str) -> str:
    """The text in one spelling of digits and marks; as long as the text, so that positions are those of the text."""
    if text.isascii():
        return text
    plain = text.translate(_TABLE)
    if "ー" in plain or "ｰ" in plain:
        plain = _LONG_VOWEL.sub("-", plain)
    return _RUN.sub(lambda run: run[0].translate(_DIGITS), plain)
