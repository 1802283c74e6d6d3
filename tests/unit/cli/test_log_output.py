"""Messages on stderr: for a person, with times for a scheduler, as JSON for a program."""

from __future__ import annotations

import argparse
import io
import json
import logging
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

import pytest

from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.live import Live
from mlpipeline.cli.log_output import FORMS, LineHandler, early_form, line_handler, log_words, logging_to
from mlpipeline.cli.main import main
from mlpipeline.cluster.log_lines import message_of
from mlpipeline.errors import InputError
from mlpipeline.spark.progress import Progress

entry_point = import_module("mlpipeline.cli.main")
LOG = logging.getLogger("mlpipeline.orders.apply")
STEERING = "\x1b[31mred\u2028\x85\r\nnext\x9b2K"


def options(form: str | None = None, *, quiet: bool = False, verbose: bool = False) -> argparse.Namespace:
    return argparse.Namespace(log_format=form, quiet=quiet, verbose=verbose)


@pytest.fixture(autouse=True)
def nobody_keeps_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIRFLOW_CTX_DAG_ID", "CONTAINER_ID", "SPARK_APPLICATION_ID", "MLPIPELINE_LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)


def logged(capsys: pytest.CaptureFixture[str], form: str | None = None, **how: bool) -> str:
    """What three messages leave on stderr."""
    with logging_to(LineHandler(), options(form, **how)):
        LOG.debug("more")
        LOG.info("3 of 10 %s", "split", extra={"stage": "split"})
        LOG.warning("note: %s", STEERING)
    return capsys.readouterr().err


