"""The line of a run at work: it lives on a terminal, is plain elsewhere, and never ends a run."""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from mlpipeline.cli import live
from mlpipeline.cli.live import Live, clock, is_live, line_of
from mlpipeline.cli.log_output import LineHandler
from mlpipeline.cli.main import announce
from mlpipeline.cli.tables import width
from mlpipeline.cli.verbs import SLOW, VERBS
from mlpipeline.spark.counters import Counted
from mlpipeline.spark.progress import Progress, Reading, TextsRead

EXPECTED = {"ingest": 5.0, "denoise": 60.0, "train": 40.0}
READING = Reading("denoise", 6, 10, 15.0, 9, 3, 12, 20, is_starting=False)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(live, "_STEP_S", 0.01)
    return Terminal()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


def test_the_line_says_how_far_the_stage_is_and_when_the_run_ends():
    noon = time.mktime((2026, 11, 30, 12, 0, 0, 0, 0, -1))
    line = line_of(READING, EXPECTED, now=noon)
    assert line == " 6 of 10  denoise    3 of 9 bots, 12 of 20 tasks, 0:15, about 1:25 left (done 12:01)"
    assert "left" not in line_of(READING, {}) and "left" not in line_of(READING, {"export": 5.0})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"bots_done": None, "tasks": 0}, "9 bots, 0:15"),
        ({"bots": 1, "bots_done": None, "tasks": 0}, "1 bot, 0:15"),
        ({"is_starting": True, "tasks": 0}, "starting Spark, 0:15"),
        ({"seconds": 75.0, "bots_done": None}, "1:15, more than 0:40 left"),
        ({"seconds": 180.0}, "3:00, about 6:40 left"),
        ({"seconds": 4000.0, "stage": "train", "bots_done": None}, "1:06:40, longer than expected"),
        ({"number": 0, "stage": "writing the report"}, "writing the report, 0:15"),
        (
            {"steps": (("views", 3, 20), ("decisions", 0, 2))},
            "3 of 9 bots, views 3 of 20, decisions 0 of 2, 12 of 20 tasks",
        ),
        ({"steps": (("views", 20, 20),)}, "3 of 9 bots, 12 of 20 tasks"),
        ({"texts": TextsRead(0, 900, 0, 0.1), "tasks": 0}, "3 of 9 bots, 0 of 900 texts, 0:15"),
        (
            {"texts": TextsRead(10_000, 30_000, 70_000, 4.0), "bots_done": None},
            "9 bots, 10,000 of 30,000 texts at 2,500 a second, 70% were in the store, 12 of 20 tasks",
        ),
        ({"texts": TextsRead(10, 610, 0, 5.0), "bots_done": None, "stage": "train"}, "0:15, about 5:00 left"),
    ],
)
def test_what_is_not_known_is_not_said(changed: dict[str, object], said: str):
    told = line_of(Reading(**{**vars(READING), **changed}), EXPECTED)  # type: ignore[arg-type]
    assert said in told


def test_a_clock_is_read_by_people():
    assert [clock(seconds) for seconds in (0.4, 75, 3600, -3)] == ["0:00", "1:15", "1:00:00", "0:00"]


def test_on_a_terminal_the_line_is_drawn_again_and_gone_at_the_end(terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "_cells", lambda stream: 30)
    progress = Progress(slots=2)
    with Live(progress, lambda slots: EXPECTED, quiet=False, stream=terminal) as shown:
        progress.begin("denoise", 6, 10, ["a/ko", "b/ko"])
        until(lambda: terminal.getvalue().count("denoise") > 2)
        shown.say("note: \x1b[31mred")
        until(lambda: terminal.getvalue().endswith("…"))
    text = terminal.getvalue()
    assert "\r\x1b[Knote: ␛[31mred\n" in text and text.endswith("\r\x1b[K")
    drawn = [part for part in re.split(r"\r\x1b\[K|\n", text) if "denoise" in part]
    assert drawn and max(width(part) for part in drawn) < 30
    assert not [thread for thread in threading.enumerate() if thread.name == "live line"]


def test_elsewhere_lines_are_plain_and_few(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "_STEP_S", 0.01)
    stream, progress = io.StringIO(), Progress(slots=2)
    with Live(progress, lambda slots: EXPECTED, quiet=False, stream=stream) as shown:
        progress.begin("denoise", 6, 10, ["a/ko"])
        time.sleep(0.05)
        assert stream.getvalue() == ""
        monkeypatch.setattr(live, "_PLAIN_S", 0.03)
        until(lambda: stream.getvalue().count("\n") > 1)
        progress.end()
        shown.say("done")
    assert "\x1b" not in stream.getvalue() and "\r" not in stream.getvalue()
    assert stream.getvalue().startswith(" 6 of 10  denoise    1 bot, 0:00, about 1:40 left")


def test_quiet_is_quiet(terminal: Terminal):
    progress = Progress()
    with Live(progress, lambda slots: EXPECTED, quiet=True, stream=terminal) as shown:
        progress.begin("denoise", 6, 10, ["a/ko"])
        shown.say("note")
        time.sleep(0.05)
    assert terminal.getvalue() == ""


def test_a_note_of_a_stage_is_said_once_while_it_works(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "_STEP_S", 0.01)
    progress, plain = Progress(), io.StringIO()
    with Live(progress, lambda slots: EXPECTED, quiet=False, stream=plain):
        progress.begin("denoise", 6, 10, ["a/ko"])
        progress.counting(SimpleNamespace(values=Counted(notes={"a/ko": "cheaper views"})))  # type: ignore[arg-type]
        until(lambda: "note" in plain.getvalue())
        time.sleep(0.05)
    assert plain.getvalue() == "note: a/ko: cheaper views\n"


def test_nothing_that_goes_wrong_while_drawing_ends_a_run(terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> dict[str, float]:
        raise ValueError("no such run")

    progress = Progress(slots=2)
    with Live(progress, refuse, quiet=False, stream=terminal):
        progress.begin("denoise", 6, 10, ["a/ko"])
        until(lambda: "denoise" in terminal.getvalue())
        monkeypatch.setattr(live, "line_of", refuse)
        time.sleep(0.03)
        terminal.close()
        time.sleep(0.03)


@pytest.mark.parametrize(
    ("name", "value"), [("TERM", "dumb"), ("TERM", ""), ("NO_COLOR", "1"), ("CI", "true"), ("CI", "1")]
)
def test_who_wants_plain_text_gets_it(terminal: Terminal, name: str, value: str, monkeypatch: pytest.MonkeyPatch):
    assert is_live(terminal) and not is_live(io.StringIO())
    monkeypatch.setenv("CI", "false")
    assert is_live(terminal)
    monkeypatch.setenv(name, value)
    assert not is_live(terminal)


def test_a_slow_verb_says_a_word_at_once(capsys: pytest.CaptureFixture[str]):
    assert set(SLOW) <= set(VERBS)
    announce(["run", "--select", "shop/ko"], LineHandler())
    assert capsys.readouterr().err == "run: reading recipes and store\n"
    for words in (["run", "--quiet"], ["run", "--help"], ["answer", "run"], []):
        announce(words, LineHandler())
    assert capsys.readouterr().err == ""
