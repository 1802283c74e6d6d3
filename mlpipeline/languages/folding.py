"""How texts are folded to be compared: what two near duplicates may differ in is taken out. Models never see it."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from mlpipeline.errors import RecipeError
from mlpipeline.languages.profile import STEPS as NORMALIZING

Fold = Callable[[str], str]


_blanks = re.compile(r"\s+").sub


def text_key(text: str) -> str:
    """What a text is found by, where a person names it: case and blanks do not count. Like `text_key` of `split`."""
    return _blanks(" ", text).strip().lower()


def _without(pattern: str) -> Fold:
    """A function that removes a pattern, unless nothing would be left."""
    remove = re.compile(pattern).sub
    return lambda text: remove("", text).strip() or text


def split_jamo(text: str) -> str:
    """Korean: syllables become their jamo, so that one wrong key changes a third of a syllable (한 is ㅎ, ㅏ, ㄴ)."""
    return text if text.isascii() else unicodedata.normalize("NFD", text)


# From two syllables on, so that 나는 and 이가 stay what they are.
_particles = re.compile("(?<=[가-힣]{2})[은는이가을를](?= |$)").sub


def drop_korean_particles(text: str) -> str:
    """Korean: no 은, 는, 이, 가, 을, 를 at the end of a word of three syllables or more; chat leaves them out."""
    return _particles("", text)


_request = re.compile(" ?(?:주세요|주십시오|주실래요|주시겠어요|줄래요|줄래|줘요|줘라|줘)(?=[?]?$)").sub
_polite = re.compile("(?<=[가-힣])요(?=[?]?$)").sub


def drop_korean_politeness(text: str) -> str:
    """Korean: no 요 at the end, and one form of asking (주세요, 줄래요, 줘요 are 줘)."""
    return _polite("", _request("줘", text))


_KATAKANA = {point: point - 0x60 for point in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)}
_has_katakana = re.compile("[ァ-ヶヽヾ]").search


def hiragana(text: str) -> str:
    """Japanese: katakana as hiragana (ゴミ and ごみ are one word)."""
    return text.translate(_KATAKANA) if _has_katakana(text) else text


def drop_spaces(text: str) -> str:
    """No spaces, for languages that write them where the writer likes; words are then not told apart."""
    return text.replace(" ", "")


# Of ですかね, two parts go and か between them stays.
_JAPANESE = (
    "(?:でございます|です|を?(?:ください|下さい|お願いします|おねがいします))(?=(?:よね|よ|ね)?か?(?:よね|よ|ね)?[?]?$)"
    "|(?:よね|よ|ね)(?=か?[?]?$)"
)
_THAI = "(?:นะ)?(?:ครับ|คับ|ค่ะ|คะ|ค่า|จ้า|จ้ะ|จ๊ะ|ฮะ)+(?=[?]?$)"
_VIETNAMESE = "^(?:(?:dạ|làm ơn|xin) )+|(?: (?:ạ|nhé|nha))+(?=[?]?$)"
# Thanks for something, and thanks a lot, are thanks: what follows is no text of its own.
_ENGLISH = (
    "^(?:(?:please|pls|plz|(?:thanks|thank you)(?!,? (?:for|to|a|so|very|again|anyway|but|and)\\b)),? )+"
    "|(?:,? (?:please|pls|plz|thanks|thank you))+(?=[?]?$)"
)
_CHINESE = "^(?:请问|請問|请你?|請你?|麻烦你?|麻煩你?|,)+|(?:,?(?:谢谢|謝謝|好吗|好嗎|吧))+(?=[?]?$)"

FOLDS: Mapping[str, Fold] = {
    "split_jamo": split_jamo,
    "drop_korean_particles": drop_korean_particles,
    "drop_korean_politeness": drop_korean_politeness,
    "hiragana": hiragana,
    "drop_spaces": drop_spaces,
    "drop_japanese_politeness": _without(_JAPANESE),
    "drop_thai_politeness": _without(_THAI),
    "drop_vietnamese_politeness": _without(_VIETNAMESE),
    "drop_english_politeness": _without(_ENGLISH),
    "drop_chinese_politeness": _without(_CHINESE),
}
"""Folding steps by name; the normalising steps of `profile.STEPS` may stand among them."""


@lru_cache(maxsize=64)
def folder(names: tuple[str, ...]) -> Fold:
    """The folding function of a list of steps: normalised text -> what is compared; never empty where the text is not.

    Raises:
        RecipeError: a step that does not exist, with the nearest that does.
    """
    known: Mapping[str, Fold] = {**{name: step.apply for name, step in NORMALIZING.items()}, **FOLDS}
    check_folds(names)
    functions = [known[name] for name in names]

    def fold(text: str) -> str:
        folded = text
        for apply in functions:
            folded = apply(folded)
        return folded or text

    return fold


def check_folds(names: Sequence[str]) -> None:
    """Raises RecipeError for a folding step that does not exist."""
    for name in names:
        if name not in FOLDS and name not in NORMALIZING:
            near = difflib.get_close_matches(name, [*FOLDS, *NORMALIZING], n=1)
            fix = f"did you mean {near[0]}?" if near else f"choose among {', '.join(FOLDS)}"
            raise RecipeError(f"there is no folding step {name!r}", where="clean.fold", fix=fix)
