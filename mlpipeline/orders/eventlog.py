"""The event log of a run: where Spark writes it, which one is asked for, how many are kept."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mlpipeline.catalog import NEEDS
from mlpipeline.errors import InputError
from mlpipeline.store.layout import Store
from mlpipeline.store.runs import run_names

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from mlpipeline.cluster.doctor.model import AppLog

FOLDER = "eventlog"
# A log of nine bots takes about 5 MB. Reports stay for ever; logs are for asking why soon after.
KEPT = 20


def log_settings(store: Store, run: str, *, local: bool) -> dict[str, str]:
    """Settings that make Spark write the run's event log into the store; the folder is made, as Spark wants it.

    Args:
        store: where runs are kept.
        run: its name.
        local: the master runs inside this process; else executors also tell the memory of their Python workers.
    """
    folder = store.path("runs", run, FOLDER)
    store.write(f"{folder}/.keep", b"")
    place = Path(folder).as_uri() if store.is_local else "/".join([store.root.rstrip("/"), "runs", run, FOLDER])
    settings = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": place,
        "spark.eventLog.compress": "true",
        "spark.eventLog.compression.codec": "zstd",
        # The same figures stand in the log once already: without this it is half as long again.
        "spark.eventLog.includeTaskMetricsAccumulators": "false",
        "spark.eventLog.logStageExecutorMetrics": "true",
    }
    if not local:
        settings["spark.executor.processTreeMetrics.enabled"] = "true"
    return settings


def forget_run(store: Store, run: str) -> None:
    """Removes the folder of a run whose session never started: nothing but our own mark is in it (local stores)."""
    if not store.is_local:
        return
    folder = Path(store.path("runs", run, FOLDER))
    (folder / ".keep").unlink(missing_ok=True)
    for one in (folder, folder.parent, folder.parent.parent):
        with suppress(OSError):  # not empty, or not there
            one.rmdir()


def drop_old_logs(store: Store, kept: int = KEPT) -> int:
    """Removes the event logs, not the reports, of all but the newest runs of a local store; tells how many."""
    if not store.is_local:
        return 0
    runs = Path(store.path("runs"))
    logs = [runs / name / FOLDER for name in run_names(store) if (runs / name / FOLDER).is_dir()]
    old = logs[: max(0, len(logs) - kept)]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def log_location(spark: SparkSession) -> str:
    """Where a session's event log is: its folder and the application; "" when none is written.

    What spark-submit or the site's defaults say wins over ours, so it may lie elsewhere than in the store.
    """
    conf = spark.sparkContext.getConf()
    if conf.get("spark.eventLog.enabled", "false") != "true":
        return ""
    return f"{str(conf.get('spark.eventLog.dir', '')).rstrip('/')}/{spark.sparkContext.applicationId}"


@contextmanager
def open_log(
    store: Store, name: str | None, location: str | None = None
) -> Iterator[tuple[AppLog, Mapping[str, object] | None]]:
    """Gives the application of a run or of an event log, and the run's own `run.json` where there is one.

    Args:
        store: whose runs are meant.
        name: a run's name, or a file or folder; None: the newest run that has a log.
        location: where Spark wrote a run's log; None: what its run.json says.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    from mlpipeline.cluster.doctor.events import read_log

    run = _newest(store) if name is None else name
    if name is not None and (Path(name).exists() or not store.exists(store.path("runs", run))):
        yield read_log(name, NEEDS), None
        return
    told = store.remembered(store.path("runs", run, "run.json")) or {"run": run}
    folder = store.path("runs", run, FOLDER)
    if not _holds_log(store, folder):
        yield read_log(_elsewhere(run, told.get("event_log") if location is None else location), NEEDS), told
    elif store.is_local:
        yield read_log(folder, NEEDS), told
    else:
        with tempfile.TemporaryDirectory(prefix="mlpipeline-log-") as copy:
            _fetch(store, folder, Path(copy))
            yield read_log(copy, NEEDS), told


def _elsewhere(run: str, place: str | None) -> Path:
    """The log of a run that Spark was told to write elsewhere, when that is a folder of this machine."""
    where = f"run {run}"
    if not place:
        raise InputError("it has no event log", where=where, fix="only a run that started Spark writes one")
    folder, _, application = place.rpartition("/")
    for scheme in ("file://", "file:"):
        folder = folder.removeprefix(scheme)
    found = [] if "://" in folder else sorted(Path(folder).glob(f"*{application}*"))
    if found:
        return found[0]
    fix = f"fetch it and give it by its path; logs in the store are kept of the newest {KEPT} runs"
    raise InputError(f"its event log is gone, or elsewhere: {place}", where=where, fix=fix)


def _holds_log(store: Store, folder: str) -> bool:
    return any(not entry.startswith(".") for entry in store.names(folder))


def _newest(store: Store) -> str:
    """The newest run of the store that has an event log."""
    for name in reversed(run_names(store)):
        if _holds_log(store, store.path("runs", name, FOLDER)):
            return name
    raise InputError("no run with an event log", where=store.path("runs"), fix="run something, or give an event log")


def _fetch(store: Store, folder: str, target: Path) -> None:
    for name in store.names(folder):
        inside = store.names(f"{folder}/{name}")
        if inside:
            (target / name).mkdir()
            _fetch(store, f"{folder}/{name}", target / name)
        else:
            (target / name).write_bytes(store.read(f"{folder}/{name}") or b"")
