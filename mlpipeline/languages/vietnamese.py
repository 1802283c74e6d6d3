"""Vietnamese: one place for the tone mark. Tone marks are kept: ma, má, mà, mả, mã, mạ are six words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlpipeline.languages.unicode_steps import Step, step

_PLAIN_OF = {tone: vowel for vowel, tones in {"o": "òóỏõọ", "u": "ùúủũụ"}.items() for tone in tones}
_TONED = {
    "a": "àáảãạ",
    "ă": "ằắẳẵặ",
    "â": "ầấẩẫậ",
    "e": "èéẻẽẹ",
    "ê": "ềếểễệ",
    "i": "ìíỉĩị",
    "o": "òóỏõọ",
    "ô": "ồốổỗộ",
    "ơ": "ờớởỡợ",
    "y": "ỳýỷỹỵ",
}
# oa, oe and uy carry the tone on their second letter; after q every vowel but u does, since qu is a consonant
_old = re.compile("([òóỏõọ])([ae])|([ùúủũụ])(y)|(?<=q)([ùúủũụ])([aăâeêioôơ])").sub


def _moved(found: re.Match[str]) -> str:
    first, second = (part for part in found.groups() if part)
    tone = ("òóỏõọ" if first in "òóỏõọ" else "ùúủũụ").index(first)
    return _PLAIN_OF[first] + _TONED[second][tone]


_PERHAPS_OLD = "[òóỏõọùúủũụ][aăâeêioôơy]"
_perhaps_old = re.compile(_PERHAPS_OLD).search


@step(patterns=(_PERHAPS_OLD,))
def vietnamese_tones(text: str) -> str:
    """The old placement of tone marks becomes the new one: hòa, hóa, thúy and qúy are hoà, hoá, thuý and quý."""
    # to the new style because that needs no look at what follows: hoàn carries its tone there in both
    return _old(_moved, text) if _perhaps_old(text) else text


@step(chars="ðÐ")
def vietnamese_d(text: str) -> str:
    """The Icelandic ð, which looks like it and comes from old fonts, becomes đ."""
    return text.replace("ð", "đ").replace("Ð", "Đ")


STEPS: Mapping[str, Step] = {"vietnamese_tones": vietnamese_tones, "vietnamese_d": vietnamese_d}
