"""What `run_view` gives the template of a bot: its parts, placed; None is what is not known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypedDict

from mlpipeline.views.report.champion_view import Champion

GATE_WORDS = {
    "min_accuracy": "share of right intents at least",
    "min_macro_f1": "macro-F1 at least",
    "max_ece": "scores off by at most",
    "max_drop_from_champion": "worse than the champion by at most",
    "max_broken_on_golden": "golden questions broken at most",
    "golden_after_release": "golden questions that fail after the release",
    "min_test_rows": "judged rows at least",
}
"""Conditions of a gate, as a report says them."""


class Share(TypedDict):
    """A count of rows, and the width of its bar in percent."""

    name: str
    count: float
    width: float


class Check(TypedDict):
    """A condition of the gate; `digits` behind the point with which the value and its limit do not read as equal."""

    name: str
    value: float | None
    limit: float | None
    is_count: bool
    digits: int
    words: str
    passed: bool
    note: str


class Bar(TypedDict):
    """Interval, point and the gate's limit on the score axis, in percent of its width; a limit of -1 is none."""

    low: float
    width: float
    point: float
    limit: float


class BotView(TypedDict, total=False):
    """A bot of the report; `bar` is added once the axis is known. Scores are 0 to 1."""

    bot: str
    lang: str
    language: str
    anchor: str
    status: str
    status_words: str
    champion: Champion | None
    misread: dict[str, object] | None
    accuracy: float | None
    estimate: Mapping[str, object]  # where the scores come from, as `estimate_view` has it
    unknown: tuple[float | None, float | None]  # test rows of intents that it has not learnt; accuracy of the others
    low: float | None
    high: float | None
    macro_f1: float | None
    ece: float | None
    framed: str  # what greetings and thanks around the questions cost, in words; empty where nobody asked
    alias: str
    version: str
    gate: list[Check]
    refused: bool | list[Check]
    rows: dict[str, float | None]
    flow: list[Share]
    dropped: list[Share]
    rejected: list[Share]
    confusions: list[dict[str, object]]
    intents: list[dict[str, object]]
    intent_count: int
    reliability: list[dict[str, object]]
    curve: dict[str, object] | None
    nonsense: list[dict[str, object]]
    causes: dict[str, str]
    changes: list[str]
    failure: dict[str, str] | None
    warnings: list[str]
    noise: dict[str, object] | None
    augmented: dict[str, object] | None
    golden: list[dict[str, object]]
    bar: Bar | None


def texts_of(value: object) -> list[str]:
    """The texts of a list; none where it is no list."""
    return [text_of(text) for text in value] if isinstance(value, (list, tuple)) else []


def text_of(value: object) -> str:
    """A value as text; None as none."""
    return "" if value is None else str(value)


def number_of(value: object) -> float | None:
    """A finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value
