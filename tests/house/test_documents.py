"""Every command in README.md and docs/ exists; every link to a file leads somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlpipeline.cli.command_line import arranged
from mlpipeline.cli.parsers import build_parser
from mlpipeline.cli.verbs import VERBS as cli_verbs
from mlpipeline.errors import UsageError
from mlpipeline.recipe.select import parse_selection

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
OURS = re.compile(r"(?:\w+=\S+ )*(?:\S*/)?(?:mlpipeline|make) ")
INLINE = re.compile(r"`((?:mlpipeline|make) [^`]+)`")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
PAGES = [
    path
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "conf" / "README.md")
    if path.is_file()
]
VERBS = {name.split()[0] for name in cli_verbs}


def commands(text: str) -> Iterator[str]:
    """The commands of a page's bash blocks: continued lines joined, prompts and comments left out, `a && b` as two."""
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\|\||\|", line.removeprefix("$ ")):
                words = part.strip()
                if OURS.match(words):
                    yield words


def check(command: str) -> str | None:
    """What is wrong with a `mlpipeline` or `make` command; None when it could be run."""
    words = shlex.split(command, comments=True)
    first = next(n for n, word in enumerate(words) if word.rpartition("/")[2] in ("make", "mlpipeline"))
    asked = words[first + 1 :]
    if words[first] == "make":
        return next((f"no target {word}" for word in asked if "=" not in word and word not in targets()), None)
    try:
        asked = arranged(asked, cli_verbs)
        options = build_parser(asked).parse_args(asked)
    except SystemExit:  # --help and --version
        return None
    except UsageError as error:
        return str(error)
    if getattr(options, "select", None):
        parse_selection(options.select)
    return None


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][\w-]*):(?!=)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path):
    wrong = {command: told for command in commands(page.read_text("utf-8")) if (told := check(command))}
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_sentences_exist(page: Path):
    wrong = {}
    for command in INLINE.findall(page.read_text("utf-8")):
        # Parts in capitals or with dots stand for something: only the verb is checked.
        verb = command.split()[1] if len(command.split()) > 1 else ""
        known = targets() if command.startswith("make ") else VERBS
        if verb.isalpha() and verb.islower() and verb not in known:
            wrong[command] = "no such verb or target"
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    gone = [link for link in LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()]
    assert not gone


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_prose_has_lines_of_120_characters(page: Path):
    """Tables, blocks and pictures excepted, and a line that is nothing but one long command or link."""
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    prose = [line for line in text.splitlines() if not line.startswith(("|", "![", "<!--"))]
    assert [
        line for line in prose if len(line) > 120 and not re.fullmatch(r"`[^`]*`\.?|\[[^]]*\]\(\S*\)\.?", line)
    ] == []


def test_the_readme_has_the_two_commands_that_ci_runs():
    readme = list(commands((ROOT / "README.md").read_text("utf-8")))
    ran = [line for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines() if line.startswith("make ")]
    assert ran == ["make run", "make test"]
    assert readme[:2] == ran


WRONG = ["mlpipeline fly", "make nothing-such", "mlpipeline run --nothing", "mlpipeline plan --select colour:red"]


@pytest.mark.parametrize("command", WRONG)
def test_a_wrong_command_would_be_found(command: str):
    try:
        found = check(command)
    except Exception as error:
        found = str(error)
    assert found


def test_every_target_of_make_is_explained():
    text = (ROOT / "Makefile").read_text("utf-8")
    phony = set(re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split())  # type: ignore[index]
    assert phony == set(re.findall(r"^([a-z][\w-]*):.*## ", text, re.MULTILINE))