def verb_that(act: Callable[[CommandContext], int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every command line do this, with its own options for messages."""
    real = entry_point.parse

    def parse(words: Sequence[str]) -> argparse.Namespace:
        parsed = real(words)
        parsed.verb = act
        return parsed

    monkeypatch.setattr(entry_point, "parse", parse)


def test_a_person_reads_the_message_alone(capsys: pytest.CaptureFixture[str]):
    shown = logged(capsys)
    assert shown == "3 of 10 split\nnote: ␛[31mred<U+2028><U+0085>␍\nnext<U+009B>2K\n"


def test_more_and_nothing_on_demand(capsys: pytest.CaptureFixture[str]):
    assert logged(capsys, verbose=True).startswith("more\n")
    assert logged(capsys, quiet=True) == ""


def test_every_message_is_written_once_and_never_after_the_verb(capsys: pytest.CaptureFixture[str]):
    package, root = logging.getLogger("mlpipeline"), logging.Handler()
    root.emit = lambda record: print("root", record.getMessage())  # type: ignore[method-assign]
    before = (list(package.handlers), package.level, package.propagate)
    logging.getLogger().addHandler(root)
    try:
        assert [len(logged(capsys, "timed").splitlines()) for _ in range(3)] == [3, 3, 3]
    finally:
        logging.getLogger().removeHandler(root)
    assert (list(package.handlers), package.level, package.propagate) == before
    LOG.error("nobody listens")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["AIRFLOW_CTX_DAG_ID", "CONTAINER_ID", "SPARK_APPLICATION_ID"])
def test_a_log_that_somebody_keeps_has_times(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(name, "x")
    first, second, _ = logged(capsys).splitlines()
    head = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"
    assert re.fullmatch(rf"{head} INFO    mlpipeline\.orders\.apply: 3 of 10 split", first)
    assert re.match(rf"{head} WARNING mlpipeline\.orders\.apply: note: ", second)
    assert logged(capsys, "text").startswith("3 of 10 split\n")


def test_json_is_one_object_a_line_whatever_the_texts_hold(capsys: pytest.CaptureFixture[str]):
    first, second = [json.loads(line) for line in logged(capsys, "json").splitlines()]
    assert list(first) == ["time", "level", "logger", "message", "stage"]
    assert (first["level"], first["logger"], first["message"]) == ("INFO", LOG.name, "3 of 10 split")
    assert first["stage"] == "split" and first["time"].endswith("+00:00")
    assert second["message"] == f"note: {STEERING}" and "stage" not in second


def test_json_names_the_bot_and_keeps_a_trace_in_its_object(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def verb(context: CommandContext) -> int:
        context.say("failed: shop/ko in train: no rows", bot="shop/ko", stage="train")
        warnings.warn("a library\nwarns", stacklevel=1)
        line = "Traceback (most recent call last):"
        for text in (line, json.dumps({"level": "INFO", "logger": "mlpipeline.x", "message": "of the job"})):
            line_handler().relay(text)
        raise InputError(STEERING, where="a.csv", fix="correct it")

    verb.__module__ = "mlpipeline.cli.run"
    verb_that(verb, monkeypatch)
    assert main(["--log-format", "json", "run", "-v"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["message"].partition("\n")[0] for line in lines[:2]] == [
        "run: reading recipes and store",
        "failed: shop/ko in train: no rows",
    ]
    assert (lines[1]["level"], lines[1]["bot"], lines[1]["stage"]) == ("ERROR", "shop/ko", "train")
    assert lines[1]["logger"] == "mlpipeline.cli.run", "a verb's messages have the logger of its module"
    assert (lines[2]["logger"], lines[3]["logger"], lines[4]["message"]) == (
        "py.warnings",
        "spark-submit",
        "of the job",
    )
    assert lines[-1]["message"] == f"error: a.csv: {STEERING} -> correct it"
    assert lines[-1]["traceback"].startswith("Traceback") and "InputError" in lines[-1]["traceback"]


def test_on_a_terminal_the_error_is_below_its_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def verb(context: CommandContext) -> int:
        raise InputError("no rows", where="a.csv", fix="correct it")

    verb_that(verb, monkeypatch)
    assert main(["ls", "-v"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("Traceback") and lines[-1] == "error: a.csv: no rows -> correct it"
    assert main(["ls", "--quiet"]) == 1
    assert capsys.readouterr().err == "error: a.csv: no rows -> correct it\n"


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "--log-format", "json", "--quiet"],
        ["--log-format=json", "plan"],
        ["plan", "--log-format", "json", "--no-such-option"],
        ["--log-format", "json", "plam"],
    ],
)
def test_an_error_that_ends_a_verb_has_the_form_of_the_rest(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    error = json.loads(line)
    assert error["level"] == "ERROR" and error["message"].startswith("error: ") and "traceback" not in error


def test_a_form_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    assert main(["ls", "--log-format", "jsn"]) == 2
    assert "did you mean json?" in capsys.readouterr().err
    monkeypatch.setenv("MLPIPELINE_LOG_FORMAT", "xml")
    assert main(["ls"]) == 2
    assert "MLPIPELINE_LOG_FORMAT: 'xml' is none of text, timed, json" in capsys.readouterr().err
    monkeypatch.setenv("MLPIPELINE_LOG_FORMAT", "json")
    assert early_form(["ls"]) == "json" and early_form(["submit", "a.py", "--", "--log-format", "timed"]) == "json"


def test_the_same_options_for_another_command():
    assert log_words(options("json", quiet=True, verbose=True)) == ["--quiet", "--verbose", "--log-format", "json"]
    assert log_words(options()) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_log_is_read_in_every_form(form: str, capsys: pytest.CaptureFixture[str]):
    first = logged(capsys, form).splitlines()[0]
    assert message_of(first) == "3 of 10 split"
    for line in ("of another program", '{"a": 1}', "{no json", "[1]"):
        assert message_of(line) == line


def test_who_uses_the_package_hears_nothing_unless_they_listen():
    code = """
import logging, mlpipeline
from mlpipeline.recipe.choose import _log
_log.warning("unheard"); _log.error("unheard")
logging.basicConfig(level="INFO", format="%(name)s %(message)s")
_log.info("heard")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "mlpipeline.recipe.choose heard\n")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


def test_a_message_stands_above_the_line_that_lives(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm")
    for name in ("CI", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    terminal, progress = Terminal(), Progress()
    monkeypatch.setattr("sys.stderr", terminal)
    handler = LineHandler()
    progress.begin("split", 3, 10, ["shop/ko"])
    live = Live(progress, lambda slots: {}, quiet=False, handler=handler)
    with logging_to(handler, options()), live:
        over = threading.Event()
        while "split" not in terminal.getvalue() and not over.wait(0.05):
            pass
        LOG.info("a note")
    shown = terminal.getvalue()
    assert re.search(r"split[^\n]*\r\x1b\[Ka note\n", shown), shown
