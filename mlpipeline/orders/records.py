"""How the record of a run is made: the content of `run.json`."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mlpipeline import __version__
from mlpipeline.orders.apply import RunReport
from mlpipeline.orders.history import add_history
from mlpipeline.orders.outcome import gather_bots, gather_stages
from mlpipeline.orders.plan import Plan
from mlpipeline.orders.run_record import RunRecord
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


@dataclass(frozen=True)
class Head:
    """What is known of a run before it does anything: when it began (`clock` is monotonic seconds), and its command."""

    started: datetime
    clock: float
    command: str

    def name(self) -> str:
        """The run's name, in the order of time: `20261130T092155-3230`, the last part being the process."""
        return self.started.strftime("%Y%m%dT%H%M%S") + f"-{os.getpid()}"

    def record(self, **fields: object) -> RunRecord:
        """A record with this head, of as many seconds as have passed; `fields` are those of `RunRecord`."""
        head = {
            "started": self.started.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - self.clock, 1),
            "command": self.command,
        }
        return RunRecord.model_validate({"run": self.name(), **head, **fields})


def make_record(
    store: Store,
    head: Head,
    plan: Plan,
    report: RunReport,
    bots: Sequence[str],
    samples: Sequence[Mapping[str, object]],
    unread: Sequence[str],
    before: Mapping[str, Mapping[str, object]],
) -> RunRecord:
    """The record of a run that has ended, gathered from the store.

    Args:
        store: where.
        head: of the run.
        plan: what was to be done.
        report: what was done.
        bots: those that were asked for, as DOMAIN/LANG.
        samples: sample questions with the answers of the champions after the run; see `samples.py`.
        unread: a line for each file of sample questions that cannot be used.
        before: the champions before the run.
    """
    entries = gather_bots(store, plan, report, bots)
    for entry in entries:
        # Who answered: where a gate refused the new model, that is not the model whose scores stand beside them.
        version = (entry["champion"] or {}).get("version")
        entry["golden"] = [{**row, "version": version} for row in samples if row["bot"] == entry["bot"]]
        entry["champion_before"] = before.get(entry["bot"])
    add_history(store, entries)
    ended = report.ended
    return head.record(
        status=status_line(entries),
        session_seconds=round(report.session_seconds, 1),
        master=report.master,
        slots=report.slots,
        bots=_as_json(entries),
        stages=_as_json(gather_stages(report)),
        resources=_as_json(report.resources),
        event_log=report.event_log,
        ended={"what": ended.what, "fix": ended.fix} if ended else None,
        notes=[*plan.notes, *report.remarks, *unread, *([str(ended)] if ended else [])],
        unread_files=list(unread),
        environment=environment(),
    )


def write_record(store: Store, record: RunRecord) -> str:
    """Writes `run.json` of a run; gives its path. Raises StoreError where the store cannot be written."""
    path = store.path("runs", record.run, "run.json")
    store.write(path, json.dumps(record.content(), ensure_ascii=False, indent=1).encode())
    return path


def _as_json(value: object) -> object:
    """Numbers of numpy and times become what JSON has."""
    return json.loads(json.dumps(value, default=str))


def environment() -> dict[str, str]:
    """Versions that a run depends on."""
    return {
        "mlpipeline": __version__,
        "python": platform.python_version(),
        **library_versions(_LIBRARIES),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
