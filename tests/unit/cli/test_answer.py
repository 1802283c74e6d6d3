"""`answer`: texts, files, the standard input, and a conversation at a terminal."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlpipeline.cli import answer
from mlpipeline.cli.main import main
from mlpipeline.serving.answer import Answer, Nearest

SPOKEN = ["안녕", "몇 시에 열어요"]


class Echo:
    """Says what it was asked."""

    def answer(self, texts: list[str]) -> list[Answer]:
        return [
            Answer(text, "hi", 0.9, "answer", f"you said {text}", None, [Nearest(text, "hi", 1.0)]) for text in texts
        ]


@pytest.fixture(autouse=True)
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(answer, "open_answerer", lambda *asked, **more: Echo())


def typed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))


def test_the_question_stands_above_its_answer(capsys: pytest.CaptureFixture[str]):
    assert main(["answer", "shop/ko", *SPOKEN, "a\x1b[31m\nb"]) == 0
    assert capsys.readouterr().out.split("\n\n")[1:] == [
        "> 몇 시에 열어요\nanswer       hi  0.900  you said 몇 시에 열어요\n   1.000  hi  몇 시에 열어요",
        "> a␛[31m␊b\nanswer       hi  0.900  you said a␛[31m\nb\n   1.000  hi  a␛[31m␊b\n",
    ]


@pytest.mark.parametrize("words", [[], ["--file", "-"], ["--file", "m.txt"]])
def test_each_line_is_a_message(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    data = "wake me\u2028at seven\r\n\n \nplay\x0bjazz".encode()
    typed(monkeypatch, b"not read" if "m.txt" in words else data)
    Path("m.txt").write_bytes(data)
    assert main(["answer", "shop/ko", "--json", *words]) == 0
    assert [row["text"] for row in json.loads(capsys.readouterr().out)] == ["wake me\u2028at seven", "play\x0bjazz"]


def test_texts_are_answered_whatever_waits_on_the_standard_input(monkeypatch: pytest.MonkeyPatch, capsys):
    typed(monkeypatch, b"\xff\xff")
    assert main(["answer", "shop/ko", "hi", "--json"]) == 0
    assert [row["text"] for row in json.loads(capsys.readouterr().out)] == ["hi"]


@pytest.mark.parametrize(
    ("words", "data", "said"),
    [
        ([], b"", "no message"),
        ([], "내일 날씨\n".encode("cp949"), "standard input:1: byte 0xb3 is not UTF-8; it seems to be cp949"),
        (["--file", "m.txt"], b"", "m.txt:2: byte 0x96 is not UTF-8; it seems to be Shift-JIS"),
        (["--file", "gone.txt"], b"", "gone.txt: cannot be read: No such file"),
        (["--file", "."], b"", "this is a folder"),
    ],
)
def test_what_cannot_be_asked_is_2_in_one_line(words, data, said, monkeypatch: pytest.MonkeyPatch, capsys):
    typed(monkeypatch, data)
    Path("m.txt").write_bytes(b"hi\n" + "明日の天気は\n".encode("cp932"))
    assert main(["answer", "shop/ko", *words]) == 2
    told = capsys.readouterr()
    assert said in told.err and told.err.count("\n") == 1 and not told.out


def test_a_program_without_standard_input_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["answer", "shop/ko"]) == 2


def test_a_conversation_at_a_terminal():
    script = (
        "import sys; from tests.unit.cli.test_answer import Echo; from mlpipeline.cli import answer, main\n"
        "answer.open_answerer = lambda *asked, **more: Echo(); sys.exit(main.main(['answer', 'assistant/ko']))"
    )
    near, far = pty.openpty()
    command = [sys.executable, "-c", script]
    home = Path(__file__).parents[3]
    with subprocess.Popen(command, stdin=far, stdout=far, stderr=far, cwd=home, start_new_session=True) as child:
        os.close(far)
        until(near, "assistant/ko> ")
        for text in SPOKEN:
            os.write(near, f"{text}\n".encode())
            told = until(near, "assistant/ko> ")
            assert f"you said {text}" in told and "\r\n> " not in told
        os.write(near, b"\n")
        assert child.wait(10) == 0
    os.close(near)


@pytest.mark.parametrize("end", [EOFError, KeyboardInterrupt])
def test_the_end_of_the_input_and_an_interrupt_end_a_conversation(end: type[BaseException], monkeypatch, capsys):
    typed(monkeypatch, b"")
    lines: Iterator[str | BaseException] = iter(
        [*SPOKEN, UnicodeDecodeError("euc_kr", b"\xff", 0, 1, "no letter"), end()]
    )

    def read(prompt: str) -> str:
        line = next(lines)
        if isinstance(line, BaseException):
            raise line
        return line

    monkeypatch.setattr(answer, "_is_terminal", lambda: True)
    monkeypatch.setattr("builtins.input", read)
    assert main(["answer", "shop/ko", "--json"]) == 0
    told = capsys.readouterr()
    assert told.out.count('"text": ') == 2 and "this line is not euc_kr" in told.err


def until(near: int, what: str) -> str:
    held = b""
    while not held.decode("utf-8", "replace").endswith(what):
        held += os.read(near, 4096)
    return held.decode("utf-8")


def test_a_message_that_was_repaired_says_what_it_was_read_as(monkeypatch: pytest.MonkeyPatch, capsys):
    said = Answer("dkssud", "hi", 0.9, "answer", "hello", None, [], read_as="안녕")
    monkeypatch.setattr(answer, "open_answerer", lambda *asked, **more: SimpleNamespace(answer=lambda texts: [said]))
    assert main(["answer", "shop/ko", "dkssud"]) == 0
    assert "\n  read as 안녕\n" in capsys.readouterr().out
    assert main(["answer", "shop/ko", "dkssud", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["read_as"] == "안녕"
