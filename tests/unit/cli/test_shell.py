"""What the shell does with code, without Spark."""

from __future__ import annotations

import builtins
import sys

import pytest

from mlpipeline.cli import shell
from mlpipeline.errors import UsageError


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("x = 1", 0),
        ("raise SystemExit", 0),
        ("raise SystemExit(3)", 3),
        ("raise SystemExit('no')", 1),
        ("1 / 0", 1),
        ("(", 1),
    ],
)
def test_exit_codes_are_those_of_python(code: str, exit_code: int, capsys: pytest.CaptureFixture[str]):
    assert shell._run(code, "<-c>", {}) == exit_code
    assert ("Error: " in capsys.readouterr().err) == (code in ("1 / 0", "("))


def test_an_error_of_ours_is_left_to_be_told_in_one_line():
    with pytest.raises(UsageError):
        shell._run("from mlpipeline.errors import UsageError\nraise UsageError('x')", "<-c>", {})


def test_names_last_from_line_to_line():
    names: dict[str, object] = {"given": 2}
    assert shell._run("made = given + 1\ndef f():\n    return made\nseen = f()", "<-c>", names) == 0
    assert names["seen"] == 3


def test_without_ipython_it_is_pythons_own_prompt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    typed = iter(["print('둘', given + 1)", "1 / 0", "print('on')"])

    def answer(prompt: str = "") -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setitem(sys.modules, "IPython", None)
    monkeypatch.setattr(builtins, "input", answer)
    shell._interact({"given": 1})
    said = capsys.readouterr()
    assert said.out == "둘 2\non\n" and "ZeroDivisionError" in said.err
