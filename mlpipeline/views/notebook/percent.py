"""Notebooks as they are written: Python files in percent format, cells that begin with `# %%`."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from mlpipeline._packaged import packaged
from mlpipeline.errors import UsageError, did_you_mean

# File names in notebooks/, in the order in which a reader wants them.
NAMES = ("look_at_a_corpus", "why_did_it_fail", "tune_a_job")
_MARK = re.compile(r"^# %%(?P<markdown> \[markdown\])?(?P<tags> tags=\[(?P<names>[^\]]*)\])?(?P<title>[^\n]*)$", re.M)
PARAMETERS = "parameters"


@dataclass(frozen=True)
class Cell:
    """One cell: Markdown or code, with its tags (`parameters`, as papermill knows it)."""

    kind: Literal["markdown", "code"]
    text: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notebook:
    """A notebook: its name, its title (the first line of the file's docstring), its cells."""

    name: str
    title: str
    cells: tuple[Cell, ...]

    def with_values(self, values: Mapping[str, object]) -> Notebook:
        """The same notebook with other values of its parameters.

        Raises:
            UsageError: it has no parameter of that name.
        """
        cells = [_filled(cell, values) if PARAMETERS in cell.tags else cell for cell in self.cells]
        return replace(self, cells=tuple(cells))


def read_notebook(name: str) -> Notebook:
    """The packaged notebook of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in NAMES:
        raise UsageError(f"no notebook {name!r}{did_you_mean(name, NAMES)}", fix=f"notebooks are: {', '.join(NAMES)}")
    return parse_notebook(name, packaged("notebooks", f"{name}.py").read_text("utf-8"))


def parse_notebook(name: str, text: str) -> Notebook:
    """Reads a percent file: a docstring, which becomes title and first cell, then cells.

    Raises:
        ValueError: there is no docstring, or code stands before the first cell.
    """
    marks = list(_MARK.finditer(text))
    head = ast.parse(text[: marks[0].start() if marks else len(text)])
    said = ast.get_docstring(head)
    if not said or len(head.body) > 1 or not marks:
        raise ValueError(f"{name}: a docstring, then cells that begin with `# %%`")
    title, _, rest = said.partition("\n")
    cells = [Cell("markdown", f"# {title.rstrip('.')}\n{rest.rstrip()}".strip())]
    for number, mark in enumerate(marks):
        end = marks[number + 1].start() if number + 1 < len(marks) else len(text)
        body = text[mark.end() : end].strip("\n")
        tags = tuple(re.findall(r"[\w-]+", mark["names"] or ""))
        if mark["markdown"]:
            body = "\n".join(line.removeprefix("#").removeprefix(" ") for line in body.split("\n"))
            cells.append(Cell("markdown", body, tags))
        else:
            cells.append(Cell("code", body.rstrip(), tags))
    return Notebook(name, title.rstrip("."), tuple(cells))


def _filled(cell: Cell, values: Mapping[str, object]) -> Cell:
    text = cell.text
    for name, value in values.items():
        found = re.search(rf"^{name} = (?P<old>[^#\n]*?)(?P<note>  #[^\n]*)?$", text, re.M)
        if found is None:
            raise UsageError(f"the notebook has no parameter {name}", fix=f"its parameters: {cell.text}")
        text = f"{text[: found.start()]}{name} = {value!r}{found['note'] or ''}{text[found.end() :]}"
    return replace(cell, text=text)
