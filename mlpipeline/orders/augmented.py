"""What `run.json` keeps of the augmented examples of each bot: the report of the stage, and some rows to read."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_READ = 12  # rows to read


def gather_augmented(
    reports: Iterable[Mapping[str, Any]], kept: Iterable[Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """For each bot: what `augment_report` says of it, and some of its made rows, spread over their operators.

    Args:
        reports: `bot`, `report` (JSON).
        kept: rows of `augmented`: `bot`, `intent`, `text`, `operators`.
    """
    rows: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in kept:
        rows[row["bot"]].append(row)
    return {row["bot"]: {**json.loads(row["report"]), "read": _spread(rows[row["bot"]])} for row in reports}


def _spread(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    """The first row of each operator, then the second, as far as they are shown."""
    turns: list[tuple[int, str, str, Mapping[str, Any]]] = []
    seen: dict[str, int] = defaultdict(int)
    for row in sorted(rows, key=lambda row: (row["operators"], row["text"])):
        turns.append((seen[row["operators"]], row["operators"], row["text"], row))
        seen[row["operators"]] += 1
    chosen = sorted(turns, key=lambda turn: turn[:3])[:_READ]
    return [{name: row[name] for name in ("text", "intent", "operators")} for *_, row in chosen]
