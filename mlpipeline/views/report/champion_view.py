"""Which version of a bot answers, since when, and how the version of this run compares with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypedDict


class Version(TypedDict):
    """A version of a bot: its accuracy with the interval, when it was released, and by which run."""

    version: str
    accuracy: float | None
    interval: list[float] | None
    started: str
    run: str


class Difference(TypedDict):
    """Of two accuracies, with its interval."""

    value: float
    low: float | None
    high: float | None


class Champion(TypedDict):
    """What `champion_view` gives."""

    now: Version | None
    before: Version | None
    own: Version | None
    difference: Difference | None


def champion_view(bot: Mapping[str, object]) -> Champion | None:
    """What a report says of it; None where no version answers and none was made.

    Args:
        bot: an entry of `run.json`: `status`, `version`, `accuracy`, `accuracy_interval`, and, where it is known,
            `champion` and `champion_before` (`version`, `accuracy`, `interval`, `started`, `run`).

    Returns:
        `now`, the version that answers, and `before`, the one that answered before the run, or None; `own`, the
        version that the run made, with its score; `difference`, of this score to `before`, with its interval.
    """
    now, before = _version(bot.get("champion")), _version(bot.get("champion_before"))
    if now is None and bot.get("alias") == "champion" and bot.get("version") is not None:
        now = {**_nothing(), "version": str(bot["version"])}  # a run that was kept before champions were
    own: Version | None = None
    if bot.get("status") in ("released", "refused", "kept") and bot.get("version") is not None:
        own = {**_nothing(), "version": str(bot["version"]), "accuracy": _number(bot.get("accuracy"))}
        own["interval"] = _interval(bot.get("accuracy_interval"))
    if now is None and own is None:
        return None
    is_same = own is not None and before is not None and own["version"] == before["version"]
    compared = None if own is None or before is None or is_same else _difference(own, before)
    return {"now": now, "before": None if is_same else before, "own": own, "difference": compared}


def _nothing() -> Version:
    return {"version": "", "accuracy": None, "interval": None, "started": "", "run": ""}


def _version(value: object) -> Version | None:
    if not isinstance(value, Mapping) or value.get("version") is None:
        return None
    return {
        "version": str(value["version"]),
        "accuracy": _number(value.get("accuracy")),
        "interval": _interval(value.get("interval")),
        "started": str(value.get("started") or "").replace("T", " ").replace("+00:00", " UTC"),
        "run": str(value.get("run") or ""),
    }


def _difference(own: Version, before: Version) -> Difference | None:
    """Of two shares, with the interval that follows from theirs (Newcombe 1998, method 10).

    The two were measured on the test questions of their own runs. Where many of these are the same, the true interval
    is narrower.
    """
    mine, other = own["accuracy"], before["accuracy"]
    if mine is None or other is None:
        return None
    found: Difference = {"value": mine - other, "low": None, "high": None}
    if own["interval"] and before["interval"]:
        (low, high), (low_before, high_before) = own["interval"], before["interval"]
        found["low"] = mine - other - math.hypot(mine - low, high_before - other)
        found["high"] = mine - other + math.hypot(high - mine, other - low_before)
    return found


def _interval(value: object) -> list[float] | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    ends = [end for end in map(_number, value) if end is not None]
    return ends if len(ends) == 2 else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value
