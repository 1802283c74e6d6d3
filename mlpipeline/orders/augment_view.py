"""What a report shows of the rows that were made for a bot: how many, by which operators, what was refused and why."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_OPERATORS, _READ = 15, 12  # shown: operators, the busiest first; kept rows to read
_MEANS = {
    "balance": "good, but the intent had enough",
    "broken": "a number, placeholder or letter broke",
    "held_out": "near a row of validation or test",
    "label_disagrees": "the model disagrees: to review",
    "length": "too long or too short",
    "near_existing": "nearly a row that was there",
    "opposite": "says the opposite: to review",
    "same": "the same as another row",
    "script": "letters of another language",
    "stems": "its content words changed",
    "stranger": "too far from its parent",
}


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


def _spread(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The first row of each operator, then the second, as far as they are shown."""
    turns: list[tuple[int, str, str, Mapping[str, Any]]] = []
    seen: dict[str, int] = defaultdict(int)
    for row in sorted(rows, key=lambda row: (row["operators"], row["text"])):
        turns.append((seen[row["operators"]], row["operators"], row["text"], row))
        seen[row["operators"]] += 1
    chosen = sorted(turns, key=lambda turn: turn[:3])[:_READ]
    return [{name: row[name] for name in ("text", "intent", "operators")} for *_, row in chosen]


def augment_view(report: Mapping[str, Any], lang: str) -> dict[str, Any] | None:
    """What the template shows; None where nothing was made and no row was left alone."""
    if not report.get("made") and not report.get("skipped"):
        return None
    operators = [{"name": name, **one} for name, one in (report.get("operators") or {}).items()]
    operators.sort(key=lambda one: (-one["kept"], -one["made"], one["name"]))
    refused = [
        {"reason": reason, "means": _MEANS.get(reason, reason.replace("_", " ")), **one}
        for reason, one in (report.get("refused") or {}).items()
    ]
    small = [one for one in (report.get("intents") or {}).values() if one.get("lacking")]
    return {
        "lang": lang,
        **{name: report.get(name) for name in ("rows", "made", "kept", "review")},
        "small": len(small),
        "full": sum(one["kept"] >= one["lacking"] for one in small),
        "operators": operators[:_OPERATORS],
        "operator_count": len(operators),
        "refused": sorted(refused, key=lambda one: (-one["count"], one["reason"])),
        "skipped": [{"reason": name, "count": count} for name, count in (report.get("skipped") or {}).items()],
        "read": list(report.get("read") or []),
    }
