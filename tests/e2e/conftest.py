"""One small project with its finished store, and the command line as a user starts it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.corpora import write_project

PATIENCE = 900
HOME = "내 프로젝트 1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@dataclass
class Project:
    """A folder with conf/, corpora/ and store/."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        return self.home / "store"

    def env(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key not in ("LANG", "LC_ALL", "LC_CTYPE")}
        return {**kept, "LANG": "C", "OMP_NUM_THREADS": "1", **self.environ}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "mlpipeline.cli.main", *words]

    def __call__(self, *words: str, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Runs the command line in the project's folder and checks its exit code."""
        done = subprocess.run(
            self.command(*words),
            cwd=self.home,
            env=self.env(),
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        told = f"exit {done.returncode} of {words}\n{done.stdout}\n{done.stderr}"
        assert expect is None or done.returncode == expect, told
        assert "Traceback" not in done.stderr, told
        return done

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """The command line in a process group of its own, to be killed as a whole."""
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            self.command(*words), cwd=self.home, env=self.env(), stdout=quiet, stderr=quiet, start_new_session=True
        )

    def read(self, *words: str, expect: int | None = 0) -> Any:
        """What a verb prints as JSON."""
        return json.loads(self(*words, "--json", expect=expect).stdout)

    def digests(self, *, without: tuple[str, ...] = ()) -> dict[str, str]:
        """`domain/lang/dataset` -> digest of its rows."""
        rows = self.read("ls", "datasets", "--digest")
        named = {row["dataset"].partition("@")[0]: row["digest"] for row in rows}
        return {name: digest for name, digest in named.items() if name.rpartition("/")[2] not in without}

    def versions(self) -> dict[str, str]:
        """`domain/lang/dataset` -> version of the table that holds it."""
        rows = self.read("ls", "datasets")
        return {row["dataset"].partition("@")[0]: row["dataset"].partition("@")[2] for row in rows}


@dataclass(frozen=True)
class Finished:
    """The project after its first run: what the run said, and how long it took in seconds."""

    project: Project
    said: str
    told: str
    seconds: float


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that `make` fills once in a test run: the first worker that asks makes it, while the others wait."""
    whole = factory.getbasetemp()
    # With xdist each worker has a folder of its own, below that of the test run.
    whole = whole.parent if "PYTEST_XDIST_WORKER" in os.environ else whole
    place, complete = whole / name, whole / f"{name}.complete"
    with (whole / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            shutil.rmtree(place, ignore_errors=True)  # of a worker that failed at it
            place.mkdir()
            make(place)
            complete.touch()
    return place


def first_run(factory: pytest.TempPathFactory) -> Finished:
    """The project of `write_project` after its first run; not to be changed, not even by looking at it."""

    def make(place: Path) -> None:
        project = Project(place / HOME)
        write_project(project.home)
        began = time.monotonic()
        done = project("run", "--master", "local[2]")
        told = {"said": done.stdout, "told": done.stderr, "seconds": time.monotonic() - began}
        (place / "told.json").write_text(json.dumps(told), "utf-8")

    made = made_once(factory, "first_run", make)
    return Finished(Project(made / HOME), **json.loads((made / "told.json").read_text("utf-8")))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A project below a folder with a space and Korean letters, run once under LANG=C; tests must not change it."""
    first = first_run(tmp_path_factory)
    # Each worker has a copy: verbs that find nothing to do still take locks in a store.
    return replace(first, project=copy_of(first.project, tmp_path_factory.mktemp("e2e") / HOME))


@pytest.fixture
def copied(finished: Finished, tmp_path: Path) -> Project:
    """A copy of the finished project that a test may change."""
    return copy_of(finished.project, tmp_path / "copy")


def copy_of(project: Project, home: Path) -> Project:
    """The whole project, store included, at another place."""
    shutil.copytree(project.home, home, symlinks=True)
    return Project(home)


@pytest.fixture
def no_java(tmp_path: Path) -> Callable[[], Mapping[str, str]]:
    """An environment whose Java is a trap: it leaves a file behind and fails. Gives a function that sets it."""
    home = tmp_path / "trap"
    (home / "bin").mkdir(parents=True)
    (home / "release").write_text('JAVA_VERSION="17.0.1"\n')
    trap = home / "bin" / "java"
    trap.write_text(f"#!/bin/sh\ntouch '{home}/was-started'\nexit 1\n")
    trap.chmod(0o755)
    return lambda: {"JAVA_HOME": str(home), "MLPIPELINE_CACHE": str(tmp_path / "cache")}
