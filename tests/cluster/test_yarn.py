"""On a real ResourceManager and NodeManager: what `mlpipeline submit --master yarn` promises."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from mlpipeline.catalog import STAGES
from mlpipeline.cluster.log_lines import message_of
from mlpipeline.cluster.submission.packing import pack_environment
from mlpipeline.errors import SetupError
from tests.cluster import yarn_jars
from tests.cluster.conftest import ClusterProject
from tests.cluster.processes import Processes, read_url, wait_for
from tests.cluster.yarn_cluster import Yarn, running_yarn
from tests.cluster.yarn_jars import yarn_jars_or_skip

pytestmark = pytest.mark.yarn

JOBS = Path(__file__).with_name("yarn_jobs")
PATIENCE_S = 480  # a whole run here takes two minutes; on a machine that others use, five
# The driver is a JVM and a Python with Arrow and MLflow; a training task is a Python with TensorFlow. Both live in what
# stands beside the heap, and YARN ends a container that takes more than it asked for.
ROOMY = ("--conf", "spark.driver.memoryOverhead=2g", "--conf", "spark.executor.memoryOverhead=2560m")
ONE = ("--conf", "spark.executor.instances=1")


@pytest.fixture(scope="module")
def yarn(tmp_path_factory: pytest.TempPathFactory, processes: Processes) -> Iterator[Yarn]:
    with running_yarn(tmp_path_factory.mktemp("yarn") / "cluster", processes, memory_mb=8192) as running:
        yield running


class Submit:
    """`mlpipeline submit` to a cluster, in a folder."""

    def __init__(self, yarn: Yarn, processes: Processes, folder: Path) -> None:
        self._yarn = yarn
        self._processes = processes
        self._folder = folder
        self._number = 0

    def start(self, *words: str, more: dict[str, str] | None = None) -> tuple[subprocess.Popen[bytes], Path]:
        """Starts it; gives the process and the file with its stdout and stderr."""
        self._number += 1
        log = self._folder / f"submit-{self._number}.log"
        command = [sys.executable, "-m", "mlpipeline.cli.main", "submit", *words]
        command += ["--master", "yarn", "--properties-file", str(self._yarn.properties)]
        env = {**self._yarn.environ, **(more or {})}
        return self._processes.start(command, log=log, env=env, cwd=self._folder), log

    def __call__(self, *words: str, more: dict[str, str] | None = None) -> tuple[int, str]:
        """Runs it to its end; gives the exit code and all that it said."""
        return self.end(*self.start(*words, more=more))

    def end(self, process: subprocess.Popen[bytes], log: Path) -> tuple[int, str]:
        code = process.wait(PATIENCE_S)
        return code, log.read_text("utf-8", "replace")


@pytest.fixture
def submit(yarn: Yarn, processes: Processes, tmp_path: Path) -> Submit:
    return Submit(yarn, processes, tmp_path)


def no_noise(said: str) -> None:
    """No log of Spark, no frame of Java, in what a person reads."""
    noise = [
        "spark-log",
        " INFO ",
        "\tat org.",
        "Application report",
        "WARNING: Using incubator",
        "LogType",
        "Warning: ",
    ]
    # The driver's own messages have times and levels there.
    text = "\n".join(map(message_of, said.splitlines()))
    assert not [sign for sign in noise if sign in text], said


def test_without_jars_it_skips_and_in_ci_it_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def fetch(*given: object) -> None:
        raise SetupError("no network", fix="connect")

    monkeypatch.setattr(yarn_jars, "fetch_jars", fetch)
    monkeypatch.setenv("MLPIPELINE_CACHE", str(tmp_path))
    monkeypatch.delenv("MLPIPELINE_REQUIRE_CLUSTERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no jars for YARN: no network"):
        yarn_jars_or_skip()
    monkeypatch.setenv("MLPIPELINE_REQUIRE_CLUSTERS", "1")
    with pytest.raises(pytest.fail.Exception, match="no jars for YARN: no network"):
        yarn_jars_or_skip()
    ours = Path(__file__).parents[2] / ".ci" / "run"
    assert "export MLPIPELINE_REQUIRE_CLUSTERS=1\n" in ours.read_text("utf-8")


_HOLDER = """
import pathlib, sys, time
from tests.cluster.yarn_cluster import guarded
with guarded(pathlib.Path(sys.argv[1])):
    print("guarded", flush=True)
    time.sleep(60)
