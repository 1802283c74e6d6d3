"""Which rows and columns of a table a person wants: `--columns`, `--where`, `--wide`."""

from __future__ import annotations

import argparse
import difflib
import operator
import re
import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mlpipeline.cli.tables import cut, fit, terminal_cells
from mlpipeline.errors import UsageError
from mlpipeline.schemas import JSON_COLUMNS

CellT = TypeVar("CellT")

# Names that mean something to programs only: they stand last.
TECHNICAL = frozenset(
    ("id", "content_id", "component", "parent", "partner", "seed", "fingerprint", "digest", "left", "right", "encoder")
) | frozenset(("weights_digest", "bundle_digest", "uri", "payload", "held_out", "vector", "report", "cpu_seconds"))
_CONDITION = re.compile(r"(?P<column>\w+)\s*(?P<how>!=|>=|<=|!~|=|~|>|<)\s*(?P<value>.*)", re.DOTALL)
_ORDERS: Mapping[str, Callable[[str | float, str | float], bool]] = {
    ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le,
}  # fmt: skip
_CELLS_OF_A_NOTE = 120
_READABLE = 20  # cells: half a text is worth more than a column of digests beside a few letters of it
_CELLS = 60  # of JSON or a digest in a file or pipe; texts are whole there


def table_options(parser: argparse.ArgumentParser) -> None:
    """Adds what chooses rows and columns."""
    parser.add_argument(
        "--columns", metavar="A,B", help="these columns only, in this order (default: the telling ones)"
    )
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="rows with this value only; also != > >= < <=, and ~ for a part of the text: --where 'text~refund'. "
        "Several: all must hold",
    )
    parser.add_argument("--wide", action="store_true", help="every column, nothing cut")


@dataclass(frozen=True)
class Condition:
    """One `--where`: a column, how to compare, and with what."""

    column: str
    how: str
    value: str

    def holds(self, value: object) -> bool:
        """True when a cell fits. An empty cell is the empty text, and is neither more nor less than anything."""
        if self.how in _ORDERS:
            return value is not None and self._in_order(value)
        text = as_text(value)
        if self.how in ("~", "!~"):
            return (self.value.casefold() in text.casefold()) == (self.how == "~")
        return (self._is(value, text)) == (self.how == "=")

    def _is(self, value: object, text: str) -> bool:
        if isinstance(value, bool):
            return text == self.value.lower()
        if isinstance(value, int | float):
            number = _number(self.value)
            return number is not None and value == number
        return text == self.value

    def _in_order(self, value: object) -> bool:
        compare, number = _ORDERS[self.how], _number(self.value)
        if isinstance(value, int | float):
            if number is None:
                raise UsageError(f"--where {self.column}{self.how}{self.value}: {self.column} is a number",
                                 fix=f"write a number after {self.how}")  # fmt: skip
            return compare(value, number)
        return compare(as_text(value), self.value)


def as_text(value: object) -> str:
    """A cell as a person reads it: None as nothing, true and false as in JSON."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def read_conditions(texts: Sequence[str], columns: Collection[str]) -> list[Condition]:
    """The conditions of `--where`.

    Raises:
        UsageError: no condition, or a column that the table does not have.
    """
    found = []
    for text in texts:
        parts = _CONDITION.fullmatch(text)
        if parts is None:
            raise UsageError(f"--where {text!r} is no condition", fix="write COLUMN=VALUE, such as intent=greet")
        found.append(Condition(_known(parts["column"], columns, "--where"), parts["how"], parts["value"].strip()))
    return found


def rows_where(rows: Sequence[Mapping[str, CellT]], texts: Sequence[str]) -> list[Mapping[str, CellT]]:
    """The rows for which all conditions of `--where` hold; rows of one table, at least one.

    Raises:
        UsageError: as `read_conditions` does.
    """
    conditions = read_conditions(texts, list(rows[0]))
    return [row for row in rows if all(one.holds(row[one.column]) for one in conditions)]


def _known(name: str, columns: Collection[str], option: str) -> str:
    if name in columns:
        return name
    near = difflib.get_close_matches(name, columns, 1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"{option}: no column {name!r}", fix=f"{hint}columns are: {', '.join(columns)}")


def read_columns(text: str | None, columns: Sequence[str]) -> list[str] | None:
    """The names of `--columns` in their order; None when nothing was asked for.

    Raises:
        UsageError: a column that the table does not have, or none at all.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError("--columns names no column", fix=f"columns are: {', '.join(columns)}")
    return [_known(name, columns, "--columns") for name in dict.fromkeys(names)]


def draw_chosen(
    rows: Sequence[Mapping[str, object]],
    names: Sequence[str],
    options: argparse.Namespace,
    *,
    known: Collection[str] = (),
) -> str:
    """The rows as a table of the columns that tell a person something; what is not shown is named below it.

    Args:
        rows: each with all `names`.
        names: the columns in the table's own order.
        options: `columns` and `wide`, see `table_options`.
        known: columns that are the same in all rows because they were asked for; they are not repeated.
    """
    asked = read_columns(options.columns, names)
    shown, empty = list(asked or names), list[str]()
    if asked is None and not options.wide:
        empty = [name for name in names if rows and all(row[name] in (None, "") for row in rows)]
        ordered = sorted(names, key=lambda name: name in TECHNICAL)
        shown = [name for name in ordered if name not in empty and name not in known] or list(names)
    numbers = [name for name in shown if any(_is_number(row[name]) for row in rows)]
    cells = [[_cell(name, row[name], wide=options.wide) for name in shown] for row in rows]
    room = None if options.wide else terminal_cells()
    fitted = fit(shown, cells, right=numbers, cells=room, least=_READABLE, uncut=TECHNICAL - JSON_COLUMNS)
    notes = [
        f"{what}: {', '.join(left)}" for what, left in (("no room for", fitted.left_out), ("empty", empty)) if left
    ]
    hint = "--columns and --wide show them" if fitted.left_out else "--wide shows them"
    told = textwrap.fill(f"({'; '.join(notes)}; {hint})", room or _CELLS_OF_A_NOTE) if notes else ""
    return fitted.text + (f"\n\n{told}" if told else "")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(name: str, value: object, *, wide: bool) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else as_text(value)
    return cut(text, _CELLS) if not wide and (name in TECHNICAL or name in JSON_COLUMNS) else text
