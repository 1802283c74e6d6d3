"""The image's entrypoint, run by bash: the command lines of driver and executor."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from mlpipeline.cluster.kubernetes.images import image_file

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
_SHOW = '#!/bin/sh\nprintf "%s\\n" "$0" "$@"\n'


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder with the entrypoint and with java and spark-submit that print their arguments."""
    for name in ("java/bin/java", "spark/bin/spark-submit"):
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_text(_SHOW)
        file.chmod(0o755)
    (tmp_path / "entrypoint.sh").write_text(image_file("entrypoint.sh"))
    return tmp_path


def run(image: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    # Without tini on the path, as in an image of one's own that lacks it.
    tools = image / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("bash", "whoami", "id", "sh"):
        found = shutil.which(name)
        if found and not (tools / name).exists():
            (tools / name).symlink_to(found)
    own = {"PATH": str(tools), "JAVA_HOME": str(image / "java"), "SPARK_HOME": str(image / "spark")}
    env: Mapping[str, str] = {**own, **variables}
    command = [shutil.which("bash") or "bash", str(image / "entrypoint.sh"), *words]
    return subprocess.run(command, env=dict(env), capture_output=True, text=True, check=False, timeout=30)


EXECUTOR = {
    "SPARK_EXECUTOR_MEMORY": "2g",
    "SPARK_DRIVER_URL": "spark://CoarseGrainedScheduler@d:7078",
    "SPARK_EXECUTOR_ID": "4",
    "SPARK_EXECUTOR_CORES": "2",
    "SPARK_APPLICATION_ID": "spark-1",
    "SPARK_EXECUTOR_POD_IP": "10.0.0.4",
    "SPARK_EXECUTOR_POD_NAME": "e-4",
    "SPARK_RESOURCE_PROFILE_ID": "1",
}


def test_an_executor_gets_its_options_in_order_with_their_blanks(image: Path) -> None:
    options = {f"SPARK_JAVA_OPT_{number}": f"-Dx{number}=a b" for number in range(12)}
    done = run(image, "executor", **EXECUTOR, **options)
    assert done.returncode == 0, done.stderr
    words = done.stdout.splitlines()
    assert words[0] == str(image / "java/bin/java")
    assert words[1:13] == [f"-Dx{number}=a b" for number in range(12)]
    assert words[13:15] == ["-Xms2g", "-Xmx2g"]
    assert f"{image}/spark/jars/*" in words[words.index("-cp") + 1]
    start = words.index("org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend")
    named = dict(zip(words[start + 1 :: 2], words[start + 2 :: 2], strict=True))
    assert named == {
        "--driver-url": "spark://CoarseGrainedScheduler@d:7078",
        "--executor-id": "4",
        "--cores": "2",
        "--app-id": "spark-1",
        "--hostname": "10.0.0.4",
        "--resourceProfileId": "1",
        "--podName": "e-4",
    }


def test_an_executor_without_options_starts_too(image: Path) -> None:
    done = run(image, "executor", **EXECUTOR, SPARK_CLASSPATH="/more/*")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == "-Xms2g"
    assert done.stdout.splitlines()[4].endswith(":/more/*")


def test_a_driver_is_submitted_in_client_mode_on_its_pods_address(image: Path) -> None:
    done = run(image, "driver", "--class", "C", "local:///x y.py", "a b", SPARK_DRIVER_BIND_ADDRESS="10.0.0.3")
    assert done.returncode == 0, done.stderr
    bind = ["--conf", "spark.driver.bindAddress=10.0.0.3", "--deploy-mode", "client"]
    assert done.stdout.splitlines()[1:] == [*bind, "--class", "C", "local:///x y.py", "a b"]


def test_anything_else_is_run_as_it_stands_with_its_exit_code(image: Path) -> None:
    assert run(image, "sh", "-c", "exit 7").returncode == 7


def test_nothing_to_run_is_an_error(image: Path) -> None:
    done = run(image)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing to run" in done.stderr


def test_a_missing_variable_of_an_executor_is_named(image: Path) -> None:
    done = run(image, "executor", **{key: value for key, value in EXECUTOR.items() if key != "SPARK_DRIVER_URL"})
    assert done.returncode != 0
    assert "SPARK_DRIVER_URL" in done.stderr


def test_the_entrypoint_can_be_run() -> None:
    file = Path(__file__).parents[3] / "mlpipeline" / "cluster" / "kubernetes" / "image" / "entrypoint.sh"
    assert os.access(file, os.X_OK)
