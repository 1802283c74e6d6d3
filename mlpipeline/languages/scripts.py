"""Which scripts a text is written in, and whether it looks like the language that a file claims to be in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

_HAN = "\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_HANGUL = "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb\uffa1-\uffdc"
_LATIN = "A-Za-z\xaa\xba\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0250-\u02af\u1e00-\u1eff\u2c60-\u2c7f\ua720-\ua7ff\ufb00-\ufb06"
_LATIN += "\uff21-\uff3a\uff41-\uff5a"

RANGES: Mapping[str, str] = {
    "Arab": "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc",
    "Armn": "\u0531-\u058f",
    "Beng": "\u0980-\u09ff",
    "Cyrl": "\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f",
    "Deva": "\u0900-\u097f\ua8e0-\ua8ff",
    "Ethi": "\u1200-\u139f",
    "Geor": "\u10a0-\u10ff\u1c90-\u1cbf",
    "Grek": "\u0370-\u03ff\u1f00-\u1fff",
    "Gujr": "\u0a80-\u0aff",
    "Guru": "\u0a00-\u0a7f",
    "Hang": _HANGUL,
    "Hani": _HAN,
    "Hans": _HAN,
    "Hant": _HAN,
    "Hebr": "\u0590-\u05ff\ufb1d-\ufb4f",
    "Hira": _KANA,
    "Jpan": _KANA + _HAN,
    "Kana": _KANA,
    "Khmr": "\u1780-\u17ff",
    "Knda": "\u0c80-\u0cff",
    "Kore": _HANGUL + _HAN,
    "Laoo": "\u0e80-\u0eff",
    "Latn": _LATIN,
    "Mlym": "\u0d00-\u0d7f",
    "Mymr": "\u1000-\u109f",
    "Sinh": "\u0d80-\u0dff",
    "Taml": "\u0b80-\u0bff",
    "Telu": "\u0c00-\u0c7f",
    "Thai": "\u0e00-\u0e7f",
}
"""ISO 15924 code -> inside of a character class. Kana is one range for Hira and Kana: no text has only one of them."""

_letters = re.compile(r"[^\W\d_]").findall

# Characters of the commonest words that only one Chinese variety writes
_SIMPLIFIED = (
    "们这说个为来对时会过还没国后么开关给让吗气闹钟点钱电话车听问长见东门号铁边发闻误钱价买卖单请谢谁该认识视频乐"
)
_TRADITIONAL = (
    "們這說個為來對時會過還沒國後麼開關給讓嗎氣鬧鐘點錢電話車聽問長見東門號鐵邊發聞誤錢價買賣單請謝誰該認識視頻樂"
)
_simplified = re.compile(f"[{_SIMPLIFIED}]").findall
_traditional = re.compile(f"[{_TRADITIONAL}]").findall
_kana = re.compile(f"[{_KANA}]").search

_VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹĩũ]").search
# words that Latin-script languages lean on; what people type without marks counts too
_ENGLISH = """
a about all am an and any are at be by can could did do does for from get give go has have help how i if in is it let
make me my need new not of on open or please set show so tell that the there this to today tomorrow turn up want was
we what when where which who will with would you your"""
_TYPED_VIETNAMESE = """
anh ban bao bat bay ben biet cac cai can cho chua chung co con cua dang dat day den di dien dung duoc em gi gio gui hay
hom hoi khi khong la lam len loi mai moi mot muon nao nay ngay nghe nguoi nhac nhu nhung noi o phai ra sao se tai thi
tim toi tu tuan va vao ve viec voi xem xin"""
_WORDS: Mapping[str, frozenset[str]] = {
    "en": frozenset(_ENGLISH.split()),
    "vi": frozenset(_TYPED_VIETNAMESE.split()),
}


def share_of_scripts(text: str, scripts: tuple[str, ...]) -> float:
    """Share of letters in the scripts or in Latin, 0 to 1 (1 without letters)."""
    count_other, _ = _matchers(scripts)
    if text.isascii() or not (other := count_other(text)):
        return 1.0
    return 1.0 - len(other) / len(_letters(text))


def looks_like_language(texts: Iterable[str], tag: str, scripts: tuple[str, ...]) -> float:
    """Share of the texts with letters that look like the language (1 when there are none)."""
    has_letters_of = _letter_test(tag, scripts)
    decisions = [has_letters_of(text) for text in texts if _letters(text)]
    return sum(decisions) / len(decisions) if decisions else 1.0


@lru_cache(maxsize=64)
def _matchers(scripts: tuple[str, ...]) -> tuple[Callable[[str], list[str]], Callable[[str], list[str]]]:
    """(letters outside the scripts and Latin, letters inside the scripts; Latin only where it is one of them)."""
    own = "".join(RANGES[name] for name in scripts) or _LATIN
    return re.compile(f"[^\\W\\d_{own}{_LATIN}]").findall, re.compile(f"[{own}]").findall


def _letter_test(tag: str, scripts: tuple[str, ...]) -> Callable[[str], bool]:
    own = _matchers(scripts)[1]
    language = tag.split("-")[0]
    hint = _hint(language, scripts)

    def has_letters_of(text: str) -> bool:
        letters = _letters(text)
        inside = sum(map(str.isalpha, own(text)))
        # names and product words are Latin in every language: half of the letters are enough
        return 2 * inside >= len(letters) and hint(text)

    return has_letters_of


def _hint(language: str, scripts: tuple[str, ...]) -> Callable[[str], bool]:
    """What tells a language from others of its script; always true where nothing is known."""
    if "Jpan" in scripts or "Hira" in scripts or "Kana" in scripts:
        # without any kana only a short word can be Japanese
        return lambda text: _kana(text) is not None or len(text) <= 4
    if "Hans" in scripts:
        return lambda text: not _kana(text) and len(_traditional(text)) <= len(_simplified(text))
    if "Hant" in scripts:
        return lambda text: not _kana(text) and len(_simplified(text)) <= len(_traditional(text))
    if "Hani" in scripts:
        return lambda text: not _kana(text)
    words = _WORDS.get(language)
    if words is None:
        return lambda text: True

    def hint(text: str) -> bool:
        lowered = text.lower()
        if _VIETNAMESE(lowered):
            return language == "vi"
        said = lowered.replace("'", " ").split()
        # a short text may be names only; a longer one without one common word is another language
        return (language == "en" and len(said) <= 3) or not words.isdisjoint(said)

    return hint
