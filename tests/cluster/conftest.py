"""What every cluster test needs: ports, processes that surely end, a tiny project, and the same run undisturbed.

Each test module here carries `cluster` and one mark of its own (`yarn`, `kubernetes`, `standalone`, `local_cluster`),
so that `pytest -m yarn` runs it alone. Everything listens on 127.0.0.1.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from mlpipeline.cluster.java import find_java
from mlpipeline.spark.archive import java_options
from tests.cluster.processes import Processes
from tests.cluster.yarn_jars import begin_fetch
from tests.e2e.conftest import Finished, Project, copy_of, first_run, made_once
from tests.e2e.corpora import rows, write_project, write_rows

# A cluster of seconds spends its time compiling: half the start-up time with the first compiler and a serial collector.
FAST_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"
BOT = "shop/ko"
_FOREIGN = ("SPARK_", "PYSPARK_", "HADOOP_", "YARN_", "MLPIPELINE_", "KUBECONFIG", "CUDA_")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.cluster)


def pytest_collection_finish(session: pytest.Session) -> None:
    if not session.config.option.collectonly and any(item.get_closest_marker("yarn") for item in session.items):
        begin_fetch()


@lru_cache
def spark_jvm() -> str:
    """FAST_JVM where the class path is this pyspark's (not in pods, not on YARN): classes come from our archive."""
    return f"{FAST_JVM} -Xlog:disable -Xlog:all=error:stderr {java_options(find_java())}".rstrip()


def job_environ() -> dict[str, str]:
    """The environment of a process that starts Spark: nothing of the shell's Spark or Hadoop, one thread a library."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
    cache = {key: os.environ[key] for key in ("MLPIPELINE_CACHE", "MLPIPELINE_MAVEN") if key in os.environ}
    return {
        **kept,
        **cache,
        "JAVA_HOME": str(find_java().home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_HOSTNAME": "localhost",
        "PYSPARK_PYTHON": sys.executable,
        # For what spark-submit starts, which are drivers in client mode too, and what asks a cluster for a driver.
        "SPARK_SUBMIT_OPTS": spark_jvm(),
        "OMP_NUM_THREADS": "1",
        "LC_ALL": "C.UTF-8",
    }


@pytest.fixture(scope="session")
def environ() -> dict[str, str]:
    """`job_environ()`, to be copied and added to."""
    return job_environ()


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    """Starts processes; all of them end with the session."""
    started = Processes()
    try:
        yield started
    finally:
        started.end_all()


def write_tiny(home: Path) -> Path:
    """A project with one bot of a few rows and a fast recipe, below `home`; gives its conf folder."""
    conf = write_project(home, domains=("shop",), langs=("ko",))
    write_rows(home / "corpora" / "shop" / "ko.jsonl", rows("ko", "shop", 64))
    file = conf / "domains" / "shop" / "domain.yaml"
    text = file.read_text("utf-8").replace("train: {epochs: 3, min_steps: 60}", "train: {epochs: 2, min_steps: 20}")
    file.write_text(f"{text}embed: {{encoder: ngram-lsa, dims: 8}}\n", "utf-8")
    return conf


@pytest.fixture
def tiny_conf(tmp_path: Path) -> Path:
    """The conf folder of a project with one tiny bot (BOT); its corpus lies beside it, its store is not there yet."""
    return write_tiny(tmp_path / "tiny")


class ClusterProject(Project):
    """A project whose commands see exactly its own environment."""

    def env(self) -> dict[str, str]:
        return dict(self.environ)


@pytest.fixture
def tiny(tmp_path: Path) -> ClusterProject:
    """The same as a project to run the command line in: tiny("run", "--master", ...), tiny.digests()."""
    home = tmp_path / "project"
    write_tiny(home)
    return ClusterProject(home, job_environ())


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> ClusterProject:
    """The tiny project after a whole run on local[2]: what runs on clusters must equal; not to be changed."""

    def make(place: Path) -> None:
        write_tiny(place / "tiny")
        ClusterProject(place / "tiny", job_environ())("run", "--master", "local[2]")

    return ClusterProject(made_once(tmp_path_factory, "undisturbed", make) / "tiny", job_environ())


@pytest.fixture
def finished_copy(undisturbed: ClusterProject, tmp_path: Path) -> ClusterProject:
    """A copy of the undisturbed project, store included, that a test may change."""
    return ClusterProject(copy_of(undisturbed, tmp_path / "copied").home, undisturbed.environ)


@pytest.fixture
def four_bots(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> ClusterProject:
    """A copy of the finished project of tests/e2e, which has two domains in two languages; a test may change it."""
    first: Finished = first_run(tmp_path_factory)
    return ClusterProject(copy_of(first.project, tmp_path / "four").home, job_environ())
