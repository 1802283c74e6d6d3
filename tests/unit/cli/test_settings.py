"""Settings of Spark given on the command line: refused before anything is done where Spark would not start."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline.cli.main import main
from mlpipeline.cluster.lint.settings import check_settings

REFUSED = [
    ("spark.driver.memory=4096", "write the unit: 4096m"),
    ("spark.memory.fraction=1.5", "at most 1"),
    ("spark.executor.heartbeatInterval=10min", "lower spark.executor.heartbeatInterval"),
    ("spark.serializer=kryo", "did you mean org.apache.spark.serializer.KryoSerializer?"),
    ("spark.ui.port=99999", "or 0 for a free one"),
    ("spark.sql.session.timeZone=Asia/Soul", "did you mean Asia/Seoul?"),
]
VERBS = [
    ("batch", "a/en", "--from", "x.csv", "--to", "y.csv"),
    ("shell", "-c", "1"),
    ("doctor", "env"),
]


@pytest.mark.parametrize(("setting", "fix"), REFUSED)
def test_run_refuses_what_spark_would_die_of(
    setting: str, fix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--conf", setting]) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith(("error: ", "Traceback"))]
    assert len(said) == 1 and said[0].startswith("error: --conf: ") and fix in said[0]
    assert not list(tmp_path.iterdir()), "nothing was made"


@pytest.mark.parametrize("verb", VERBS)
def test_so_does_every_verb_with_a_session(
    verb: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*verb, "--conf", "spark.driver.memory=4096"]) == 2
    assert "4096m" in capsys.readouterr().err


def test_two_mistakes_are_one_line_and_what_spark_ignores_is_told() -> None:
    with pytest.raises(Exception, match=r"at most 1; .*at least 1"):
        check_settings({"spark.memory.fraction": "2", "spark.task.cpus": "0"})
    found = check_settings({"spark.executor.memmory": "4g"}, master="yarn")
    assert [each.name for each in found] == ["typo"]


def test_lines_to_type_next_are_quoted_and_name_the_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "my jobs.yaml"
    secret = "spark.hadoop.fs.s3a.secret.key"
    words = ["schedule", "--as", "k8s", "--image", "reg/bots:1", "--to", str(target), "--conf", f"{secret}=hunter2"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert f"next: kubectl apply -f '{target}'" in said.out
    assert f"--from-literal={secret}=..." in said.err and "hunter2" not in said.out + said.err + target.read_text()


def test_a_schedule_for_kubernetes_is_refused_before_it_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "jobs.yaml"
    words = ["schedule", "--as", "k8s", "--to", str(target)]
    wrong = [
        (["--image", "reg/bots:1", "--time-zone", "Asia/Soul"], "did you mean Asia/Seoul?"),
        (["--image", "Reg/Bots:1"], "small letters: Reg/bots:1"),
        (["--image", "https://reg/bots:1"], "leave out https://"),
        (["--image", "reg/bots:1", "--at", "30 2 31 2 *"], "February has no day 31"),
        (["--image", "reg/bots:1", "--conf", "spark.driver.memory=4096"], "4096m"),
    ]
    for more, fix in wrong:
        assert main([*words, *more]) == 2, more
        assert fix in capsys.readouterr().err
        assert not target.exists()
