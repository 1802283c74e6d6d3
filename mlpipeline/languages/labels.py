"""Names of intents: which of them are one name in two spellings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

INTEGER = re.compile(r"^0*([0-9]+?)(?:[.,]0*)?$")
_SEPARATORS = re.compile(r"[\s_\-/.]+")


def spelling_key(label: str) -> str:
    """The label without what a slip of the hand or a spreadsheet changes.

    That is case, full and half width, which separator is used, and how a whole number is written (`1`, `1.0`, `01`).
    Two labels with one key are one intent in two spellings. A label of separators alone is its own key.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    if number := INTEGER.fullmatch(folded.strip()):
        return number[1]
    spaced = _SEPARATORS.sub(" ", folded).strip()
    return INTEGER.sub(r"\1", spaced) or label


def spelled_apart(intents: Sequence[str]) -> list[list[str]]:
    """Intents that are one name in two spellings: `book_table`, `Book Table`."""
    alike: dict[str, list[str]] = {}
    for intent in sorted(intents):
        alike.setdefault(spelling_key(intent), []).append(intent)
    return [names for _, names in sorted(alike.items()) if len(names) > 1]
