"""What a spark-submit line holds for each kind of master, and that a shell reads it as it was meant."""

from __future__ import annotations

import shlex
import sys
import tarfile
import venv
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest

from mlpipeline.cluster.submission.compose import Submission, as_line, compose
from mlpipeline.cluster.submission.packing import code_archive, entry_script, folder_zip, gpu_script, pack_environment
from mlpipeline.errors import SetupError


def confs(line: str) -> dict[str, str]:
    """The settings of a printed line."""
    return dict(word.split("=", 1) for name, word in pairwise(shlex.split(line)) if name == "--conf")


@pytest.fixture(autouse=True)
def _own_pythons(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"):
        monkeypatch.delenv(name, raising=False)


def test_a_line_survives_the_shell():
    arguments = ["--store", "내 저장소 '1'", "--set", "a.b=[1, 2]"]
    line = as_line(compose("jobs/clean.py", arguments, master="local[2]"))
    words = shlex.split(line)
    assert words[:3] == ["spark-submit", "--master", "local[2]"]
    assert words[-5:] == ["jobs/clean.py", *arguments]
    assert "delta" in confs(line)["spark.jars"] and "spark.sql.extensions" in confs(line)


def test_what_the_caller_states_wins_and_jars_are_added():
    stated = {"spark.sql.session.timeZone": "Asia/Seoul", "spark.jars": "a.jar, b.jar"}
    found = compose("job.py", master="local[2]", settings=stated).settings
    assert found["spark.sql.session.timeZone"] == "Asia/Seoul"
    assert found["spark.jars"].endswith(",a.jar,b.jar") and "delta-spark" in found["spark.jars"]


def test_a_local_job_sends_nothing_and_asks_for_no_gpu():
    found = compose("job.py", master="local[2]", settings={"spark.task.resource.gpu.amount": "1"})
    assert found.py_files == () and not [key for key in found.settings if ".gpu." in key]
    assert found.settings["spark.pyspark.python"] == sys.executable


def test_client_and_cluster_mode_on_yarn():
    client = compose("job.py", master="yarn", settings={"spark.yarn.queue": "prod"}, name="나")
    assert client.py_files == (str(code_archive()),)
    assert client.settings["spark.yarn.maxAppAttempts"] == "1" and client.settings["spark.yarn.queue"] == "prod"
    assert client.settings["spark.pyspark.driver.python"] == sys.executable
    assert "--deploy-mode" not in client.command()
    cluster = compose("job.py", master="yarn", deploy_mode="cluster")
    assert cluster.settings["spark.yarn.appMasterEnv.PYSPARK_PYTHON"] == sys.executable
    assert "spark.pyspark.driver.python" not in cluster.settings
    assert cluster.command()[3:5] == ["--deploy-mode", "cluster"]


@pytest.mark.parametrize("mode", ["client", "cluster"])
def test_a_packed_environment_runs_workers_and_a_far_driver(mode: str):
    found = compose("job.py", master="yarn", deploy_mode=mode, environment="/tmp/env.tar.gz", archives=["a.zip#a"])
    assert found.archives == ("/tmp/env.tar.gz#environment", "a.zip#a")
    assert found.settings["spark.pyspark.python"] == "./environment/bin/python"
    if mode == "client":
        assert found.settings["spark.pyspark.driver.python"] == sys.executable
    else:
        assert found.settings["spark.yarn.appMasterEnv.PYSPARK_PYTHON"] == "./environment/bin/python"


def test_gpus_on_yarn_bring_our_script_cut_to_the_amount():
    amount = {"spark.executor.resource.gpu.amount": "2"}
    found = compose("job.py", master="yarn", settings=amount)
    assert found.files == (str(gpu_script()),) and gpu_script().stat().st_mode & 0o111
    assert found.settings["spark.executor.resource.gpu.discoveryScript"] == "./discover-gpus.sh"
    assert found.settings["spark.executorEnv.MLPIPELINE_GPUS"] == "2"
    own = compose("job.py", master="yarn", settings={**amount, "spark.executor.resource.gpu.discoveryScript": "/x.sh"})
    assert own.files == () and own.settings["spark.executor.resource.gpu.discoveryScript"] == "/x.sh"


@pytest.mark.parametrize(
    ("settings", "share"),
    [
        ({}, "0.5"),  # two cores, two tasks: neither waits for the other
        ({"spark.executor.cores": "8", "spark.task.cpus": "2"}, "0.25"),
        ({"spark.executor.cores": "8", "spark.executor.resource.gpu.amount": "4"}, "0.5"),
        ({"spark.executor.cores": "1"}, "1"),
        ({"spark.task.resource.gpu.amount": "0.2"}, "0.2"),
        ({"spark.dynamicAllocation.enabled": "false"}, None),  # the stage that uses GPUs asks for its share
        ({"spark.executor.resource.gpu.amount": "0"}, None),
        ({"spark.executor.cores": "many"}, None),
    ],
)
def test_executors_that_come_and_go_share_their_gpus_among_all_tasks(settings: dict[str, str], share: str | None):
    given = {"spark.executor.resource.gpu.amount": "1", "spark.dynamicAllocation.enabled": "true", **settings}
    found = compose("job.py", master="spark://127.0.0.1:7077", settings=given)
    assert found.settings.get("spark.task.resource.gpu.amount") == share


def test_the_code_archive_holds_all_that_the_package_reads():
    with zipfile.ZipFile(code_archive()) as archive:
        names = set(archive.namelist())
    assert {"mlpipeline/__init__.py", "mlpipeline/cli/main.py", "mlpipeline/_packaged/conf/base.yaml"} <= names
    assert {"mlpipeline/_packaged/spark_defaults/common.conf", "mlpipeline/views/report/report.html.j2"} <= names
    assert not [name for name in names if name.endswith(".pyc")]
    assert code_archive().read_bytes() == code_archive().read_bytes() and code_archive() == code_archive()


def test_resources_are_read_out_of_the_zip(tmp_path: Path):
    import subprocess

    code = "import mlpipeline; from mlpipeline.cluster.defaults import read_defaults as r; "
    code += "print(mlpipeline.__file__, len(r(['common'])) > 5)"
    env = {"PYTHONPATH": str(code_archive()), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert "mlpipeline.zip/mlpipeline/__init__.py True" in done.stdout, done.stderr


def test_an_environment_is_packed_once_and_runs_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import subprocess

    monkeypatch.setenv("MLPIPELINE_CACHE", str(tmp_path / "cache"))
    home = tmp_path / "env"
    venv.create(home, symlinks=True)
    site = next(home.glob("lib/python*/site-packages"))
    for name in ("lonely", "pyspark", "mlpipeline", "pip"):
        (site / name).mkdir(exist_ok=True)
        (site / name / "__init__.py").write_text("WORD = 'here'\n")
    (site / "__editable__.mlpipeline-0.1.0.pth").write_text(str(tmp_path))
    file = pack_environment(home)
    first = file.stat().st_mtime_ns
    assert pack_environment(home).stat().st_mtime_ns == first
    moved = tmp_path / "node" / "environment"
    with tarfile.open(file) as archive:
        assert all(not entry.name.startswith(("/", "..")) for entry in archive.getmembers())
        archive.extractall(moved)
    found = {path.name for path in next(moved.glob("lib/python*/site-packages")).iterdir()}
    assert "lonely" in found and not {"pyspark", "mlpipeline", "pip"} & found
    code = "import sys, lonely; print(lonely.WORD, sys.prefix)"
    done = subprocess.run([moved / "bin" / "python", "-c", code], capture_output=True, text=True, check=False, env={})
    assert done.stdout.split() == ["here", str(moved)], done.stderr


def test_what_is_no_environment_is_refused(tmp_path: Path):
    with pytest.raises(SetupError, match="no virtual environment"):
        pack_environment(tmp_path)


def test_a_folder_as_an_archive_follows_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLPIPELINE_CACHE", str(tmp_path / "cache"))
    conf = tmp_path / "conf"
    (conf / "domains" / "shop").mkdir(parents=True)
    (conf / "domains" / "shop" / "domain.yaml").write_text("languages: [ko]\n")
    first = folder_zip(conf, "conf")
    assert zipfile.ZipFile(first).namelist() == ["domains/shop/domain.yaml"] and folder_zip(conf, "conf") == first
    (conf / "domains" / "shop" / "domain.yaml").write_text("languages: [en]\n")
    assert folder_zip(conf, "conf") != first


def test_a_stage_has_a_door():
    assert '"--from-stage", "clean", "--to-stage", "clean"' in entry_script("clean").read_text("utf-8")
    assert "main" in entry_script("pipeline").read_text("utf-8")


def test_a_submission_is_data():
    one = Submission("job.py", ("1",), "yarn", settings={"spark.a": "b"}, files=("f", "g"), name="x")
    assert one.kind == "yarn"
    assert one.command() == shlex.split("spark-submit --master yarn --name x --files f,g --conf spark.a=b job.py 1")
