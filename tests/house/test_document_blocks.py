"""Every fenced block of the documents is run by a test, or names the test that does; see tests/e2e/documents.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.documents import EXCERPT, INTO, RUN, Block, blocks, covering_test, insert, pages
from tests.e2e.test_documented_commands import ELSEWHERE

ROOT = Path(__file__).parents[2]
# Languages of blocks: the first row is run, the second is shown.
RUNS, SHOWN = {"bash", "python"}, {"text", "yaml", "json", "sql", "dockerfile", "xml"}
TYPED = re.compile(r"^(?:\$ |export |source |eval |(?:\w+=\S+ )*(?:mlpipeline|make|pip|python3?|spark-submit|git) )")
ALL = [block for page in pages() for block in blocks(page)]


def words(command: str) -> list[str]:
    """The program and the verb of a command."""
    plain = [word for word in command.split() if "=" not in word]
    return plain[:2] if plain[0] in ("mlpipeline", "make") else plain[:1]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_each_block_says_what_it_is(page: Path):
    strange = [f"{block.where}: {block.language!r}" for block in blocks(page) if block.language not in RUNS | SHOWN]
    assert not strange, "commands stand in bash blocks, code in python ones, all else in text or yaml ones"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_what_is_typed_stands_in_a_block_that_is_run(page: Path):
    hidden = [
        f"{block.where}: {line}"
        for block in blocks(page)
        if block.language not in RUNS and block.kind != RUN
        for line in block.commands
        if TYPED.match(line)
    ]
    assert not hidden


def claims() -> list[tuple[str, str, list[str]]]:
    """(place, test that is named, commands that it is said to run)."""
    said = [(block.where, block.remark, block.commands) for block in ALL if block.kind == RUN]
    return [*said, *(("ELSEWHERE", test, [command]) for command, test in ELSEWHERE.items())]


@pytest.mark.parametrize(("where", "test", "commands"), claims(), ids=lambda value: value if "::" in value else "")
def test_a_test_that_is_named_exists_and_knows_the_verb(where: str, test: str, commands: list[str]):
    source = covering_test(test)
    assert source, f"{where}: there is no {test}"
    verbs = {words(command)[-1] for command in commands if words(command)[0] in ("mlpipeline", "make", "spark-submit")}
    assert all(verb in source for verb in verbs), f"{where}: {test} never says {sorted(verbs)}"


@pytest.mark.parametrize("block", [block for block in ALL if block.kind == EXCERPT], ids=lambda block: block.where)
def test_an_excerpt_stands_in_its_file(block: Block):
    known = {line.strip() for line in (ROOT / block.remark).read_text("utf-8").splitlines()}
    shown = [line.partition("  #")[0].strip() for line in block.text.splitlines()]
    assert [line for line in shown if line and line not in known] == []


@pytest.mark.parametrize("block", [block for block in ALL if block.kind == INTO], ids=lambda block: block.where)
def test_lines_that_are_added_to_a_file_have_their_place(block: Block):
    file = ROOT / block.remark.partition(",")[0]
    assert (file.parent if block.remark.endswith(", all of it") else file).exists()
    before = file.read_text("utf-8") if file.is_file() else ""
    assert block.text in insert(before, block)


def test_what_runs_elsewhere_is_still_documented():
    typed = {command for block in ALL if block.language == "bash" for command in block.commands}
    assert set(ELSEWHERE) <= typed


@pytest.mark.parametrize("name", ["tests/gone.py::test_x", "tests/house/test_shape.py::test_gone", "README.md::x"])
def test_a_test_that_is_not_there_would_be_found(name: str):
    assert covering_test(name) == ""
