"""What the documents tell a reader to type: their fenced blocks, in reading order, with the remarks for tests.

A remark is an HTML comment in the line above a fence; readers do not see it:

    <!-- in tests: COMMAND -->              a test types COMMAND instead: smaller, but the same program
    <!-- run by tests/FILE.py::test_x -->   that test runs the block; it needs a cluster, or it does not end by itself
    <!-- excerpt of FILE -->                the block is code that stands in FILE, line by line
    <!-- file PATH -->                      the block is a file that the reader writes
    <!-- into PATH, below: LINE -->         lines that the reader adds to a file: below (or above) the first line that
                                            begins so, "at its end", or as "all of it"; for as long as the page is read
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN, EXCERPT, FILE, INTO, SMALLER = "run by", "excerpt of", "file", "into", "in tests:"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_REMARK = re.compile(r"<!-- (run by|excerpt of|file|into|in tests:) (\S.*?) -->\n+\Z")


@dataclass(frozen=True)
class Block:
    """One fenced block: the page it stands on, the line of its fence, its language, its text, and its remark."""

    page: str
    line: int
    language: str
    text: str
    kind: str = ""
    remark: str = ""

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """The lines to type, continued lines joined, comments left out."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def pages() -> list[Path]:
    """README.md first, as a reader has it, then docs/ and what else explains a folder."""
    readmes = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    folders = sorted(path for path in ROOT.glob("*/README.md") if path.parent.name in ("conf", "examples", "notebooks"))
    return [path for path in (*readmes, *folders) if path.is_file()]


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page."""
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        remark = _REMARK.search(text, max(0, found.start() - 400), found.start())
        kind, said = (remark[1], remark[2]) if remark else ("", "")
        line = text.count("\n", 0, found.start()) + 1
        yield Block(page.relative_to(ROOT).as_posix(), line, found[1], found[2], kind, said)


def insert(text: str, block: Block) -> str:
    """The text of a file with the lines of an `into` block in it; raises ValueError where their place is not there."""
    where = block.remark.partition(", ")[2]
    side, _, begins = where.partition(": ")
    if where in ("all of it", "at its end"):
        return f"{text}{block.text}" if where == "at its end" else block.text
    lines = text.splitlines(keepends=True)
    at = next((number for number, line in enumerate(lines) if line.startswith(begins)), None)
    if at is None or side not in ("above", "below"):
        raise ValueError(f"{block.where}: no such place: {block.remark}")
    lines.insert(at + (side == "below"), block.text)
    return "".join(lines)


def covering_test(name: str) -> str:
    """The source of the file of `tests/FILE.py::test_x`; "" when there is no such test."""
    file, _, function = name.partition("::")
    path = ROOT / file
    if not path.is_file() or path.suffix != ".py":
        return ""
    source = path.read_text("utf-8")
    tests = {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
    return source if function.startswith("test_") and function in tests else ""
