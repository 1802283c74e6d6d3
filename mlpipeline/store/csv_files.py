"""CSV and TSV files with a header line: quoted line breaks, BOM, and a delimiter that is found, not asked for."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from mlpipeline.errors import InputError
from mlpipeline.store.corpus_rows import (
    FIELDS,
    MAX_TEXT,
    Problem,
    Reject,
    Row,
    checked_annotator,
    checked_intent,
    checked_parent,
    checked_source,
    checked_text,
    checked_ts,
    checked_verified,
    keys_of,
)

DELIMITERS = (",", ";", "\t")

# NUL travels as a surrogate that no decoding makes: Python 3.10's csv raises on a real one, 3.11's does not
_NUL = "\ud800"
# characters of one record; a quote that is never closed would otherwise swallow the rest of the file
_MAX_RECORD = 20 * MAX_TEXT


class _Runaway(Exception):
    """A record got longer than any real one: its quote was never closed."""


def read_csv(data: bytes, mapping: Mapping[str, str], name: str, delimiter: str | None) -> Iterator[Row | Reject]:
    """Rows of a CSV or TSV document; a line number is that of a record's first line.

    Args:
        data: the document, UTF-8 with or without BOM.
        mapping: field -> column name.
        name: file name for messages.
        delimiter: None finds it among comma, semicolon and tab.

    Raises:
        InputError: the header is not UTF-8 or lacks a needed column (before the first row is asked for).
    """
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff").replace("\0", _NUL)
    lines = list(io.StringIO(text, newline=""))
    start = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    if start == len(lines):
        return iter(())
    where = f"{name}:{start + 1}"
    wanted = keys_of(mapping)
    chosen = delimiter or max(DELIMITERS, key=lambda one: _header_score(lines[start:], one, wanted.text))
    records = _records(lines, start, chosen)
    header = next(records)[2]
    if isinstance(header, Problem) or _broken("".join(header)):
        raise InputError(
            "the header line is not readable as UTF-8 text", where=where, fix="save the file as UTF-8 and run again"
        )
    columns = {field: _position(header, names, field in mapping) for field, names in wanted._asdict().items()}
    missing = [field for field, at in columns.items() if at is None and (field == "text" or field in mapping)]
    if missing:
        raise _no_column(missing, header, mapping, where)
    return _rows(records, [columns[field] for field in FIELDS], len(header))


def _rows(
    records: Iterator[tuple[int, str, list[str] | Problem]], columns: list[int | None], width: int
) -> Iterator[Row | Reject]:
    text_at, intent_at, ts_at, source_at, annotator_at, verified_at, parent_at = columns
    assert text_at is not None
    for line, raw, cells in records:
        try:
            if isinstance(cells, Problem):
                raise cells
            if len(cells) != width and (len(cells) < width or any(cells[width:])):
                raise Problem("wrong_column_count", f"{len(cells)} columns, the header has {width}")
            if not raw.isascii():
                _check_decoded(raw)
            yield Row(
                checked_text(cells[text_at]),
                None if intent_at is None else checked_intent(cells[intent_at]),
                None if ts_at is None else checked_ts(cells[ts_at].strip()),
                None if source_at is None else checked_source(cells[source_at]),
                line,
                None if annotator_at is None else checked_annotator(cells[annotator_at]),
                None if verified_at is None else checked_verified(cells[verified_at]),
                None if parent_at is None else checked_parent(cells[parent_at]),
            )
        except Problem as problem:
            yield problem.as_reject(line, raw.replace(_NUL, "\0"))


def _records(lines: Sequence[str], start: int, delimiter: str) -> Iterator[tuple[int, str, list[str] | Problem]]:
    """(first line number, raw text, cells or what is wrong) of each record that is not blank."""
    if csv.field_size_limit() < _MAX_RECORD:
        csv.field_size_limit(_MAX_RECORD)
    feed = _Feed(lines, start)
    reader = csv.reader(feed, delimiter=delimiter)
    while feed.at < len(lines):
        first = feed.begin()
        cells: list[str] | Problem
        try:
            cells = next(reader)
            # an odd number of quotes over several lines at the very end: opened and never closed
            if feed.at == len(lines) and feed.at > first + 1 and "".join(lines[first:]).count('"') % 2:
                raise _Runaway
        except (_Runaway, csv.Error, StopIteration) as error:
            cells = _problem_of(error, lines[first])
            # take up again at the next line: one stray quote costs one row, not the rest of the file
            feed.at = first + 1
            reader = csv.reader(feed, delimiter=delimiter)
        if cells:
            yield first + 1, "".join(lines[first : feed.at]).rstrip("\r\n"), cells


def _problem_of(error: Exception, line: str) -> Problem:
    if len(line) > _MAX_RECORD:
        return Problem("too_long", f"the line has {len(line):,} characters")
    if isinstance(error, csv.Error):
        return Problem("not_csv", str(error))
    return Problem("unclosed_quote", 'a double quote opens here and never closes; write "" for a quote in a text')


class _Feed:
    """Lines for the csv reader, with a place that can be set back."""

    def __init__(self, lines: Sequence[str], at: int) -> None:
        self.lines = lines
        self.at = at
        self.room = _MAX_RECORD

    def begin(self) -> int:
        self.room = _MAX_RECORD
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
        return line


def _header_score(lines: Sequence[str], delimiter: str, text_names: tuple[str, ...]) -> tuple[bool, int]:
    """How well a delimiter reads the header: the text column found, then the number of columns."""
    header = next(_records(lines[:20], 0, delimiter))[2]
    if isinstance(header, Problem):
        return False, 0
    return _position(header, text_names, exact=False) is not None, len(header)


def _position(header: Sequence[str], names: tuple[str, ...], exact: bool) -> int | None:
    """Column of the first name that is there; as it is written, else without case and outer blanks."""
    folded = [column.strip().casefold() for column in header]
    for name in names:
        if exact and name in header:
            return list(header).index(name)
        if name.strip().casefold() in folded:
            return folded.index(name.strip().casefold())
    return None


def _no_column(missing: list[str], header: Sequence[str], mapping: Mapping[str, str], where: str) -> InputError:
    has = ", ".join(column.strip()[:40] or "(no name)" for column in header[:20])
    wanted = ", ".join(mapping.get(field, " or ".join(FIELDS[field])) for field in missing)
    names = [column.strip()[:40] for column in header if column.strip()] or ["question"]
    example = f"--map text={names[0]}" + (f",intent={names[1]}" if len(names) > 1 else "")
    return InputError(
        f"no column {wanted} for the {' and '.join(missing)}; columns here: {has}",
        where=where,
        fix=f"say which column is which, for example {example}",
    )


def _broken(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def _check_decoded(raw: str) -> None:
    """Raises Problem when a byte was not UTF-8 or NUL (both travel as surrogates)."""
    try:
        raw.encode("utf-8")
    except UnicodeEncodeError as error:
        bad = raw[error.start]
        if bad == _NUL:
            raise Problem("nul_character", f"NUL at character {error.start + 1} of the row") from None
        raise Problem(
            "invalid_utf8",
            f"byte 0x{ord(bad) - 0xDC00:02x} at character {error.start + 1} is not UTF-8: save the file as UTF-8",
        ) from None
