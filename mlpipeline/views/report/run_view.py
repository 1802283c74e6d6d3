"""What the report of a run shows: run.json with every gap filled and every bar and dot placed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from mlpipeline.methods.evaluation.framed import framed_words
from mlpipeline.orders.standing import digits_apart, is_count
from mlpipeline.views.report.augment_view import augment_view
from mlpipeline.views.report.champion_view import champion_view
from mlpipeline.views.report.estimate_view import estimate_view
from mlpipeline.views.report.misread_view import misread_view
from mlpipeline.views.report.noise_view import noise_view
from mlpipeline.views.report.run_sections import GATE_WORDS, Bar, BotView, Check, Share, number_of, text_of, texts_of

_STATUS_WORDS = {
    "released": "released",
    "refused": "refused by the gate",
    "failed": "failed",
    "skipped": "nothing to do",
    "made": "made, not yet released",
}
_WEAK = 10  # intents shown as weakest


def view_of(run: Mapping[str, object]) -> dict[str, Any]:
    """What the template shows: every key present, every number finite or None."""
    bots = [_bot(bot) for bot in _rows(run, "bots")]
    stages = [_stage(stage) for stage in _rows(run, "stages")]
    scale = _scale(bots)
    for bot in bots:
        bot["bar"] = _bar(bot, scale)
    _with_widths(stages, "seconds")
    _with_widths(stages, "memory")
    environment = run.get("environment")
    return {
        "run": text_of(run.get("run")) or "unnamed",
        "started": re.sub(r"^(\S+)T(\S+?)\+00:00$", r"\1 \2 UTC", text_of(run.get("started"))),
        "seconds": number_of(run.get("seconds")),
        "command": text_of(run.get("command")),
        "status": text_of(run.get("status")),
        "failure": _failure(run.get("failure")),
        "totals": _totals(bots),
        "bots": bots,
        "attention": [bot for bot in bots if bot["failure"] or bot["refused"] or bot["warnings"]],
        "scale": scale,
        "notes": texts_of(run.get("notes")),
        "session_seconds": number_of(run.get("session_seconds")) or None,
        "stages": stages,
        "resources": [_used(row) for row in _rows(run, "resources")],
        "environment": {str(k): text_of(v) for k, v in environment.items()} if isinstance(environment, Mapping) else {},
    }


def words(name: str) -> str:
    """`too_short` -> `too short`."""
    return name.replace("_", " ")


def status_words(status: str) -> str:
    """What became of a bot, as a report says it."""
    return _STATUS_WORDS.get(status, words(status) or "unknown")


def _bot(bot: Mapping[str, object]) -> BotView:
    name = text_of(bot.get("bot")) or "?"
    status = text_of(bot.get("status"))
    rows = {**dict.fromkeys(("in", "rejected", "train", "validation", "test")), **_counts(bot.get("rows"))}
    gate = [_gate(check) for check in _rows(bot, "gate")]
    intents = [_figures(row, ("intent",), ("precision", "recall", "f1", "support")) for row in _rows(bot, "per_intent")]
    intents = [row for row in intents if row["support"] != 0]
    intents.sort(key=lambda row: (1.0 if row["f1"] is None else row["f1"], row["intent"]))
    interval = bot.get("accuracy_interval")
    low, high = interval if isinstance(interval, (list, tuple)) and len(interval) == 2 else (None, None)
    causes = {str(k): text_of(v) for k, v in told.items()} if isinstance(told := bot.get("causes"), Mapping) else {}
    return {
        "bot": name,
        "lang": name.rpartition("/")[2],
        "language": text_of(bot.get("language")),
        "anchor": "bot-" + name.replace("/", "-"),
        "status": status,
        "status_words": status_words(status),
        "champion": champion_view(bot),
        "misread": misread_view(bot.get("misread")),
        "accuracy": number_of(bot.get("accuracy")),
        "unknown": (number_of(bot.get("unknown_rows")), number_of(bot.get("known_accuracy"))),
        "low": number_of(low),
        "high": number_of(high),
        "macro_f1": number_of(bot.get("macro_f1")),
        "ece": number_of(bot.get("ece")),
        "framed": framed_words(bot.get("framed")),
        "estimate": estimate_view(bot),
        "alias": text_of(bot.get("alias")),
        "version": text_of(bot.get("version")),
        "gate": gate,
        "refused": status == "refused" and [check for check in gate if not check["passed"]],
        "rows": rows,
        "flow": _flow(rows, bot),
        "dropped": _shares(bot.get("dropped")),
        "rejected": _shares(bot.get("rejected")),
        "confusions": [_figures(row, ("true", "predicted"), ("count",)) for row in _rows(bot, "confusions")],
        "intents": intents[:_WEAK],
        "intent_count": len(intents),
        "reliability": _reliability(bot),
        "curve": _curve(bot),
        "nonsense": [_figures(row, ("kind",), ("texts", "answered")) for row in _rows(bot, "nonsense")],
        "causes": causes,
        "changes": _changes(causes),
        "failure": _failure(bot.get("failure")),
        "warnings": texts_of(bot.get("warnings")),
        "noise": _noise(bot),
        "augmented": _augmented(bot),
        "golden": [_golden(row) for row in _rows(bot, "golden")],
    }


def _noise(bot: Mapping[str, object]) -> dict[str, object] | None:
    report = bot.get("noise")
    if not isinstance(report, Mapping):
        return None
    return noise_view(report, _rows(report, "issues"), text_of(bot.get("bot")).rpartition("/")[2])


def _augmented(bot: Mapping[str, object]) -> dict[str, object] | None:
    report = bot.get("augmented")
    return augment_view(report, text_of(bot.get("bot")).rpartition("/")[2]) if isinstance(report, Mapping) else None


def _changes(causes: Mapping[str, str]) -> list[str]:
    """The causes that are not just an earlier stage having run, each once."""
    parts = (part for cause in causes.values() for part in cause.split("; "))
    return list(dict.fromkeys(part for part in parts if part and not part.startswith("after ")))


def _golden(row: Mapping[str, object]) -> dict[str, object]:
    return _figures(row, ("question", "intent", "answer", "zone", "version"), ("score",))


def _gate(check: Mapping[str, object]) -> Check:
    name, value, limit = text_of(check.get("name")), number_of(check.get("value")), number_of(check.get("limit"))
    return {
        "name": name,
        "value": value,
        "limit": limit,
        "is_count": is_count(name),
        "digits": digits_apart(value, limit) - 2,
        "words": GATE_WORDS.get(name, words(name)),
        "passed": bool(check.get("passed")),
        "note": text_of(check.get("note")),
    }


def _failure(value: object) -> dict[str, str] | None:
    if not value:
        return None
    if not isinstance(value, Mapping):
        return {"stage": "", "reason": text_of(value), "fix": ""}
    return {key: text_of(value.get(key)) for key in ("stage", "reason", "fix")}


def _stage(stage: Mapping[str, object]) -> dict[str, object]:
    bots = stage.get("bots")
    row = _figures(stage, ("stage",), ("rows_in", "rows_out", "dropped", "seconds"))
    row["bots"] = len(bots) if isinstance(bots, (list, tuple)) else number_of(bots)
    row["memory"] = number_of(stage.get("peak_memory_mb")) or None
    row["workers"] = number_of(stage.get("worker_memory_mb")) or None
    row["stored"] = _counts(stage.get("counts")).get("count:stored")
    row["skipped"] = stage.get("skipped") is True
    if row["skipped"]:
        row.update(dict.fromkeys(("rows_in", "rows_out", "dropped", "seconds")), bots=None)
    row["skipped_bots"] = 0 if row["skipped"] else (number_of(stage.get("skipped")) or 0)
    return row


def _used(row: Mapping[str, object]) -> dict[str, object]:
    """What one module used: seconds, megabytes, and bytes read, written and shuffled."""
    times, sizes = ("seconds", "cpu_seconds"), ("jvm_mb", "worker_mb", "bytes_in", "bytes_out", "shuffled")
    return _figures(row, ("module", "bottleneck"), (*times, *sizes))


def _with_widths(stages: list[dict[str, object]], name: str) -> None:
    values = [number_of(stage[name]) or 0.0 for stage in stages]
    top = max(values, default=0.0)
    for stage, value in zip(stages, values, strict=True):
        stage[f"{name}_width"] = 100.0 * value / top if top else 0.0


def _totals(bots: list[BotView]) -> dict[str, object]:
    def total(key: str) -> float | None:
        found = [count for bot in bots if (count := bot["rows"].get(key)) is not None]
        return sum(found) if found else None

    scored = [bot for bot in bots if bot["accuracy"] is not None]
    scores = [bot["accuracy"] or 0.0 for bot in scored]
    return {
        "bots": len(bots),
        "by_status": {
            status: sum(bot["status"] == status for bot in bots)
            for status in ("released", "refused", "skipped", "failed")
        },
        "stay": sum(bool(bot["refused"] and bot["champion"] and bot["champion"]["now"]) for bot in bots),
        "live": sum(bot["champion"] is not None and bot["champion"]["now"] is not None for bot in bots),
        "accuracy": sum(scores) / len(scores) if scores else None,
        "weakest": min(
            (bot for bot in bots if bot["accuracy"] is not None), key=lambda b: b["accuracy"] or 0.0, default=None
        ),
        "rows_in": total("in"),
        "rejected": total("rejected"),
        "dropped": sum(row["count"] for bot in bots for row in bot["dropped"]) if bots else None,
    }


def _scale(bots: list[BotView]) -> float:
    """Where the score axis of the table begins: a round share below every interval, at most 0.5."""
    lows = [bot["low"] if bot["low"] is not None else bot["accuracy"] for bot in bots]
    return float(min([0.5, *(math.floor(10.0 * low) / 10.0 for low in lows if low is not None)]))


def _bar(bot: BotView, start: float) -> Bar | None:
    """Places on the score axis in percent of its width: interval, point and the gate's limit."""
    if bot["accuracy"] is None:
        return None

    def place(share: float) -> float:
        return 100.0 * min(max((share - start) / (1.0 - start), 0.0), 1.0)

    low = place(bot["low"] if bot["low"] is not None else bot["accuracy"])
    high = place(bot["high"] if bot["high"] is not None else bot["accuracy"])
    limit = next((check["limit"] for check in bot["gate"] if check["name"] == "min_accuracy"), None)
    return {
        "low": low,
        "width": high - low,
        "point": place(bot["accuracy"]),
        "limit": -1.0 if limit is None else place(limit),
    }


