"""What is kept of a run: `run.json` for programs, `report.html` for people."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from mlpipeline import __version__
from mlpipeline.orders.apply import RunReport
from mlpipeline.orders.outcome import gather_bots, gather_stages
from mlpipeline.orders.plan import Plan
from mlpipeline.orders.report import render_report
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
) -> dict[str, Any]:
    """Writes a run's `run.json` and `report.html`; gives `{"run": content, "report": path}`."""
    told = gather_bots(store, plan, report, bots)
    for entry in told:
        entry["golden"] = [dict(row) for row in asked if row["bot"] == entry["bot"]]
    failed = sum(entry["status"] == "failed" for entry in told)
    run = {
        **head,
        "status": f"{failed} of {len(told)} bots failed" if failed else "ok",
        "session_seconds": round(report.session_seconds, 1),
        "master": report.master,
        "slots": report.slots,
        "bots": told,
        "stages": gather_stages(report),
        "resources": report.resources,
        "event_log": report.event_log,
        "notes": plan.notes,
        "environment": environment(),
    }
    folder = store.path("runs", str(head["run"]))
    store.write(f"{folder}/run.json", json.dumps(run, ensure_ascii=False, indent=1, default=str).encode())
    store.write(f"{folder}/report.html", render_report(run).encode())
    return {"run": run, "report": f"{folder}/report.html"}


def environment() -> dict[str, str]:
    """Versions that a run depends on."""
    return {
        "mlpipeline": __version__,
        "python": platform.python_version(),
        **library_versions(_LIBRARIES),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