"""


def test_containers_do_not_outlive_a_test_run_that_is_killed(tmp_path: Path):
    (tmp_path / "local" / "container_1").mkdir(parents=True)
    inside = tmp_path / "local" / "container_1"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", _HOLDER, str(tmp_path / "local")]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout and holder.stdout.readline() == "guarded\n"
        container = subprocess.Popen(["sleep", "60"], cwd=inside, start_new_session=True)
        beside = subprocess.Popen(["sleep", "60"], cwd=tmp_path, start_new_session=True)
        holder.kill()
    assert container.wait(30) == -signal.SIGKILL
    assert beside.poll() is None, "nothing else is ended"
    beside.kill()
    beside.wait()


def test_what_can_be_known_before_is_said_at_once(yarn: Yarn, submit: Submit, tmp_path: Path):
    before = len(yarn.apps())
    (tmp_path / "delta.py").write_text("print('never run')\n")
    (tmp_path / "job.py").write_text("print('never run')\n")
    big = [f"spark.executor.{word}" for word in ("memory=20g", "memoryOverhead=2g", "resource.gpu.amount=4")]
    big = [word for setting in big for word in ("--conf", setting)]
    wrong: Sequence[tuple[int, Sequence[str], str]] = [
        (2, ("job.py", "--queue", "nope"), "YARN has no queue nope -> give --queue one of: adhoc, default, prod"),
        (2, ("job.py", *big), "an executor needs 22528 MB with its overhead, YARN gives at most 8192 MB on one node"),
        (2, ("delta.py",), "delta.py: has the name of the module delta"),
        (2, ("gone.py",), "gone.py: no such script"),
        (2, ("job.py", "--conf", "spark.yarn.executor.nodeLabelExpression=gpu"), "no node of YARN has the label gpu"),
    ]
    for code, words, what in wrong:
        ended, said = submit(*words)
        assert (ended, what in said, "Traceback" in said) == (code, True, False), said
    ended, said = submit("job.py", *big)
    assert "an executor needs 4 GPUs, the best node of YARN offers 2" in said
    ended, said = submit("job.py", more={"HADOOP_CONF_DIR": str(tmp_path)})
    assert ended == 1 and "HADOOP_CONF_DIR holds no yarn-site.xml" in said
    assert len(yarn.apps()) == before, "nothing reached YARN"


def test_the_whole_run_in_cluster_mode_and_one_that_has_to_wait(
    yarn: Yarn, submit: Submit, tiny: ClusterProject, undisturbed: ClusterProject
):
    words = ("--store", str(tiny.home / "store"), "--conf", str(tiny.home / "conf"), *ROOMY, *ONE)
    run = submit.start("run", "--deploy-mode", "cluster", "--queue", "prod", "--name", "whole run", *words)
    assert wait_for(lambda: yarn.apps(name="whole run", state="RUNNING"), 90), run[1].read_text("utf-8")
    # Beside it, a driver for which there is no room now: told why, then given up as asked.
    large = ("--conf", "spark.driver.memory=5g", "--name", "large", "--accepted-timeout", "6")
    code, said = submit(str(JOBS / "wait_job.py"), "gone", "--deploy-mode", "cluster", *large, *ONE)
    assert code == 1, said
    assert "waiting: application_" in said and "no room for its application master: it needs 5504 MB" in said, said
    assert "error: not started after 6 s" in said and "-> submit again when there is room" in said
    assert yarn.apps(name="large")[0]["finalStatus"] == "KILLED"
    no_noise(said)

    code, said = submit.end(*run)
    assert code == 0, said + yarn.log(yarn.apps(name="whole run")[0]["id"])
    app = yarn.apps(name="whole run")[0]
    assert (app["queue"], app["finalStatus"]) == ("root.prod", "SUCCEEDED")
    # Lines of stages that have ended close with their seconds; those that say how far one is do not.
    shown = [line for line in said.splitlines() if f" of {len(STAGES)}  " in line and line.endswith(" s")]
    assert len(shown) == len(STAGES) and "shop/ko" in said, f"what the driver printed is shown here, once: {said}"
    no_noise(said)
    assert tiny.digests() == undisturbed.digests()


def test_executors_come_and_go_with_gpus_and_our_code(yarn: Yarn, submit: Submit, tmp_path: Path):
    script = tmp_path / "fake-gpus.sh"
    script.write_text('#!/bin/sh\necho \'{"name": "gpu", "addresses": ["0"]}\'\n')
    script.chmod(0o755)
    settings = {
        "dynamicAllocation.enabled": "true",
        "dynamicAllocation.initialExecutors": "0",
        "dynamicAllocation.minExecutors": "0",
        "dynamicAllocation.maxExecutors": "2",
        "dynamicAllocation.executorIdleTimeout": "3s",
        "executor.resource.gpu.amount": "1",
        "task.resource.gpu.amount": "1",
        "executor.resource.gpu.discoveryScript": f"./{script.name}",
    }
    confs = [word for key, value in settings.items() for word in ("--conf", f"spark.{key}={value}")]
    job = str(JOBS / "look_around_job.py")
    code, said = submit(*confs, "--files", str(script), "--name", "look", job, "3")
    assert code == 3, said
    assert "executors before: 0\n" in said and "executors after: 0\n" in said
    assert "executors then: 1\n" in said or "executors then: 2\n" in said
    assert "tasks see: gpu 0, zip, base.yaml True\n" in said
    no_noise(said)
    raw = read_url(f"{yarn.manager}/ws/v1/cluster/apps/{yarn.apps(name='look')[0]['id']}").decode()
    # Its JSON has the key "entry" once for each resource: the text is searched, for a parser keeps the last only.
    counted = re.search(r'"key":"yarn.io/gpu","value":"?(\d+)', raw)
    assert counted and int(counted[1]) > 0, f"YARN itself has counted them: {raw}"


def bare_environment(home: Path, *packages: str) -> Path:
    """A virtual environment with nothing but these of our packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    site = next(home.glob("lib/python*/site-packages"))
    for name in packages:
        spec = find_spec(name)
        assert spec and spec.origin
        shutil.copytree(Path(spec.origin).parent, site / name)
    return home


