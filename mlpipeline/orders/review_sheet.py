"""Made rows as a spreadsheet that a native speaker marks, and the marks read back.

Texts are texts: one that begins with = + - or @ is stored as text with a quote prefix, so that no program runs it.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mlpipeline.errors import InputError
from mlpipeline.methods.label_noise.confusable import lower_end

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

NATURAL, SAME = "natural? (y/n)", "same meaning? (y/n)"
HEAD = ("parent", "augmented", "operators", "intent", NATURAL, SAME)
CHAIN = ">"
_WIDTHS = (44, 44, 26, 26, 16, 20)
_HELP = {
    NATURAL: ("Natural?", "y: a person may type this, slips and shortenings too. n: nobody would. Empty: not marked."),
    SAME: ("Same meaning?", "y: whoever says it wants the same as the parent. n: something else. Empty: not marked."),
}
_MARKS = {"y": True, "yes": True, "true": True, "1": True, "n": False, "no": False, "false": False, "0": False}
_LONGEST = 32_767  # characters that a cell holds
_STARTS = ("=", "+", "-", "@", "\t", "\r")
# What XML 1.0 cannot hold: control characters, surrogates, the two that are no characters
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MOST_TOLD = 5


class SheetRow(NamedTuple):
    """One made row as it is judged."""

    parent: str
    augmented: str
    operators: tuple[str, ...]
    intent: str


class Share(NamedTuple):
    """`yes` of `rows` marks, with the ends of Wilson's 95 % interval (1927)."""

    yes: int
    rows: int
    low: float
    high: float

    @classmethod
    def of(cls, yes: int, rows: int) -> Share:
        """The share; [0, 1] without marks."""
        return cls(yes, rows, lower_end(yes, rows), 1.0 - lower_end(rows - yes, rows) if rows else 1.0)

    def __str__(self) -> str:
        return f"{self.yes} of {self.rows}" if self.rows else "-"


class Marks(NamedTuple):
    """What people said of one operator."""

    natural: Share
    same: Share

    def condemned(self) -> str:
        """Why it is bad beyond doubt, in words: an upper end lies below one half. Empty where it is not."""
        for share, words in ((self.natural, "natural"), (self.same, "of the same meaning")):
            if share.rows and share.high < 0.5:
                return f"{share.yes} of {share.rows} marked {words}, at most {share.high:.0%}"
        return ""

    @property
    def is_natural(self) -> bool:
        """Whether most of its texts are natural beyond doubt."""
        return self.natural.low > 0.5


