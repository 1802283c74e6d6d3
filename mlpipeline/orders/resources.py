"""What each module of a run used: wall, CPU, memory of the JVM and of Python workers, bytes, and what held it up.

Two sources: the processes of this machine (/proc and the JVM's own counters), read before and after each module, and
Spark's event log, which knows the tasks and, on a cluster, the executors.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from mlpipeline.errors import MLPipelineError
from mlpipeline.orders.eventlog import open_log
from mlpipeline.spark.counters import Counts
from mlpipeline.spark.processes import ProcessTree, Reading, read_session
from mlpipeline.store.layout import Store

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from mlpipeline.cluster.doctor.modules import ModuleFigures

_COMPILING = 0.5  # share of the driver's time from which compiling is the cause
_NOTHING_S = 0.05


class Usage(TypedDict):
    """A row of the table of resources: seconds, MB and bytes; None is what is not known without an event log."""

    module: str
    seconds: float
    cpu_seconds: float | None
    jvm_mb: float | None
    worker_mb: float | None
    compile_seconds: float | None
    gc_seconds: float | None
    loads: int | None
    bytes_in: float | None
    bytes_out: float | None
    shuffled: float | None
    in_jobs: float | None
    python_seconds: float | None
    bottleneck: str


@dataclass
class Meter:
    """Reads the processes around each module. `spark` is set when the session starts."""

    spark: SparkSession | None = None

    def begin(self) -> tuple[float, Reading]:
        """The reading before a module; memory peaks start anew where the system can do that."""
        if self.spark is not None:
            ProcessTree.of(self.spark).forget_peaks()
        return time.monotonic(), read_session(self.spark)

    def end(self, module: str, begun: tuple[float, Reading], counts: Counts) -> Usage:
        """A module's row of the table, with what only the event log knows still missing (None)."""
        used = read_session(self.spark).since(begun[1])
        workers = max(used.worker_mb or 0.0, counts.worker_mb or 0.0)
        return {
            "module": module,
            "seconds": round(time.monotonic() - begun[0], 3),
            "cpu_seconds": None if used.cpu is None else round(used.cpu, 2),
            "jvm_mb": None if not used.jvm_mb else round(used.jvm_mb, 1),
            "worker_mb": round(workers, 1) or None,
            "compile_seconds": None if used.compile is None else round(used.compile, 2),
            "gc_seconds": None if used.gc is None else round(used.gc, 2),
            "loads": counts.loads,
            "bytes_in": None,
            "bytes_out": None,
            "shuffled": None,
            "in_jobs": None,
            "python_seconds": None,
            "bottleneck": "not known without an event log",
        }


def complete(rows: Sequence[Usage], store: Store, run: str, location: str) -> list[Usage]:
    """The rows with what the run's event log adds; as they are when there is no log that can be read.

    Args:
        rows: of the modules that did something.
        store: of the run.
        run: its name.
        location: where Spark said that it writes the log, "" when it writes none.
    """
    if not rows or not location:
        return list(rows)
    modules: dict[str, ModuleFigures] = {}
    is_local = True
    with contextlib.suppress(MLPipelineError, OSError):
        # Only a run that did something needs the reader.
        from mlpipeline.cluster.doctor.figures import stage_figures
        from mlpipeline.cluster.doctor.modules import module_figures

        with open_log(store, run, location) as (app, _):
            is_local = app.is_local
            modules = {module.name: module for module in module_figures(app, stage_figures(app))}
    if not modules:
        return list(rows)
    return [_completed(row, modules.get(row["module"]), is_local=is_local) for row in rows]


def _completed(row: Usage, module: ModuleFigures | None, *, is_local: bool) -> Usage:
    if module is None:
        # No job of Spark at all: a stage that the driver does at its desk.
        return {**row, "in_jobs": 0.0, "bottleneck": "driver"}
    told: Usage = {
        **row,
        "bytes_in": module.bytes_in,
        "bytes_out": module.bytes_out,
        "shuffled": module.shuffled,
        "in_jobs": round(module.in_jobs, 3),
        "python_seconds": round(module.python, 2),
        "bottleneck": bottleneck(row, module),
    }
    if not is_local:
        # Executors elsewhere: their JVM threads' CPU, and their Python workers' time, which is at least their CPU's.
        told["cpu_seconds"] = round((row["cpu_seconds"] or 0.0) + module.cpu + module.python, 2)
        told["jvm_mb"] = max(row["jvm_mb"] or 0.0, module.peak_jvm / 2**20) or None
        told["worker_mb"] = max(row["worker_mb"] or 0.0, module.peak_python / 2**20) or None
    return told


def bottleneck(row: Usage, module: ModuleFigures) -> str:
    """What most of a module's wall time went to, in words.

    Outside of jobs the driver works alone. Inside, the time is shared out as the tasks' time was.
    """
    alone = max(0.0, row["seconds"] - module.in_jobs)
    share = module.in_jobs / module.work if module.work else 0.0
    parts = {
        "driver: planning and commits": alone,
        "Python": share * module.python,
        "GC": share * module.gc,
        "shuffle": share * module.fetch_wait,
        "JVM": share * max(0.0, module.cpu - module.gc),
    }
    name, seconds = max(parts.items(), key=lambda part: part[1])
    if seconds < _NOTHING_S:
        return "nothing"
    compiling = row.get("compile_seconds") or 0.0
    if name in ("driver: planning and commits", "JVM") and compiling >= _COMPILING * seconds:
        return "JVM start: compiling"
    return name


def in_one_line(row: Mapping[str, object]) -> str:
    """A row for stderr."""
    from mlpipeline.cluster.doctor.finding import amount, seconds

    def or_dash(value: object, show: Callable[[float], str]) -> str:
        return str(show(value)) if isinstance(value, int | float) else "–"

    cells = [
        f"{row['module']:<10}",
        f"{or_dash(row['seconds'], seconds):>7}",
        f"CPU {or_dash(row['cpu_seconds'], seconds):>7}",
        f"JVM {or_dash(row['jvm_mb'], lambda mb: f'{mb:,.0f} MB'):>8}",
        f"worker {or_dash(row['worker_mb'], lambda mb: f'{mb:,.0f} MB'):>8}",
        f"in {or_dash(row['bytes_in'], amount):>7}",
        f"out {or_dash(row['bytes_out'], amount):>7}",
        str(row["bottleneck"]),
    ]
    return "  ".join(cells)
