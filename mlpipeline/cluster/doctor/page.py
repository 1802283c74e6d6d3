"""The diagnosis as one html page that needs nothing else: no network, no script, light and dark."""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, TypedDict

from jinja2 import DictLoader, Environment, StrictUndefined

from mlpipeline.cluster.doctor.finding import amount, seconds

_TEMPLATES = ("doctor.html.j2", "doctor.css")
_STAGES = 40  # stages shown: those with the most work


class _Shares(TypedDict):
    """Of a stage's time, what was Python, the JVM's work, its garbage collection, and waiting for shuffled rows."""

    python: float | None
    cpu: float
    gc: float
    fetch_wait: float


def render_page(diagnosis: Mapping[str, object]) -> str:
    """The page of one diagnosis.

    Args:
        diagnosis: what `told.as_data` gives.

    Returns:
        One self-contained HTML page, UTF-8. All texts of the log are escaped.
    """
    folder = files("mlpipeline.cluster.doctor")
    sources = {name: (folder / name).read_text("utf-8") for name in _TEMPLATES}
    environment = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(secs=seconds, size=amount, pct=_percent)
    return environment.get_template("doctor.html.j2").render(_view(diagnosis))


def _view(told: Mapping[str, Any]) -> dict[str, object]:
    totals = told["totals"]
    length = max(totals["seconds"], 0.001)
    stages = sorted(told["stages"], key=lambda stage: -stage["work"])[:_STAGES]
    shown = [
        {
            **stage,
            "left": 100.0 * max(0.0, stage["started"]) / length,
            "width": 100.0 * stage["seconds"] / length,
            "parts": _parts(stage),
        }
        for stage in sorted(stages, key=lambda stage: (stage["started"], stage["number"]))
    ]
    longest = max((one["seconds"] for one in told["simulated"]), default=1.0) or 1.0
    dearest = max((one["core_hours"] for one in told["simulated"]), default=1.0) or 1.0
    simulated = [
        {
            **one,
            "time_width": 100.0 * one["seconds"] / longest,
            "cost_width": 100.0 * one["core_hours"] / dearest,
            "is_had": bool(told["had"]) and one["executors"] == told["had"]["executors"],
        }
        for one in told["simulated"]
    ]
    began = told["application"]["started"]
    return {
        **told,
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(began)) if began else "",
        "alone": max(0.0, totals["seconds"] - totals["in_jobs"]),
        "shown": shown,
        "left_out": len(told["stages"]) - len(shown),
        "simulated": simulated,
    }


def _parts(stage: _Shares) -> list[dict[str, object]]:
    """What a stage's time consisted of, as widths of a bar: the rest is waiting (disk, locks, other tasks' cores)."""
    python = float(stage["python"] or 0.0)
    gc = min(float(stage["gc"]), 1.0 - python)
    jvm = min(max(0.0, float(stage["cpu"]) - gc), 1.0 - python - gc)
    shuffle = min(float(stage["fetch_wait"]), 1.0 - python - gc - jvm)
    parts = [("python", python), ("jvm", jvm), ("gc", gc), ("shuffle", shuffle)]
    return [{"name": name, "width": 100.0 * share} for name, share in parts if share >= 0.005]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100.0 * value:.0f} %"
