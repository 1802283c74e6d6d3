"""Sizing: the worked examples of the guides to the megabyte, what is refused, and never more than a node has."""

from __future__ import annotations

import json
import math
import re
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.catalog import NEEDS
from mlpipeline.cli.main import main
from mlpipeline.cluster.defaults import parse_defaults
from mlpipeline.cluster.sizing.cluster import (
    Ask,
    Need,
    gpu_amount,
    need_of,
    python_megabytes,
    size_cluster,
    stage_overhead_mb,
)
from mlpipeline.cluster.sizing.guides import (
    GUIDES,
    kubernetes_pod_mb,
    largest_heap_mb,
    overhead_mb,
    rounded_up,
    serverless_worker_gb,
)
from mlpipeline.cluster.units import as_bytes, as_microseconds, as_text, megabytes
from mlpipeline.errors import UsageError
from tests.properties import examples

GB = 1024
need, worker_mb = partial(need_of, NEEDS), partial(python_megabytes, NEEDS)


def test_cloudera_2015() -> None:
    """6 nodes of 16 cores and 64 GB on YARN: 17 executors of 5 cores and 19 GB."""
    found = size_cluster(6, 16, 64 * GB, guide=GUIDES["cloudera"])
    assert (found.per_node, found.cores, found.executors) == (3, 5, 17)
    assert found.heap_mb == 19 * GB


def test_cloudera_with_the_overhead_of_today() -> None:
    """The same with 10 %: 1945 MB beside 19 GB, 21401 rounded up to 21504, three of them exactly 63 GB."""
    found = size_cluster(6, 16, 64 * GB)
    assert (found.executors, found.per_node, found.cores) == (17, 3, 5)
    assert (found.heap_mb, found.overhead_mb) == (19456, 1945)
    assert found.heap_mb + found.overhead_mb == 21401
    assert found.container_mb == 21504
    assert found.per_node * found.container_mb == 64512 == 63 * GB
    assert found.waste == {"cores": 0.0, "memory": 0.0}


def test_aws_emr_blog() -> None:
    """19 core nodes r5.12xlarge: 9 executors each, 37 GB + 5 GB, 170 of them, parallelism 1700."""
    found = size_cluster(19, 48, 384 * GB, guide=GUIDES["emr"])
    assert (found.per_node, found.cores, found.executors) == (9, 5, 170)
    assert (found.heap_mb, found.overhead_mb) == (37 * GB, 5 * GB)
    assert found.shuffle_partitions == 1700


def test_ten_nodes() -> None:
    """10 x 16 cores x 64 GB: 29 executors of 5 cores and 19 GB, by the old rule and by ours."""
    for guide in ("cloudera", "ours"):
        found = size_cluster(10, 16, 64 * GB, guide=GUIDES[guide])
        assert (found.executors, found.cores, found.heap_mb) == (29, 5, 19 * GB)


def test_counted_over_the_cluster() -> None:
    """5 x 12 cores x 48 GB: 55 - 1 cores, 235 - 1 GB, 10 executors, 23 GB raw, 20 GB heap."""
    found = size_cluster(5, 12, 48 * GB, guide=GUIDES["pooled"])
    assert (found.executors, found.cores, found.heap_mb) == (10, 5, 20 * GB)
    part = next(line for line in found.lines if line.name == "part of an executor")
    assert megabytes(part.value) // GB == 23


def test_rapids() -> None:
    """16 cores, heap 32768m, 4096m pinned: overhead 7372m, a sixteenth of a GPU for a task, one executor a GPU."""
    assert overhead_mb(32768, pinned_mb=4096) == 7372
    assert gpu_amount(16) == "0.0625"
    ask = Ask(executor_cores=16, task_cpus=1, tasks_per_gpu=16, deploy_mode="client")
    found = size_cluster(4, 36, 256 * GB, 2, "standalone", Need(gpu=True, pinned_mb=4096), ask=ask)
    assert (found.per_node, found.cores, found.slots) == (2, 16, 16)
    assert found.settings["spark.task.resource.gpu.amount"] == "0.0625"
    assert found.overhead_mb == overhead_mb(found.heap_mb, pinned_mb=4096) == int(found.heap_mb * 0.1) + 4096


