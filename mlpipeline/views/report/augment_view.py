"""What a report shows of the rows that were made for a bot: how many, by which operators, what was refused and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OPERATORS = 15  # shown, the busiest first
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