def _flow(rows: Mapping[str, float | None], bot: Mapping[str, object]) -> list[Share]:
    """Where the rows of the bot went, as shares of what came in."""
    dropped = sum(row["count"] for row in _shares(bot.get("dropped")))
    parts = [(name, rows.get(name) or 0.0) for name in ("train", "validation", "test")]
    parts += [("dropped", dropped), ("rejected", rows.get("rejected") or 0.0)]
    whole = sum(number for _, number in parts)
    return [{"name": name, "count": n, "width": 100.0 * n / whole} for name, n in parts if n] if whole else []


def _reliability(bot: Mapping[str, object]) -> list[dict[str, object]]:
    """Points of the calibration chart in its 0..100 box; size by share of rows."""
    points = [_figures(row, (), ("confidence", "accuracy", "rows")) for row in _rows(bot, "reliability")]
    points = [p for p in points if p["rows"] and p["confidence"] is not None and p["accuracy"] is not None]
    whole = sum(point["rows"] for point in points)
    for point in points:
        point.update(x=100.0 * point["confidence"], y=100.0 - 100.0 * point["accuracy"])
        point["r"] = 1.5 + 5.0 * math.sqrt(point["rows"] / whole)
    return points


def _curve(bot: Mapping[str, object]) -> dict[str, object] | None:
    """The line of share answered against share right, and the bot's own place on it."""
    names = ("threshold", "accepted", "accuracy")
    points = [_figures(row, (), names) for row in _rows(bot, "oos_curve")]
    points = [p for p in points if p["accepted"] is not None and p["accuracy"] is not None]
    if len(points) < 2:
        return None
    low = min(0.9, math.floor(10.0 * min(p["accuracy"] for p in points)) / 10.0)

    def placed(point: Mapping[str, float]) -> dict[str, float]:
        return {**point, "x": 100.0 * point["accepted"], "y": 100.0 * (1.0 - point["accuracy"]) / (1.0 - low)}

    own = bot.get("at_threshold")
    mark = _figures(own, (), names) if isinstance(own, Mapping) else None
    if mark is not None and (mark["accepted"] is None or mark["accuracy"] is None):
        mark = None
    return {"low": low, "points": [placed(p) for p in points], "own": None if mark is None else placed(mark)}


def _shares(value: object) -> list[Share]:
    """Counts by reason, largest first, with the width of a bar in percent."""
    counts = {name: number for name, number in _counts(value).items() if number}
    top = max(counts.values(), default=0.0)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"name": name, "count": n, "width": 100.0 * n / top} for name, n in ordered]


def _counts(value: object) -> dict[str, float | None]:
    return {str(key): number_of(number) for key, number in value.items()} if isinstance(value, Mapping) else {}


def _figures(row: Mapping[str, object], texts: Iterable[str], numbers: Iterable[str]) -> dict[str, Any]:
    return {**{key: text_of(row.get(key)) for key in texts}, **{key: number_of(row.get(key)) for key in numbers}}


def _rows(value: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    found = value.get(key)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, (list, tuple)) else []
