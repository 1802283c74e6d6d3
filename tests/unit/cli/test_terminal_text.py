"""What a text holds never steers the terminal that shows it."""

from __future__ import annotations

import argparse
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.cli import main as entry_point
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.tables import cut, draw
from mlpipeline.cli.terminal_text import visible, visible_json
from mlpipeline.errors import InputError

# red, CSI of one byte, a window's title, backspaces, an override, an isolate, a bare return, a line separator
STEERING = "\x1b[31m \x9b2J \x1b]0;x\x07 pay\b\b\b \u202eabc \u2066d a\rb a\u2028b \x7f"
ANY = st.text(st.one_of(st.characters(), st.sampled_from(STEERING)), max_size=20)


def steers(text: str) -> bool:
    wrong = [*map(chr, (*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A)))]
    return any(character in text for character in wrong)


def test_marks_are_visible_and_other_letters_stay():
    assert visible("\x1b[31m") == "␛[31m" and visible("a\rb\n") == "a␍b␊"
    assert visible("\u202eabc\x9b") == "<U+202E>abc<U+009B>"
    kept = "몇 시에 여나요 👩\u200d👧 می\u200cخواهم e\u0301 สวัสดี"
    assert visible(kept) == kept
    assert visible("one\n\ttwo\r\n", lines=True) == "one\n\ttwo␍\n"


@given(ANY)
def test_nothing_that_steers_is_left(text: str):
    assert not steers(visible(text)) and visible(visible(text)) == visible(text)
    assert not steers(draw(["text"], [[text]]).replace("\n", "", 2)) and not steers(cut(text, 9))
    shown = visible_json({"text": text})
    assert not steers(shown.replace("\n", "")) and json.loads(shown) == {"text": text}


@pytest.mark.parametrize("as_json", [False, True])
def test_what_a_verb_gives_and_says_and_fails_with(
    as_json: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    options = argparse.Namespace(store="s", conf="c", quiet=False, verbose=False, json=as_json, log_format=None)

    def verb(context: CommandContext) -> int:
        context.say(f"note: {STEERING}")
        context.print_result({"text": STEERING}, f"text: {STEERING}")
        raise InputError(STEERING, where="a\x1b[2K.csv", fix="correct it")

    monkeypatch.setattr(entry_point, "parse", lambda asked: argparse.Namespace(**vars(options), verb=verb))
    assert entry_point.main(["ls"]) == 1
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert "[31m" in text and not steers(text.replace("\n", ""))
