"""`mlpipeline doctor run` and `doctor env`: why a run was slow or died, and whether executors fit the driver."""

from __future__ import annotations

import argparse
from collections import Counter
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypedDict

from mlpipeline.cli.context import CommandContext, checked_settings
from mlpipeline.cli.files import check_target, named_by_user
from mlpipeline.cli.options import refuse_ignored, session_options
from mlpipeline.cli.tables import draw
from mlpipeline.cluster.doctor.finding import amount, ranked, seconds
from mlpipeline.errors import InputError, UsageError

_FINDINGS = 20


class _Finding(TypedDict):
    name: str
    where: str
    what: str
    severity: str
    fix: str
    saves: float | None


class _Module(TypedDict):
    name: str
    in_jobs: float
    tasks: int
    work: float
    python: float
    bytes_in: int
    bytes_out: int
    shuffled: int


class _Used(TypedDict):
    module: str
    seconds: float | None
    cpu_seconds: float | None
    jvm_mb: float | None
    worker_mb: float | None
    loads: int | None
    bottleneck: str


class _Simulated(TypedDict):
    executors: int
    cores: int
    seconds: float
    core_hours: float
    busy: float


def add_run(parser: argparse.ArgumentParser) -> None:
    """The arguments of `doctor run`."""
    parser.add_argument(
        "log",
        nargs="?",
        metavar="RUN|EVENTLOG",
        help="a run of the store, or an event log of Spark: file or folder (default: the newest run)",
    )
    parser.add_argument("--to", metavar="FILE", help="write the full report as HTML")
    parser.set_defaults(verb=run_verb)


def run_verb(context: CommandContext) -> int:
    """Examines one application; 0 also where there are findings: the exit code tells whether the log could be read."""
    # Arrow unpacks the log: not needed for --help.
    from mlpipeline.cluster.doctor.diagnosis import examine
    from mlpipeline.cluster.doctor.page import render_page
    from mlpipeline.cluster.doctor.summary import as_data
    from mlpipeline.orders.eventlog import open_log

    if context.options.to:
        check_target("--to", Path(context.options.to))
    with (
        named_by_user() if context.options.log else nullcontext(),
        open_log(context.store, context.options.log) as (app, run),
    ):
        if run is None:
            refuse_ignored(context.options, ("store",), "is for runs of a store, and a log is named by its path")
        report = as_data(examine(app), run)
    text = draw_diagnosis(report)
    if context.options.to:
        target = Path(context.options.to)
        try:
            target.write_text(render_page(report), encoding="utf-8")
        except OSError as error:
            raise InputError(
                f"cannot be written: {error.strerror}", where=str(target), fix="give a file in a folder of yours"
            ) from error
        text += f"\n\nreport: {target}"
    context.print_result(report, text)
    return 0


def draw_diagnosis(report: dict[str, Any]) -> str:
    """The diagnosis for a terminal."""
    totals = report["totals"]
    name = report["run"] or report["application"]["name"]
    head = (
        f"{name}: {seconds(totals['seconds'])}, of it {seconds(totals['in_jobs'])} in jobs; "
        f"{totals['cores']} cores, {100 * totals['busy']:.0f} % busy; {totals['failed_tasks']} of "
        f"{totals['tasks']} tasks failed"
    )
    parts = [head, *(f"note: {text}" for text in report["damage"])]
    if report["findings"]:
        lines = [_line(finding, "\n         ") for finding in report["findings"][:_FINDINGS]]
        more = len(report["findings"]) - _FINDINGS
        lines += [f"and {more} more: --json or --to FILE shows them"] if more > 0 else []
        parts.append("\n".join(lines))
    else:
        parts.append("no findings: time and memory went where they should")
    columns = ["module", "in jobs", "tasks", "work", "Python", "in", "out", "shuffled"]
    parts.append(draw(columns, [_module_cells(module) for module in report["modules"]], right=columns[1:]))
    if report["resources"]:
        columns = ["module", "wall", "CPU", "JVM peak", "worker peak", "model loads", "most time went to"]
        parts.append(draw(columns, [_used_cells(row) for row in report["resources"]], right=columns[1:-1]))
    if report["simulated"]:
        columns = ["executors", "cores each", "time", "core-hours", "busy"]
        parts.append(draw(columns, [_simulated_cells(finding) for finding in report["simulated"]], right=columns))
        least = f"no number of executors makes it shorter than {seconds(report['shortest'])}"
        parts[-1] += f"\nsimulated from this log's tasks; {least}"
    parts.append(f"change this first: {report['first']}" if report["first"] else "nothing to change")
    return "\n\n".join(parts)


