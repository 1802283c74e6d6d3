"""The doctor on executors in processes of their own: what they lack, what a killed worker left, what a run used."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path

import pytest

from mlpipeline.catalog import NEEDS
from mlpipeline.cluster.doctor.events import read_log
from tests.cluster.conftest import ClusterProject, job_environ, spark_jvm

pytestmark = pytest.mark.local_cluster
ROOT = Path(__file__).parents[2]
PATIENCE = 480


@pytest.fixture
def small() -> list[str]:
    """Words for executors that start quickly."""
    return ["--conf", "spark.executor.memory=512m", "--conf", f"spark.executor.extraJavaOptions={spark_jvm()}"]


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python of the same version that has pyspark and numpy, and nothing else that the driver has."""
    home = tmp_path_factory.mktemp("bare")
    venv.create(home, with_pip=False, symlinks=True)
    (packages,) = home.glob("lib/python*/site-packages")
    for name in ("pyspark", "py4j", "numpy"):
        found = distribution(name)
        for top in {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}:
            (packages / top).symlink_to(Path(str(found.locate_file(top))))
    return home / "bin" / "python"


def test_what_executors_cannot_import_is_named(tiny: ClusterProject, bare_python: Path, small: list[str]):
    where = ["--master", "local-cluster[2,1,512]", *small]
    pythons = {"spark.pyspark.python": str(bare_python), "spark.pyspark.driver.python": sys.executable}
    more = [word for key, value in pythons.items() for word in ("--conf", f"{key}={value}")]
    told = json.loads(tiny("doctor", "env", *where, *more, "--json", expect=1).stdout)
    assert len(told["executors"]) == 2
    lacking = {one["what"] for one in told["findings"] if one["name"] == "library-missing"}
    version = told["driver"]["versions"]["pandas"]
    assert f"cannot import pandas; the driver can (it has {version})" in lacking
    assert not any("numpy" in what or "pyspark" in what for what in lacking)
    assert all(one["executable"] == str(bare_python) for one in told["executors"])


def test_a_worker_that_died_without_a_word_is_explained(tmp_path: Path):
    job = [sys.executable, "-m", "tests.bench.doctor_jobs", "killed", str(tmp_path / "job")]
    environ = job_environ()
    subprocess.run(job, cwd=ROOT, env=environ, check=True, capture_output=True, timeout=PATIENCE)
    doctor = [sys.executable, "-m", "mlpipeline.cli.main", "doctor", "run", str(tmp_path / "job" / "log"), "--json"]
    told = json.loads(subprocess.run(doctor, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE).stdout)
    (killed,) = [one for one in told["findings"] if one["name"] == "python-killed"]
    assert "Korean workers of clean need 652 MB each outside the heap; you gave 384 MB" in killed["what"]
    assert "spark.executor.memoryOverhead=1408m" in told["first"]


def test_a_run_on_executors_tells_what_each_stage_used(tiny: ClusterProject, small: list[str]):
    done = tiny("run", "--master", "local-cluster[1,2,512]", "--to-stage", "clean", "--json", *small)
    run = json.loads(done.stdout)
    used = {row["module"]: row for row in run["resources"]}
    assert list(used) == ["ingest", "clean"]
    for row in used.values():
        assert row["seconds"] > 0 and row["cpu_seconds"] > 0 and row["jvm_mb"] > 100 and row["worker_mb"] > 20
        assert row["bytes_in"] > 0 and row["bytes_out"] > 0 and row["bottleneck"] not in ("", "nothing")
        assert f"{row['module']:<10}" in done.stderr
    told = json.loads(tiny("doctor", "run", "--json").stdout)
    assert told["run"] == run["run"] and told["damage"] == []
    assert {module["name"] for module in told["modules"]} >= {"ingest", "clean"}
    (log,) = (tiny.store / "runs" / run["run"] / "eventlog").glob("eventlog_v2_*")
    app = read_log(log, NEEDS)
    assert not app.is_local and app.settings["spark.executor.processTreeMetrics.enabled"] == "true"
