"""English: accents that are ornaments, apostrophes that people leave out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from mlpipeline.languages.unicode_steps import Step, rest_of_unicode, step

_accents = re.compile("(?<=[a-zA-Z])[\u0300-\u036f]+").sub


# CJK is left alone but for its combining marks (tones, voicing of kana), which NFC joins to what stands before them.
@step(chars=rest_of_unicode((0x00, 0x7F), (0x3000, 0x3029), (0x3030, 0x3098), (0x309B, 0x9FFF), (0xAC00, 0xD7A3)))
def fold_accents(text: str) -> str:
    """Latin letters without accents: café is cafe. For English only, where an accent never makes another word."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _accents("", unicodedata.normalize("NFD", text)))


_apostrophes = re.compile("(?<=[a-z])'(?=[a-z])").sub


@step(chars="'")
def drop_apostrophes(text: str) -> str:
    """No apostrophe inside a word: "what's" and "whats" are one, as half of all users type."""
    return _apostrophes("", text) if "'" in text else text


STEPS: Mapping[str, Step] = {"fold_accents": fold_accents, "drop_apostrophes": drop_apostrophes}
