"""CSV and TSV files: rows and rejected rows below a header line that is found, with a delimiter that is found too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mlpipeline.store.corpus.csv_header import Header, encoding_of, find_header, positions
from mlpipeline.store.corpus.csv_records import NUL, RETURN, Record, lines_of, records_of, restored
from mlpipeline.store.corpus.encodings import seems_to_be
from mlpipeline.store.corpus.rows import (
    FIELDS,
    Mapped,
    Note,
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
    name_key,
)


def read_csv(data: bytes, mapping: Mapped, name: str, delimiter: str | None) -> Iterator[Row | Reject | Note]:
    """Rows of a CSV or TSV document; a line number is that of a record's first line.

    Args:
        data: the document, UTF-8 with or without BOM.
        mapping: field -> column name, None for a column that is not read.
        name: file name for messages.
        delimiter: what is tried first; None, or where it parts nothing: comma, semicolon, tab, bar.

    Raises:
        InputError: the header is not UTF-8 or lacks a needed column (before the first row is asked for).
    """
    lines = lines_of(data)
    header = find_header(lines, mapping, name, delimiter)
    return iter(()) if header is None else _Table(lines, header, mapping).rows()


class _Table:
    """A document below its header."""

    def __init__(self, lines: Sequence[str], header: Header, mapping: Mapped) -> None:
        self.lines = lines
        self.header = header
        self.mapping = mapping
        self.width = len(header.names)
        named = [at for at, name in enumerate(header.names) if name.strip()]
        # columns that rows may lack: a spreadsheet writes the empty ones at the end in some rows only
        self.least = named[-1] + 1
        self.nameless = [at for at, name in enumerate(header.names) if not name.strip()]
        self.names = {name_key(name) for name in header.names}
        self.sorted_names = sorted(map(name_key, header.names))
        self.longest = max(map(len, header.names)) + 4
        self.encoding: str | None = None
        self.judged = False
        self.labels: set[str | None] = set()
        self.within: list[tuple[int, int, str]] = []  # first line, last line and label of the first line, if it is one

    def rows(self) -> Iterator[Row | Reject | Note]:
        for record in self.header.titles:
            if isinstance(record.cells, Problem) or any(cell.strip() for cell in record.cells):
                told = Problem("title_row", f"stands above the header in line {self.header.line}")
                yield told.as_reject(record.line, restored(record.raw))
        columns = [self.header.columns[field] for field in FIELDS]
        for record in records_of(self.lines, self.header.at, self.header.delimiter, self._fits):
            try:
                if isinstance(record.cells, Problem):
                    raise record.cells
                cells = record.cells
                if self._is_header(cells, columns[0]):
                    columns = self._columns(cells)
                    raise Problem("repeated_header", _REPEATED)
                if not record.raw.isascii():
                    cells = self._decoded(record)
                self._check_columns(cells)
                row = _row(cells, columns, record.line)
                self.labels.add(row.intent)
                if record.stop > record.line and columns[1] is not None:
                    self._note_rows_within(record, columns[1])
                yield row
            except Problem as problem:
                yield problem.as_reject(record.line, restored(record.raw))
        within = [(first, last) for first, last, label in self.within if label in self.labels]
        if within:
            first, last = within[0]
            looks = f"lines {first} to {last} are one quoted text, and each looks like a row"
            more = f" ({len(within) - 1:,} more such texts)" if len(within) > 1 else ""
            yield Note(first, "rows_within_a_text", f"{looks}{more}: if a quote is missing there, close it")

    def _note_rows_within(self, record: Record, intent_at: int) -> None:
        """Remembers a text of several lines that would be a row each: two stray quotes may have made one of them."""
        parts = [line.split(self.header.delimiter) for line in record.raw.splitlines()]
        if all(len(cells) == self.width for cells in parts):
            self.within.append((record.line, record.stop, parts[0][intent_at].strip()))

    def _fits(self, cells: list[str]) -> bool:
        count = len(cells)
        return count == self.width or (self.least <= count and not any(cells[self.width :]))

    def _check_columns(self, cells: list[str]) -> None:
        """Raises Problem when a cell has no column, or a column no cell."""
        if not self._fits(cells):
            raise Problem("wrong_column_count", f"{len(cells)} columns, the header has {self.width}")
        for at in self.nameless:
            held = cells[at].strip() if at < len(cells) else ""
            # pandas writes the number of each row into a first column without a name
            if held and not (at == 0 and held.isdecimal()):
                told = f"column {at + 1} has no name in the header and holds {held[:40]!r}"
                raise Problem("wrong_column_count", f"{told}: name it, empty it, or quote a text that has a delimiter")

    def _is_header(self, cells: list[str], text_at: int | None) -> bool:
        """Whether a row is the header once more, in whatever order: files were joined."""
        if text_at is None or len(cells) != self.width or len(cells[text_at]) > self.longest:
            return False
        return name_key(cells[text_at]) in self.names and sorted(map(name_key, cells)) == self.sorted_names

    def _columns(self, cells: list[str]) -> list[int | None]:
        """Places of the fields below a header; without the mark that a joined file begins with."""
        found = positions([cell.removeprefix("\ufeff") for cell in cells], keys_of(self.mapping), self.mapping)
        return [found[field] for field in FIELDS]

    def _decoded(self, record: Record) -> list[str]:
        """The cells of a record with other letters than ASCII. Raises Problem when a byte was not UTF-8, or NUL."""
        assert not isinstance(record.cells, Problem)
        found = _UNDECODED.search(record.raw)
        if found is None:
            return [restored(cell) for cell in record.cells] if RETURN in record.raw else record.cells
        at = found.start() + 1
        if found[0] == NUL:
            raise Problem("nul_character", f"NUL at character {at} of the row")
        if not self.judged:
            self.encoding, self.judged = encoding_of(self.lines), True
        told = f"byte 0x{ord(found[0]) - 0xDC00:02x} at character {at} is not UTF-8"
        raise Problem("invalid_utf8", f"{told}{seems_to_be(self.encoding)}: save the file as UTF-8")


_UNDECODED = re.compile(f"[{NUL}\udc80-\udcff]")
_REPEATED = "the header line stands here again: files were joined"


def _row(cells: list[str], columns: list[int | None], line: int) -> Row:
    """One row from the cells of its columns. Raises Problem."""
    text_at, intent_at, ts_at, source_at, annotator_at, verified_at, parent_at = columns
    assert text_at is not None
    return Row(
        checked_text(cells[text_at]),
        None if intent_at is None else checked_intent(cells[intent_at]),
        None if ts_at is None else checked_ts(cells[ts_at].strip()),
        None if source_at is None else checked_source(cells[source_at]),
        line,
        None if annotator_at is None else checked_annotator(cells[annotator_at]),
        None if verified_at is None else checked_verified(cells[verified_at]),
        None if parent_at is None else checked_parent(cells[parent_at]),
    )
