"""Names of time zones: refused where there is no such zone, with the one that was probably meant."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache
from zoneinfo import available_timezones

from mlpipeline.errors import UsageError

# `+09:00`, `UTC+9`, `Z`: Java reads them, Kubernetes does not.
_OFFSET = re.compile(r"(?:Z|(?:UTC|GMT|UT)?[+-]\d{1,2}(?::?\d{2}){0,2})\Z")
# Of Java alone, such as JST.
_SHORT = frozenset(
    ("ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT", "CST", "CTT", "EAT", "ECT", "EST", "HST", "IET",
     "IST", "JST", "MIT", "MST", "NET", "NST", "PLT", "PNT", "PRT", "PST", "SST", "VST")
)  # fmt: skip
_ALIKE, _TOO_SHORT = 0.6, 4


def find_zone_mistake(text: str, *, offsets: bool = False) -> tuple[str, str] | None:
    """What is wrong with a time zone, and how to write it; None when there is such a zone.

    Args:
        text: such as Asia/Seoul.
        offsets: `+09:00` and Java's short words count too.
    """
    known = _zones()
    # A machine without a table of zones knows nothing of them.
    if not known or text in known or (offsets and (text in _SHORT or _OFFSET.match(text))):
        return None
    lowered = {name.lower(): name for name in known}
    word = text.strip().lower()
    near = difflib.get_close_matches(word, lowered, n=1, cutoff=_ALIKE) if len(word) >= _TOO_SHORT else []
    fix = f"did you mean {lowered[near[0]]}?" if near else "write a name such as Asia/Seoul or UTC"
    return f"{text!r} is no time zone", fix


def check_zone(text: str | None, where: str) -> None:
    """Raise UsageError when a time zone is given and there is none of that name.

    Args:
        text: such as Asia/Seoul; None for none.
        where: the option that names it.
    """
    wrong = find_zone_mistake(text) if text is not None else None
    if wrong:
        raise UsageError(wrong[0], where=where, fix=wrong[1])


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
