"""Names of intents: which of them are one name in two spellings."""

from __future__ import annotations

import re
import unicodedata

_SEPARATORS = re.compile(r"[\s_\-/.]+")


def spelling_key(label: str) -> str:
    """The label without what a slip of the hand changes: case, full and half width, and which separator is used.

    Two labels with one key are one intent in two spellings. A label of separators alone is its own key.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    return _SEPARATORS.sub(" ", folded).strip() or label
