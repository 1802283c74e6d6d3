"""Texts that were read in a wrong encoding before they came here, and saved as UTF-8 so: told, never altered."""

from __future__ import annotations

import re
from typing import NamedTuple

from mlpipeline.store.corpus.encodings import proposed_encoding

_LOST = "\ufffd"
# every letter of Windows-1252, and the five bytes that it leaves undefined and programs pass through
_LATIN = re.compile("[\x00-\xffŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]*").fullmatch
_HIGH = re.compile("[^\x00-\x7f]").findall
# what the first bytes of kana, hanzi and full stops become; rare or no letters of the languages themselves
_AS_EAST_ASIAN = ((re.compile("[縺繧繝]").search, "cp932"), (re.compile("[銇銈锛銆鐨鏄浣鎴]").search, "gb18030"))
_FEWEST = 6  # letters that must be misread before a double byte encoding is believed


class Misread(NamedTuple):
    """How a text was misread, and what it was; `text` is None where letters are lost."""

    how: str
    text: str | None


def misread(text: str) -> Misread | None:
    """What a text is that was decoded wrongly: `ì•ˆë…•` is `안녕`, UTF-8 read as cp1252. None for any other text."""
    if text.isascii():
        return None
    if _LOST in text:
        return Misread("letters were lost (U+FFFD)", None)
    if _LATIN(text):
        return _as_latin(text)
    for looks, codec in _AS_EAST_ASIAN:
        if looks(text):
            try:
                return Misread(f"UTF-8 read as {codec}", text.encode(codec).decode("utf-8"))
            except UnicodeError:
                continue
    return None


def _as_latin(text: str) -> Misread | None:
    try:
        data = b"".join(map(_byte, text))
        return Misread("UTF-8 read as cp1252", data.decode("utf-8"))
    except UnicodeDecodeError:
        high = len(_HIGH(text))
        if high < _FEWEST or 2 * high < len("".join(text.split())):
            return None  # French and German have an accent here and there
    encoding = proposed_encoding(data)
    if encoding is None or encoding in ("latin-1", "cp1252", "cp1258"):
        return None
    return Misread(f"{encoding} read as cp1252", data.decode(encoding, "replace"))


def _byte(letter: str) -> bytes:
    try:
        return letter.encode("cp1252")
    except UnicodeEncodeError:
        return letter.encode("latin-1")
