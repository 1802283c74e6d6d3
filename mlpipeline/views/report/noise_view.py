"""What a report shows of the labels of one bot or file: figures, issues, and the work curve placed in its chart."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from mlpipeline.methods.label_noise.decide import PROMISED
from mlpipeline.methods.label_noise.listing import DEALT_WITH, DONE, ISSUES, to_read_and_done

_PAIRS = 10  # pairs of intents shown
_LINES = 5  # of a file, where the same text and label stand several times
_PLANTED = {"random": "any other intent", "pairs": "the nearest intent"}
_ACTIONS = {"drop": "dropped", "relabel": "relabelled", "queue": "for a human", "keep": "kept", "report": "reported"}


class _Counted(TypedDict):
    name: str
    count: int


class _Step(TypedDict):
    share: float
    rows: int | None


class ChartPoint(TypedDict):
    """The planner's line in the chart: its place, `rows` to read, rows `done`, and whether there is room for words."""

    x: float
    y: float
    rows: int
    done: int
    labelled: bool


class Tried(TypedDict):
    """The curve of planted mistakes of one kind, as the path of an SVG."""

    kind: str
    line: str
    words: str


class Chart(TypedDict):
    """The work curve in its box, as paths of an SVG; `last` is the number of rows at its right end."""

    last: int
    band: str
    line: str
    tried: list[Tried]
    review: ChartPoint | None


def noise_view(report: Mapping[str, Any], issues: Sequence[Mapping[str, object]], lang: str) -> dict[str, object]:
    """What the template shows.

    Args:
        report: what `noise_report` says of a bot, parsed; every key may be missing.
        issues: rows of `label_issue`, the likeliest mistakes first.
        lang: tag of the language of the texts, or empty.
    """
    asked, done = to_read_and_done(issues)
    line = str(report.get("line") or "")
    judged = bool(report.get("judged"))
    return {
        "lang": lang,
        "line": line[:1].upper() + line[1:],
        "cheaper_views": report.get("cheaper_views"),
        "judged": judged,
        "rate": _number(report.get("rate")),
        "low": _number(report.get("low")),
        "high": _number(report.get("high")),
        "rows": _number(report.get("rows")),
        "flagged": _number(report.get("flagged")),
        "test": report.get("test"),
        "parts": [{"name": name, **part} for name, part in (report.get("parts") or {}).items()],
        "kinds": _counted(report.get("kinds")),
        "actions": [{**one, "name": _ACTIONS.get(one["name"], one["name"])} for one in _counted(report.get("actions"))],
        "views": list(report.get("views") or []),
        "audit": [{**one, "words": _PLANTED.get(one["kind"], one["kind"])} for one in report.get("audit") or []],
        "chart": work_chart(report) if judged else None,
        "tables": [
            {
                "words": words,
                "rows": [_issue(row) for row in rows[:most]],
                "count": report.get(counted, len(rows)),
                "mixed": len({row.get("action") for row in rows[:most]}) > 1,
            }
            for words, rows, most, counted in (
                ("Read these first", asked, ISSUES, "to_read_count"),
                ("Dropped or relabelled without asking", done, DONE, "done_count"),
            )
            if rows
        ],
        "confusing": list(report.get("confusing") or [])[:_PAIRS],
        "spellings": [" | ".join(names) for names in report.get("alike_intents") or []],
        "annotators": report.get("annotators"),
    }


def work_chart(report: Mapping[str, Any]) -> Chart | None:
    """The work curve in a box of 100 by 100: rows to read against the share of the noise that is gone by then.

    The curves of planted mistakes stand beside it, stretched to as many wrong labels as are estimated; where none is,
    they stand alone, as they were measured.
    """
    wrong = (_number(report.get("rate")) or 0.0) * (_number(report.get("rows")) or 0.0)
    promised = list(report.get("curve") or []) if wrong >= 1 else []
    tried = []
    for one in report.get("audit") or []:
        stretch = wrong / one["planted"] if promised and one.get("planted") else 1.0
        tried.append((one["kind"], [{**point, "rows": point["rows"] * stretch} for point in one["curve"]]))
    curves = [promised, *(points for _, points in tried)]
    last = max((point["rows"] for points in curves for point in points), default=0.0)
    if last <= 0:
        return None

    def path(points: Sequence[Mapping[str, float]], name: str = "removed") -> str:
        placed = [f"{100.0 * one['rows'] / last:.2f} {100.0 * (1.0 - one[name]):.2f}" for one in points]
        return f"M{'L'.join(placed)}" if placed else ""

    band = ""
    if promised:
        back = path(list(reversed(promised)), "low")
        band = f"{path(promised, 'high')}L{back[1:]}Z"
    return {
        "last": math.ceil(last),
        "band": band,
        "line": path(promised),
        "tried": [{"kind": kind, "line": path(points), "words": _PLANTED.get(kind, kind)} for kind, points in tried],
        "review": _review(report.get("review") or [], report.get("actions") or {}, last) if promised else None,
    }


def _review(steps: Sequence[_Step], actions: Mapping[str, int], last: float) -> ChartPoint | None:
    """Where the planner's line stands on the curve, of which rows that were dealt with are the first."""
    done = sum(actions.get(name, 0) for name in DEALT_WITH)
    for row in steps:
        if row["share"] == PROMISED and row["rows"] and (x := 100.0 * (row["rows"] + done) / last) <= 100.0:
            return {"x": x, "y": 100.0 - 100.0 * PROMISED, "rows": row["rows"], "done": done, "labelled": 18 < x < 78}
    return None


def _issue(row: Mapping[str, object]) -> dict[str, object]:
    near, votes = json.loads(str(row.get("nearest") or "{}")), json.loads(str(row.get("votes") or "{}"))
    lines = row.get("lines")
    return {
        **{name: str(row.get(name) or "") for name in ("text", "intent", "suggested", "kind")},
        "action": _ACTIONS.get(str(row.get("action")), ""),
        "score": _number(row.get("score")),
        "agreed": sum(vote == row.get("suggested") for vote in votes.values()),
        "voters": len(votes),
        "like_given": [one["text"] for one in near.get("given", [])][:2],
        "like_suggested": [one["text"] for one in near.get("suggested", [])][:2],
        "test": row.get("split") == "test",
        "lines": lines[:_LINES] if isinstance(lines, list) else [],
    }


def _counted(value: Mapping[str, int] | None) -> list[_Counted]:
    return [{"name": name, "count": count} for name, count in (value or {}).items()]


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value
