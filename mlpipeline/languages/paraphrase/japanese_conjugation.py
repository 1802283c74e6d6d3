"""Japanese verbs and adjectives in the forms that sentence endings need, from the base form and Sudachi's class.

The table is the school grammar's: five-step verbs by their row, one-step verbs, する and 来る, the irregular ones.
"""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple


class Forms(NamedTuple):
    """The forms of one word; for a verb `linking` is what ます follows, for an adjective it is the く form."""

    base: str
    linking: str
    te: str
    past: str
    negative: str
    negative_past: str
    polite: str
    polite_past: str
    polite_negative: str
    polite_negative_past: str
    verb: bool = True

    def finite(self, polite: bool, past: bool, negative: bool) -> str:
        """The form that can end a sentence."""
        forms: tuple[str, ...] = _POLITE(self) if polite else _PLAIN(self)
        return forms[past + 2 * negative]


_PLAIN = attrgetter("base", "past", "negative", "negative_past")
_POLITE = attrgetter("polite", "polite_past", "polite_negative", "polite_negative_past")

# last kana of the base form: before ない, before ます, te-form
_FIVE_STEP = {
    "う": ("わ", "い", "って"),
    "つ": ("た", "ち", "って"),
    "る": ("ら", "り", "って"),
    "ぬ": ("な", "に", "んで"),
    "ぶ": ("ば", "び", "んで"),
    "む": ("ま", "み", "んで"),
    "く": ("か", "き", "いて"),
    "ぐ": ("が", "ぎ", "いで"),
    "す": ("さ", "し", "して"),
}
# honorific verbs whose ます follows い: ください, いらっしゃいます
_HONORIFIC = ("くださる", "下さる", "いらっしゃる", "おっしゃる", "なさる", "ござる")
_GOING = ("行く", "いく", "逝く", "ゆく")


@lru_cache(maxsize=4096)
def verb_forms(base: str, kind: str) -> Forms | None:
    """The forms of a verb, None for what the table does not know.

    Args:
        base: dictionary form.
        kind: Sudachi's conjugation class, as 五段-カ行.
    """
    if kind.startswith("五段") and base[-1:] in _FIVE_STEP:
        return _five_step(base)
    if kind.startswith(("上一段", "下一段")) and base.endswith("る") and base != "得る":
        return _verb(base, base[:-1], base[:-1] + "て", base[:-1] + "ない")
    if kind.startswith("サ行変格") and base.endswith("する"):
        return _verb(base, base[:-2] + "し", base[:-2] + "して", base[:-2] + "しない")
    if kind.startswith("カ行変格") and base.endswith(("くる", "来る")):
        stem = base[:-2] + ("来" if base.endswith("来る") else "き")
        return _verb(base, stem, stem + "て", (stem if stem.endswith("来") else base[:-2] + "こ") + "ない")
    return None


def _five_step(base: str) -> Forms:
    before_nai, before_masu, te = _FIVE_STEP[base[-1]]
    stem = base[:-1]
    if base.endswith(_GOING):
        te = "って"
    elif base in ("問う", "乞う"):
        te = "うて"
    elif base.endswith(_HONORIFIC):
        before_masu = "い"
    negative = "ない" if base == "ある" else "無い" if base == "有る" else stem + before_nai + "ない"
    return _verb(base, stem + before_masu, stem + te, negative)


def _verb(base: str, linking: str, te: str, negative: str) -> Forms:
    past = te[:-1] + {"て": "た", "で": "だ"}[te[-1]]
    polite = (linking + "ます", linking + "ました", linking + "ません", linking + "ませんでした")
    return Forms(base, linking, te, past, negative, negative[:-1] + "かった", *polite)


@lru_cache(maxsize=4096)
def adjective_forms(base: str) -> Forms | None:
    """The forms of an adjective in い, also of たい and ない; None for what ends otherwise.

    いい and its compounds (かっこいい) take their other forms from よい.
    """
    if not base.endswith("い") or len(base) < 2:
        return None
    stem = base[:-1]
    if base in ("いい", "かっこいい"):
        stem = base[:-2] + "よ"
    past, negative = stem + "かった", stem + "くない"
    negative_past = stem + "くなかった"
    polite = (base + "です", past + "です", negative + "です", negative_past + "です")
    return Forms(base, stem + "く", stem + "くて", past, negative, negative_past, *polite, verb=False)
