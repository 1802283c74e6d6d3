"""Spark's own master with two workers of two pretended GPUs: addresses, profiles, allocation, pools, a lost worker."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.conftest import FAST_JVM, ClusterProject, job_environ
from tests.cluster.processes import Processes, members, wait_for
from tests.cluster.standalone_cluster import StandaloneCluster, command_line, start_standalone

pytestmark = pytest.mark.standalone
ROOT = Path(__file__).parents[2]
PATIENCE = 480
LAST = "embed"
# One executor on each worker, from the beginning to the end.
FIXED = {"spark.executor.cores": "2", "spark.dynamicAllocation.enabled": "false"}


@pytest.fixture(scope="module")
def cluster(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> StandaloneCluster:
    """A master and two workers."""
    started = start_standalone(processes, tmp_path_factory.mktemp("standalone"))
    for _ in range(2):
        started.add_worker(gpus=2)
    return started


def drive(app: str, cluster: StandaloneCluster, settings: dict[str, str], *more: str) -> dict[str, Any]:
    """Runs one of tests/cluster/apps as a driver of its own; what it prints."""
    words = [sys.executable, "-m", f"tests.cluster.apps.{app}", cluster.master]
    words += [json.dumps({**cluster.settings, **settings}), *more]
    done = subprocess.run(words, cwd=ROOT, env=job_environ(), capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def gpus(cluster: StandaloneCluster) -> dict[str, Any]:
    """What the driver with GPUs saw."""
    settings = {
        "spark.executor.cores": "2",
        "spark.executor.resource.gpu.amount": "2",
        "spark.task.resource.gpu.amount": "1",
        "spark.scheduler.mode": "FAIR",
        # With dynamic allocation a profile of tasks would want executors of its own.
        "spark.dynamicAllocation.enabled": "false",
    }
    return drive("gpus_and_pools", cluster, settings)


def test_both_workers_offer_their_gpus(cluster: StandaloneCluster):
    workers = cluster.page()["workers"]
    assert [worker["resources"]["gpu"]["addresses"] for worker in workers] == [["0", "1"]] * 2


@pytest.mark.parametrize("way", ["rdd", "arrow"])
def test_each_task_owns_one_address_and_all_are_used(gpus: dict[str, Any], way: str):
    seen = Counter(tuple(row) for row in gpus[way])
    assert {gpu for _, gpu in seen} == {"0", "1"}
    assert len({executor for executor, _ in seen}) == 2
    assert len(seen) == 4, "two executors with two GPUs each"


@pytest.mark.parametrize("way", ["halves", "halves_arrow"])
def test_a_profile_of_tasks_needs_no_executors_of_its_own(gpus: dict[str, Any], way: str):
    assert {gpu for _, gpu in gpus[way]} <= {"0", "1"}
    assert len(gpus[way]) == (8 if way == "halves" else 4)


@pytest.fixture(scope="module", params=["two GPUs an executor", "one GPU an executor"])
def embedded(cluster: StandaloneCluster, request: pytest.FixtureRequest) -> tuple[int, dict[str, Any]]:
    """GPUs of an executor, and what the stage `embed` saw there; of the executors with two, one GPU is lost."""
    gpus = 2 if request.param.startswith("two") else 1
    settings = {
        "spark.executor.cores": str(gpus),
        "spark.executor.resource.gpu.amount": str(gpus),
        "spark.dynamicAllocation.enabled": "false",
        "spark.excludeOnFailure.enabled": "true",
    }
    return gpus, drive("encoders_on_gpus", cluster, settings, *(["gone"] if gpus == 2 else []))


def test_embed_asks_for_gpus_and_other_work_goes_on_without(embedded: tuple[int, dict[str, Any]]):
    _, found = embedded
    assert found["trained"] and all(not row["addresses"] and row["device_id"] is None for row in found["trained"])
    for engine in ("arrow", "rdd"):
        assert found[engine]["equal"], "batches that did not fit were halved"
        assert found[engine]["remarks"] == []
        assert "240 texts in 4 tasks, each with 1 of a GPU" in found[engine]["reasons"][0]


@pytest.mark.parametrize("engine", ["arrow", "rdd"])
def test_the_address_of_a_task_reaches_its_process_and_onnxruntime(embedded: tuple[int, dict[str, Any]], engine: str):
    gpus, found = embedded
    opened = [row for row in found[engine]["told"] if row["what"] == "opened"]
    assert {tuple(row["addresses"]) for row in opened} == {("0",), ("1",)}
    for row in opened:
        (address,) = row["addresses"]
        number, visible = (int(address), None) if gpus == 2 else (0, address)
        assert (row["device_id"], row["visible"]) == (number, visible), row
    models = {(row["process"], row["device_id"]) for row in opened}
    assert len(models) == len(opened), "a process loads a model once for each GPU"
    failed = sum(row["what"] == "gone" for row in found[engine]["told"])
    assert found[engine]["loads"] == found[engine]["gpu_loads"] >= len(models) - 2 * failed
    assert failed or found[engine]["loads"] == len(models)


def test_a_task_whose_gpu_is_gone_is_tried_elsewhere(embedded: tuple[int, dict[str, Any]]):
    gpus, found = embedded
    told = found["arrow"]["told"]
    lost = [row for row in told if row["what"] == "gone"]
    assert len(lost) == (1 if gpus == 2 else 0)
    for row in lost:
        again = [one for one in told if one["attempt"] > 0 and one["what"] == "ran"]
        assert again and {one["partition"] for one in again} == {row["partition"]}
        assert row["executor"] not in {one["executor"] for one in again}


def test_a_small_job_is_not_starved_by_a_large_one(gpus: dict[str, Any]):
    assert gpus["mode"] == "FAIR"
    pools = gpus["pools"]
    # First in, first out would end the small job when all tasks of the large one are done or running.
    assert pools["big_tasks_done_when_small_ended"] < pools["big_tasks"] / 2, pools


def test_executors_come_with_work_and_go_and_a_stage_has_its_own_kind(cluster: StandaloneCluster):
    found = drive("dynamic", cluster, {})
    assert found["before"] == 0
    assert 1 <= found["during"] <= 3
    assert found["after"] == 0
    assert found["plain"] == [""] * 8
    assert len(found["own_kind"]) == 4 and set(found["own_kind"]) <= {"0", "1"} and "" not in found["own_kind"]


def test_an_executor_that_no_worker_can_hold_is_refused_at_once(cluster: StandaloneCluster, tiny: ClusterProject):
    words = spark_words(cluster, {"spark.executor.memory": "64g"})
    done = tiny("run", "--to-stage", "ingest", "--master", cluster.master, *words, expect=1)
    assert len(done.stderr.strip().splitlines()) == 2, done.stderr  # the first word, and what is wrong
    assert "asks for 65536 MB, the largest worker has 2048 MB" in done.stderr
    assert "set spark.executor.memory to 2048m" in done.stderr


def test_small_work_stays_here_and_the_reason_is_told(cluster: StandaloneCluster, tiny: ClusterProject):
    tiny.environ["MLPIPELINE_CLUSTER"] = cluster.master
    here = {"seconds": 5.0, "slots": 2, "measured": date.today().isoformat()}
    (tiny.store / "cache").mkdir(parents=True)
    (tiny.store / "cache" / "sessions.json").write_text(json.dumps({"local[*]": here}), "utf-8")
    done = tiny("run", "--to-stage", "ingest", *spark_words(cluster, {}))
    kept = json.loads((tiny.store / "cache" / "sessions.json").read_text("utf-8"))
    assert kept["local[*]"] == here, "what is kept is not measured again"
    assert kept[cluster.master]["seconds"] > 0 and kept[cluster.master]["measured"] == here["measured"]
    assert kept[cluster.master]["slots"] == 4, "what dynamic allocation may take, and the workers have"
    said = [line for line in done.stderr.splitlines() if "--master overrules" in line]
    assert len(said) == 1 and " here against " in said[0] and cluster.master in said[0], done.stderr
    # What a session costs decides here: there is next to nothing to do, and executors have to start there.
    assert said[0].startswith("on local[*]: ") and "at local[*]" in done.stderr


@pytest.fixture
def running(cluster: StandaloneCluster, tiny: ClusterProject) -> Iterator[subprocess.Popen[bytes]]:
    """`mlpipeline run` of the tiny project on the cluster."""
    words = ["run", "--to-stage", LAST, "--master", cluster.master, *spark_words(cluster, FIXED)]
    process = cluster.processes.start(tiny.command(*words), log=tiny.home / "run.log", env=tiny.env(), cwd=tiny.home)
    try:
        yield process
    finally:
        cluster.processes.end(process)


def spark_words(cluster: StandaloneCluster, more: dict[str, str]) -> list[str]:
    """`--conf spark.key=value` for the command line."""
    settings = {**cluster.settings, **more}
    return [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]


def test_a_worker_lost_in_mid_stage_changes_no_table(
    cluster: StandaloneCluster,
    running: subprocess.Popen[bytes],
    tiny: ClusterProject,
    undisturbed: ClusterProject,
):
    log = tiny.home / "run.log"
    assert FAST_JVM in cluster.settings["spark.executor.extraJavaOptions"]
    # In the middle of a stage of many tasks: split is done, the encoder is being trained.
    assert wait_for(lambda: b"  split " in log.read_bytes() or running.poll() is not None, PATIENCE)
    assert running.poll() is None, log.read_text("utf-8")
    before = set(cluster.executors())
    lost = cluster.workers.pop()
    cluster.processes.end(lost, patience=0)
    assert before - set(cluster.executors()), "the worker had an executor"
    assert running.wait(PATIENCE) == 0, log.read_text("utf-8")
    assert "Traceback" not in log.read_text("utf-8")
    made = tiny.digests()
    assert {"shop/ko/cleaned", "shop/ko/embedding", "*/ko/encoder"} <= set(made)
    assert made.items() <= undisturbed.digests().items()


def test_a_job_without_executors_says_why(cluster: StandaloneCluster, tmp_path: Path):
    """The last test here: it takes the last worker away."""
    words = [sys.executable, "-m", "mlpipeline.spark.overhead", cluster.master, json.dumps(cluster.settings)]
    log = tmp_path / "log"
    waiting = cluster.processes.start(words, log=log, env=job_environ(), cwd=ROOT)
    try:
        # The JVM starts when the workers have been found large enough.
        assert wait_for(lambda: any(b"SparkSubmit" in command_line(one) for one in members(waiting.pid)), PATIENCE)
        while cluster.workers:
            cluster.processes.end(cluster.workers.pop(), patience=0)
        assert wait_for(lambda: b"waiting: no executor for" in log.read_bytes(), PATIENCE), log.read_text("utf-8")
    finally:
        cluster.processes.end(waiting, patience=0)
    assert "the master has lost its workers" in log.read_text("utf-8")