def test_a_library_that_executors_lack_and_an_environment_that_has_it(submit: Submit, tmp_path: Path):
    job = str(JOBS / "parse_job.py")
    bare = bare_environment(tmp_path / "bare")
    driver = ("--conf", f"spark.pyspark.driver.python={sys.executable}")
    executors = ("--conf", f"spark.pyspark.python={bare / 'bin' / 'python'}")
    code, said = submit(job, "--deploy-mode", "cluster", *driver, *executors, *ONE)
    assert code == 3, said
    assert "the driver has orjson" in said
    assert "error: an executor cannot import orjson" in said and "->" in said.splitlines()[-1]
    assert "\tat org." not in said

    archive = pack_environment(bare_environment(tmp_path / "full", "orjson"))
    code, said = submit(job, "--env", str(archive), *ONE)
    assert code == 0, said
    assert "executors say: [7]" in said and "environment/" in said
    no_noise(said)


def test_killed_through_yarn_is_a_failure_though_spark_submit_says_0(yarn: Yarn, submit: Submit, tmp_path: Path):
    process, log = submit.start(str(JOBS / "wait_job.py"), str(tmp_path / "go"), "--name", "killed", *ONE)
    assert wait_for(lambda: "waiting application_" in log.read_text("utf-8"), 90), log.read_text("utf-8")
    app = yarn.apps(name="killed")[0]["id"]
    body = json.dumps({"state": "KILLED"}).encode()
    head = {"Content-Type": "application/json"}
    url = f"{yarn.manager}/ws/v1/cluster/apps/{app}/state"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(urllib.request.Request(url, data=body, headers=head, method="PUT"), timeout=10).close()
    assert wait_for(lambda: yarn.apps(name="killed", finalStatus="KILLED"), 20)
    (tmp_path / "go").touch()
    code, said = submit.end(process, log)
    assert code == 1, said
    assert "error: the application was killed through YARN" in said
