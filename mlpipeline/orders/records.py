"""What is kept of a run: `run.json` for programs, `report.html` for people."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from mlpipeline import __version__
from mlpipeline.cluster.failures import SessionEnded
from mlpipeline.orders.apply import RunReport
from mlpipeline.orders.history import add_history
from mlpipeline.orders.outcome import gather_bots, gather_stages
from mlpipeline.orders.plan import Plan
from mlpipeline.orders.report import render_report
from mlpipeline.orders.run_index import write_index
from mlpipeline.orders.standing import status_line
from mlpipeline.store.fingerprint import library_versions
from mlpipeline.store.layout import Store

_LIBRARIES = (
    "pyspark",
    "delta-spark",
    "tensorflow-cpu",
    "keras",
    "onnxruntime",
    "mlflow",
    "pandas",
    "pyarrow",
    "numpy",
)


def keep_run(
    store: Store,
    head: Mapping[str, Any],
    plan: Plan,
    report: RunReport,
    bots: Sequence[str],
    asked: Sequence[Mapping[str, Any]],
    before: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Writes a run's `run.json` and `report.html`, and the page of all runs.

    Gives `{"run": content, "report": path, "index": path}`.

    Args:
        store: where.
        head: `run`, `started`, `seconds`, `command`.
        plan: what was to be done.
        report: what was done.
        bots: those that were asked for.
        asked: sample questions with the answers of the champions after the run.
        before: the champions before it.
    """
    told = gather_bots(store, plan, report, bots)
    for entry in told:
        # Who answered: where a gate refused the new model, that is not the model whose scores stand beside them.
        version = (entry["champion"] or {}).get("version")
        entry["golden"] = [{**row, "version": version} for row in asked if row["bot"] == entry["bot"]]
        entry["champion_before"] = before.get(entry["bot"])
    add_history(store, told)
    run = {
        **head,
        "status": status_line(told),
        "session_seconds": round(report.session_seconds, 1),
        "master": report.master,
        "slots": report.slots,
        "bots": told,
        "stages": gather_stages(report),
        "resources": report.resources,
        "event_log": report.event_log,
        "ended": _told(report.ended),
        "notes": [*plan.notes, *([str(report.ended)] if report.ended else [])],
        "environment": environment(),
    }
    folder = store.path("runs", str(head["run"]))
    store.write(f"{folder}/run.json", json.dumps(run, ensure_ascii=False, indent=1, default=str).encode())
    store.write(f"{folder}/report.html", render_report(run).encode())
    return {"run": run, "report": f"{folder}/report.html", "index": write_index(store, run)}


def _told(ended: SessionEnded | None) -> dict[str, str] | None:
    return {"what": ended.what, "fix": ended.fix} if ended is not None else None


def environment() -> dict[str, str]:
    """Versions that a run depends on."""
    return {
        "mlpipeline": __version__,
        "python": platform.python_version(),
        **library_versions(_LIBRARIES),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
