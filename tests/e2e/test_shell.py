"""`mlpipeline shell`: code from the command line, from a pipe, and typed at a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from pathlib import Path

from mlpipeline.catalog import DATASETS
from tests.e2e.conftest import PATIENCE, Finished, Project

HERE = ("shell", "--master", "local[2]")
_PATIENCE = 180  # seconds for a line at the terminal; a count takes two


def test_code_sees_a_jobs_session_the_store_and_the_recipes(finished: Finished):
    code = """
print(read("cleaned", "shop/ko").count(), table("splits", "shop/ko").shape[0])
print(sorted(recipes), recipes["shop/ko"].recipe.train.epochs)
print(spark.conf.get("spark.sql.session.timeZone"), spark.sparkContext.getLocalProperty("spark.scheduler.pool"))
print(spark.sparkContext.getConf().get("spark.ui.showConsoleProgress"), spark.conf.get("spark.sql.shuffle.partitions"))
print(read("encoder", "shop/ko").select("domain", "lang").collect()[0].asDict())
print(read("cleaned").agg(F.countDistinct("lang")).first()[0], store.root)
"""
    words = (*HERE, "--stage", "embed", "--set", "train.epochs=7", "--conf", "spark.sql.shuffle.partitions=3")
    done = finished.project(*words, "-c", code)
    lines = done.stdout.splitlines()
    rows = {row["dataset"].partition("@")[0]: row["rows"] for row in finished.project.read("ls", "datasets")}
    assert (
        lines[0] == f"{rows['shop/ko/cleaned']} {rows['shop/ko/splits']}"
        and lines[1] == "['bank/en', 'bank/ko', 'shop/en', 'shop/ko'] 7"
    )
    assert lines[2] == "UTC adhoc" and lines[3] == "false 3"
    assert lines[4] == "{'domain': '*', 'lang': 'ko'}" and lines[5] == "2 store"
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("spark (")]
    assert "at local[2]" in told and f"{len(DATASETS)} datasets" in told and "recipes (4 bots)" in told


def piped(project: Project, *words: str, script: str = "") -> subprocess.CompletedProcess[str]:
    """The command with `script` on its standard input; the caller judges the exit code and the trace."""
    return subprocess.run(
        project.command(*words),
        input=script,
        cwd=project.home,
        env=project.env(),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


def test_a_script_from_a_pipe_and_its_exit_code(finished: Finished):
    script = 'print(spark.version)\nif True:\n    print("둘")\nraise SystemExit(7)\n'
    done = piped(finished.project, *HERE, "--quiet", script=script)
    assert done.returncode == 7 and done.stdout.splitlines()[1] == "둘" and "spark (" not in done.stderr


def test_mistakes_are_told_as_python_tells_them(finished: Finished):
    project = finished.project
    told = project(*HERE, "--remote", "local[2]", "-c", "1", expect=2).stderr
    assert "exclude each other" in told
    told = project("shell", "--stage", "embedd", "-c", "1", expect=2).stderr
    assert told.startswith("error: no stage 'embedd', did you mean embed? -> stages are: ingest")
    done = piped(project, *HERE, "-c", "def f():\n    read('cleand')\nf()")
    assert done.returncode == 2 and "error: no dataset 'cleand'" in done.stderr and "Traceback" not in done.stderr
    done = piped(project, *HERE, "-c", "def f():\n    return 1 / 0\nf()")
    trace = done.stderr[done.stderr.index("Traceback") :]
    assert done.returncode == 1 and "ZeroDivisionError" in trace and "shell.py" not in trace


def test_at_a_terminal(finished: Finished, tmp_path: Path):
    """A pseudo terminal: what is typed is run, and the end of the input ends the session."""
    project = finished.project
    leader, follower = pty.openpty()
    environ = {
        **project.env(),
        "TERM": "dumb",
        "IPYTHONDIR": str(tmp_path),
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }
    shell = subprocess.Popen(
        project.command(*HERE), stdin=follower, stdout=follower, stderr=follower, cwd=project.home, env=environ
    )
    os.close(follower)
    seen = ""

    rows = {row["dataset"].partition("@")[0]: row["rows"] for row in project.read("ls", "datasets")}

    def wait_for(text: str) -> None:
        nonlocal seen
        until = time.monotonic() + _PATIENCE
        while text not in seen:
            assert time.monotonic() < until and shell.poll() is None, seen
            if select.select([leader], [], [], 1)[0]:
                seen += os.read(leader, 65536).decode("utf-8", "replace")

    try:
        wait_for("recipes (4 bots)")
        wait_for("In [1]" if _has_ipython() else ">>>")
        os.write(leader, b"print('sum', read('cleaned', 'shop/ko').count() + 1000)\r")
        wait_for(f"sum {rows['shop/ko/cleaned'] + 1000}")
        os.write(leader, b"exit()\r" if _has_ipython() else b"\x04")
        until = time.monotonic() + 60
        while shell.poll() is None and time.monotonic() < until:
            if select.select([leader], [], [], 0.2)[0]:
                try:
                    seen += os.read(leader, 65536).decode("utf-8", "replace")
                except OSError:  # the other end is closed
                    break
        assert shell.wait(60) == 0, seen
    finally:
        shell.kill()
        os.close(leader)


def _has_ipython() -> bool:
    from importlib.util import find_spec

    return find_spec("IPython") is not None
