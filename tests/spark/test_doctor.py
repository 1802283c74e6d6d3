"""The doctor on logs that Spark has just written: packed as zstd and rolled, and packed as lz4."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mlpipeline.catalog import NEEDS
from mlpipeline.cluster.doctor.compare import differences, look_around
from mlpipeline.cluster.doctor.diagnosis import examine
from mlpipeline.cluster.doctor.events import read_log
from mlpipeline.spark.processes import ProcessTree, read_session

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_a_log_that_spark_has_just_written(codec: str, tmp_path: Path):
    job = [sys.executable, "-m", "tests.bench.doctor_jobs", "pruned", str(tmp_path / "job")]
    more = [
        f"spark.eventLog.compression.codec={codec}",
        "spark.eventLog.rolling.enabled=" + str(codec == "zstd").lower(),
    ]
    subprocess.run([*job, *more], cwd=ROOT, check=True, capture_output=True, timeout=240)
    (log,) = (tmp_path / "job" / "log").glob("[!.]*")
    assert log.is_dir() == (codec == "zstd") and (codec == "zstd" or log.name.endswith(".lz4"))
    app = read_log(log, NEEDS)
    assert app.damage == [] and app.is_local and app.seconds > 1
    (scan,) = examine(app).scans
    assert (scan.pruned, scan.partitions, scan.of_files) == ("proven", 2, 8)


def test_the_driver_looks_around(spark):
    driver, executors, span = look_around(spark, 4)
    assert len(executors) == 1 and executors[0]["versions"] == driver["versions"]
    assert [one for one in differences(driver, executors, span, is_local=True) if "library" in one.name] == []


def test_the_processes_of_a_session_are_read(spark):
    before = read_session(spark)
    spark.range(200_000).rdd.mapPartitions(lambda rows: [sum(row.id for row in rows)]).collect()
    after = read_session(spark)
    used = after.since(before)
    assert used.cpu is not None and used.cpu > 0.05
    assert used.jvm_mb is not None and used.jvm_mb > 100
    assert used.worker_mb is not None and used.worker_mb > 20
    assert used.compile is not None and used.gc is not None
    assert len(ProcessTree.of(spark).descendants()) >= 2
