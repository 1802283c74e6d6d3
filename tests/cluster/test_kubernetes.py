"""What `mlpipeline submit --master k8s://...` promises, on a stand-in that runs pods as processes of this machine.

Real are Spark's Kubernetes client and scheduler, our entrypoint, drivers and executors; see fake_kubernetes.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlpipeline.cluster.kubernetes.cron_jobs import ScheduledRun, cron_manifests
from mlpipeline.cluster.kubernetes.pods import Toleration, pod_template
from mlpipeline.cluster.log_lines import message_of
from tests.cluster.conftest import BOT, ClusterProject, job_environ
from tests.cluster.fake_kubernetes import BARE, IMAGE, NAMESPACE, Cluster, kubernetes_cluster
from tests.cluster.fake_kubernetes_objects import Object
from tests.cluster.fake_kubernetes_pods import GPU
from tests.cluster.processes import Processes, wait_for

pytestmark = pytest.mark.kubernetes

JOBS = Path(__file__).with_name("kubernetes_jobs")
PATIENCE_S = 480


@pytest.fixture(scope="module")
def kubernetes(tmp_path_factory: pytest.TempPathFactory, processes: Processes) -> Iterator[Cluster]:
    with kubernetes_cluster(tmp_path_factory.mktemp("kubernetes") / "cluster", processes) as running:
        yield running


@dataclass
class Running:
    """A submit under way: its process, and the file with what it says."""

    process: subprocess.Popen[bytes]
    log: Path

    def end(self) -> tuple[int, str]:
        code = self.process.wait(PATIENCE_S)
        return code, self.said()

    def said(self) -> str:
        return self.log.read_text("utf-8", errors="replace")


def submit(cluster: Cluster, processes: Processes, log: Path, *words: str, **settings: str) -> Running:
    """Starts `mlpipeline submit` in the folder of `log`; `settings` as in `Cluster.settings`."""
    command = [sys.executable, "-m", "mlpipeline.cli.main", "submit", "--master", cluster.master]
    for key, value in cluster.settings(**settings).items():
        command += ["--conf", f"{key}={value}"]
    log.parent.mkdir(parents=True, exist_ok=True)
    # No kubeconfig of whoever runs the tests; the Python of images is the one on their path.
    env = {**job_environ(), "HOME": str(log.parent)}
    return Running(processes.start([*command, *words], log=log, env=env, cwd=log.parent), log)


def template_file(folder: Path) -> Path:
    """An executor template as `--manifests` writes it, with a volume, a selector and a label of one's own."""
    settings = {"spark.executor.resource.gpu.amount": "1"}
    found = pod_template(settings, "executor", (Toleration("team", "bots"),))
    found["metadata"]["labels"]["team"] = "bots"
    found["spec"]["nodeSelector"] = {"gpu": "h200"}
    found["spec"]["volumes"] = [{"name": "models", "emptyDir": {}}]
    found["spec"]["containers"][0]["volumeMounts"] = [{"name": "models", "mountPath": "/models"}]
    file = folder / "executor-pod.yaml"
    file.write_text(yaml.safe_dump(found))
    return file


@dataclass
class Client:
    """The application in client mode, ended: what it said, its result, its executors as they were, who was deleted."""

    code: int
    said: str
    result: dict[str, object]
    executors: dict[str, Object]
    deleted: str


