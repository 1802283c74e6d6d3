"""Findings as rows of `label_issue`: with names instead of numbers, and the texts that show what is meant."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypedDict, TypeVar

from mlpipeline.methods.label_noise.decide import Finding
from mlpipeline.methods.label_noise.examples import Examples

_Row = TypeVar("_Row", bound=Mapping[str, object])

ISSUES, DONE = 25, 10
"""Rows that a report shows, the likeliest mistakes first: those to read, and those that were dealt with."""
DEALT_WITH = ("drop", "relabel")
"""Actions after which nobody has to read a row."""


class IssueRow(TypedDict):
    """A row of `label_issue`; `votes` and `nearest` are JSON."""

    rank: int
    content_id: str
    text: str
    intent: str
    suggested: str
    score: float
    flagged: bool
    kind: str
    action: str
    votes: str
    nearest: str
    split: str | None


class LinedRow(IssueRow):
    """A doubted text and label of a file, with the lines where they stand."""

    lines: list[int]


def issue_rows(examples: Examples, findings: Sequence[Finding]) -> list[IssueRow]:
    """One row a finding, the likeliest mistakes first, those of test units last."""
    return [
        {
            "rank": rank,
            "content_id": examples.ids[one.row],
            "text": examples.texts[one.row],
            "intent": examples.intents[one.given],
            "suggested": examples.intents[one.suggested],
            "score": one.wrong,
            "flagged": one.flagged,
            "kind": one.kind,
            "action": one.action,
            "votes": _as_json({name: examples.intents[label] for name, label in one.votes.items()}),
            "nearest": _as_json(
                {"given": _shown(examples, one.like_given), "suggested": _shown(examples, one.like_suggested)}
            ),
            "split": examples.splits[one.row],
        }
        for rank, one in enumerate(findings, 1)
    ]


def to_read_and_done(issues: Sequence[_Row]) -> tuple[list[_Row], list[_Row]]:
    """Rows of `label_issue` that a person should read, and those that were dealt with, each in their order."""
    to_read, done = list[_Row](), list[_Row]()
    for row in issues:
        (done if row.get("action") in DEALT_WITH else to_read).append(row)
    return to_read, done


def _shown(examples: Examples, rows: Sequence[int]) -> list[dict[str, str]]:
    return [{"content_id": examples.ids[row], "text": examples.texts[row]} for row in rows]


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
