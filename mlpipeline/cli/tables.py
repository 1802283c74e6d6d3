"""Tables for a terminal, aligned also where characters are two cells wide, and no wider than the terminal is."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mlpipeline.cli.terminal_text import visible

_GAP = 2  # cells between two columns
_LEAST = 10  # cells below which a text is not cut
# No letter is less wide than this share of a cell for long: marks above and below letters take none of their own.
_LETTERS_A_CELL = 8
_WIDEST = 2  # cells of a letter


def width(text: str) -> int:
    """Cells that a text takes in a terminal."""
    if text.isascii():
        return len(text)
    # Its tables take 20 ms to load, which `answer` in English need not wait for.
    from wcwidth import wcswidth

    cells: int = wcswidth(text)
    return cells if cells >= 0 else len(text)


def cut(text: str, cells: int) -> str:
    """The text, shortened with an ellipsis to at most so many cells; marks stand for what would steer a terminal."""
    text = visible(text)
    if len(text) > cells * _LETTERS_A_CELL:
        text = text[: cells * _LETTERS_A_CELL]
    elif len(text) * _WIDEST <= cells or width(text) <= cells:
        return text
    while text and width(text) > cells - 1:
        text = text[:-1]
    return text + "…"


def terminal_cells() -> int | None:
    """How many cells a line of stdout has; None where it is no terminal, and nothing need be cut."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


@dataclass(frozen=True)
class Fitted:
    """A table in the cells that there are: its text, and the names of columns for which there was no room."""

    text: str
    left_out: tuple[str, ...] = ()


def draw(head: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = ()) -> str:
    """A table with a line of column names; columns named in `right` are aligned to the right and never cut.

    On a terminal it is as wide as that at most: the longest texts are cut first, then the last columns are left out,
    which a line below the table tells. Anywhere else nothing is cut. Cells show marks for what would
    break a line or steer a terminal.
    """
    fitted = fit(head, rows, right=right, cells=terminal_cells())
    more = f"\n(no room for: {', '.join(fitted.left_out)}; into a file or a pipe they go too)"
    return fitted.text + (more if fitted.left_out else "")


def fit(
    head: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    right: Collection[str] = (),
    cells: int | None = None,
    gap: int = _GAP,
    least: int = _LEAST,
    uncut: Collection[str] = (),
) -> Fitted:
    """A table of at most so many cells a line, None: of as many as it needs.

    Args:
        head: names of the columns, the most important first.
        rows: as many cells each as there are names; None is an empty cell.
        right: names of columns of numbers.
        cells: of the terminal.
        gap: cells between two columns.
        least: cells below which a text is not cut; columns at the end are left out instead.
        uncut: names of columns that are no numbers and never cut all the same.
    """
    texts = [["" if cell is None else visible(str(cell)) for cell in row] for row in rows]
    natural = [max([width(name), *(width(row[column]) for row in texts)]) for column, name in enumerate(head)]
    numbers = [name in right for name in head]
    fixed = [name in right or name in uncut for name in head]
    widths, count = natural, len(head)
    if cells is not None:
        for count in range(len(head), 0, -1):
            found = _shrunk(natural[:count], fixed[:count], cells - gap * (count - 1), least)
            if found is not None or count == 1:
                widths = found or [min(natural[0], cells)]
                break
    lines = [list(head), *texts]
    cut_lines = [[cut(text, most) for text, most in zip(line[:count], widths, strict=True)] for line in lines]
    drawn = [_line(line, widths, numbers, gap) for line in cut_lines]
    rule = (" " * gap).join("-" * most for most in widths)
    return Fitted("\n".join([drawn[0], rule, *drawn[1:]]), tuple(head[count:]))


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool], gap: int) -> str:
    padded = []
    for cell, most, is_number in zip(cells, widths, right, strict=False):
        space = " " * (most - width(cell))
        padded.append(space + cell if is_number else cell + space)
    return (" " * gap).join(padded).rstrip()


def _shrunk(natural: Sequence[int], fixed: Sequence[bool], cells: int, least: int) -> list[int] | None:
    """Widths that sum to at most `cells`: the widest texts are cut to one width; None when that is not enough."""
    if sum(natural) <= cells:
        return list(natural)
    for most in range(min(max(natural) - 1, cells), least - 1, -1):
        widths = [whole if rigid else min(whole, most) for whole, rigid in zip(natural, fixed, strict=True)]
        if sum(widths) <= cells:
            # What the step left over goes to the first columns that were cut.
            for column, whole in enumerate(natural):
                spare = cells - sum(widths)
                if not fixed[column] and spare > 0:
                    widths[column] = min(whole, widths[column] + spare)
            return widths
    return None
