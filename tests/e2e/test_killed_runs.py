"""Runs that are killed at any moment, and run again: nothing is lost, and nothing is half done."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import PATIENCE, Finished, Project, copy_of
from tests.e2e.corpora import write_project
from tests.e2e.test_flow import BOTS, add


def kill(run: subprocess.Popen[bytes]) -> None:
    """The whole process group at once, as the system does it when memory runs out."""
    os.killpg(run.pid, signal.SIGKILL)
    run.wait(30)


def wait_for(run: subprocess.Popen[bytes], folder: Path, pattern: str) -> None:
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
    words = ("run", "--from", "denoise", "--to", "denoise", "--master", "local[2]")

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
