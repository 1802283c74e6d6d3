"""`mlpipeline doctor run`: what it prints, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlpipeline.cli.doctor import draw_environment
from mlpipeline.cli.main import main
from mlpipeline.cluster.doctor.compare import differences
from mlpipeline.cluster.doctor.probe import Probe, probe

LOGS = Path(__file__).parents[1] / "cluster" / "doctor_logs"


def test_a_log_is_examined(capsys: pytest.CaptureFixture[str]):
    assert main(["doctor", "run", str(LOGS / "killed.gz")]) == 0
    told = capsys.readouterr().out
    assert "Korean workers of clean need 652 MB each outside the heap; you gave 384 MB" in told
    assert told.rstrip().endswith("change this first: stage 2 (clean): set spark.executor.memoryOverhead=1408m")
    assert told.index("python-killed") < told.index("failed-tasks")


def test_a_healthy_run_is_told_so(capsys: pytest.CaptureFixture[str]):
    assert main(["doctor", "run", str(LOGS / "eventlog_v2_sample_run")]) == 0
    told = capsys.readouterr().out
    assert "no findings" in told and told.rstrip().endswith("nothing to change")
    for word in ("ingest", "export", "core-hours"):
        assert word in told


def test_as_json_and_as_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    page = tmp_path / "report.html"
    assert main(["doctor", "run", str(LOGS / "skewed"), "--json", "--to", str(page)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told["findings"]] == ["skew"]
    assert told["totals"]["cores"] == 2 and told["simulated"][0]["executors"] == 1
    html = page.read_text("utf-8")
    assert "skew" in html and "Other executor counts" in html and "<script" not in html


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["no-such-run"], "no such file or folder"),
        ([str(LOGS / "README.md")], "no event of Spark in it"),
        ([], "no run with an event log"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments: list[str], what: str, tmp_path: Path, capsys):
    assert main(["doctor", "run", *arguments, "--store", str(tmp_path)]) == (2 if arguments else 1)
    told = capsys.readouterr()
    assert told.err.startswith("error: ") and what in told.err and " -> " in told.err
    assert told.err.count("\n") == 1 and told.out == ""


def test_driver_and_executors_stand_side_by_side():
    driver = probe(("numpy",))
    others: list[Probe] = [{**driver, "host": "a"}, {**driver, "host": "b", "versions": {}}]
    span = (driver["time"], driver["time"])
    findings = differences(driver, others, span, is_local=True)
    told = draw_environment({"driver": driver, "executors": others, "findings": [{**vars(one)} for one in findings]})
    assert "2 executors" in told
    assert "(1), missing (1)" in told
    assert "library-missing: b: cannot import numpy; the driver can" in told
