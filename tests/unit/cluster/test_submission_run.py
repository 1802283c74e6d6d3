"""spark-submit as a child: what goes through, what is kept quiet, and the code at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mlpipeline.cluster.submission import run
from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.cluster.submission.job_end import Finished, JobEnd, Tell
from mlpipeline.cluster.submission.run import run_submission


@pytest.fixture
def spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Spark home whose spark-submit is a script of the test: it writes into the file that is given here."""
    submit = tmp_path / "spark" / "bin" / "spark-submit"
    submit.parent.mkdir(parents=True)
    submit.write_text("#!/bin/sh\nexit 0\n")
    submit.chmod(0o755)
    monkeypatch.setattr(run, "pyspark_folder", lambda: tmp_path / "spark")
    return submit


class Judged:
    """A judge that remembers what it was asked, and says what it was told to."""

    def __init__(self, job_end: JobEnd, give_up: str | None = None) -> None:
        self.job_end, self.give_up = job_end, give_up
        self.finished: Finished | None = None

    def find_application(self, line: str) -> str | None:
        return "app_1" if "Submitted application" in line else None

    def watch(self, submission: Submission, application_id: str, tell: Tell, stop: threading.Event) -> str | None:
        tell(f"watching {application_id}")
        if self.give_up is None:
            stop.wait(10)
        return self.give_up

    def end_of(self, submission: Submission, finished: Finished) -> JobEnd:
        self.finished = finished
        return self.job_end


_TALK = """#!/bin/sh
echo 'from the driver'
echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2
echo 'spark-log INFO YarnClientImpl: Submitted application application_1_2' >&2
echo 'a line of the driver on stderr' >&2
echo 'Exception in thread "main" org.apache.spark.SparkException: broken' >&2
printf '\\tat org.apache.spark.deploy.yarn.Client.run(Client.scala:1)\\n' >&2
exit 1
"""


def test_only_the_driver_is_heard(spark: Path, capfd: pytest.CaptureFixture[str]):
    spark.write_text(_TALK)
    monitor = Judged(JobEnd(3, "the cause", "the fix", "printed far away"))
    assert run_submission(Submission("job.py", master="yarn"), monitor=monitor) == 3
    out, err = capfd.readouterr()
    assert out == "from the driver\nprinted far away\n"
    lines = err.splitlines()
    assert lines[-1] == "error: the cause -> the fix"
    assert sorted(lines[:-1]) == ["a line of the driver on stderr", "application app_1", "watching app_1"]
    assert monitor.finished and monitor.finished.code == 1 and monitor.finished.application_id == "app_1"
    assert any("SparkException: broken" in line for line in monitor.finished.output_tail)


def test_lines_go_where_they_are_told_to(spark: Path, capfd: pytest.CaptureFixture[str]):
    spark.write_text(_TALK)
    told: list[str] = []
    fails: list[str] = []
    relayed: list[str] = []
    code = run_submission(
        Submission("job.py", master="yarn"),
        monitor=Judged(JobEnd(3, "why")),
        tell=told.append,
        fail=fails.append,
        relay=relayed.append,
    )
    assert code == 3 and capfd.readouterr() == ("from the driver\n", "")
    assert sorted(told) == ["application app_1", "watching app_1"]
    assert (fails, relayed) == (["error: why"], ["a line of the driver on stderr"])


def test_verbose_shows_all(spark: Path, capfd: pytest.CaptureFixture[str]):
    spark.write_text(_TALK)
    assert run_submission(Submission("job.py", master="yarn"), monitor=Judged(JobEnd(0)), verbose=True) == 0
    err = capfd.readouterr().err
    assert "INFO YarnClientImpl: Submitted" in err and "\tat org." in err and "spark-log" not in err


def test_without_a_judge_the_code_is_spark_submits_own(spark: Path, capfd: pytest.CaptureFixture[str]):
    spark.write_text("#!/bin/sh\necho 'java.net.UnknownHostException: nowhere.example' >&2\nexit 7\n")
    assert run_submission(Submission("job.py", master="local[2]")) == 7
    assert "error: the host name nowhere.example cannot be resolved" in capfd.readouterr().err
    spark.write_text("#!/bin/sh\necho \"ModuleNotFoundError: No module named 'nosuch'\" >&2\nexit 1\n")
    assert run_submission(Submission("job.py", master="local[2]")) == 1
    assert "error: the driver cannot import nosuch" in capfd.readouterr().err
    spark.write_text("#!/bin/sh\nkill -9 $$\n")
    assert run_submission(Submission("job.py", master="local[2]")) == 128 + signal.SIGKILL


def test_giving_up_ends_spark_submit(spark: Path, capfd: pytest.CaptureFixture[str]):
    spark.write_text("#!/bin/sh\necho 'Submitted application' >&2\nexec sleep 60\n")
    began = time.monotonic()
    code = run_submission(Submission("job.py", master="yarn"), monitor=Judged(JobEnd(143), "not started after 5 s"))
    assert code == 1 and time.monotonic() - began < 30
    assert "error: not started after 5 s -> submit again" in capfd.readouterr().err


def test_an_unknown_cause_shows_sparks_last_errors(spark: Path, capfd: pytest.CaptureFixture[str]):
    spark.write_text("#!/bin/sh\necho 'spark-log ERROR Client: the odd thing' >&2\nexit 1\n")
    assert run_submission(Submission("job.py", master="yarn"), monitor=Judged(JobEnd(1))) == 1
    assert capfd.readouterr().err == "ERROR Client: the odd thing\n"


def test_what_the_child_gets(spark: Path, tmp_path: Path):
    spark.write_text(f'#!/bin/sh\nenv > {tmp_path}/env\necho "$@" > {tmp_path}/words\n')
    given = {"PATH": os.environ["PATH"], "PYSPARK_GATEWAY_PORT": "1", "SPARK_SUBMIT_OPTS": "-Dx=y", "LANG": "C"}
    given |= {"https_proxy": "http://proxy:3128", "HOME": str(tmp_path)}
    assert run_submission(Submission("job.py", ("1",), "local[2]"), environ=given) == 0
    env = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines() if "=" in line)
    assert env["SPARK_HOME"] == str(spark.parents[1]) and env["PYSPARK_PYTHON"] == sys.executable
    assert "PYSPARK_GATEWAY_PORT" not in env and env["LC_ALL"] == "C.UTF-8"
    assert env["SPARK_SUBMIT_OPTS"].startswith("-Dx=y -Dhttps.proxyHost=proxy -Dhttps.proxyPort=3128 -Dlog4j2.")
    assert (tmp_path / "words").read_text().split() == ["--master", "local[2]", "job.py", "1"]


_TERMINATED = """
import sys
from pathlib import Path
from mlpipeline.cluster.submission import run
from mlpipeline.cluster.submission.compose import Submission
run.pyspark_folder = lambda: Path(sys.argv[1])
sys.exit(run.run_submission(Submission("job.py", master="local[2]")))
"""


def test_a_sigterm_reaches_the_child(spark: Path, tmp_path: Path):
    spark.write_text(
        f"#!/bin/sh\ntrap 'echo ended > {tmp_path}/ended; exit 5' TERM\necho up\nwhile :; do sleep 0.1; done\n"
    )
    command = [sys.executable, "-c", _TERMINATED, str(tmp_path / "spark")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "up\n"
    process.terminate()
    assert process.wait(30) == 5 and (tmp_path / "ended").is_file()