def test_emr_since_5() -> None:
    """A factor of 0.1875: 24 GB / 1.1875 = 20.2 GB of heap."""
    heap = largest_heap_mb(24 * GB, 0.1875)
    assert heap + overhead_mb(heap, 0.1875) <= 24 * GB < heap + 1 + overhead_mb(heap + 1, 0.1875)
    assert round(heap / GB, 1) == 20.2


def test_kubernetes_pods() -> None:
    """Seen in pods: 2g and 1g in cluster mode with Python, 700m in client mode."""
    assert kubernetes_pod_mb(2 * GB, python_cluster_mode=True) == 2867
    assert kubernetes_pod_mb(1 * GB, python_cluster_mode=True) == 1433
    assert kubernetes_pod_mb(700, python_cluster_mode=False) == 1084


@pytest.mark.parametrize(
    ("cores", "memory_mb", "gigabytes"),
    [(1, 1, 2), (1, 8 * GB, 8), (2, 9 * GB + 1, 10), (4, 30 * GB, 30), (8, 17 * GB, 20), (8, 60 * GB, 60),
     (16, 33 * GB, 40), (16, 120 * GB, 120)],
)  # fmt: skip
def test_emr_serverless(cores: int, memory_mb: int, gigabytes: int) -> None:
    assert serverless_worker_gb(cores, memory_mb) == gigabytes


@pytest.mark.parametrize(("cores", "memory_mb"), [(3, 1), (1, 8 * GB + 1), (16, 121 * GB)])
def test_emr_serverless_has_no_such_worker(cores: int, memory_mb: int) -> None:
    with pytest.raises(UsageError):
        serverless_worker_gb(cores, memory_mb)


@pytest.mark.parametrize("guide", ["databricks", "emr-maximize"])
def test_one_executor_a_node(guide: str) -> None:
    found = size_cluster(4, 16, 64 * GB, guide=GUIDES[guide])
    assert (found.per_node, found.cores) == (1, 15)


def test_korean_workers_are_counted() -> None:
    """Five workers with Kiwi of 652 MB each: heap gives way, the container stays."""
    found = size_cluster(6, 16, 64 * GB, need=need("clean", "ko"))
    assert (found.heap_mb, found.overhead_mb, found.container_mb) == (16 * GB, 1638 + 5 * 652, 21504)
    assert found.overhead_mb == stage_overhead_mb(NEEDS, "clean", "ko", 5, 16 * GB)
    forgot = size_cluster(6, 16, 64 * GB, need=need("clean", "ko"), guide=GUIDES["cloudera"])
    assert any("forgets Python" in note and "3260" in note for note in forgot.notes)


def test_all_languages_in_one_job_keep_every_tool() -> None:
    alone = [worker_mb("clean", lang)[0] for lang in ("ko", "ja", "zh-Hans", "th", "vi", "en")]
    assert worker_mb("clean", None)[0] == sum(alone) - 5 * 140
    assert worker_mb("clean", "fr")[0] == worker_mb("clean", "ko")[0] == 652, "without a measured tool: the largest"
    assert worker_mb("ingest", "ko")[0] == 140, "no words are looked at"
    assert worker_mb(None, "ko")[0] == max(worker_mb(stage, "ko")[0] for stage in NEEDS)


def test_gpus() -> None:
    """One executor a GPU; cores and GPU allow equally many tasks; the driver costs no GPU."""
    found = size_cluster(6, 16, 64 * GB, 1, "k8s", need("embed", "ko"))
    assert found.executors == 6
    amount = float(found.settings["spark.task.resource.gpu.amount"])
    cores, cpus = int(found.settings["spark.executor.cores"]), int(found.settings["spark.task.cpus"])
    assert cores % cpus == 0 and math.floor(1 / amount) == cores // cpus == found.slots
    assert found.settings["spark.executor.resource.gpu.vendor"] == "nvidia.com"
    assert "spark.executor.resource.gpu.amount" not in size_cluster(6, 16, 64 * GB, 1, need=need("clean")).settings


