"""Names of intents: which of them are one name in two spellings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_SEPARATORS = re.compile(r"[\s_\-/.]+")


def spelling_key(label: str) -> str:
    """The label without what a slip of the hand changes: case, full and half width, and which separator is used.

    Two labels with one key are one intent in two spellings. A label of separators alone is its own key.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    return _SEPARATORS.sub(" ", folded).strip() or label


def spelled_apart(intents: Sequence[str]) -> list[list[str]]:
    """Intents that are one name in two spellings: `book_table`, `Book Table`."""
    alike: dict[str, list[str]] = {}
    for intent in sorted(intents):
        alike.setdefault(spelling_key(intent), []).append(intent)
    return [names for _, names in sorted(alike.items()) if len(names) > 1]
