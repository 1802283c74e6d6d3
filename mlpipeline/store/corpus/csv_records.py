"""Records of a CSV document: after a closing quote comes a delimiter or the line's end, or the quote was a stray one.

A stray quote costs its own row: reading goes on at the next line. Backslash-escaped quotes, as Spark and MySQL write
them, are read too, where a record cannot be read without them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from mlpipeline.store.corpus.rows import MAX_TEXT, Problem

BOM = "\ufeff"

# Travel as surrogates that no decoding makes: Python 3.10's csv raises on a real NUL, every version on a CR in a text
NUL = "\ud800"
RETURN = "\ud801"
_QUOTE = "\ud802"  # an escaped quote
# characters of one record; a quote that is never closed would otherwise swallow the rest of the file
_MAX_RECORD = 20 * MAX_TEXT

_ESCAPED = re.compile(r'(\\+)"')


class Record(NamedTuple):
    """One record: its first line (from 1), the raw text, its cells or what is wrong, and the index of the next line."""

    line: int
    raw: str
    cells: list[str] | Problem
    stop: int


class _Runaway(Exception):
    """A record got longer than any real one: its quote was never closed."""


def lines_of(data: bytes) -> list[str]:
    """The lines of a document with their ends, for `records_of`; what is not UTF-8 travels as surrogates.

    A carriage return alone ends a line where most lines end so (old Macintosh files); elsewhere it belongs to a text.
    """
    text = data.decode("utf-8", "surrogateescape").removeprefix(BOM).replace("\0", NUL)
    feeds = text.count("\n")
    returns = text.count("\r") - text.count("\r\n")
    if 0 < returns <= feeds:
        text = re.sub("\r(?!\n)", RETURN, text)
    return list(io.StringIO(text, newline=""))


def restored(text: str) -> str:
    """The text with the characters that travelled as others."""
    if text.isascii():
        return text
    return text.replace(RETURN, "\r").replace(NUL, "\0")


Fits = Callable[[list[str]], bool]


def records_of(lines: Sequence[str], start: int, delimiter: str, fits: Fits | None = None) -> Iterator[Record]:
    """The records that are not blank, in order; every line belongs to one of them.

    Args:
        lines: of the document, as `lines_of` gives them.
        start: index of the first line to read.
        delimiter: one character.
        fits: whether a record has the columns of the header, where that is known; one that has not may be two rows
            with a stray quote each, or have escaped quotes.
    """
    if csv.field_size_limit() < _MAX_RECORD:
        csv.field_size_limit(_MAX_RECORD)
    feed = _Feed(lines, start)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while feed.at < len(lines):
        first = feed.begin()
        cells: list[str] | Problem
        try:
            cells = next(reader)
        except (_Runaway, csv.Error, StopIteration) as error:
            cells = _problem_of(error, lines[first])
        if fits is not None and feed.at > first + 1 and not isinstance(cells, Problem) and not fits(cells):
            within = lines[first + 1 : feed.at]
            cells = _stray() if any(_fits_alone(line, delimiter, fits) for line in within) else cells
        stop = feed.at
        if isinstance(cells, Problem):
            # take up again at the next line: one stray quote costs one row, not the rest of the file
            feed.at = first + 1
            reader = csv.reader(feed, delimiter=delimiter, strict=True)
        if not cells:
            continue
        if '\\"' in (lines[first] if stop == first + 1 else "".join(lines[first:stop])):
            found = _with_escapes(lines, first, delimiter, fits, cells)
            if found is not None:
                cells, feed.at = found
            elif not isinstance(cells, Problem):
                raw = "".join(lines[first:stop])
                cells = [_unescaped(cell, raw, delimiter) for cell in cells]
        raw = lines[first] if feed.at == first + 1 else "".join(lines[first : feed.at])
        yield Record(first + 1, raw.rstrip("\r\n"), cells, feed.at)


def _with_escapes(
    lines: Sequence[str], first: int, delimiter: str, fits: Fits | None, plain: list[str] | Problem
) -> tuple[list[str], int] | None:
    """Cells and the next line of a record that can be read with escaped quotes only; None where it need not be."""
    if not isinstance(plain, Problem) and (fits is None or fits(plain)):
        return None
    feed = _Feed(lines, first, escaped=True)
    try:
        cells = next(csv.reader(feed, delimiter=delimiter, strict=True))
    except (_Runaway, csv.Error, StopIteration):
        return None
    cells = [cell.replace(_QUOTE, '"') for cell in cells]
    return (cells, feed.at) if fits is None or fits(cells) else None


def _fits_alone(line: str, delimiter: str, fits: Fits) -> bool:
    """Whether a line within a quoted text would be a row of its own."""
    try:
        return fits(next(csv.reader([line], delimiter=delimiter, strict=True)))
    except (csv.Error, StopIteration):
        return False


def _unescaped(cell: str, raw: str, delimiter: str) -> str:
    """A cell without the backslashes before its quotes, where it stood without quotes around it."""
    if '\\"' not in cell:
        return cell
    edge = re.escape(delimiter)
    alone = re.search(f"(?:^|{edge}){re.escape(cell)}(?:{edge}|[\r\n]*$)", raw)
    return _ESCAPED.sub(_half, cell).replace(_QUOTE, '"') if alone else cell


def _half(found: re.Match[str]) -> str:
    """Of two backslashes one stays; the odd one escapes the quote."""
    count = len(found[1])
    return "\\" * (count // 2) + (_QUOTE if count % 2 else '"')


def _problem_of(error: Exception, line: str) -> Problem:
    if len(line) > _MAX_RECORD:
        return Problem("too_long", f"the line has {len(line):,} characters")
    if isinstance(error, csv.Error) and "expected after" in str(error):
        return _stray()
    if isinstance(error, csv.Error) and "unexpected end" not in str(error):
        return Problem("not_csv", str(error))
    return _stray("a double quote opens here and never closes")


def _stray(what: str = "a double quote opens here, and closes before something else than a delimiter") -> Problem:
    return Problem("unclosed_quote", f'{what}; write "" for a quote in a text')


class _Feed:
    """Lines for the csv reader, with a place that can be set back."""

    def __init__(self, lines: Sequence[str], at: int, escaped: bool = False) -> None:
        self.lines = lines
        self.at = at
        self.room = _MAX_RECORD
        self.escaped = escaped
        self.new = True

    def begin(self) -> int:
        """The index of the line that the next record begins with."""
        self.room = _MAX_RECORD
        self.new = True
        return self.at

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self.at >= len(self.lines):
            raise StopIteration
        line = self.lines[self.at]
        self.room -= len(line)
        if self.room < 0:
            raise _Runaway
        self.at += 1
        if self.new and line.startswith('\ufeff"'):
            line = line[1:]  # the mark of a file that was joined to another one would hide the quote
        self.new = False
        return _ESCAPED.sub(_half, line) if self.escaped else line
