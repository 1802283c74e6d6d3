"""A diagnosis as data: what `--json` prints and what the page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mlpipeline.cluster.doctor.diagnosis import Diagnosis
from mlpipeline.cluster.doctor.modules import module_figures

# Settings that decide on time and memory; all others are left out of the page (they may hold paths and secrets).
SHOWN = (
    "spark.master",
    "spark.submit.deployMode",
    "spark.executor.",
    "spark.driver.memory",
    "spark.driver.cores",
    "spark.task.",
    "spark.cores.max",
    "spark.memory.",
    "spark.dynamicAllocation.",
    "spark.scheduler.mode",
    "spark.sql.shuffle.partitions",
    "spark.sql.adaptive.",
    "spark.sql.autoBroadcastJoinThreshold",
    "spark.sql.execution.arrow.",
    "spark.python.worker.",
)
HIDDEN = ("password", "secret", "token", "extraJavaOptions", "discoveryScript", ".jars")


def as_data(diagnosis: Diagnosis, run: Mapping[str, object] | None = None) -> dict[str, Any]:
    """The whole diagnosis as plain data, seconds and bytes.

    Args:
        diagnosis: of one application.
        run: the content of `run.json` when the application was a run of the pipeline.
    """
    app, totals = diagnosis.app, diagnosis.totals
    used = (run or {}).get("resources")
    return {
        "application": {"name": app.name, "id": app.number, "spark": app.spark, "started": app.started},
        "run": dict(run).get("run") if run else None,
        "damage": app.damage,
        "first": diagnosis.first,
        "totals": asdict(totals),
        "findings": [asdict(finding) for finding in diagnosis.findings],
        "modules": [asdict(module) for module in module_figures(app, diagnosis.stages)],
        "resources": list(used) if isinstance(used, list) else [],
        "stages": [asdict(stage) for stage in diagnosis.stages],
        "scans": [asdict(scan) for scan in diagnosis.scans],
        "simulated": [asdict(one) for one in diagnosis.simulated],
        "had": asdict(diagnosis.had) if diagnosis.had else None,
        "shortest": diagnosis.shortest,
        "settings": {
            key: value
            for key, value in sorted(app.settings.items())
            if key.startswith(SHOWN) and not any(word in key for word in HIDDEN)
        },
    }
