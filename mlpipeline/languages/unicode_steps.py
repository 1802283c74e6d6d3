"""Normalising steps that all languages share, and what a step is. Plain Python: no Spark, no data files."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One named normalising step.

    The other fields say when it can have an effect; a text that none of them finds comes back as it was. They may find
    too much, never too little (a property test holds them to it). Most texts of most corpora need no step at all, and
    looking is ten times cheaper than doing.
    """

    apply: Callable[[str], str]
    chars: str = ""
    """Inside of a character class: any of these characters."""
    patterns: tuple[str, ...] = ()
    """Regular expressions; fast ones begin with a literal or a class."""
    heads: str = ""
    """Characters that matter where a text begins with one."""
    tails: str = ""
    """Characters that matter where a text ends with one."""

    def __call__(self, text: str) -> str:
        """The text after this step."""
        return self.apply(text)

    @property
    def doc(self) -> str:
        """What the step does, its function's docstring."""
        return (self.apply.__doc__ or "").strip()


def step(
    chars: str = "", patterns: tuple[str, ...] = (), heads: str = "", tails: str = ""
) -> Callable[[Callable[[str], str]], Step]:
    """Decorator that makes a function a `Step`."""
    return lambda apply: Step(apply, chars, patterns, heads, tails)


def spans(*ranges: tuple[int, int]) -> str:
    """Code point ranges, both ends in, as the inside of a character class."""
    return "".join(f"{_escaped(low)}-{_escaped(high)}" for low, high in ranges)


def rest_of_unicode(*ranges: tuple[int, int]) -> str:
    """All code points outside the ranges, as the inside of a character class."""
    at, rest = 0, list[tuple[int, int]]()
    for low, high in sorted(ranges):
        if at < low:
            rest.append((at, low - 1))
        at = max(at, high + 1)
    return spans(*rest, *([(at, sys.maxunicode)] if at <= sys.maxunicode else []))


def replacer(table: Mapping[str, str]) -> Callable[[str], str]:
    """A function that replaces single characters; 5 times as fast as str.translate where none of them occurs."""
    found = re.compile("[" + "".join(map(re.escape, table)) + "]").search
    translation = str.maketrans(dict(table))
    return lambda text: text.translate(translation) if found(text) else text


def many_to_one(groups: Mapping[str, str]) -> dict[str, str]:
    """``{"-": "–—"}`` as ``{"–": "-", "—": "-"}``."""
    return {one: target for target, sources in groups.items() for one in sources}


def _escaped(point: int) -> str:
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _class_of(characters: Iterable[str]) -> str:
    return "".join(map(re.escape, characters))


# What composing can never change: starters that neither decompose nor compose with what stands before them.
_SETTLED = (
    (0x20, 0x7E),
    *((ord(one), ord(one)) for one in "àáâãèéêìíòóôõùúýăđĩũơưÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯ"),
    (0x0E01, 0x0E32),
    (0x0E34, 0x0E3A),
    (0x0E40, 0x0E4E),
    (0x0E50, 0x0E5B),
    (0x1EA0, 0x1EF9),
    (0x3041, 0x3096),
    (0x30A1, 0x30FC),
    (0x4E00, 0x9FEF),
    (0xAC00, 0xD7A3),
)
# Thai vowels below and tone marks have combining classes of their own: composing puts them in order
_THAI_ORDER = ("[\u0e38\u0e39\u0e48-\u0e4b][\u0e38-\u0e3a]",)


@step(chars=rest_of_unicode(*_SETTLED, (0x0E33, 0x0E33), (0x3131, 0x3163)), patterns=_THAI_ORDER)
def nfc(text: str) -> str:
    """Canonical composition (NFC): one code point where Unicode has one; nothing looks different afterwards."""
    return unicodedata.normalize("NFC", text)


@step(chars=rest_of_unicode(*_SETTLED), patterns=_THAI_ORDER)
def nfkc(text: str) -> str:
    """Compatibility composition (NFKC): full width, half width, circled and squared characters become plain ones."""
    return unicodedata.normalize("NFKC", text)


# Cc but for white space, soft hyphen, combining grapheme joiner, zero width, directions, variation selectors, tags,
# surrogates, non-characters
_HIDDEN = (
    (0x00, 0x08),
    (0x0E, 0x1B),
    (0x7F, 0x84),
    (0x86, 0x9F),
    (0xAD, 0xAD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0xD800, 0xDFFF),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFF0, 0xFFFB),
    (0xFFFE, 0xFFFF),
    (0xE0000, 0xE0FFF),
)
_INVISIBLE = spans(*_HIDDEN)
_invisible = re.compile(f"[{_INVISIBLE}]+").sub
# as a complement up to U+FFFF: with a range above it, re gives up its bitmaps and takes four times as long
_perhaps_invisible = re.compile(f"[^{rest_of_unicode(*_HIDDEN, (0x10000, sys.maxunicode))}]").search


@step(chars=_INVISIBLE)
def drop_invisible(text: str) -> str:
    """Removes what nobody sees: zero width spaces and joiners, BOM, soft hyphens, directions, control characters."""
    return _invisible("", text) if _perhaps_invisible(text) else text


