"""Japanese: voicing marks that stand alone, long vowels, kana iteration marks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from mlpipeline.languages.unicode_steps import Step, step

_KANA = "ぁ-ゖァ-ヺ"
_voiced = re.compile("(.?)([\u3099-\u309c])[\u3099-\u309c]*", re.DOTALL).sub
_combining = {"゛": "\u3099", "゜": "\u309a"}


def _composed(found: re.Match[str]) -> str:
    kana, mark = found[1], found[2]
    pair = unicodedata.normalize("NFC", kana + _combining.get(mark, mark))
    return pair if len(pair) == 1 and kana else kana


@step(chars="\u3099-\u309c")
def kana_marks(text: str) -> str:
    """A voicing mark typed after its kana is composed (か゛ becomes が); one that fits no kana (あ゛) goes.

    Before nfkc, which would make a space and a combining mark of ゛.
    """
    return _voiced(_composed, text)


_long = re.compile(f"(?<=[{_KANA}ー])[-~ー]+(?=[{_KANA}])|ー{{2,}}").sub


@step(patterns=("[-~][ぁ-ゖァ-ヺ]", "ー[-~ー]"))
def long_vowels(text: str) -> str:
    """A dash or wave between kana is a long vowel (コンピュ-タ, すご~い), and ーーー is one ー."""
    return _long("ー", text)


# the mark repeats the kana before it: ゝ unvoiced, ゞ voiced
_iterated = re.compile(f"([{_KANA}])([ゝゞヽヾ])").sub


def _repeated(found: re.Match[str]) -> str:
    kana, mark = found[1], found[2]
    plain = unicodedata.normalize("NFD", kana)[0]
    return kana + (unicodedata.normalize("NFC", plain + "\u3099")[0] if mark in "ゞヾ" else plain)


@step(chars="ゝゞヽヾ")
def kana_iteration(text: str) -> str:
    """Kana iteration marks are written out (いすゞ becomes いすず); 々 stays, as 人々 is the only spelling in use."""
    return _iterated(_repeated, text)


STEPS: Mapping[str, Step] = {
    "kana_marks": kana_marks,
    "long_vowels": long_vowels,
    "kana_iteration": kana_iteration,
}
