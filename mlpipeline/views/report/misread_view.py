"""What a bot misread: its test questions, and which intents it takes for each other as cells placed for an SVG."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import TypedDict

from wcwidth import wcswidth

_MOST = 14  # intents in the picture
_CELL = 11.0  # units of the picture
_LETTER = 2.75  # units that a narrow letter of a label is wide
_LABEL = 20  # letters of a label
_SLOPE = 0.77  # of a label above a column: sine of the angle at which it stands


def misread_view(misread: object) -> dict[str, object] | None:
    """What a report shows of `misread` of an entry of `run.json`; None where nothing was tested.

    Returns:
        `tested` and `misread` rows, `questions` (text, expected, predicted, score, and the nearest learnt question's
        text, intent and similarity), `tasks` (rows, to_do, examples), and the `picture`, see `confusion_view`.
    """
    if not isinstance(misread, Mapping) or not _number(misread.get("tested")):
        return None
    rows, tasks = misread.get("questions"), misread.get("tasks")
    return {
        "tested": _number(misread.get("tested")),
        "misread": _number(misread.get("misread")) or 0,
        "questions": [_question(row) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else [],
        "tasks": [_task(row) for row in tasks if isinstance(row, Mapping)] if isinstance(tasks, list) else [],
        "picture": confusion_view(misread.get("matrix")),
    }


def _task(row: Mapping[str, object]) -> dict[str, object]:
    examples = row.get("examples")
    texts = [str(text) for text in examples] if isinstance(examples, list) else []
    return {"rows": _number(row.get("rows")), "to_do": str(row.get("to_do") or ""), "examples": texts}


def _question(row: Mapping[str, object]) -> dict[str, object]:
    near = row.get("nearest")
    known = near if isinstance(near, Mapping) else {}
    return {
        **{name: str(row.get(name) or "") for name in ("text", "expected", "predicted")},
        "score": _number(row.get("score")),
        **{f"near_{name}": str(known.get(name) or "") for name in ("text", "intent")},
        "similarity": _number(known.get("similarity")),
    }


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


class Cell(TypedDict):
    """A cell of the picture, in its units; `shade` is its rows as a share of those of the row of cells, 0.15 to 1."""

    x: float
    y: float
    count: int
    shade: float
    is_right: bool
    expected: str
    predicted: str
    rows: int


class Label(TypedDict):
    """An intent beside the picture, whole and cut, and where it stands."""

    at: float
    name: str
    short: str


class Picture(TypedDict):
    """The confusions of a bot, placed; lengths in units of the picture."""

    labels: list[Label]
    cells: list[Cell]
    cell: float
    size: float
    left: float
    top: float
    right: float
    intents: int
    unseen: int


def confusion_view(matrix: object) -> Picture | None:
    """The picture, None where nothing is known or nothing was misread.

    Args:
        matrix: `intents`, and `cells` as [expected, predicted, rows] by places among them.

    Returns:
        `labels` with place and name, `cells` with place, count, shade (share of the intent's rows) and whether they
        are right, `size`, `left`, `top`, `right` in units, and how many intents there are in all.
    """
    counts = _counts(matrix)
    wrong = {pair: count for pair, count in counts.items() if pair[0] != pair[1]}
    if not wrong:
        return None
    intents = _chosen(wrong)
    place = {intent: number for number, intent in enumerate(intents)}
    rows = Counter[str]()
    for (expected, _), count in counts.items():
        rows[expected] += count
    cells: list[Cell] = [
        {
            "x": _CELL * place[predicted],
            "y": _CELL * place[expected],
            "count": count,
            "shade": round(0.15 + 0.85 * count / rows[expected], 3),
            "is_right": expected == predicted,
            "expected": expected,
            "predicted": predicted,
            "rows": rows[expected],
        }
        for (expected, predicted), count in counts.items()
        if expected in place and predicted in place
    ]
    longest = max(min(wide, _LABEL) for wide in map(_cells, intents)) * _LETTER + 3.0
    return {
        "labels": [{"at": _CELL * (number + 0.5), "name": intent, "short": _short(intent)}
                   for intent, number in place.items()],
        "cells": cells,
        "cell": _CELL,
        "size": _CELL * len(intents),
        "left": longest,
        "top": longest * _SLOPE + 3.0,
        "right": longest * (1.0 - _SLOPE**2) ** 0.5,
        "intents": len({intent for pair in counts for intent in pair}),
        "unseen": sum(wrong.values()) - sum(cell["count"] for cell in cells if not cell["is_right"]),
    }  # fmt: skip


def _counts(matrix: object) -> dict[tuple[str, str], int]:
    if not isinstance(matrix, Mapping):
        return {}
    intents, cells = matrix.get("intents"), matrix.get("cells")
    if not isinstance(intents, list) or not isinstance(cells, list):
        return {}
    found = {}
    for cell in cells:
        if isinstance(cell, list | tuple) and len(cell) == 3 and all(isinstance(one, int) for one in cell):
            expected, predicted, count = cell
            if 0 <= expected < len(intents) and 0 <= predicted < len(intents) and count > 0:
                found[str(intents[expected]), str(intents[predicted])] = count
    return found


def _chosen(wrong: Mapping[tuple[str, str], int]) -> list[str]:
    """The intents of the most frequent wrong pairs, those that are taken for each other side by side."""
    chosen: list[str] = []
    for pair in sorted(wrong, key=lambda pair: (-wrong[pair], pair)):
        new = [intent for intent in pair if intent not in chosen]
        if len(chosen) + len(new) > _MOST:
            continue
        # Beside the other one, where that is there: a confusion is then near the diagonal.
        known = [chosen.index(intent) for intent in pair if intent in chosen]
        at = known[0] + 1 if known else len(chosen)
        chosen[at:at] = new
    return chosen


def _cells(text: str) -> int:
    wide = wcswidth(text)
    return wide if wide >= 0 else len(text)


def _short(text: str) -> str:
    if _cells(text) <= _LABEL:
        return text
    while _cells(text) > _LABEL - 1:
        text = text[:-1]
    return text + "…"
