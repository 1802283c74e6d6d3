"""Runs that are killed at any moment, and run again: nothing is lost, and nothing is half done."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import PATIENCE, Finished, Project, copy_of
from tests.e2e.corpora import write_project
from tests.e2e.test_flow import BOTS, add


def kill(run: subprocess.Popen[bytes]) -> None:
    """The whole process group at once, as the system does it when memory runs out."""
    os.killpg(run.pid, signal.SIGKILL)
    run.wait(30)


def wait_for(run: subprocess.Popen[Any], folder: Path, pattern: str) -> None:
    """Until the run has made such a file."""
    began = time.monotonic()
    while not any(folder.glob(pattern)):
        assert run.poll() is None and time.monotonic() - began < PATIENCE, f"no {pattern} in {folder}"
        time.sleep(0.005)


@pytest.mark.slow
def test_kill_at_any_moment_and_run_again(finished: Finished, tmp_path: Path):
    write_project(tmp_path / "killed")
    project = Project(tmp_path / "killed")
    moments = random.Random()
    waited = []
    for _ in range(2):
        run = project.start("run", "--master", "local[2]")
        waited.append(round(moments.uniform(4.0, max(8.0, 0.8 * finished.seconds)), 1))
        time.sleep(waited[-1])
        kill(run)
    project("run", "--master", "local[2]")
    assert project.digests() == finished.project.digests(), f"killed after {waited} s"
    assert "nothing to do" in project("run").stdout
    left = [*project.store.rglob("*.partial"), *project.store.glob("bundles/*/*/.*")]
    assert len(left) <= 4, "a killed run may leave files behind, but not more with each run"


@pytest.mark.slow
def test_killed_among_the_tasks_and_between_the_commits_of_denoise(finished: Finished, tmp_path: Path):
    project = copy_of(finished.project, tmp_path / "killed")
    # The bots of one domain are judged in tasks of a view and fold each, those of the other share a task.
    add(project.home / "conf" / "domains" / "shop" / "domain.yaml", "denoise: {large_rows: 20, network: false}")
    tables, names = project.store / "datasets", ("denoised", "denoised_dropped", "label_issue", "noise_report")
    for made in (found for name in names for found in (tables / name, tables / f"{name}.manifest.json")):
        shutil.rmtree(made) if made.is_dir() else made.unlink(missing_ok=True)
    shutil.rmtree(project.store / "runs")
    words = ("run", "--from-stage", "denoise", "--to-stage", "denoise", "--master", "local[2]")

    run = project.start(*words)
    wait_for(run, project.store, "runs/*/eventlog/eventlog_v2_*")  # the session is up, and this is its first stage
    waited = random.Random().uniform(0.0, 8.0)
    time.sleep(waited)
    kill(run)
    run = project.start(*words)
    wait_for(run, tables, "denoised/_delta_log/*.json")
    kill(run)
    assert not list(tables.glob("noise_report/_delta_log/*.json")), "nothing was left to be done"

    project(*words)
    assert project.digests() == finished.project.digests(), f"killed after {waited:.1f} s of it"
    assert {row["bot"]: row["run"] for row in project.read("plan", *words[1:5])["orders"]} == dict.fromkeys(BOTS, False)


def kill_jvm(run: subprocess.Popen[str]) -> None:
    """The JVM alone, as the system does it: it chooses the largest process."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            program = (folder / "cmdline").read_bytes().partition(b"\0")[0]
        except OSError:
            continue  # it has ended meanwhile
        if parent == run.pid and program.endswith(b"java"):
            os.kill(int(folder.name), signal.SIGKILL)
            return
    raise AssertionError("no JVM")


@pytest.mark.slow
def test_a_jvm_that_is_killed_leaves_one_line_a_report_and_a_store_to_go_on_with(finished: Finished, tmp_path: Path):
    project = copy_of(finished.project, tmp_path / "killed")
    tables = project.store / "datasets"
    for made in [*tables.glob("split*"), *tables.glob("denoised*")]:
        shutil.rmtree(made) if made.is_dir() else made.unlink()
    words = ("run", "--from-stage", "split", "--to-stage", "denoise", "--master", "local[2]")
    # Before the first stage, and inside of its commits.
    for number, sign in enumerate(("runs/*/eventlog/eventlog_v2_*", "datasets/splits/_delta_log/*.json")):
        shutil.rmtree(project.store / "runs")
        run = subprocess.Popen(
            project.command(*words), cwd=project.home, env=project.env(), text=True, encoding="utf-8",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        wait_for(run, project.store, sign)
        kill_jvm(run)
        said, told = run.communicate(timeout=PATIENCE)
        assert run.returncode == 1 and "Traceback" not in told and "py4j" not in told, told
        errors = [line for line in told.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1 and "Spark's JVM was killed" in errors[0] and "run again" in errors[0], told
        report = next(project.store.glob("runs/2*/run.json"))
        kept = json.loads(report.read_text("utf-8"))
        assert "killed" in kept["ended"]["what"] and report.with_name("report.html").is_file(), number
        assert {bot["status"] for bot in kept["bots"]} == {"failed"} and "report: " in said
    project(*words)
    assert project.digests() == finished.project.digests()
