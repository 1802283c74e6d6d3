"""Driver against executors, and the processes of a session: on real processes where that needs no JVM."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mlpipeline.cluster.doctor.compare import differences
from mlpipeline.cluster.doctor.probe import Probe, probe, probe_partition
from mlpipeline.spark.processes import ProcessTree, Reading, read_session

HERE = probe(("pyspark", "numpy", "pyarrow", "no-such-library"))
SPAN = (HERE["time"] - 1.0, HERE["time"] + 1.0)


def found(
    change: dict[str, Any], driver: dict[str, Any] | None = None, *, is_local: bool = False
) -> list[tuple[str, str]]:
    executor: Any = {**HERE, "host": "node1", "host_resolves": True, **change}
    own: Any = {**HERE, "host_resolves": True, **(driver or {})}
    told = differences(own, [executor], SPAN, is_local=is_local)
    return [(one.name, one.severity) for one in told]


def test_the_probe_sees_this_process():
    assert HERE["python"].startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")
    assert set(HERE["versions"]) == {"pyspark", "numpy", "pyarrow"}
    assert HERE["broken"] == {}
    assert (HERE["memory"] or 0) > (HERE["memory_free"] or 0) > 0
    assert HERE["temp_free"] > 0 and HERE["cores"] > 0


def test_a_task_gives_one_probe():
    assert [one["executable"] for one in probe_partition(iter([1, 2]))] == [sys.executable]


def test_a_library_that_cannot_be_loaded_is_told(tmp_path, monkeypatch):
    (tmp_path / "orjson.py").write_text("import a_part_that_is_gone\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "orjson", raising=False)
    assert "a_part_that_is_gone" in probe(("orjson",))["broken"]["orjson"]


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in HERE["versions"].items() if key != name}


DIFFERENCES = [
    ({}, []),
    ({"python": "3.9.1"}, [("python", "critical")]),
    ({"python": HERE["python"].rpartition(".")[0] + ".99"}, []),
    ({"versions": without("numpy")}, [("library-missing", "critical")]),
    ({"versions": {**HERE["versions"], "numpy": "1.0.0"}}, [("library-version", "severe")]),
    ({"versions": {**HERE["versions"], "numpy": HERE["versions"]["numpy"] + "1"}}, [("library-version", "low")]),
    ({"broken": {"numpy": "ImportError: libblas"}, "versions": without("numpy")}, [("library-broken", "critical")]),
    ({"encoding": "ANSI_X3.4-1968"}, [("locale", "severe")]),
    ({"host_resolves": False}, [("host-name", "moderate")]),
    ({"temp_free": 100 << 20}, [("temp-space", "severe")]),
    ({"memory_free": 300 << 20}, [("memory", "severe")]),
    ({"memory_free": 9 << 30, "memory_limit": 512 << 20}, [("memory", "severe")]),
    ({"memory_free": None, "memory_limit": None}, []),
    ({"time": HERE["time"] + 120.0}, [("clock", "moderate")]),
    ({"time": HERE["time"] - 120.0}, [("clock", "moderate")]),
    ({"system": "Linux aarch64"}, [("system", "severe")]),
]


@pytest.mark.parametrize(("change", "told"), DIFFERENCES)
def test_what_differs_is_named(change: dict[str, Any], told: list[tuple[str, str]]):
    assert found({"memory_free": 9 << 30, "memory_limit": None, "temp_free": 9 << 30, **change}) == told


def test_the_drivers_own_name_matters_on_a_cluster_only():
    assert ("host-name", "severe") in found({}, {"host_resolves": False})
    assert ("host-name", "severe") not in found({}, {"host_resolves": False}, is_local=True)


def test_one_difference_of_many_executors_is_told_once_with_its_hosts():
    old: Probe = {**HERE, "host_resolves": True, "python": "3.9.1"}
    executors: list[Probe] = [{**old, "host": host} for host in ("b", "a", "b")]
    (one,) = differences({**HERE, "host_resolves": True}, executors, SPAN, is_local=False)
    assert one.where == "a, b" and one.proof["executors"] == 3 and one.fix


CHILD = "x = bytearray(60 << 20); sum(range(9_000_000)); del x; print(1, flush=True); input()"
PARENT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "{CHILD}"], stdin=subprocess.PIPE)
time.sleep(60)
"""


@pytest.fixture
def tree() -> Iterator[ProcessTree]:
    """A process with a child that has computed a little and held 60 MB, as a JVM has its workers."""
    process = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert process.stdout is not None and process.stdout.readline() == b"1\n"
        yield ProcessTree(process.pid)
    finally:
        for number in ProcessTree(process.pid).descendants():
            subprocess.run(["kill", str(number)], check=False)
        process.kill()
        process.communicate()


def test_the_cpu_and_memory_of_a_tree_are_those_of_all_its_processes(tree: ProcessTree):
    assert len(tree.descendants()) == 1
    cpu = tree.cpu()
    assert cpu is not None and cpu > 0.05
    own, child = tree.peaks_mb()
    assert own is not None and child is not None
    assert child > own > 1.0 and child > 60.0


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="this kernel keeps peaks")
def test_peaks_start_anew_from_what_is_held_now(tree: ProcessTree):
    before = tree.peaks_mb()[1]
    tree.forget_peaks()
    after = tree.peaks_mb()[1]
    assert before is not None and after is not None
    assert 0.0 < after < before - 40.0


def test_a_tree_that_is_gone_reads_as_nothing():
    assert ProcessTree(None).cpu() is None and ProcessTree(None).peaks_mb() == (None, None)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert ProcessTree(gone.pid).cpu() == 0.0
    ProcessTree(gone.pid).forget_peaks()


def test_what_is_used_between_two_readings():
    assert Reading(5.0, 2.0, 1.0, 300.0, 70.0).since(Reading(3.0, 0.5, 1.0, 400.0)) == Reading(
        2.0, 1.5, 0.0, 300.0, 70.0
    )
    assert Reading(5.0, 2.0, 1.0).since(Reading(1.0)) == Reading(4.0, 2.0, 1.0)
    assert Reading().since(Reading(1.0)).cpu is None


def test_before_the_session_this_process_alone_is_read():
    begun = read_session(None)
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    used = read_session(None).since(begun).cpu
    assert used is not None and used >= 0.05
