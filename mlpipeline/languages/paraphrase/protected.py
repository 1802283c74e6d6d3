"""What no operator may touch: placeholders, links, addresses, numbers, emoji; and whether a text is whole."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import NamedTuple


class Protected(NamedTuple):
    """A part of a text that stays as it is. `kind` is placeholder, mail, link, number, code or emoji."""

    start: int
    stop: int
    kind: str


# Other digits than decimal ones: superscripts, fractions, circled and Roman numbers
_OTHER_DIGITS = "\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2079\u2080-\u2089\u2150-\u218b\u2460-\u24ff\u2776-\u2793"
_DIGIT = f"[\\d{_OTHER_DIGITS}]"
_BETWEEN = "[-.,:/~'’_·–٫٬．，：／－～]"
_MONEY = "[$€£¥₩฿₫₹￦￥＄￡]"
# A unit glued to its number is one thing with it; what is glued in Latin letters (10am, 3rd, 50k) needs no list
_UNITS = (
    "원|천원|만원|억원|년|월|일|시|분|초|개|명|번|회|층|살|円|万円|元|块|塊|万元|萬元|年|月|日|号|號|時間|時|时|点|點|分|秒|個|个|人|回|次|号|歳|岁|歲"
    "|บาท|นาที|โมง|đồng|đ"
)
# Two Han digits or more: one alone is as often a part of a word (一下, 万一 is lost by it)
_HAN_NUMBER = "[〇零一二三四五六七八九十百千万萬億亿兆两兩]{2,}"

_PLACEHOLDERS = (
    r"\{\{[^{}]{0,60}\}\}|[$#]?\{[^{}]{0,60}\}|\[\[[^\[\]]{1,60}\]\]|\[[^\[\]]{1,60}\]|【[^【】]{1,40}】|〔[^〔〕]{1,40}〕"
    r"|</?[^\W\d_][^<>\n]{0,40}>|〈[^〈〉]{1,40}〉|＜[^＜＞]{1,40}＞|｛[^｛｝]{1,40}｝|［[^［］]{1,40}］"
    r"|(?<![\d０-９])%(?:\(\w{1,40}\)|\d{1,2}\$)?[sdifr@](?![A-Za-z])|__\w{1,40}?__|&[A-Za-z]{2,8};|&#\d{1,6};"
    r"|(?<!\w):[a-z][a-z0-9_+-]{1,30}:"
)
_MAILS = r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
_TOP = "com|net|org|edu|gov|io|co|ai|app|dev|info|me|tv|kr|jp|cn|tw|hk|th|vn|us|uk|de"
# An address ends at its first letter that is not ASCII (a particle follows at once), but for one behind a slash or =
_ADDRESS = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]"
_LINKS = (
    rf"(?:https?|ftp)://{_ADDRESS}{{1,400}}(?:(?<=[/=])[^\s<>\"'、。，]{{1,100}})?"
    rf"|(?<![A-Za-z0-9@.-])(?:www\.{_ADDRESS}{{1,400}}|(?:[A-Za-z0-9-]{{1,40}}\.){{1,4}}(?:{_TOP})(?![A-Za-z0-9])"
    rf"(?:/{_ADDRESS}{{0,400}})?)|(?<![\w@])[@#][A-Za-z_]\w{{1,30}}"
)
# One way to read each: a repeat inside a repeat takes for ever on a long word
_GLUED = r"(?:[A-Za-z0-9]|[-_](?=[A-Za-z0-9]))*"
_NUMBERS = (
    rf"(?:[+\-−#]|{_MONEY}\s?)?{_DIGIT}(?:{_DIGIT}|{_BETWEEN}(?={_DIGIT}))*"
    rf"(?:\s?[%％‰°℃]|\s?{_MONEY}|[A-Za-z]{_GLUED}|\s?(?:{_UNITS}))?|{_HAN_NUMBER}"
)
_CODES = rf"(?<![A-Za-z0-9_-])(?=[A-Za-z][-_A-Za-z]{{0,60}}\d)[A-Za-z]{_GLUED}"
_PICTURE = (
    "[\U0001f000-\U0001f1e5\U0001f200-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff\u2190-\u21ff\u3030\u303d\u3297"
    "\u3299\u00a9\u00ae\u2122\u203c\u2049]"
)
_TONE = "[\U0001f3fb-\U0001f3ff]"
_ONE = f"{_PICTURE}\ufe0e?\ufe0f?\u20e3?{_TONE}?[\U000e0020-\U000e007f]*"
_EMOJI = f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_ONE}(?:\u200d{_ONE})*"

_protected = re.compile(
    f"(?P<placeholder>{_PLACEHOLDERS})|(?P<mail>{_MAILS})|(?P<link>{_LINKS})|(?P<emoji>{_EMOJI})"
    f"|(?P<code>{_CODES})|(?P<number>{_NUMBERS})"
).finditer
# Two looks, each ten times as fast as the pattern: most texts have nothing of all this
_perhaps = re.compile(
    rf"[\d{_OTHER_DIGITS}<{{\[%@:/.#&\u00a9\u00ae\u2030-\u2bff\u3030\u303d\u3297\u3299【〔〈＜｛［〇零一二三四五六七八九十百千万萬億亿兆两兩]"
    r"|__|[^\x00-\uffff]"
).search
_AT_END = ".,!?;:'"


def protected_pieces(text: str) -> list[Protected]:
    """The protected parts of a text with their kinds, in order, none overlapping another."""
    if not _perhaps(text):
        return []
    parts = list[Protected]()
    for found in _protected(text):
        start, stop, kind = found.start(), found.end(), found.lastgroup or ""
        if kind == "link":
            while text[stop - 1] in _AT_END or (text[stop - 1] == ")" and "(" not in text[start:stop]):
                stop -= 1
        parts.append(Protected(start, stop, kind))
    return parts


def protected_spans(text: str) -> list[tuple[int, int]]:
    """(start, stop) of placeholders, links, mail addresses, numbers with their units, codes and emoji, in order."""
    return [(start, stop) for start, stop, _ in protected_pieces(text)]


_spaces = re.compile(r"\s+").sub
_HAN = str.maketrans("萬億兩", "万亿两")


def _things(text: str) -> Counter[tuple[str, str]]:
    """What stands in the protected parts, comparable: width and spaces do not count in numbers."""
    things = Counter[tuple[str, str]]()
    for start, stop, kind in protected_pieces(text):
        part = text[start:stop]
        if kind in ("number", "code"):
            part = _spaces("", unicodedata.normalize("NFKC", part)).translate(_HAN).casefold()
        things[kind, part] += 1
    return things


def kept(original: str, rewritten: str) -> bool:
    """True when each placeholder, link, address, number and emoji of the original is in the made text, and no other.

    Emoji and words with a digit in them (`gr8`, `to6i`) may be new: people type them, and they change no value.
    """
    if original == rewritten:
        return True
    was, now = _things(original), _things(rewritten)
    if was == now:
        return True
    return not was - now and all(kind in ("emoji", "code") for kind, _ in now - was)


# U+FFFD is what a broken decoding leaves; lone surrogates, controls and noncharacters never are text
_broken = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffd-\uffff]"
    # jamo that NFC left alone: half a syllable (people type the compatibility jamo, ㅋㅋ)
    "|[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]"
    # a joiner, a selector or a tag without what it belongs to
    "|(?:^|[\\s\u200d])[\u200c\u200d\ufe00-\ufe0f\u20e3\U000e0020-\U000e007f\U000e0100-\U000e01ef]|\u200d(?:\\s|$)"
    # Thai: a vowel sign in front without a letter behind it, one behind without a letter in front, a sign twice
    "|[\u0e40-\u0e44](?![\u0e01-\u0e30\u0e40\u0e44\u0e45])|(?<![\u0e01-\u0e2e\u0e31-\u0e4e])[\u0e31\u0e33-\u0e3a\u0e47-\u0e4e]"
    "|([\u0e31\u0e33-\u0e3a\u0e47-\u0e4e])\\1"
).search
_flags = re.compile("[\U0001f1e6-\U0001f1ff]+").findall
# Thai signs are looked at above
_marks = re.compile(r"[^\w\s\u0e00-\u0e7f]|[\u0300-\u036f]").search


def is_whole(text: str) -> bool:
    """True for a text in NFC without broken characters: no mark, joiner or jamo stands alone, no flag is half."""
    if text.isascii() and text.isprintable():
        return True
    if not unicodedata.is_normalized("NFC", text) or _broken(text):
        return False
    if any(len(run) % 2 for run in _flags(text)):
        return False
    return not _has_stray_mark(text) if _marks(text) else True


def _has_stray_mark(text: str) -> bool:
    before = " "
    for one in text:
        # marks follow a letter, a digit or another mark; a selector or keycap also a sign
        if one >= "\u0300" and (category := unicodedata.category(one))[0] == "M":
            base = unicodedata.category(before)[0]
            if base in "ZC" or (base == "P" and category != "Me" and not "\ufe00" <= one <= "\ufe0f"):
                return True
        before = one
    return False
