"""Tables for a terminal, aligned also where characters are two cells wide."""

from __future__ import annotations

from collections.abc import Sequence

from wcwidth import wcswidth

from mlpipeline.cli.marks import visible


def width(text: str) -> int:
    """Cells that a text takes in a terminal."""
    cells: int = wcswidth(text)
    return cells if cells >= 0 else len(text)


def cut(text: str, cells: int) -> str:
    """The text, shortened with an ellipsis to at most so many cells; marks stand for what would steer a terminal."""
    text = visible(text)
    if width(text) <= cells:
        return text
    while text and width(text) > cells - 1:
        text = text[:-1]
    return text + "…"


def draw(head: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = ()) -> str:
    """A table with a line of column names; columns named in `right` are aligned to the right.

    Cells show marks for what would break a line or steer a terminal.
    """
    texts = [["" if cell is None else visible(str(cell)) for cell in row] for row in rows]
    widths = [max([width(name), *(width(row[column]) for row in texts)]) for column, name in enumerate(head)]

    def line(cells: Sequence[str]) -> str:
        padded = []
        for name, cell, cells_wide in zip(head, cells, widths, strict=True):
            space = " " * (cells_wide - width(cell))
            padded.append(space + cell if name in right else cell + space)
        return "  ".join(padded).rstrip()

    rule = "  ".join("-" * cells_wide for cells_wide in widths)
    return "\n".join([line(list(head)), rule, *(line(row) for row in texts)])
