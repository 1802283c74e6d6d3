"""Executors in processes of their own without a cluster; and which partitions are read, proven by metrics."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlpipeline.catalog import MAKER, NEEDS
from mlpipeline.cluster.doctor.events import read_log
from mlpipeline.cluster.doctor.model import AppLog, Node
from mlpipeline.cluster.environment import pyspark_folder
from tests.cluster.apps.pruning import LANGS
from tests.cluster.conftest import ClusterProject, job_environ, spark_jvm

pytestmark = pytest.mark.local_cluster
ROOT = Path(__file__).parents[2]
PATIENCE = 480


def test_two_executors_make_the_same_tables_as_one_process(finished_copy: ClusterProject, undisturbed: ClusterProject):
    """Embed, in whose tasks two executors train and use an encoder; test_standalone.py has the stages before it."""
    folder = pyspark_folder()
    assert folder is not None
    before, versions = set((folder / "work").glob("app-*")), finished_copy.versions()
    settings = ["spark.executor.memory=512m", f"spark.executor.extraJavaOptions={spark_jvm()}"]
    words = [word for text in settings for word in ("--conf", text)]
    only = ("--from-stage", "embed", "--to-stage", "embed", "--renew-encoder")
    done = finished_copy("run", *only, "--master", "local-cluster[2,1,512]", *words)
    assert "at local-cluster[2,1,512]" in done.stderr
    made = {name for name, version in finished_copy.versions().items() if version != versions[name]}
    assert {"shop/ko/embedding", "*/ko/encoder"} <= made
    assert finished_copy.digests() == undisturbed.digests()
    left = set((folder / "work").glob("app-*")) - before
    assert not left, "Spark leaves the executors' folders there; the session does not"


def log_settings(folder: Path) -> dict[str, str]:
    """A small event log in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return {"spark.eventLog.enabled": "true", "spark.eventLog.dir": folder.as_uri()}


def read_only_log(folder: Path) -> AppLog:
    (path,) = folder.iterdir()
    return read_log(path, NEEDS)


def scans(app: AppLog) -> Iterator[tuple[str, str, int]]:
    """(description of the query, table, partitions read) of every scan of a partitioned table that really ran."""
    for query in app.queries.values():
        waiting = [query.plan] if query.plan is not None else []
        while waiting:
            node = waiting.pop()
            waiting += node.children
            read = partitions_read(node, query.driver_metrics)
            if read is not None:
                yield query.description, table_of(node), read


def partitions_read(node: Node, metrics: dict[int, int]) -> int | None:
    number = node.metrics.get("number of partitions read")
    return metrics.get(number) if number is not None else None


def table_of(node: Node) -> str:
    return node.metadata.get("Location", "").rstrip("]").rstrip("/").rpartition("/")[2]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, int], dict[str, int]]:
    """(rows found, partitions read) of each way to read a table of eight partitions."""
    home = tmp_path_factory.mktemp("pruning")
    words = [sys.executable, "-m", "tests.cluster.apps.pruning", "local[2]"]
    words += [json.dumps(log_settings(home / "log")), str(home / "store")]
    done = subprocess.run(words, cwd=ROOT, env=job_environ(), capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr[-3000:]
    read = {way: count for way, table, count in scans(read_only_log(home / "log")) if table == "planted"}
    return dict(json.loads(done.stdout.splitlines()[-1])), read


@pytest.mark.parametrize(
    ("way", "partitions"),
    [
        ("join", 2),
        ("join then python", 2),
        ("python then join", len(LANGS)),
        ("one bot", 1),
        ("one bot then python", 1),
    ],
)
def test_partitions_read(planted: tuple[dict[str, int], dict[str, int]], way: str, partitions: int):
    rows, read = planted
    assert rows[way] == (50 if way.startswith("one bot") else 100)
    assert read[way] == partitions


def test_a_run_for_one_bot_reads_its_partitions_only(four_bots: ClusterProject, tmp_path: Path):
    words = [f"{key}={value}" for key, value in log_settings(tmp_path / "log").items()]
    four_bots("run", "--select", "shop/ko", "--renew-encoder", "--set", "clean.max_chars=900", "--to-stage", "embed",
              "--master", "local[2]", *[word for text in words for word in ("--conf", text)])  # fmt: skip
    read: dict[str, set[int]] = {}
    for _, table, count in scans(read_only_log(tmp_path / "log")):
        if table in MAKER:  # Delta reads its own log too
            read.setdefault(table, set()).add(count)
    # Four bots have rows in these tables. The encoder is trained on both bots of its language, all else reads one.
    assert {name: read[name] for name in ("utterance", "cleaned")} == {"utterance": {1}, "cleaned": {1, 2}}, read
    assert all(counts <= {0, 1} for name, counts in read.items() if name != "cleaned"), read