@given(st.integers(1, 200))
def test_a_share_of_a_gpu_counts_as_spark_counts(tasks: int) -> None:
    amount = float(gpu_amount(tasks))
    assert math.floor(1 / amount) == tasks and (amount == 1 or amount <= 0.5)


def test_driver_and_application_master() -> None:
    cluster, client = (size_cluster(6, 16, 64 * GB, ask=Ask(deploy_mode=mode)) for mode in ("cluster", "client"))
    assert cluster.driver_mb == 4 * GB and client.driver_mb == 1 * GB == rounded_up(512 + 384, GB)
    assert cluster.executors == client.executors == 17, "nothing is left on a node beside three executors"
    roomy = Ask(deploy_mode="client", executor_cores=5)
    assert size_cluster(6, 17, 71 * GB, ask=roomy).executors == 18, "a core and memory are left on each node"
    standalone = size_cluster(6, 16, 64 * GB, master="standalone")
    assert (standalone.executors, standalone.driver_mb) == (18, 0)
    assert "spark.executor.memoryOverhead" not in standalone.settings
    assert standalone.settings["spark.cores.max"] == "90"


def test_shuffle_partitions() -> None:
    assert size_cluster(6, 16, 64 * GB).shuffle_partitions == 3 * 17 * 5
    assert size_cluster(6, 16, 64 * GB, ask=Ask(shuffle_mb=100 * GB)).shuffle_partitions == 800


def test_small_memory_leaves_cores_idle_and_says_so() -> None:
    found = size_cluster(4, 16, 8 * GB, need=need("export"))
    assert found.slots * found.per_node < 15 and found.heap_mb >= 450
    assert any("memory fills up" in note for note in found.notes)


REFUSED = [
    ({"ask": Ask(reserved_cores=0)}, "16 of 16 cores"),
    ({"ask": Ask(executor_cores=16)}, "16 of 16 cores"),
    ({"ask": Ask(executor_cores=20)}, "20 cores on nodes that have 15"),
    ({"ask": Ask(executor_cores=2, task_cpus=4)}, "tasks of 4 cores"),
    ({"ask": Ask(executor_cores=5, task_cpus=2)}, "1 would always stand idle"),
    ({"ask": Ask(executor_cores=10, task_cpus=1, tasks_per_gpu=4), "gpus": 1}, "leave 6 of 10 cores idle"),
    ({"gpus": 40}, "40 GPUs with an executor of 1 cores"),
    ({"gpus": 4, "ask": Ask(executor_cores=8)}, "4 GPUs with an executor of 8 cores"),
    ({"gpus": 4, "ask": Ask(tasks_per_gpu=8)}, "3 cores for each GPU hold no such tasks"),
    ({"gpus": -1}, "less than one"),
    ({"memory_mb": 1200}, "Spark wants 450"),
    ({"memory_mb": 2 * GB, "need": need("export")}, "Spark wants 450"),
    ({"memory_mb": 900}, "nothing left"),
    ({"cores": 1}, "nothing left"),
    ({"nodes": 0}, "0 nodes"),
    ({"nodes": 1, "memory_mb": 20 * GB, "ask": Ask(executor_cores=15)}, "only place"),
    ({"master": "local[*]"}, "no executors to size"),
    ({"master": "yarm"}, "no master"),
]


@pytest.mark.parametrize(("changed", "what"), REFUSED)
def test_refused(changed: dict[str, object], what: str) -> None:
    given_ = {"nodes": 6, "cores": 16, "memory_mb": 64 * GB, **changed}
    with pytest.raises(UsageError) as caught:
        size_cluster(**given_)  # type: ignore[arg-type]
    assert what in str(caught.value) and caught.value.fix


STAGE_NAMES = st.sampled_from([None, *NEEDS])


