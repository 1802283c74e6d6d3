"""The end of one task, as Spark's event log tells it -> `Task`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlpipeline.cluster.doctor.model import Task

Event = Mapping[str, Any]
_PYTHON = {
    "time to start Python workers": "python_start",
    "time to initialize Python workers": "python_init",
    "time to run Python workers": "python_run",
}
_PYTHON_BYTES = {
    "data sent to Python workers": "python_sent",
    "data returned from Python workers": "python_returned",
}
# Stopped because the result was no longer wanted: another attempt was quicker, or the stage had failed already.
_UNWANTED = ("TaskKilled", "TaskCommitDenied")
_LONGEST = 4000


def as_task(event: Event, sums: dict[int, int]) -> Task:
    """Reads a SparkListenerTaskEnd.

    Args:
        event: the event.
        sums: accumulator -> sum over tasks; the SQL metrics of this one are added.
    """
    info, reason = event["Task Info"], event.get("Task End Reason") or {}
    task = Task(
        int(info.get("Index", 0)),
        str(info.get("Executor ID", "")),
        float(info["Launch Time"]) / 1000.0,
        float(info.get("Finish Time") or info["Launch Time"]) / 1000.0,
        peaks={name: int(size) for name, size in (event.get("Task Executor Metrics") or {}).items() if size},
    )
    kind = str(reason.get("Reason", "Success"))
    if kind != "Success":
        task.outcome = "killed" if kind in _UNWANTED else "failed"
        task.why = _why(kind, reason)
    _measure(task, event.get("Task Metrics") or {})
    for update in info.get("Accumulables") or ():
        if update.get("Metadata") == "sql" and update.get("Update") is not None:
            _add_sql(task, str(update.get("Name", "")), int(update["Update"]))
            sums[int(update["ID"])] = sums.get(int(update["ID"]), 0) + int(update["Update"])
    if not task.python_start:
        # The worker had been waiting: its clock began when it had done the task before.
        task.python_start = task.python_init = None
    return task


def _measure(task: Task, told: Event) -> None:
    read, written = told.get("Shuffle Read Metrics") or {}, told.get("Shuffle Write Metrics") or {}
    came, went = told.get("Input Metrics") or {}, told.get("Output Metrics") or {}
    task.run = told.get("Executor Run Time", 0) / 1e3
    task.cpu = told.get("Executor CPU Time", 0) / 1e9
    task.gc = told.get("JVM GC Time", 0) / 1e3
    task.deserialize = told.get("Executor Deserialize Time", 0) / 1e3
    task.fetch_wait = read.get("Fetch Wait Time", 0) / 1e3
    task.spilled = int(told.get("Memory Bytes Spilled", 0))
    task.spilled_to_disk = int(told.get("Disk Bytes Spilled", 0))
    task.bytes_in, task.bytes_out = int(came.get("Bytes Read", 0)), int(went.get("Bytes Written", 0))
    task.shuffle_read = int(read.get("Remote Bytes Read", 0)) + int(read.get("Local Bytes Read", 0))
    task.shuffle_written = int(written.get("Shuffle Bytes Written", 0))
    task.rows_in = int(came.get("Records Read", 0)) + int(read.get("Total Records Read", 0))


def _add_sql(task: Task, name: str, value: int) -> None:
    # A task may hold several Python nodes in a row: their times add up to more than its own when they overlap.
    if name in _PYTHON:
        field = _PYTHON[name]
        setattr(task, field, (getattr(task, field) or 0.0) + max(0, value) / 1e3)
    elif name in _PYTHON_BYTES:
        field = _PYTHON_BYTES[name]
        setattr(task, field, getattr(task, field) + max(0, value))


def _why(kind: str, reason: Event) -> str:
    """How Spark calls the end, and all that it says of it, in one text."""
    parts = [kind]
    for key in ("Class Name", "Description", "Loss Reason", "Kill Reason", "Message", "Full Stack Trace"):
        said = str(reason.get(key) or "").strip()
        if said and not any(said in part for part in parts):
            parts.append(said)
    return "\n".join(parts)[:_LONGEST]