def _line(finding: _Finding, rest: str) -> str:
    saves = f" (saves at most {seconds(finding['saves'])})" if finding["saves"] else ""
    what = f"{finding['name']}: {finding['where']}: {finding['what']}"
    return f"{finding['severity']:<8}  {what}{rest} -> {finding['fix']}{saves}"


def _module_cells(module: _Module) -> list[object]:
    times = [seconds(module["in_jobs"]), module["tasks"], seconds(module["work"]), seconds(module["python"])]
    return [module["name"] or "-", *times, *map(amount, (module["bytes_in"], module["bytes_out"], module["shuffled"]))]


def _used_cells(row: _Used) -> list[object]:
    times = ["–" if value is None else seconds(value) for value in (row["seconds"], row["cpu_seconds"])]
    peaks = [_size(None if size is None else round(size * 2**20)) for size in (row["jvm_mb"], row["worker_mb"])]
    return [row["module"], *times, *peaks, row["loads"], row["bottleneck"]]


def _simulated_cells(finding: _Simulated) -> list[object]:
    cost, busy = f"{finding['core_hours']:.3f}", f"{100 * finding['busy']:.0f} %"
    return [finding["executors"], finding["cores"], seconds(finding["seconds"]), cost, busy]


def add_env(parser: argparse.ArgumentParser) -> None:
    """The arguments of `doctor env`."""
    session_options(parser)
    parser.add_argument("--tasks", type=int, metavar="N", help="tasks of the tiny job (default: four a core)")
    parser.set_defaults(verb=env_verb)


def env_verb(context: CommandContext) -> int:
    """Compares the driver with every executor that answers; 1 when something would break a run."""
    from mlpipeline.cluster.doctor.compare import differences, look_around
    from mlpipeline.cluster.failures import explain
    from mlpipeline.spark.session import is_local, open_session

    options = context.options
    if options.tasks is not None and options.tasks < 1:
        raise UsageError(f"--tasks {options.tasks}", fix="give 1 or more")
    settings = checked_settings(context)
    with open_session("mlpipeline doctor env", master=options.master, extra=settings) as spark:
        try:
            driver, executors, span = look_around(spark, options.tasks)
        except Exception as error:
            raise explain(error) or error from error
        local = is_local(spark.sparkContext.master)
    found = ranked(differences(driver, executors, span, is_local=local))
    report = {"driver": driver, "executors": executors, "findings": [asdict(finding) for finding in found]}
    context.print_result(report, draw_environment(report))
    return 1 if any(finding.severity in ("severe", "critical") for finding in found) else 0


def draw_environment(report: dict[str, Any]) -> str:
    """Driver and executors side by side, then what differs."""
    driver, executors = report["driver"], report["executors"]
    rows = [["Python", driver["python"], _all(executors, "python")]]
    for name, version in driver["versions"].items():
        rows.append([name, version, _counted([finding["versions"].get(name, "missing") for finding in executors])])
    for key in ("system", "encoding", "cores"):
        rows.append([key, str(driver[key]), _all(executors, key)])
    for key, name in (("memory", "memory"), ("memory_free", "free memory"), ("temp_free", "free in temp")):
        rows.append([name, _size(driver[key]), _counted([_size(finding[key]) for finding in executors])])
    parts = [draw(["", "driver", f"{len(executors)} executor{'s' if len(executors) != 1 else ''}"], rows)]
    if report["findings"]:
        parts.append("\n".join(_line(finding, "") for finding in report["findings"]))
    else:
        parts.append("driver and executors fit together")
    return "\n\n".join(parts)


def _size(value: int | None) -> str:
    return "?" if value is None else amount(value)


def _all(executors: list[dict[str, object]], key: str) -> str:
    return _counted([str(finding[key]) for finding in executors])


def _counted(values: list[str]) -> str:
    """`4.1.4`, or `4.1.4 (2), missing (1)` where executors differ."""
    counts = Counter(values)
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{value} ({count})" for value, count in counts.most_common())
