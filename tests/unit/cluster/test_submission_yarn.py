"""What YARN's answers mean: why an application waits, how it ended. The answers are recorded from Hadoop 3.4.2."""

from __future__ import annotations

import threading

import pytest

from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.cluster.submission.hadoop import ResourceManager, hadoop_conf
from mlpipeline.cluster.submission.job_end import Finished, JobEnd
from mlpipeline.cluster.submission.rest import ask
from mlpipeline.cluster.submission.yarn import Yarn
from mlpipeline.cluster.submission.yarn_messages import has_no_executors
from tests.unit.cluster.conftest import APP, Manager

PAGE = "/ws/v1/node/containerlogs/container_1/stdout"
# What the NodeManager writes before and behind a log.
HEAD = "Container: c on localhost:1\nLogAggregationType: LOCAL\n====\nLogType:stdout\nLogLength:{}\nLogContents:\n"
REMARK = "End of LogType:stdout.This log file belongs to a running container (c) and so may not be complete.\n***\n\n"
CLUSTER = Submission("job.py", master="yarn", deploy_mode="cluster")
CLIENT = Submission("job.py", master="yarn")


class Turns(threading.Event):
    """Stops who watches after so many looks, however long they take on a busy machine."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._left = count

    def wait(self, timeout: float | None = None) -> bool:
        self._left -= 1
        return super().wait(timeout) or self._left < 0


def test_references_are_filled_and_a_pair_of_managers_is_asked(environ: dict[str, str], manager: Manager):
    conf = hadoop_conf(environ)
    assert conf["yarn.resourcemanager.webapp.address"] == manager.address
    pair = {
        "yarn.resourcemanager.ha.rm-ids": "a, b",
        "yarn.resourcemanager.hostname.a": "127.0.0.1",
        "yarn.resourcemanager.webapp.address.a": "127.0.0.1:9",
        "yarn.resourcemanager.webapp.address.b": manager.address,
    }
    both = ResourceManager(pair)
    assert both.addresses == ["http://127.0.0.1:9", f"http://{manager.address}"]
    assert both.get("info") == manager.answers["info"]
    assert both.addresses[0] == f"http://{manager.address}", "the one in charge is asked first from now on"
    secure = ResourceManager({"yarn.http.policy": "HTTPS_ONLY", "yarn.resourcemanager.hostname": "rm"})
    assert secure.addresses == ["https://rm:8090"]


@pytest.mark.parametrize(
    ("diagnostics", "metrics", "why"),
    [
        (
            "Application is Activated, waiting for resources to be assigned for AM.",
            {"activeNodes": 1, "availableMB": 1024, "appsRunning": 2},
            "no room for its application master: it needs 2432 MB, 1024 MB are free in all of YARN; 2 applications run",
        ),
        (
            "Application is added to the scheduler and is not yet activated. Queue's AM resource limit exceeded.",
            {"activeNodes": 1},
            "the queue prod has used up its share for application masters",
        ),
        ("", {"activeNodes": 0, "lostNodes": 1, "totalNodes": 1}, "YARN has no node that works (1 lost, 1 known)"),
        ("something\n new", {"activeNodes": 1}, "something new"),
    ],
)
def test_why_it_waits_is_told_once_and_giving_up_kills(
    environ: dict[str, str], manager: Manager, diagnostics: str, metrics: dict[str, int], why: str
):
    requests = [{"capability": {"memory": 2432}, "numContainers": 1, "resourceName": "*"}]
    manager.app(state="ACCEPTED", diagnostics=diagnostics, resourceRequests=requests)
    manager.answers["metrics"] = {"clusterMetrics": metrics}
    told: list[str] = []
    monitor = Yarn(environ, accepted_timeout=0.4, poll=0.05)
    given_up = monitor.watch(CLUSTER, APP, told.append, threading.Event())
    assert len(told) == 1 and told[0].startswith(f"waiting: {APP} is not started: {why}")
    assert given_up and given_up.startswith("not started after 0 s (") and given_up.endswith("; killed")
    assert manager.put == [(f"apps/{APP}/state", {"state": "KILLED"})]


def test_a_running_driver_is_heard_and_missing_executors_are_told(
    environ: dict[str, str], manager: Manager, capsys: pytest.CaptureFixture[str]
):
    requests = [{"capability": {"memory": 896}, "numContainers": 2, "resourceName": "*"}]
    manager.app(state="RUNNING", runningContainers=1, resourceRequests=requests)
    manager.answers["metrics"] = {"clusterMetrics": {"availableMB": 100}}
    attempt = {"id": 1, "containerId": "container_1", "nodeHttpAddress": manager.address}
    manager.answers[f"apps/{APP}/appattempts"] = {"appAttempts": {"appAttempt": [attempt]}}
    manager.answers[PAGE] = f"{HEAD.format(9)}하나\nhalf a li{REMARK}"
    told: list[str] = []
    monitor = Yarn(environ, accepted_after=0.1, poll=0.05)
    assert monitor.watch(CLUSTER, APP, told.append, Turns(12)) is None
    assert capsys.readouterr().out == "하나\n"
    assert told == [
        f"waiting: {APP} has no executor: 2 asked for, each needs 896 MB, 100 MB are free in all of YARN; queue prod"
    ]
    manager.app(state="FINISHED", finalStatus="SUCCEEDED")
    manager.answers["/ws/v1/node/containerlogs/container_1/stdout"] = (
        f"{HEAD.format(10**6)}하나\nhalf a line\nlast{REMARK}"
    )
    assert monitor.end_of(CLUSTER, Finished(0, (), APP)) == JobEnd(0, driver_output="half a line\nlast")


def test_the_cause_may_stand_in_what_was_shown_before(
    environ: dict[str, str], manager: Manager, capsys: pytest.CaptureFixture[str]
):
    manager.app(state="RUNNING", runningContainers=2)
    attempt = {"id": 1, "containerId": "container_1", "nodeHttpAddress": manager.address}
    manager.answers[f"apps/{APP}/appattempts"] = {"appAttempts": {"appAttempt": [attempt]}}
    said = "worker.py: ModuleNotFoundError: No module named 'orjson'\n"
    manager.answers[PAGE] = f"{said}\tat org.apache.spark.x.Y$Z.run(Y.scala:1)\n{REMARK}"
    monitor = Yarn(environ, poll=0.05)
    monitor.watch(CLUSTER, APP, print, Turns(8))
    assert capsys.readouterr().out == said
    manager.app(state="FINISHED", finalStatus="FAILED", diagnostics="User application exited with status 3")
    job_end = monitor.end_of(CLUSTER, Finished(1, (), APP))
    assert (job_end.code, job_end.cause) == (3, "an executor cannot import orjson") and job_end.driver_output is None


def test_another_queue_than_the_one_asked_for_is_told(environ: dict[str, str], manager: Manager):
    manager.app(state="FINISHED")
    told: list[str] = []
    for queue in ("prod", "root.prod", "nope"):
        job = Submission("job.py", master="yarn", settings={"spark.yarn.queue": queue})
        assert Yarn(environ, poll=0.02).watch(job, APP, told.append, threading.Event()) is None
    assert told == ["note: YARN runs it in the queue prod, not in nope"]


def test_an_application_with_executors_does_not_wait():
    assert not has_no_executors({"runningContainers": 3, "resourceRequests": [{"numContainers": 5}]})
    assert not has_no_executors({"runningContainers": 1})


ENDS = [
    (CLIENT, 0, {"state": "FINISHED", "finalStatus": "SUCCEEDED"}, 0, None),
    (CLIENT, 3, {"state": "FINISHED", "finalStatus": "SUCCEEDED"}, 3, None),
    (CLIENT, 0, {"state": "KILLED", "finalStatus": "KILLED"}, 1, "the application was killed through YARN"),
    (CLIENT, 0, {"state": "FINISHED", "finalStatus": "FAILED", "diagnostics": "AM died"}, 1, "AM died"),
    (CLUSTER, 0, {"state": "FINISHED", "finalStatus": "SUCCEEDED"}, 0, None),
    (
        CLUSTER,
        1,
        {"state": "FINISHED", "finalStatus": "FAILED", "diagnostics": "User application exited with status 3"},
        3,
        "User application exited with status 3",
    ),
    (
        CLUSTER,
        1,
        {"state": "FINISHED", "finalStatus": "FAILED", "diagnostics": "Max number of executor failures (4) reached"},
        1,
        "Max number of executor failures (4) reached",
    ),
    (CLUSTER, 1, {"state": "KILLED", "finalStatus": "KILLED"}, 1, "the application was killed through YARN"),
]


@pytest.mark.parametrize(("job", "given", "app", "code", "cause"), ENDS)
def test_how_it_ended(
    environ: dict[str, str],
    manager: Manager,
    job: Submission,
    given: int,
    app: dict[str, str],
    code: int,
    cause: str | None,
):
    manager.app(**app)
    job_end = Yarn(environ).end_of(job, Finished(given, (), APP))
    assert job_end.code == code
    assert (job_end.cause is None) == (cause is None) and (cause or "") in (job_end.cause or "")


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("Failed to submit application_1_2 to YARN : ... to unknown queue: nope", "YARN has no queue nope"),
        ("Queue root.prod is STOPPED. Cannot accept submission", "the queue root.prod is stopped"),
        (
            "Required executor memory (20480 MB), offHeap memory (0) MB, overhead (2048 MB), and "
            "PySpark memory (0 MB) is above the max threshold (6144 MB) of this cluster!",
            "the executor needs 20480 MB, YARN gives at most 6144 MB",
        ),
        ("Invalid resource request! Requested resource type=[yarn.io/gpu]", "more yarn.io/gpu than any node has"),
        (
            "Container killed by YARN for exceeding physical memory limits. 1.2 GB of 1.1 GB physical memory used.",
            "took more memory than it had asked for (1.2 GB of 1.1 GB, physical)",
        ),
        (
            "Container [pid=1,containerID=c] is running 5MB beyond the 'PHYSICAL' memory limit. Current "
            "usage: 1.1 GB of 1 GB physical memory used; 4 GB of 2 GB virtual memory used. Killing container.",
            "took more memory than it had asked for (1.1 GB of 1 GB, PHYSICAL)",
        ),
    ],
)
def test_what_yarn_refuses_is_told_in_words(environ: dict[str, str], line: str, cause: str):
    job_end = Yarn(environ).end_of(CLIENT, Finished(1, ("noise", line, "\tat org.x"), None))
    assert job_end.code == 1 and cause in (job_end.cause or "") and job_end.fix
    assert Yarn(environ).end_of(CLIENT, Finished(0, ("noise", line), None)) == JobEnd(0)


def test_nobody_answers():
    answer = ask("http://127.0.0.1:9/", timeout=2)
    assert not answer.ok and answer.json() is None and "refused" in answer.trouble
    assert ask("file:///etc/hosts").trouble == "no web address"