def drawn_evenly(rows: Sequence[SheetRow], most: int) -> list[SheetRow]:
    """As many rows of each operator as of the others, those of one operator alone before those of a chain.

    Args:
        rows: in an order that says nothing, such as that in which they were chosen.
        most: rows in all.
    """
    waiting: dict[str, list[SheetRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: len(row.operators)):
        for name in row.operators:
            waiting[name].append(row)
    chosen = dict[SheetRow, None]()
    while len(chosen) < most and any(waiting.values()):
        for name in sorted(waiting):
            found = next((one for one in waiting[name] if one not in chosen), None)
            waiting[name] = waiting[name][waiting[name].index(found) + 1 :] if found else []
            if found and len(chosen) < most:
                chosen[found] = None
    return sorted(chosen, key=lambda row: (row.operators, row.intent, row.parent, row.augmented))


def write_sheet(rows: Sequence[SheetRow], path: Path) -> None:
    """Writes the sheet to `path`, which ends in .xlsx; raises OSError."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    sheet.title = "augmented examples"
    for column, (name, width) in enumerate(zip(HEAD, _WIDTHS, strict=True), 1):
        sheet.cell(1, column, name).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"
    for number, row in enumerate(rows, 2):
        texts = (row.parent, row.augmented, CHAIN.join(row.operators), row.intent)
        for column, text in enumerate(texts, 1):
            _put(sheet, number, column, text)
            sheet.cell(number, column).alignment = Alignment(wrap_text=True, vertical="top")
    for column, name in enumerate(HEAD, 1):
        if name in _HELP:
            _add_choice(sheet, get_column_letter(column), len(rows) + 1, *_HELP[name])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(HEAD))}{len(rows) + 1}"
    book.save(path)


def _put(sheet: Worksheet, row: int, column: int, text: str) -> None:
    """A text as text, whatever it begins with."""
    cell = sheet.cell(row, column)
    cell.value = _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)[:_LONGEST]
    cell.data_type = "s"
    cell.number_format = "@"
    if text.startswith(_STARTS):
        cell.quotePrefix = True


def _add_choice(sheet: Worksheet, letter: str, last: int, title: str, prompt: str) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    choice = DataValidation(type="list", formula1='"y,n"', allow_blank=True)
    choice.promptTitle, choice.prompt, choice.showInputMessage = title, prompt, True
    choice.errorTitle, choice.error, choice.showErrorMessage = title, "Write y or n, or leave it empty.", True
    sheet.add_data_validation(choice)
    choice.add(f"{letter}2:{letter}{max(last, 2)}")


class ReadMarks(NamedTuple):
    """By operator, what people said; how many rows have a mark, and what is wrong with others, by row number."""

    operators: dict[str, Marks]
    rated: int
    rows: int
    bad: list[str]


def read_marks(path: Path, known: Sequence[str] = ()) -> ReadMarks:
    """The marks of a sheet. A row that cannot be read is named and left out; one without any mark is no mistake.

    A row made by a chain counts for each operator of it.

    Args:
        path: of the sheet.
        known: names of operators; a row with another is named. Empty: any.

    Raises:
        InputError: it is no sheet, or has not our columns.
    """
    found: dict[str, tuple[list[bool], list[bool]]] = defaultdict(lambda: ([], []))
    bad, rows, marked = list[str](), 0, 0
    for number, cells in _cells(path):
        if not any(cells.values()):
            continue
        rows += 1
        names = [part.strip() for part in cells["operators"].split(CHAIN)]
        strange = [name for name in names if not name or (known and name not in known)]
        wrong = [f"{name} is {cells[name]!r}" for name in (NATURAL, SAME) if _mark(cells[name]) is _WRONG]
        if strange:
            wrong.append(f"there is no operator {strange[0]!r}" if strange[0] else "no operator")
        if wrong:
            bad.append(f"row {number}: {', '.join(wrong)}")
            continue
        natural, same = _mark(cells[NATURAL]), _mark(cells[SAME])
        marked += natural is not None or same is not None
        for name in dict.fromkeys(names):
            for told, provenance in zip(found[name], (natural, same), strict=True):
                told += [provenance] if isinstance(provenance, bool) else []
    operators = {
        name: Marks(*(Share.of(sum(told), len(told)) for told in both))
        for name, both in sorted(found.items())
        if any(both)
    }
    return ReadMarks(operators, marked, rows, bad)


_WRONG = object()


def _mark(text: str) -> object:
    """True, False, None for an empty cell, `_WRONG` for anything else."""
    return _MARKS.get(text.casefold(), _WRONG) if text else None


def _cells(place: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Row numbers as the spreadsheet shows them, and our columns by name."""
    lines = _lines(place)
    head = next(lines, ())
    columns = {_text(name).casefold(): at for at, name in reversed(list(enumerate(head)))}
    missing = [name for name in ("operators", NATURAL, SAME) if name not in columns]
    if missing:
        fix = "give a sheet that `augment report --to` wrote, with its first line"
        raise InputError(f"no column {missing[0]!r} in its first line", where=str(place), fix=fix)
    for number, line in enumerate(lines, 2):
        yield number, {name: _text(line[at]) if at < len(line) else "" for name, at in columns.items() if name}


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _lines(place: Path) -> Iterator[tuple[object, ...]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    # What a broken archive or broken XML in it raises, in openpyxl's own words or Python's
    broken = (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, SyntaxError, EOFError, TypeError)
    try:
        book = load_workbook(place, read_only=True, data_only=True)
        yield from book.worksheets[0].iter_rows(values_only=True)
        book.close()
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(place), fix="name a sheet") from None
    except (*broken, OSError, IndexError) as error:
        why = " ".join(str(error).split())[:120]
        raise InputError(f"is no .xlsx sheet: {why}", where=str(place), fix="save it as .xlsx") from None


def bad_rows_line(bad: Sequence[str]) -> str:
    """The first bad rows in one line."""
    more = f" and {len(bad) - _MOST_TOLD:,} more" if len(bad) > _MOST_TOLD else ""
    return "; ".join(bad[:_MOST_TOLD]) + more
