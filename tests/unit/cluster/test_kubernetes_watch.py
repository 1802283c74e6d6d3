"""What is told while an application runs on Kubernetes; pods are entries of a stand-in API server, nothing runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.cluster.submission.job_end import Finished
from mlpipeline.cluster.submission.kubernetes import Kubernetes
from tests.cluster.fake_kubernetes_api import Api, serve
from tests.cluster.fake_kubernetes_objects import Objects
from tests.cluster.processes import wait_for

IMAGE = "registry.example/x:1"


@dataclass
class Server:
    """A stand-in with a namespace `ml`; `log` is what every pod has printed."""

    address: str
    objects: Objects
    log: list[bytes] = field(default_factory=list)

    def pod(self, name: str, role: str, phase: str, **status: Any) -> None:
        """Adds a pod of the application `spark-1`, or changes its state."""
        labels = {"spark-role": role, "spark-app-selector": "spark-1"}
        rows = [{"name": "main", "state": status.pop("state")}] if "state" in status else []
        found = {"phase": phase, "containerStatuses": rows, **status}
        limits = {"limits": {"memory": "1433Mi"}}
        spec = {"containers": [{"name": "main", "image": IMAGE, "resources": limits}]}
        self.objects.add("ml", "pods", {"metadata": {"name": name, "labels": labels}, "spec": spec})
        self.objects.change("ml", "pods", name, lambda value: value.update(status=found))


@pytest.fixture
def server() -> Iterator[Server]:
    objects = Objects()
    objects.namespaces.add("ml")
    found = Server("", objects)
    with serve(Api(objects, lambda namespace, name: b"".join(found.log))) as found.address:
        yield found


@dataclass
class Watched:
    """A judge that watches in a thread; `told` is what it says, `given_up` why it ended the job."""

    monitor: Kubernetes
    job: Submission
    application: str
    told: list[str] = field(default_factory=list)
    given_up: str | None = None

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        self.given_up = self.monitor.watch(self.job, self.application, self.told.append, self._stop)

    def hears(self, text: str) -> bool:
        return wait_for(lambda: any(text in line for line in self.told), 10, step=0.02)

    def ends(self) -> None:
        self._thread.join(10)
        assert not self._thread.is_alive()

    def stop(self) -> None:
        self._stop.set()
        self.ends()


def monitor_of(server: Server, mode: str, **more: Any) -> tuple[Kubernetes, Submission]:
    job = Submission("local:///x.py", (), f"k8s://{server.address}", mode, {"spark.kubernetes.namespace": "ml"})
    return Kubernetes(job, {"PATH": "", "HOME": "/nowhere"}, poll=0.02, **{"pending_after": 0.05, **more}), job


def test_a_drivers_words_are_shown_once_and_sparks_are_not(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    monitor, job = monitor_of(server, "cluster")
    server.pod("d", "driver", "Running", state={"running": {}})
    server.log.append(b"2026-11-21T09:00:00.100000000Z first\n")
    watched = Watched(monitor, job, "ml:d")
    seen: list[str] = []

    def shown(text: str) -> bool:
        seen.append(capsys.readouterr().out)
        return text in "".join(seen)

    assert wait_for(lambda: shown("first"), 10, step=0.02)
    server.log.append(b"2026-11-21T09:00:00.200000000Z 26/11/21 09:00:00 INFO SparkContext: Running\n")
    server.log.append(b"2026-11-21T09:00:00.300000000Z second\n")
    assert wait_for(lambda: shown("second"), 10, step=0.02)
    server.log.append(b"2026-11-21T09:00:01.000000000Z ValueError: no rows\n")
    server.pod("d", "driver", "Failed", state={"terminated": {"exitCode": 3, "reason": "Error"}})
    watched.ends()
    job_end = monitor.end_of(job, Finished(0, application_id="ml:d"))
    seen += [capsys.readouterr().out, job_end.driver_output or ""]
    assert "".join(seen) == "first\nsecond\nValueError: no rows\n"
    assert (job_end.code, job_end.cause) == (3, "the driver ended with exit code 3: ValueError: no rows")
    assert job_end.fix == "its output: kubectl logs -n ml d"


def test_a_driver_that_no_node_takes_is_told_and_given_up_when_asked(server: Server) -> None:
    monitor, job = monitor_of(server, "cluster", pending_timeout=0.5)
    unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes: cpu."}
    server.pod("d", "driver", "Pending", conditions=[unscheduled])
    watched = Watched(monitor, job, "ml:d")
    assert watched.hears("waiting: d has not started: no node takes it: 0/3 nodes: cpu.")
    watched.ends()
    assert watched.given_up is not None and watched.given_up.endswith("its pod is deleted")
    assert server.objects.get("ml", "pods", "d") is None
    job_end = monitor.end_of(job, Finished(-15, application_id="ml:d", given_up=watched.given_up))
    assert (job_end.code, job_end.cause) == (1, watched.given_up)
    assert "kubectl describe pod" in (job_end.fix or "")
    assert len([line for line in watched.told if "no node" in line]) == 1, "told once"


def test_a_driver_that_may_yet_start_is_waited_for(server: Server) -> None:
    monitor, job = monitor_of(server, "cluster", hopeless_after=0.0)
    server.pod("d", "driver", "Pending", state={"waiting": {"reason": "ContainerCreating"}})
    watched = Watched(monitor, job, "ml:d")
    assert watched.hears("has not started: ContainerCreating")
    watched.stop()
    assert watched.given_up is None


def test_executors_without_an_image_are_told_in_client_mode(server: Server) -> None:
    monitor, job = monitor_of(server, "client")
    starved = "spark-log WARN TaskSchedulerImpl: Initial job has not accepted any resources; check your cluster UI"
    assert monitor.find_application(starved) is None, "there are no pods yet"
    server.pod("e-1", "executor", "Pending", state={"waiting": {"reason": "ImagePullBackOff", "message": "m"}})
    assert monitor.find_application("anything else") is None
    assert monitor.find_application(starved) == "spark-1"
    watched = Watched(monitor, job, "spark-1")
    said = f"1 of 1 executors have not started: the image {IMAGE} cannot be pulled (ImagePullBackOff: m)"
    assert watched.hears(said)
    watched.stop()


def test_executors_killed_for_their_memory_are_part_of_the_cause(server: Server) -> None:
    monitor, job = monitor_of(server, "cluster")
    server.pod("d", "driver", "Running", state={"running": {}})
    for name in ("e-1", "e-2"):
        server.pod(name, "executor", "Failed", state={"terminated": {"exitCode": 137, "reason": "OOMKilled"}})
    watched = Watched(monitor, job, "ml:d")
    assert watched.hears("e-2 was killed for its memory (OOMKilled, limit 1433Mi)")
    server.pod("d", "driver", "Failed", state={"terminated": {"exitCode": 1, "reason": "Error"}})
    watched.ends()
    job_end = monitor.end_of(job, Finished(0, application_id="ml:d"))
    assert job_end.code == 1
    assert (job_end.cause or "").startswith(
        "2 executors were killed for their memory (OOMKilled, limit 1433Mi); the driver"
    )
    assert "spark.executor.memoryOverhead" in (job_end.fix or "")


def test_a_pod_that_somebody_deleted_is_judged_by_what_spark_submit_said(server: Server) -> None:
    monitor, job = monitor_of(server, "cluster")
    job_end = monitor.end_of(job, Finished(0, ("exit code: 4 | termination reason: Error",), application_id="ml:gone"))
    assert (job_end.code, job_end.cause) == (4, "the driver ended with exit code 4")