# U+FFA0 and U+3164 are fillers that look like a space; jamo of half width become the compatibility jamo they stand for
_HALF_JAMO = {chr(0xFFA1 + at): chr(0x3131 + at) for at in range(30)}
_HALF_JAMO |= {
    chr(low + at): chr(0x314F + first + at)
    for low, first in ((0xFFC2, 0), (0xFFCA, 6), (0xFFD2, 12), (0xFFDA, 18))
    for at in range(3 if low == 0xFFDA else 6)
}
_WIDTH = {chr(point): chr(point - 0xFEE0) for point in range(0xFF01, 0xFF5F)}
_WIDTH |= {chr(point): unicodedata.normalize("NFKC", chr(point)) for point in range(0xFF61, 0xFFA0)}
_WIDTH |= _HALF_JAMO
_WIDTH |= dict(zip("￠￡￢￤￥￦｟｠", "¢£¬¦¥₩⦅⦆", strict=True))
_WIDTH |= dict.fromkeys("\u3000\u3164\uffa0\u115f\u1160", " ")
_fold_width = replacer(_WIDTH)


@step(chars=_class_of(_WIDTH))
def fold_width(text: str) -> str:
    """Full-width letters, digits and signs become plain ones, half-width kana and jamo full ones; nothing else."""
    return _fold_width(text)


_QUOTES = many_to_one({"'": "‘’‚‛′‵ʼʹ´`＇ʻ", '"': "“”„‟″‶«»＂〝〞〟"})
_fold_quotes = replacer(_QUOTES)


@step(chars=_class_of(_QUOTES))
def fold_quotes(text: str) -> str:
    """Curly, low and angled quotes, primes and accents that stand for an apostrophe become ' and \"."""
    # before nfkc, which would make a space and a combining accent of U+00B4
    return _fold_quotes(text)


_PUNCTUATION = many_to_one(
    {"-": "‐‑‒–—―−﹣－⁃﹘", "~": "〜～∼˜〰", " ": "·•‧・･∙⋅ㆍ᛫", ".": "․", "?": "？⸮؟", "!": "！"}
) | {"…": "...", "⋯": "...", "‥": "..", "‼": "!!", "⁇": "??", "⁈": "?!", "⁉": "!?"}
_fold_punctuation = replacer(_PUNCTUATION)


@step(chars=_class_of(_PUNCTUATION))
def fold_punctuation(text: str) -> str:
    """Dashes become -, wave dashes ~, an ellipsis dots, a middle dot a space."""
    return _fold_punctuation(text)


# capitals of ASCII, and all that is neither small Vietnamese nor a letter without case
_CASELESS = (
    (0x20, 0x40),
    (0x5B, 0x7E),
    *((ord(one), ord(one)) for one in "àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"),
    (0x0E01, 0x0E5B),
    (0x3000, 0x9FFF),
    (0xAC00, 0xD7A3),
)


@step(chars=rest_of_unicode(*_CASELESS))
def casefold(text: str) -> str:
    """Small letters for all capitals, by Unicode's case folding (ß becomes ss)."""
    return text.casefold()


# Han digits stand out of it: 一一九 and 三三三 are numbers
_squeezed = re.compile(r"([^\W\d_〇一二三四五六七八九零])\1{2,}").sub
_thrice = re.compile(r"(.)\1\1", re.DOTALL).search


@step(patterns=(r"(.)\1\1",))
def squeeze_repeats(text: str) -> str:
    """A letter three times or more becomes two ("soooo" and "sooooo" are one word); digits stay."""
    return _squeezed(r"\1\1", text) if _thrice(text) else text


_SIGNS = "[!?.,;:~-]"
_two_signs = re.compile(_SIGNS * 2).search
_mixed = re.compile(r"[!?]{2,}").sub
_same = re.compile(r"([.,;:~-])\1+").sub


@step(patterns=(_SIGNS * 2,))
def squeeze_punctuation(text: str) -> str:
    """Repeated signs become one: "..." a dot, "!!!" one mark, and any mixture with a question mark that."""
    if not _two_signs(text):
        return text
    text = _mixed(lambda found: "?" if "?" in found[0] else "!", text)
    return _same(r"\1", text)


@step(tails=" .,;:!~")
def trim_punctuation(text: str) -> str:
    """Signs at the end go, so that "stop", "stop." and "stop!" are one; a question mark stays: it has a meaning."""
    return text.rstrip(" .,;:!~")


_SPACES = spans((0x09, 0x0D), (0x1C, 0x1F)) + r"\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_other_space = re.compile(f"[{_SPACES}]").search


@step(chars=_SPACES, patterns=("  ",), heads=" ", tails=" ")
def collapse_spaces(text: str) -> str:
    """Any white space, U+3000 and line breaks too, becomes one space; none at the ends."""
    return " ".join(text.split()) if "  " in text or _other_space(text) else text.strip(" ")


@step(chars=rest_of_unicode(*_SETTLED, (0x0E33, 0x0E33), (0x3131, 0x3163)) + "\u0e50-\u0e59")
def fold_digits(text: str) -> str:
    """Decimal digits of any script (๓, ３, ٣) become 0-9."""
    if text.isascii():
        return text
    return _digits(lambda found: str(unicodedata.decimal(found[0])), text)


_digits = re.compile(r"[^\D0-9]").sub

STEPS: Mapping[str, Step] = {
    "drop_invisible": drop_invisible,
    "fold_width": fold_width,
    "fold_quotes": fold_quotes,
    "fold_punctuation": fold_punctuation,
    "nfc": nfc,
    "nfkc": nfkc,
    "casefold": casefold,
    "fold_digits": fold_digits,
    "squeeze_repeats": squeeze_repeats,
    "squeeze_punctuation": squeeze_punctuation,
    "trim_punctuation": trim_punctuation,
    "collapse_spaces": collapse_spaces,
}
