"""What `run.json` keeps of the augmented examples of each bot: the report of the stage, and some rows to read."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypedDict

_READ = 12  # rows to read


class BotReport(TypedDict):
    """A row of `augment_report`: the bot, and its report as JSON."""

    bot: str
    report: str


class AugmentedText(TypedDict):
    """What is read of a row of `augmented`."""

    bot: str
    intent: str
    text: str
    operators: str


class ReadRow(TypedDict):
    """A made row that a person may read."""

    text: str
    intent: str
    operators: str


class BotAugmented(TypedDict, total=False):
    """The report of the stage, to which rows to read are added."""

    read: list[ReadRow]


def gather_augmented(reports: Iterable[BotReport], kept: Iterable[AugmentedText]) -> dict[str, BotAugmented]:
    """For each bot: what `augment_report` says of it, and some of its made rows, spread over their operators.

    Args:
        reports: `bot`, `report` (JSON).
        kept: rows of `augmented`: `bot`, `intent`, `text`, `operators`.
    """
    rows: dict[str, list[AugmentedText]] = defaultdict(list)
    for row in kept:
        rows[row["bot"]].append(row)
    return {row["bot"]: {**json.loads(row["report"]), "read": _spread(rows[row["bot"]])} for row in reports}


def _spread(rows: Sequence[AugmentedText]) -> list[ReadRow]:
    """The first row of each operator, then the second, as far as they are shown."""
    turns: list[tuple[int, str, str, AugmentedText]] = []
    seen: dict[str, int] = defaultdict(int)
    for row in sorted(rows, key=lambda row: (row["operators"], row["text"])):
        turns.append((seen[row["operators"]], row["operators"], row["text"], row))
        seen[row["operators"]] += 1
    chosen = sorted(turns, key=lambda turn: turn[:3])[:_READ]
    return [{"text": row["text"], "intent": row["intent"], "operators": row["operators"]} for *_, row in chosen]
