"""What cron starts: the line of the crontab, run by sh with cron's empty environment, on a bot that needs a run."""

from __future__ import annotations

import re
import subprocess
import time
from datetime import date
from pathlib import Path

from tests.e2e.conftest import PATIENCE, Project

ONLY = ("--select", "shop/ko")


def as_cron(text: str) -> tuple[dict[str, str], list[str]]:
    """The environment and the commands of a crontab."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    settings = dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))
    commands = [line.split(maxsplit=5)[5] for line in lines if not re.match(r"[A-Z_]+=", line)]
    return settings, [re.sub(r"\\%", "%", command) for command in commands]


def start(command: str, environ: dict[str, str], home: Path) -> subprocess.Popen[str]:
    given = {"HOME": str(home), "LOGNAME": "nobody", **environ}
    return subprocess.Popen(
        ["/bin/sh", "-c", command], env=given, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def ended(scheduled_run: subprocess.Popen[str]) -> tuple[int, str]:
    out, _ = scheduled_run.communicate(timeout=PATIENCE)
    assert "Traceback" not in out
    return scheduled_run.returncode, out


def test_the_crontab_of_a_project_runs_where_nobody_is_logged_in(copied: Project, tmp_path: Path):
    # A gate that no bot passes: the stage `release` has work to do, and the exit code is the one that is told apart.
    refusing = ("--set", "release.gate.max_ece=0", "--master", "local[2]")
    hook = f'echo "100% $MLPIPELINE_WORD" >> {tmp_path}/hook'
    file = tmp_path / "crontab"
    said = copied("schedule", *ONLY, *refusing, "--hook", hook, "--mail", "", "--to", str(file)).stdout
    assert f"crontab {file}" in said
    environ, (command,) = as_cron(file.read_text("utf-8"))
    assert set(environ) >= {"PATH", "LANG", "SHELL", "MAILTO"} and "\\%" in file.read_text("utf-8")
    del environ["MAILTO"]

    first = start(command, environ, tmp_path)
    lock = copied.home / "logs" / "shop.ko.lock"
    until = time.monotonic() + 60
    while not lock.exists() or not lock.read_text():
        assert time.monotonic() < until and first.poll() is None
        time.sleep(0.02)
    code, said = ended(start(command, environ, tmp_path))
    assert code == 75 and "shop/ko: skipped: the scheduled run before it still works" in said

    code, said = ended(first)
    log = copied.home / "logs" / f"shop.ko.{date.today()}.log"
    assert code == 4 and said.startswith("shop/ko: a gate refused the new model") and str(log) in said
    told = log.read_text("utf-8")
    assert "refused: ece" in told or "refused: max_ece" in told, told
    assert told.count("== exit 4") == 1, "the skipped scheduled run left no log"
    assert (tmp_path / "hook").read_text() == "100% skipped\n100% refused\n"


def test_a_turn_with_nothing_to_do_says_nothing_and_old_logs_go(copied: Project, tmp_path: Path):
    logs = copied.home / "logs"
    logs.mkdir()
    (logs / "shop.ko.2020-02-03.log").touch()
    environ, (command,) = as_cron(copied("schedule", *ONLY).stdout)
    assert ended(start(command, environ, tmp_path)) == (0, "")
    assert [path.name for path in logs.glob("*.log")] == [f"shop.ko.{date.today()}.log"]
    assert "nothing to do: 1 bot is up to date" in (logs / f"shop.ko.{date.today()}.log").read_text("utf-8")


def test_what_a_mistake_in_a_recipe_looks_like_to_cron(copied: Project, tmp_path: Path):
    environ, (command,) = as_cron(copied("schedule", *ONLY).stdout)
    (copied.home / "conf" / "domains" / "shop" / "domain.yaml").write_text("languages: [ko]\ntrian: {epochs: 3}\n")
    code, said = ended(start(command, environ, tmp_path))
    assert code == 2 and "nothing was run" in said and "did you mean train" in said
    assert "did you mean train" in copied("schedule", *ONLY, expect=2).stderr, "and it is found when it is written"


def test_schedule_refuses_what_makes_no_sense(copied: Project, tmp_path: Path):
    for words, told in (
        (("--at", "61 2 * * *"), "is no minute of cron"),
        (("--spread", "-1"), "--spread"),
        (("--at-once", "0"), "--at-once"),
        (("--select", "shop/fr"), "no bot matches"),
    ):
        assert told in copied("schedule", *words, expect=2).stderr
    assert "there is no such folder" in copied("schedule", "--to", str(tmp_path / "no" / "file"), expect=2).stderr
