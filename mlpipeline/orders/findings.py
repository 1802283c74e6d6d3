"""What a person should know of a bot's rows, as lines: causes before what follows from them, many of a kind as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

SHOWN = 20
_NAMED = 8  # intents that a line names
# By weight: intents in two spellings are the cause of many small ones.
_KINDS = (
    "label_spelling",
    "contradiction",
    "near_contradiction",
    "moved",
    "large_family",
    "parent_unknown",
    "uneven_share",
    "small_intent",
)
_TOGETHER = {
    "small_intent": "intents have too few rows to learn them or to test them",
    "near_contradiction": "pairs of intents have texts that mean nearly the same, in other words",
    "uneven_share": "intents have another share of the test rows than of all",
}
_ALONE = 3  # findings of such a kind that still have a line each


class Finding(TypedDict):
    """What these lines read of a row of `split_finding`, or of the findings in `noise_report`."""

    kind: str
    subject: str
    detail: str


def finding_lines(rows: Sequence[Finding], most: int = SHOWN, dataset: str = "split_finding") -> list[str]:
    """Lines for one bot.

    Args:
        rows: of one dataset, with `kind`, `subject` and `detail`.
        most: lines of findings, or one of each kind where that is more; how many are left out is told.
        dataset: where all of them are.
    """
    lines: list[str] = []
    left_out = 0
    known = {kind: place for place, kind in enumerate(_KINDS)}
    kinds = sorted({row["kind"] for row in rows}, key=lambda kind: (known.get(kind, 0), kind))
    for later, kind in zip(reversed(range(len(kinds))), kinds, strict=True):
        mine = [row for row in rows if row["kind"] == kind]
        if kind in _TOGETHER and len(mine) > _ALONE:
            lines.append(_together(kind, [row["subject"] for row in mine], dataset))
            continue
        # The least of each kind is told: thirty contradictions do not hide that rows moved to another split.
        room = max(most - len(lines) - later, 1)
        lines += [f"{kind.replace('_', ' ')} {row['subject']}: {row['detail']}" for row in mine[:room]]
        left_out += len(mine[room:])
    return [*lines, *([f"and {left_out:,} more findings (dataset {dataset})"] if left_out else [])]


def first_lines(lines: Sequence[str], rest: str, most: int = SHOWN) -> list[str]:
    """At most so many lines, and one that says how many more there are and where the `rest` is."""
    more = len(lines) - most
    return [*lines[:most], *([f"and {more:,} more ({rest})"] if more > 0 else [])]


def _together(kind: str, subjects: Sequence[str], dataset: str) -> str:
    more = f" and {len(subjects) - _NAMED:,} more (dataset {dataset})" if len(subjects) > _NAMED else ""
    named = ", ".join(sorted(subjects)[:_NAMED])
    return f"{kind.replace('_', ' ')}: {len(subjects):,} {_TOGETHER[kind]}: {named}{more}"
