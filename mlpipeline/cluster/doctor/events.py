"""Spark's event log -> `AppLog`. Lines that are unknown are passed over; damage is told, never raised.

The events and their fields are those of org.apache.spark.util.JsonProtocol (Spark 3.0 to 4.2 write the same).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from mlpipeline.cluster.doctor.files import lines_of, log_files
from mlpipeline.cluster.doctor.model import DRIVER, AppLog, Executor, Job, Node, Query, Stage
from mlpipeline.cluster.doctor.task_events import as_task
from mlpipeline.cluster.sizing.needs import StageNeeds
from mlpipeline.errors import InputError

Event = Mapping[str, Any]
_SQL = "org.apache.spark.sql.execution.ui."
# Read as text first: updates of metrics are half of a long log, and nothing here needs them.
_SKIPPED = (b'{"Event":"SparkListenerExecutorMetricsUpdate"', b'{"Event":"SparkListenerTaskStart"')
_LINES_OF_DAMAGE = 3
_NODE = re.compile(r"[A-Za-z]+(?: [a-z]+(?![\w=]))?")


def read_log(path: str | Path, needs: StageNeeds | None = None) -> AppLog:
    """Reads the event log of one application.

    Args:
        path: a file or folder; see `log_files`.
        needs: the stages of the pipeline, where the log may be one of its runs.

    Raises:
        InputError: there is no log there, or no event of Spark in it.
    """
    files = log_files(Path(path))
    damage: list[str] = []
    app = read_events(
        (line for file in files for line in lines_of(file, damage)),
        where=str(path),
    )
    app.needs = needs or {}
    app.damage = [*damage, *app.damage]
    if app.ended is None:
        app.damage.append("the log has no end: the application still runs, was killed, or the file is cut off")
    return app


def read_events(lines: Iterable[bytes], *, where: str = "event log") -> AppLog:
    """Builds the application out of its events.

    Raises:
        InputError: not one line is an event of Spark.
    """
    app = AppLog()
    known = broken = 0
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith(_SKIPPED):
            continue
        try:
            event = orjson.loads(line)
            handle = HANDLERS.get(event["Event"])
            known += 1
            if handle is not None:
                handle(app, event)
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            broken += 1
            if broken <= _LINES_OF_DAMAGE:
                app.damage.append(f"line {number} is no whole event ({type(error).__name__}: {str(error)[:60]})")
    if not known:
        raise InputError("no event of Spark in it", where=where, fix="give an event log (spark.eventLog.enabled)")
    if broken > _LINES_OF_DAMAGE:
        app.damage.append(f"{broken} lines in all could not be used")
    _settle(app)
    return app


def _settle(app: AppLog) -> None:
    """What is only known at the end: executors of a log that lost its beginning."""
    times = [task.launched for stage in app.stages.values() for task in stage.tasks]
    times += [job.submitted for job in app.jobs.values()]
    app.started = app.started or min(times, default=app.last)
    for stage in app.stages.values():
        for task in stage.tasks:
            if task.executor not in app.executors:
                cores = int(app.number_of("spark.executor.cores", 1))
                app.executors[task.executor] = Executor(task.executor, cores, app.started)


def _at(app: AppLog, milliseconds: float | str) -> float:
    seconds = float(milliseconds) / 1000.0
    app.last = max(app.last, seconds)
    return seconds


def _log_start(app: AppLog, event: Event) -> None:
    app.spark = str(event.get("Spark Version", ""))


def _app_start(app: AppLog, event: Event) -> None:
    app.name, app.number = str(event.get("App Name", "")), str(event.get("App ID", ""))
    app.started = _at(app, event["Timestamp"])


def _app_end(app: AppLog, event: Event) -> None:
    app.ended = _at(app, event["Timestamp"])


def _environment(app: AppLog, event: Event) -> None:
    app.settings.update({str(key): str(value) for key, value in dict(event.get("Spark Properties") or {}).items()})


def _profile(app: AppLog, event: Event) -> None:
    asked = {
        name: float(request.get("Amount", 0)) for name, request in (event.get("Task Resource Requests") or {}).items()
    }
    app.profiles[int(event["Resource Profile Id"])] = asked


def _executor_added(app: AppLog, event: Event) -> None:
    info = event["Executor Info"]
    gpus = (info.get("Resources") or {}).get("gpu") or {}
    app.executors[str(event["Executor ID"])] = Executor(
        str(event["Executor ID"]),
        int(info.get("Total Cores", 1)),
        _at(app, event["Timestamp"]),
        gpus=len(gpus.get("addresses") or ()),
        profile=int(info.get("Resource Profile Id", 0)),
    )


def _executor_removed(app: AppLog, event: Event) -> None:
    name = str(event["Executor ID"])
    at = _at(app, event["Timestamp"])
    known = app.executors.setdefault(name, Executor(name, 1, app.started))
    known.removed, known.reason = at, str(event.get("Removed Reason", ""))


def _job_start(app: AppLog, event: Event) -> None:
    told = event.get("Properties") or {}
    query = told.get("spark.sql.execution.id")
    number = int(event["Job ID"])
    app.jobs[number] = Job(
        number,
        _at(app, event["Submission Time"]),
        stages=tuple(int(stage) for stage in event.get("Stage IDs") or ()),
        group=str(told.get("spark.jobGroup.id") or ""),
        description=str(told.get("spark.job.description") or ""),
        query=int(query) if query is not None else None,
    )


def _job_end(app: AppLog, event: Event) -> None:
    job = app.jobs[int(event["Job ID"])]
    job.completed = _at(app, event["Completion Time"])
    job.ok = (event.get("Job Result") or {}).get("Result") == "JobSucceeded"


def _stage(app: AppLog, number: int, attempt: int) -> Stage:
    return app.stages.setdefault((number, attempt), Stage(number, attempt))


def _stage_told(app: AppLog, event: Event) -> None:
    info = event["Stage Info"]
    stage = _stage(app, int(info["Stage ID"]), int(info.get("Stage Attempt ID", 0)))
    stage.name = str(info.get("Stage Name", ""))
    stage.planned = int(info.get("Number of Tasks", 0))
    stage.parents = tuple(int(parent) for parent in info.get("Parent IDs") or ())
    stage.profile = int(info.get("Resource Profile Id", 0))
    stage.failure = str(info.get("Failure Reason") or "")
    stage.scopes = tuple(dict.fromkeys(name for rdd in info.get("RDD Info") or () for name in _names_of(rdd)))
    if info.get("Submission Time") is not None:
        stage.submitted = _at(app, info["Submission Time"])
    if info.get("Completion Time") is not None:
        stage.completed = _at(app, info["Completion Time"])


def _names_of(rdd: Event) -> list[str]:
    """The kind of an RDD, and the node of the plan that made it, without its columns and files."""
    told = [str(rdd.get("Name", ""))]
    if rdd.get("Scope"):
        told.append(str(orjson.loads(rdd["Scope"]).get("name", "")))
    words = ("Delta log" if "Delta Table State" in name else _NODE.match(name) for name in told)
    return [word if isinstance(word, str) else word[0] for word in words if word]


def _task_end(app: AppLog, event: Event) -> None:
    if not event.get("Task Info"):
        return
    task = as_task(event, app.task_metrics)
    app.last = max(app.last, task.finished)
    _stage(app, int(event["Stage ID"]), int(event.get("Stage Attempt ID", 0))).tasks.append(task)


def _stage_peaks(app: AppLog, event: Event) -> None:
    stage = _stage(app, int(event["Stage ID"]), int(event.get("Stage Attempt ID", 0)))
    for name, value in (event.get("Executor Metrics") or {}).items():
        # The driver's own figures are in every stage: only in local mode are they those of the work.
        if app.is_local or str(event.get("Executor ID")) != DRIVER:
            stage.peaks[name] = max(stage.peaks.get(name, 0), int(value))


def _query_start(app: AppLog, event: Event) -> None:
    number = int(event["executionId"])
    query = app.queries.setdefault(number, Query(number))
    query.description = str(event.get("description", ""))
    query.started = _at(app, event["time"])
    query.plan = _node(event["sparkPlanInfo"])


def _query_plan(app: AppLog, event: Event) -> None:
    number = int(event["executionId"])
    app.queries.setdefault(number, Query(number)).plan = _node(event["sparkPlanInfo"])


def _query_end(app: AppLog, event: Event) -> None:
    query = app.queries.get(int(event["executionId"]))
    if query is not None:
        query.ended = _at(app, event["time"])


def _driver_metrics(app: AppLog, event: Event) -> None:
    query = app.queries.setdefault(int(event["executionId"]), Query(int(event["executionId"])))
    for number, value in event.get("accumUpdates") or ():
        query.driver_metrics[int(number)] = query.driver_metrics.get(int(number), 0) + int(value)


def _node(info: Event) -> Node:
    return Node(
        str(info.get("nodeName", "")),
        str(info.get("simpleString", "")),
        {str(key): str(value) for key, value in (info.get("metadata") or {}).items()},
        {str(metric["name"]): int(metric["accumulatorId"]) for metric in info.get("metrics") or ()},
        tuple(_node(child) for child in info.get("children") or ()),
    )


HANDLERS: Mapping[str, Callable[[AppLog, Event], None]] = {
    "SparkListenerLogStart": _log_start,
    "SparkListenerApplicationStart": _app_start,
    "SparkListenerApplicationEnd": _app_end,
    "SparkListenerEnvironmentUpdate": _environment,
    "SparkListenerResourceProfileAdded": _profile,
    "SparkListenerExecutorAdded": _executor_added,
    "SparkListenerExecutorRemoved": _executor_removed,
    "SparkListenerJobStart": _job_start,
    "SparkListenerJobEnd": _job_end,
    "SparkListenerStageSubmitted": _stage_told,
    "SparkListenerStageCompleted": _stage_told,
    "SparkListenerTaskEnd": _task_end,
    "SparkListenerStageExecutorMetrics": _stage_peaks,
    f"{_SQL}SparkListenerSQLExecutionStart": _query_start,
    f"{_SQL}SparkListenerSQLAdaptiveExecutionUpdate": _query_plan,
    f"{_SQL}SparkListenerSQLExecutionEnd": _query_end,
    f"{_SQL}SparkListenerDriverAccumUpdates": _driver_metrics,
}
