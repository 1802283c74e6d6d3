"""Thai: marks in their order, typing variants that look the same, the repetition sign."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlpipeline.languages.unicode_steps import Step, step

# phinthu, vowels below, vowels above with maitaikhu and nikhahit, tones, thanthakhat and yamakkan: as a keyboard asks
# for them, and as canonical ordering (combining classes 9, 103, 107) leaves them
_CLASSES = (
    "\u0e3a",
    "\u0e38\u0e39",
    "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e47\u0e4d",
    "\u0e48\u0e49\u0e4a\u0e4b",
    "\u0e4c\u0e4e",
)
_ORDER = {mark: place for place, marks in enumerate(_CLASSES) for mark in marks}
_TONES = "\u0e48-\u0e4b"
_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"

_runs = re.compile(f"[{_MARKS}]{{2,}}").sub
_am_split = re.compile(f"\u0e4d([{_TONES}]?)\u0e32|([{_TONES}])\u0e4d\u0e32").sub
_short_a = re.compile("\u0e30{2,}").sub
_am_tone = re.compile(f"\u0e33([{_TONES}]+)").sub


def _ordered(found: re.Match[str]) -> str:
    marks = sorted(dict.fromkeys(found[0]), key=_ORDER.__getitem__)
    tones = [mark for mark in marks if _ORDER[mark] == 3]
    if len(tones) > 1:
        # a second tone is a correction of the first: the last one typed counts
        last = max(tones, key=found[0].rindex)
        marks = [mark for mark in marks if _ORDER[mark] != 3 or mark == last]
    return "".join(marks)


_WRONG_MARKS = (
    # a vowel behind any mark, any mark behind a tone
    f"[{_MARKS}](?:[\u0e31\u0e34-\u0e3a\u0e47\u0e4d]|(?<=[\u0e47-\u0e4e])[{_MARKS}])",
    f"\u0e33[{_TONES}]",
    "\u0e40\u0e40",
    "\u0e30\u0e30",
)
_wrong_marks = re.compile("|".join((_WRONG_MARKS[0], "\u0e4d"))).search


@step(chars="\u0e4d", patterns=_WRONG_MARKS)
def thai_marks(text: str) -> str:
    """Marks over and under a consonant in one order, none twice; เเ is แ, and nikhahit with sara aa is ำ.

    Not nfkc: that takes ำ apart again.
    """
    if _wrong_marks(text):
        text = _am_split(r"\1\2" + "\u0e33", _runs(_ordered, text))
    if "\u0e33" in text:
        text = _am_tone(r"\1" + "\u0e33", text)
    if "\u0e30\u0e30" in text:
        text = _short_a("\u0e30", text)
    return text.replace("\u0e40\u0e40", "\u0e41")


_maiyamok = re.compile("[ \u0e46]*\u0e46").sub


@step(patterns=("[ \u0e46]\u0e46",))
def thai_repetition(text: str) -> str:
    """The repetition sign stands once, right behind its word: "บ่อย ๆ" and "บ่อยๆๆ" are "บ่อยๆ"."""
    return _maiyamok("\u0e46", text) if "\u0e46" in text else text


_nothing_else = re.compile("[\u0e01-\u0e4e][\u0e01-\u0e4e ]*[\u0e01-\u0e4e]").fullmatch
_between = re.compile("(?<=[\u0e01-\u0e4e]) +(?=[\u0e01-\u0e4e])").sub


@step(patterns=(" [\u0e01-\u0e4e]",))
def join_thai(text: str) -> str:
    """No spaces between Thai letters: some write one after each word, most only between sentences, and no two alike."""
    return text.replace(" ", "") if _nothing_else(text) else _between("", text)


STEPS: Mapping[str, Step] = {"thai_marks": thai_marks, "thai_repetition": thai_repetition, "join_thai": join_thai}
