"""What pods, and the last lines of spark-submit, mean in words."""

from __future__ import annotations

from typing import Any

import pytest

from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.cluster.submission.job_end import Finished
from mlpipeline.cluster.submission.kubernetes import Kubernetes
from mlpipeline.cluster.submission.kubernetes_messages import by_block, monitored_client, refused
from mlpipeline.cluster.submission.kubernetes_pods import Pod, ended, fix_waiting, program_output, waits_for


def pod(phase: str, state: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    name = "spark-kubernetes-driver"
    rows = [{"name": "side-car", "state": {"running": {}}}, {"name": name, "state": state}] if state else []
    limits = {"memory": "1433Mi"}
    containers = [{"name": "side-car"}, {"name": name, "image": "r/x:1", "resources": {"limits": limits}}]
    return {
        "metadata": {"name": "p"},
        "spec": {"containers": containers},
        "status": {"phase": phase, **({"containerStatuses": rows} if rows else {}), **status},
    }


def terminated(code: int, reason: str = "Error") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason}}


@pytest.mark.parametrize(
    ("found", "output", "code", "cause"),
    [
        (pod("Succeeded", terminated(0, "Completed")), "", 0, None),
        (pod("Failed", terminated(3)), "", 3, "the driver ended with exit code 3"),
        (
            pod("Failed", terminated(1)),
            "ValueError: no rows\n",
            1,
            "the driver ended with exit code 1: ValueError: no rows",
        ),
        (
            pod("Failed", terminated(1)),
            "error: shop/ko: empty\n",
            1,
            "the driver ended with exit code 1, for the reason above",
        ),
        (
            pod("Failed", terminated(1)),
            "2026-11-30T14:00:00.000+00:00 ERROR   mlpipeline.cli: error: shop/ko: empty\n",
            1,
            "the driver ended with exit code 1, for the reason above",
        ),
        (
            pod("Failed", terminated(1)),
            '{"level": "ERROR", "logger": "mlpipeline.cli", "message": "error: shop/ko: empty"}\n',
            1,
            "the driver ended with exit code 1, for the reason above",
        ),
        (pod("Failed", terminated(137, "OOMKilled")), "", 137, "killed for its memory (OOMKilled, limit 1433Mi)"),
        (pod("Failed", terminated(143)), "", 143, "the driver was ended by signal 15"),
        (
            pod("Failed", terminated(1)),
            "  File 'job.py'\nModuleNotFoundError: No module named 'mlpipeline.spark'\n",
            1,
            "the image r/x:1 has no Python module mlpipeline",
        ),
        (
            pod("Failed", terminated(1)),
            "PythonException: ...\nModuleNotFoundError: No module named 'kiwipiepy'\n",
            1,
            "an executor cannot import kiwipiepy",
        ),
        (
            pod("Failed", reason="Evicted", message="The node was low on resource: memory."),
            "",
            1,
            "failed before it ran: Evicted: The node was low on resource: memory.",
        ),
    ],
)
def test_a_drivers_end_is_told_with_its_true_code(found: Pod, output: str, code: int, cause: str | None) -> None:
    job_end = ended(found, output)
    assert job_end.code == code
    assert (job_end.cause is None) if cause is None else (cause in (job_end.cause or ""))


@pytest.mark.parametrize(
    ("found", "word", "said"),
    [
        (
            pod("Pending", {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling"}}),
            "ImagePullBackOff",
            "the image r/x:1 cannot be pulled (ImagePullBackOff: Back-off pulling)",
        ),
        (
            pod("Pending", {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "s" not found'}}),
            "CreateContainerConfigError",
            'CreateContainerConfigError: secret "s" not found',
        ),
        (
            pod(
                "Pending",
                conditions=[
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes: cpu"}
                ],
            ),
            "Unschedulable",
            "no node takes it: 0/3 nodes: cpu",
        ),
        (pod("Pending"), "", "Kubernetes gives no reason yet"),
    ],
)
def test_what_a_pod_waits_for(found: Pod, word: str, said: str) -> None:
    assert waits_for(found) == (word, said)
    assert fix_waiting(word)


BLOCK = """spark-log INFO LoggingPodStatusWatcherImpl: Container final statuses: | container name: driver |
 container image: x | container state: terminated | exit code: {code} | termination reason: {reason}"""


@pytest.mark.parametrize(
    ("tail", "code", "cause"),
    [
        (BLOCK.format(code=3, reason="Error"), 3, "exit code 3"),
        (BLOCK.format(code=137, reason="OOMKilled"), 137, "OOMKilled"),
        (BLOCK.format(code=1, reason="Error") + BLOCK.format(code=0, reason="Completed"), 0, None),
        ("spark-log INFO: Application status for spark-1 (phase: Succeeded)", 0, None),
        ("spark-log INFO: Application status for spark-1 (phase: Running)", 1, "pod is gone"),
    ],
)
def test_without_an_api_server_the_last_block_of_spark_submit_tells(tail: str, code: int, cause: str | None) -> None:
    job_end = by_block(Finished(0, application_id="ml:p"), tail, "look")
    assert job_end.code == code
    assert (job_end.cause is None) if cause is None else (cause in (job_end.cause or ""))


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ('Message: namespaces "nope" not found. Received status', "the cluster has no namespace nope"),
        (
            'pods is forbidden: User "system:serviceaccount:ml:x" cannot create resource "pods" in API group',
            'the login may not do that: User "system:serviceaccount:ml:x" cannot create resource "pods"',
        ),
        ("error looking up service account ml/who: serviceaccount", "namespace ml has no service account who"),
        ("Please specify spark.kubernetes.file.upload.path property.", "local files cannot reach the cluster"),
        ("exceeded quota: small, requested: pods=1", "the namespace's quota small is used up"),
        ("Max number of executor failures (4) reached", "executors failed 4 times"),
    ],
)
def test_what_the_cluster_refuses_is_told_in_one_line(line: str, cause: str) -> None:
    for job_end in (refused(Finished(1), line), monitored_client(Finished(1), line)):
        assert (job_end.code, job_end.cause) == (1, cause)
        assert job_end.fix


def test_a_client_mode_driver_tells_its_own_code() -> None:
    assert monitored_client(Finished(3), "").code == 3
    assert monitored_client(Finished(-9), "").code == 137
    assert monitored_client(Finished(0), "anything at all").code == 0


def test_the_drivers_pod_is_read_from_the_log_of_spark_submit() -> None:
    monitor = Kubernetes(Submission("local:///x.py", (), "k8s://http://127.0.0.1:9", "cluster"), {"PATH": ""})
    line = "spark-log INFO Client: Waiting for application x with application ID s-1 and submission ID ml:x-1-driver to"
    assert monitor.find_application(line) == "ml:x-1-driver"
    assert monitor.find_application("spark-log INFO Client: something else") is None


def test_sparks_own_log_is_left_out_for_people() -> None:
    lines = (
        "26/11/21 09:00:00 INFO SparkContext: Running",
        "Files file:///a.jar from /a.jar to /b.jar",
        "sum 3",
        "\tat java.lang.Thread.run(Thread.java:1)",
        "error: x",
    )
    assert program_output("\n".join(lines)) == "sum 3\nerror: x\n"


def test_a_job_that_nobody_waits_for_is_not_judged() -> None:
    settings = {"spark.kubernetes.submission.waitAppCompletion": "false"}
    job = Submission("local:///x.py", (), "k8s://http://127.0.0.1:9", "cluster", settings)
    assert Kubernetes(job, {"PATH": ""}).end_of(job, Finished(0, application_id="ml:p")).code == 0
