"""`mlpipeline submit ... --manifests DIR`: what it writes, and what it refuses; no Spark."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml

from mlpipeline.cli.main import main
from mlpipeline.cluster.kubernetes.schema import check_manifest
from tests.e2e.documents import ROOT, blocks

ASKED = ("--master", "k8s://https://k:6443", "--image", "registry.example/mlpipeline:1")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def documented(sign: str) -> list[str]:
    """The words of the one command of docs/running.md with `sign` in it."""
    commands = [line for block in blocks(ROOT / "docs" / "running.md") for line in block.commands]
    (found,) = [line for line in commands if sign in line]
    words = shlex.split(found)
    assert words[0] == "mlpipeline"
    return words[1:]


def test_the_documented_command_writes_what_a_cluster_needs(elsewhere: Path, capsys: pytest.CaptureFixture[str]):
    assert main(documented("submit run --master k8s://https://k8s.example:6443 --image")) == 0
    folder = elsewhere / "k8s"
    said = capsys.readouterr().out
    for name in ("rbac.yaml", "driver-pod.yaml", "executor-pod.yaml", "application.yaml", "scheduled.yaml"):
        assert f"k8s/{name}" in said
        for manifest in yaml.safe_load_all((folder / name).read_text("utf-8")):
            check_manifest(manifest)
    scheduled = yaml.safe_load((folder / "scheduled.yaml").read_text("utf-8"))
    assert scheduled["spec"]["schedule"] == "30 2 * * *" and scheduled["spec"]["timeZone"] == "Asia/Seoul"
    assert scheduled["metadata"] == {"name": "mlpipeline-pipeline", "namespace": "ml"}
    template = scheduled["spec"]["template"]
    assert template["mainApplicationFile"] == "local:///opt/mlpipeline/jobs/pipeline.py"
    assert template["arguments"] == ["--store", "/data/store", "--conf", "/data/conf"]
    assert "docker build --tag registry.example/mlpipeline:1 k8s/image" in said
    page = (ROOT / "docs" / "running.md").read_text("utf-8")
    assert "docker build --tag registry.example/mlpipeline:1 k8s/image && docker push" in page


def test_the_documented_schedule_is_a_cron_job_for_each_bot(elsewhere: Path, capsys: pytest.CaptureFixture[str]):
    assert main([*documented("schedule --as k8s"), "--conf", str(ROOT / "conf")]) == 0
    assert "next: kubectl apply -f cronjobs.yaml" in capsys.readouterr().out
    found = list(yaml.safe_load_all((elsewhere / "cronjobs.yaml").read_text("utf-8")))
    for manifest in found:
        check_manifest(manifest)
    crons = [row for row in found if row["kind"] == "CronJob"]
    assert len(crons) == 9 and len({row["spec"]["schedule"] for row in crons}) == 9
    pod = crons[0]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["volumeMounts"] == [{"name": "store", "mountPath": "/data"}]
    folders, times = ["--store", "/data/store", "--conf", "/data/conf"], ["--log-format", "timed"]
    assert pod["containers"][0]["args"][-6:] == [*folders, *times]


@pytest.mark.parametrize("words", [("--image", "x"), ("--time-zone", "UTC"), ("--conf", "spark.x=1")])
def test_what_only_cron_jobs_have_is_refused_elsewhere(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    assert main(["schedule", *words]) == 2
    assert "is for --as k8s" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--master", "yarn", "--manifests", "out"), "--manifests are for Kubernetes"),
        (("run", "--master", "k8s://https://k:6443", "--manifests", "out"), "no container image is given"),
        (("run", *ASKED, "--manifests", "out", "--at", "at night"), "cron"),
        (("run", *ASKED, "--manifests", "out", "--tolerate", "a b"), "is no taint"),
        (("job.py", *ASKED, "--manifests", "out"), "local:///PATH"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_written(
    elsewhere: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
):
    (elsewhere / "job.py").write_text("")
    assert main(["submit", *words]) == 2
    assert said in capsys.readouterr().err
    assert not (elsewhere / "out").exists()


def test_a_file_where_the_folder_should_be(elsewhere: Path, capsys: pytest.CaptureFixture[str]):
    (elsewhere / "out").write_text("")
    assert main(["submit", "run", *ASKED, "--manifests", "out"]) == 1
    assert "out: cannot be written" in capsys.readouterr().err
