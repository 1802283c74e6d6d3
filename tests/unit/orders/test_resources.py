"""What modules used: the bottleneck in words, logs that are kept, found and dropped, and a row a module."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlpipeline.cluster.doctor.modules import ModuleFigures
from mlpipeline.errors import InputError
from mlpipeline.orders.eventlog import FOLDER, KEPT, drop_old_logs, log_settings, open_log
from mlpipeline.orders.resources import Meter, bottleneck, complete, in_one_line
from mlpipeline.spark.counters import Counts
from mlpipeline.store.layout import Store
from mlpipeline.views.report.page import render_report

LOG = Path(__file__).parents[1] / "cluster" / "doctor_logs" / "eventlog_v2_sample_run"
IDLE = ModuleFigures(
    name="train", in_jobs=8.0, jobs=1, tasks=2, failed=0, work=16.0, python=0.0, cpu=0.0, gc=0.0, fetch_wait=0.0,
    start=0.0, cold_workers=0, spilled_to_disk=0, bytes_in=0, bytes_out=0, shuffled=0, peak_jvm=0, peak_python=0,
    longest_stage="",
)  # fmt: skip
CASES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"python": 14.0, "cpu": 1.0}, {}, "Python"),
    ({"cpu": 15.0, "gc": 2.0}, {}, "JVM"),
    ({"cpu": 15.0, "gc": 9.0}, {}, "GC"),
    ({"fetch_wait": 12.0}, {}, "shuffle"),
    ({"in_jobs": 1.0}, {}, "driver: planning and commits"),
    ({"in_jobs": 1.0}, {"compile_seconds": 6.0}, "JVM start: compiling"),
    ({"python": 14.0}, {"compile_seconds": 6.0}, "Python"),
]


def row(module: str = "train", seconds: float = 10.0) -> Any:
    used = Meter().end(module, Meter().begin(), Counts(worker_mb=321.0, loads=4))
    return {**used, "seconds": seconds}


@pytest.mark.parametrize(("figures", "used", "name"), CASES)
def test_the_bottleneck_is_what_most_of_the_wall_time_went_to(figures: dict[str, Any], used: dict[str, Any], name: str):
    assert bottleneck(row() | used, replace(IDLE, **figures)) == name


def test_a_module_that_did_nothing_has_no_bottleneck():
    assert bottleneck(row(seconds=0.01), replace(IDLE, in_jobs=0.0, work=0.0)) == "nothing"


def store_with_runs(folder: Path, *names: str) -> Store:
    """A store whose runs have the log of the sample run."""
    store = Store(str(folder / "store"))
    for name in names:
        place = folder / "store" / "runs" / name / FOLDER
        place.mkdir(parents=True)
        shutil.copytree(LOG, place / LOG.name)
        store.write(store.path("runs", name, "run.json"), json.dumps({"run": name, "bots": []}).encode())
    return store


def test_the_log_completes_the_rows(tmp_path: Path):
    store = store_with_runs(tmp_path, "run-1")
    train: Any
    (train, other) = complete([row("train", 45.0), row("review")], store, "run-1", "file:/somewhere/app-1")
    assert train["bottleneck"] == "Python"
    assert train["bytes_in"] > 10_000_000 and train["bytes_out"] > 1_000_000
    assert 30 < train["in_jobs"] < 45 and train["python_seconds"] > 60
    assert (train["worker_mb"], train["loads"]) == (321.0, 4)
    assert (other["bytes_in"], other["bottleneck"]) == (None, "driver")


def test_rows_stay_as_they_are_without_a_log(tmp_path: Path):
    store = Store(str(tmp_path))
    assert complete([row()], store, "run-1", "")[0]["bytes_in"] is None
    (alone,) = complete([row()], store, "run-1", "hdfs://site/logs/app-1")
    assert alone["bottleneck"] == "not known without an event log" and alone["bytes_in"] is None


def test_a_row_is_one_line_with_every_figure():
    told = in_one_line({**row(), "bytes_in": 2048, "bottleneck": "Python"})
    assert "\n" not in told
    for word in ("train", "10 s", "worker   321 MB", "2.0 kB", "Python", "–"):
        assert word in told


def test_the_report_has_the_table():
    page = render_report({"run": "r", "resources": [{**row(), "bytes_in": 2048, "bottleneck": "Python"}]})
    assert "What each stage used" in page and "2.0 kB" in page and "321 MB" in page
    assert "What each stage used" not in render_report({"run": "r"})


def test_settings_name_a_folder_that_is_there(tmp_path: Path):
    store = Store(str(tmp_path / "my store"))
    told = log_settings(store, "run-1", local=True)
    assert told["spark.eventLog.dir"] == (tmp_path / "my store" / "runs" / "run-1" / FOLDER).as_uri()
    assert (tmp_path / "my store" / "runs" / "run-1" / FOLDER).is_dir()
    assert "spark.executor.processTreeMetrics.enabled" not in told
    assert log_settings(store, "run-1", local=False)["spark.executor.processTreeMetrics.enabled"] == "true"


def test_only_the_newest_logs_are_kept_and_reports_stay(tmp_path: Path):
    names = [f"2026010{n}T000000-1" for n in range(1, 6)]
    store = store_with_runs(tmp_path, *names)
    assert drop_old_logs(store, 2) == 3
    assert drop_old_logs(store, 2) == 0
    left = [name for name in names if (tmp_path / "store" / "runs" / name / FOLDER).exists()]
    assert left == names[-2:]
    assert all((tmp_path / "store" / "runs" / name / "run.json").exists() for name in names)
    assert drop_old_logs(Store(str(tmp_path / "empty"))) == 0


def test_the_newest_run_with_a_log_is_meant_when_none_is_named(tmp_path: Path):
    store = store_with_runs(tmp_path, "20260101T000000-1", "20260102T000000-1")
    (tmp_path / "store" / "runs" / "20260103T000000-1").mkdir()
    with open_log(store, None) as (app, run):
        assert run is not None and run["run"] == "20260102T000000-1"
        assert len(app.jobs) > 100
    with open_log(store, "20260101T000000-1") as (_, run):
        assert run is not None and run["run"] == "20260101T000000-1"
    with open_log(store, str(LOG)) as (app, run):
        assert run is None and app.stages


def test_a_log_that_lies_elsewhere_is_found_there(tmp_path: Path):
    store = store_with_runs(tmp_path, "run-1")
    moved = tmp_path / "logs of the site"
    shutil.move(tmp_path / "store" / "runs" / "run-1" / FOLDER, moved)
    told = {"run": "run-1", "event_log": f"file:{moved}/sample_run"}
    store.write(store.path("runs", "run-1", "run.json"), json.dumps(told).encode())
    with open_log(store, "run-1") as (app, run):
        assert app.jobs and run is not None


@pytest.mark.parametrize(
    ("told", "what"),
    [({"event_log": "hdfs://site/logs/app-1"}, "hdfs://site/logs/app-1"), ({}, "it has no event log")],
)
def test_a_run_whose_log_is_gone_says_so(tmp_path: Path, told: dict[str, str], what: str):
    store = Store(str(tmp_path))
    store.write(store.path("runs", "run-1", "run.json"), json.dumps(told).encode())
    with pytest.raises(InputError) as raised, open_log(store, "run-1"):
        pass
    assert what in str(raised.value) and raised.value.fix


def test_a_store_without_runs_says_so(tmp_path: Path):
    with pytest.raises(InputError, match="no run with an event log"), open_log(Store(str(tmp_path)), None):
        pass
    assert KEPT == 20  # docs/doctor.md says so