@pytest.fixture(scope="module")
def client(kubernetes: Cluster, processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """Two executors with a GPU each; one is deleted while its tasks run."""
    home = tmp_path_factory.mktemp("client")
    begun, result = home / "begun", home / "result.json"
    running = submit(
        kubernetes,
        processes,
        home / "submit.log",
        str(JOBS / "squares.py"),
        str(begun),
        str(result),
        executor__instances="2",
        executor__resource__gpu__amount="1",
        executor__resource__gpu__vendor="nvidia.com",
        executor__resource__gpu__discoveryScript=str(kubernetes.discovery),
        task__resource__gpu__amount="1",
        kubernetes__executor__podTemplateFile=str(template_file(home)),
    )
    seen: dict[str, Object] = {}

    def at_work() -> bool:
        seen.update({pod["metadata"]["name"]: pod for pod in kubernetes.pods("executor")})
        return begun.exists() or running.process.poll() is not None

    assert wait_for(at_work, PATIENCE_S), running.said()
    assert running.process.poll() is None, running.said()
    deleted = sorted(seen)[0]
    assert kubernetes.api.objects.remove(NAMESPACE, "pods", deleted)
    replaced = wait_for(lambda: (at_work() and len(seen) > 2) or running.process.poll() is not None, PATIENCE_S)
    code, said = running.end()
    assert replaced, said
    return Client(code, said, json.loads(result.read_text()) if result.is_file() else {}, seen, deleted)


def test_client_mode_survives_a_deleted_executor_with_right_results(client: Client) -> None:
    assert client.code == 0, client.said
    assert client.result["squares"] == sum(number * number for number in range(24))
    assert client.result["ids"] == sum(range(1000))
    assert "squares 4324" in client.said
    assert len(client.executors) > 2, "no executor came for the deleted one"


def test_executors_get_gpu_limits_and_tasks_are_told_which(client: Client) -> None:
    for pod in client.executors.values():
        limits = pod["spec"]["containers"][0]["resources"]["limits"]
        assert limits[GPU] == "1"
        # heap and overhead of spark-defaults/k8s.conf; requests and limits are one
        assert limits["memory"] == pod["spec"]["containers"][0]["resources"]["requests"]["memory"]
    assert set(client.result["gpus"]) <= {"0", "1", "2", "3"}  # type: ignore[call-overload]
    assert len(client.result["gpus"]) >= 2  # type: ignore[arg-type]


def test_the_pod_template_is_merged(client: Client) -> None:
    for pod in client.executors.values():
        assert pod["metadata"]["labels"]["team"] == "bots"
        assert pod["metadata"]["labels"]["app.kubernetes.io/part-of"] == "mlpipeline"
        spec = pod["spec"]
        assert spec["nodeSelector"] == {"gpu": "h200"}
        assert [row["key"] for row in spec["tolerations"]] == ["nvidia.com/gpu", "team"]
        assert spec["securityContext"]["runAsUser"] == 185
        assert {"name": "models", "mountPath": "/models"}.items() <= spec["containers"][0]["volumeMounts"][0].items()
        assert spec["containers"][0]["image"] == IMAGE


def test_nothing_is_left_of_an_application_in_client_mode(client: Client, kubernetes: Cluster) -> None:
    names = set(client.executors)
    assert wait_for(lambda: not names & {pod["metadata"]["name"] for pod in kubernetes.pods("executor")}, 20)


def test_cluster_mode_runs_our_stages_from_the_image_with_equal_tables(
    kubernetes: Cluster, processes: Processes, tiny: ClusterProject, undisturbed: ClusterProject
) -> None:
    running = submit(
        kubernetes,
        processes,
        tiny.home / "submit.log",
        "--deploy-mode",
        "cluster",
        "--name",
        "tiny",
        "run",
        *("--select", BOT, "--to-stage", "clean", "--store", str(tiny.store), "--conf", str(tiny.home / "conf")),
        executor__instances="2",
    )
    code, said = running.end()
    assert code == 0, said
    # What the driver's pod says is shown with its time, Spark's own log in it is not.
    assert BOT in said and " INFO    mlpipeline.orders.apply: " in said
    assert not [line for line in said.splitlines() if " INFO " in message_of(line)]
    made, wanted = tiny.digests(), undisturbed.digests()
    assert made and made == {name: wanted[name] for name in made}
    assert f"{BOT}/cleaned" in made
    driver = next(pod for pod in kubernetes.pods("driver") if pod["metadata"]["labels"]["spark-app-name"] == "tiny")
    assert driver["spec"]["serviceAccountName"] == "mlpipeline"
    assert driver["spec"]["containers"][0]["image"] == IMAGE


def test_a_cron_jobs_pod_is_the_driver_and_ends_as_the_run_does(
    kubernetes: Cluster, tiny: ClusterProject, undisturbed: ClusterProject
) -> None:
    folders = ("--store", str(tiny.store), "--conf", str(tiny.home / "conf"))
    scheduled_run = ScheduledRun(BOT, "30 2 * * *", ("run", "--select", BOT, "--to-stage", "ingest", *folders))
    cron: Any = cron_manifests([scheduled_run], settings=kubernetes.settings())[-1]
    # What the controller of CronJobs would make when its time has come.
    spec = cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert kubernetes.api.objects.add(NAMESPACE, "pods", {"metadata": {"name": "run-1"}, "spec": spec})

    def ended() -> bool:
        pod = kubernetes.api.objects.get(NAMESPACE, "pods", "run-1")
        return pod is not None and pod["status"]["phase"] in ("Succeeded", "Failed")

    assert wait_for(ended, PATIENCE_S), kubernetes.output("run-1")
    pod = kubernetes.api.objects.get(NAMESPACE, "pods", "run-1")
    assert pod is not None and pod["status"]["phase"] == "Succeeded", kubernetes.output("run-1")
    made, wanted = tiny.digests(), undisturbed.digests()
    assert made and made == {name: wanted[name] for name in made}


SCRIPTS = {
    "exit3": "import sys\nprint('a word from the driver', flush=True)\nsys.exit(3)\n",
    "needs-us": "from mlpipeline.spark.session import open_session\n",
    "killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
}


@pytest.fixture(scope="module")
def ends(
    kubernetes: Cluster, processes: Processes, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[int, str]]:
    """Drivers in the cluster that end badly, each in its own way, side by side: name -> (exit code, what was said)."""
    home = tmp_path_factory.mktemp("ends")
    kubernetes.node.orders.reasons["killed"] = "OOMKilled"
    running = {}
    for name, text in SCRIPTS.items():
        (kubernetes.scripts / f"{name}.py").write_text(text)
        image = BARE if name == "needs-us" else IMAGE
        words = ["--deploy-mode", "cluster", "--name", name, "--image", image, f"local:///opt/scripts/{name}.py"]
        running[name] = submit(kubernetes, processes, home / name / "log", *words, kubernetes__container__image=image)
    # The same script, brought along from this machine by a place that both can reach.
    (home / "local_exit3.py").write_text(SCRIPTS["exit3"])
    words = ["--deploy-mode", "cluster", "--name", "brought", str(home / "local_exit3.py")]
    place = kubernetes.shared.as_uri()
    running["brought"] = submit(
        kubernetes, processes, home / "brought" / "log", *words, kubernetes__file__upload__path=place
    )
    words = ["--deploy-mode", "cluster", "--name", "no-image", "--accepted-timeout", "3"]
    words += ["local:///opt/scripts/exit3.py"]
    gone = "registry.example/gone:1"
    running["no-image"] = submit(
        kubernetes, processes, home / "no-image" / "log", *words, kubernetes__container__image=gone
    )
    return {name: one.end() for name, one in running.items()}


def errors_in(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith("error: ")]


@pytest.mark.parametrize("name", ["exit3", "brought"])
def test_a_drivers_exit_code_is_the_submits(ends: dict[str, tuple[int, str]], name: str) -> None:
    code, said = ends[name]
    assert code == 3, said
    assert "a word from the driver" in said
    (error,) = errors_in(said)
    assert "the driver ended with exit code 3" in error and "kubectl logs -n ml" in error


def test_an_image_without_our_package_is_told_in_one_line(ends: dict[str, tuple[int, str]]) -> None:
    code, said = ends["needs-us"]
    assert code == 1, said
    (error,) = errors_in(said)
    assert f"the image {BARE} has no Python module mlpipeline -> build the image with our Dockerfile" in error


def test_a_driver_killed_for_its_memory_is_told_with_its_limit(ends: dict[str, tuple[int, str]]) -> None:
    code, said = ends["killed"]
    assert code == 137, said
    (error,) = errors_in(said)
    assert "the driver was killed for its memory (OOMKilled, limit " in error
    assert "raise spark.driver.memoryOverhead" in error


def test_an_image_that_cannot_be_pulled_is_told_and_given_up(
    ends: dict[str, tuple[int, str]], kubernetes: Cluster
) -> None:
    code, said = ends["no-image"]
    assert code == 1, said
    assert "waiting: " in said and "registry.example/gone:1 cannot be pulled (ErrImagePull" in said
    (error,) = errors_in(said)
    assert "not started after 3 s" in error and "its pod is deleted" in error
    assert not [pod for pod in kubernetes.pods("driver") if pod["metadata"]["labels"]["spark-app-name"] == "no-image"]


def test_a_namespace_that_is_not_there_is_told_before_anything_is_submitted(
    kubernetes: Cluster, processes: Processes, tmp_path: Path
) -> None:
    before = len(kubernetes.pods())
    words = ["--deploy-mode", "cluster", "local:///opt/scripts/exit3.py"]
    code, said = submit(kubernetes, processes, tmp_path / "log", *words, kubernetes__namespace="nope").end()
    assert code == 2, said
    assert errors_in(said) == [
        f"error: {kubernetes.master}: the cluster has no namespace nope -> kubectl create namespace nope, "
        "or correct --conf spark.kubernetes.namespace"
    ]
    assert len(kubernetes.pods()) == before