@examples(400)
@given(
    nodes=st.integers(1, 40),
    cores=st.integers(1, 128),
    memory_mb=st.integers(512, 1024 * GB),
    gpus=st.integers(0, 8),
    master=st.sampled_from(["yarn", "k8s", "standalone"]),
    stage=STAGE_NAMES,
    lang=st.sampled_from([None, "ko", "th", "fr"]),
    guide=st.sampled_from(sorted(GUIDES)),
    ask=st.builds(
        Ask,
        reserved_cores=st.none() | st.integers(0, 4),
        executor_cores=st.none() | st.integers(1, 64),
        task_cpus=st.none() | st.integers(1, 8),
        tasks_per_gpu=st.none() | st.integers(1, 8),
        deploy_mode=st.sampled_from(["client", "cluster"]),
        container_step_mb=st.none() | st.sampled_from([1, 128, 512, 1024]),
        shuffle_mb=st.none() | st.integers(1, 10**6),
    ),
)
def test_never_more_than_a_node_has(nodes, cores, memory_mb, gpus, master, stage, lang, guide, ask) -> None:  # type: ignore[no-untyped-def]
    try:
        found = size_cluster(nodes, cores, memory_mb, gpus, master, need(stage, lang), guide=GUIDES[guide], ask=ask)
    except UsageError as error:
        assert error.fix
        return
    assert found.per_node * found.cores < cores
    assert found.per_node * found.container_mb < memory_mb
    assert found.heap_mb + found.overhead_mb <= found.container_mb
    assert found.heap_mb >= 450 and found.slots >= 1 and found.executors >= 1
    assert found.executors <= found.per_node * nodes
    assert found.per_node <= gpus or "spark.executor.resource.gpu.amount" not in found.settings
    assert all(0 <= part <= 1 for part in found.waste.values())
    if guide == "ours":
        assert found.overhead_mb >= found.slots * need(stage, lang).python_mb
        # Driver and executors together, counted on the worst node.
        free = nodes * found.per_node - found.executors
        if not free and found.driver_mb:
            assert found.per_node * found.container_mb + found.driver_mb <= memory_mb


def test_the_verb(capsys: pytest.CaptureFixture[str], tmp_path) -> None:  # type: ignore[no-untyped-def]
    words = ["size", "--nodes", "6", "--cores", "16", "--memory", "64g"]
    assert main([*words, "--no-python"]) == 0
    text = capsys.readouterr().out
    for word in ("executors", "17", "19g", "1945m", "Cloudera", "spark.executor.memoryOverhead"):
        assert word in text
    file = tmp_path / "ours.conf"
    assert main([*words, "--stage", "clean", "--lang", "ko", "--json", "--to", str(file)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["settings"] == parse_defaults(file.read_text(encoding="utf-8"), "x")
    assert told["settings"]["spark.executor.memoryOverhead"] == "4898m"
    assert all(line["rule"] and line["source"] for line in told["lines"])
    assert main([*words, "--reserved-cores", "0"]) == 2
    assert "16 of 16 cores" in capsys.readouterr().err
    assert main(["size", "--nodes", "6", "--cores", "16", "--memory", "64"]) == 2
    assert "64g or 64m" in capsys.readouterr().err
    assert main([*words, "--stage", "clena"]) == 2
    assert "did you mean clean" in capsys.readouterr().err


def test_amounts_and_times() -> None:
    assert [as_bytes(text, "m") for text in ("5", "1g", "2kb", "7B")] == [5 * 2**20, 2**30, 2048, 7]
    assert [as_microseconds(text) for text in ("2", "3ms", "1min", "1h")] == [2 * 10**6, 3000, 6 * 10**7, 36 * 10**8]
    assert as_text(19456) == "19g" and as_text(1945) == "1945m"
    for wrong in ("1.5g", "4GiB", "four", "4 g", ""):
        with pytest.raises(ValueError, match="write"):
            as_bytes(wrong)
    with pytest.raises(ValueError, match="1536m"):
        as_bytes("1.5g")


def test_the_document_shows_what_is_printed() -> None:
    text = (Path(__file__).parents[3] / "docs" / "sizing.md").read_text(encoding="utf-8")
    shown = re.search(r"^```text\nwhat  .*?\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert shown
    found = size_cluster(6, 16, 64 * GB, need=need("clean", "ko"))
    printed = {(line.name, line.value, line.rule) for line in found.lines}
    lines = [tuple(re.split(r"  +", line)[:3]) for line in shown[1].splitlines()]
    assert len(lines) > 5 and set(lines) <= printed
