"""Korean: jamo that stand alone, and laughing and weeping in jamo."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlpipeline.languages.unicode_steps import Step, replacer, step

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_LONE = {
    chr(first + at): jamo
    for first, block in ((0x1100, _INITIALS), (0x1161, _VOWELS), (0x11A8, _FINALS))
    for at, jamo in enumerate(block)
}
_lone_jamo = replacer(_LONE)


@step(chars="\u1100-\u1112\u1161-\u1175\u11a8-\u11c2")
def lone_jamo(text: str) -> str:
    """Conjoining jamo left over by nfc become the compatibility jamo that a keyboard types.

    The other way round, as nfkc does it, is wrong for chat: it composes what was typed apart (ㅋ and ㅠ become 큐).
    """
    return _lone_jamo(text)


_weeping = re.compile("[ㅠㅜ]{2,}").sub
_laughing = re.compile("([ㅋㅎㄷㅇㄱㅡㅉ])\\1{2,}").sub


@step(chars="ㅠㅜㅋㅎㄷㅇㄱㅡㅉ")
def squeeze_jamo(text: str) -> str:
    """ㅋㅋㅋㅋ becomes ㅋㅋ, and any weeping (ㅜㅜ, ㅠㅜㅠ) becomes ㅠㅠ; a single ㅋ stays single."""
    return _laughing(r"\1\1", _weeping("ㅠㅠ", text))


STEPS: Mapping[str, Step] = {"lone_jamo": lone_jamo, "squeeze_jamo": squeeze_jamo}
