"""`mlpipeline submit` takes its own options before and behind the script, and leaves the script its own."""

from __future__ import annotations

import json
import os
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from mlpipeline.cli.main import main
from mlpipeline.cli.parsers import build_parser
from mlpipeline.cli.submit import sorted_out


def words_of(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """The words of the line that `--print-submit` prints."""
    assert main(["submit", "--print-submit", *words]) == 0
    return shlex.split(capsys.readouterr().out)


@pytest.fixture(autouse=True)
def _no_hadoop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HADOOP_CONF_DIR", "YARN_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_options_behind_the_script_are_ours_and_the_rest_is_its_own():
    words = ["submit", "--queue", "prod", "--conf", "spark.a=1", "job.py", "--master", "yarn", "--day", "3", "--conf"]
    words += ["spark.b=2", "--conf", "mine.yaml", "--store", "there", "-v", "--", "--name", "its own", "--master", "x"]
    options = sorted_out(build_parser(words).parse_args(words))
    assert (options.script, options.queue, options.master) == ("job.py", "prod", "yarn")
    assert options.settings == ["spark.a=1", "spark.b=2"]
    own = ["--day", "3", "--conf", "mine.yaml", "--store", "there", "-v", "--name", "its own", "--master", "x"]
    assert options.arguments == own
    assert not hasattr(options, "name") and options.verbose is False


def test_settings_from_file_flags_and_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "team.conf").write_text("spark.yarn.queue  other\nspark.executor.memory = 3g\nspark.x 1\n")
    given = ["--properties-file", "team.conf", "--queue", "prod", "--conf", "spark.x=2", "--jars", "mine.jar"]
    words = words_of(capsys, "job.py", "--master", "yarn", *given, "--py-files", "a.py,b.zip", "--name", "nightly")
    confs = dict(word.split("=", 1) for flag, word in pairwise(words) if flag == "--conf")
    assert (confs["spark.yarn.queue"], confs["spark.executor.memory"], confs["spark.x"]) == ("prod", "3g", "2")
    assert confs["spark.jars"].endswith(",mine.jar")
    assert words[words.index("--py-files") + 1].endswith("mlpipeline.zip,a.py,b.zip")
    assert words[words.index("--name") + 1] == "nightly" and words[-1] == "job.py"


def test_a_packed_environment_wins_over_the_file_and_a_setting_over_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "team.conf").write_text("spark.pyspark.python /usr/bin/python3\n")
    given = ["job.py", "--master", "yarn", "--properties-file", "team.conf"]
    assert "spark.pyspark.python=/usr/bin/python3" in words_of(capsys, *given)
    words = words_of(capsys, *given, "--env", "env.tar.gz")
    assert "spark.pyspark.python=./environment/bin/python" in words and "env.tar.gz#environment" in words
    words = words_of(capsys, *given, "--env", "env.tar.gz", "--conf", "spark.pyspark.python=/opt/python")
    assert "spark.pyspark.python=/opt/python" in words


def test_a_stage_is_its_job_with_folders_made_absolute(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = words_of(
        capsys, "--seed", "5", "clean", "--select", "shop/ko", "--store", "s3a://bucket/store", "--master", "yarn"
    )
    place = next(number for number, word in enumerate(words) if word.endswith("jobs/clean.py"))
    assert os.path.isfile(words[place])
    arguments = [
        "--store",
        "s3a://bucket/store",
        "--conf",
        str(tmp_path / "conf"),
        "--select",
        "shop/ko",
        "--seed",
        "5",
    ]
    assert words[place + 1 :] == arguments
    words = words_of(
        capsys, "run", "--from-stage", "clean", "--to-stage", "embed", "--conf", "spark.executor.memory=3g"
    )
    assert "spark.executor.memory=3g" in words
    assert words[-8:] == [
        "--store",
        str(tmp_path / "store"),
        *arguments[2:4],
        "--from-stage",
        "clean",
        "--to-stage",
        "embed",
    ]
    assert words[-9].endswith("jobs/pipeline.py")


def test_the_form_of_messages_goes_along(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    for words in (("--log-format", "json", "clean"), ("clean", "--log-format", "json")):
        assert words_of(capsys, *words)[-2:] == ["--log-format", "json"]
        assert main(["submit", *words, "--master", "nowhere://x"]) != 0
        assert json.loads(capsys.readouterr().err)["level"] == "ERROR"
    monkeypatch.setenv("MLPIPELINE_LOG_FORMAT", "timed")
    assert words_of(capsys, "clean")[-2:] == ["--log-format", "timed"]


def test_the_conf_folder_travels_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "base.yaml").write_text("{}\n")
    words = words_of(capsys, "clean", "--master", "yarn", "--deploy-mode", "cluster", "--send-conf")
    assert words[words.index("--archives") + 1].endswith("conf.zip#conf")
    assert words[-2:] == ["--conf", "conf"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["job.py", "--properties-file", "gone.conf"], "gone.conf: no such properties file"),
        (["job.py", "--master", "yran"], "'yran' is no Spark master"),
        (["gone.py"], "gone.py: no such script"),
    ],
)
def test_what_is_wrong_is_one_line(words: list[str], what: str, capsys: pytest.CaptureFixture[str]):
    assert main(["submit", *words]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and said[0].startswith("error: ") and what in said[0] and " -> " in said[0]


def test_a_stage_with_wrong_options_is_refused_before_it_is_submitted(capsys: pytest.CaptureFixture[str]):
    assert main(["submit", "clean", "--nothing"]) == 2
    assert "--nothing" in capsys.readouterr().err


def test_a_dry_run_checks_and_submits_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "shop_job.py").write_text("raise SystemExit(9)\n")
    assert main(["submit", "--dry-run", "shop_job.py", "--master", "local[1]"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("spark-submit --master 'local[1]'") and "nothing submitted" in told.err


def test_settings_of_spark_belong_to_submit(capsys: pytest.CaptureFixture[str]):
    assert main(["plan", "--conf", "spark.a=b"]) == 2
    assert "mlpipeline submit --conf spark.a=b" in capsys.readouterr().err


def test_a_setting_that_spark_would_ignore_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "shop_job.py").write_text("")
    assert main(["submit", "--dry-run", "shop_job.py", "--conf", "spark.exector.memory=2g"]) == 0
    assert "note: there is no spark.exector.memory" in capsys.readouterr().err
