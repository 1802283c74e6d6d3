"""The header of a table: where it stands, what parts its columns, and which of them is which."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from mlpipeline.errors import InputError
from mlpipeline.store.corpus.column_map import map_words, recipe_map
from mlpipeline.store.corpus.columns import Proposal, most_filled, propose, why_data
from mlpipeline.store.corpus.csv_records import Record, records_of, restored
from mlpipeline.store.corpus.encodings import as_utf8_hint, proposed_encoding, seems_to_be
from mlpipeline.store.corpus.rows import FIELDS, Keys, Mapped, Problem, keys_of, name_key

DELIMITERS = (",", ";", "\t", "|")

_TITLES = 10  # records that may stand above a header
_SAMPLE = 200  # records that say what a column holds
_SEP = re.compile(r'"?sep=(.)"?[;,|\t]*\s*', re.IGNORECASE).fullmatch  # what Excel reads and writes


@dataclass(frozen=True)
class Header:
    """`at` is the index of the line after it, `line` its own from 1; `columns` has the index of each field or None."""

    at: int
    line: int
    delimiter: str
    names: tuple[str, ...]
    columns: Mapping[str, int | None]
    titles: tuple[Record, ...]


def find_header(lines: Sequence[str], mapping: Mapped, name: str, delimiter: str | None) -> Header | None:
    """The header of a table; None for a document without a row.

    Args:
        lines: of the document, as `lines_of` gives them.
        mapping: field -> column name.
        name: file name for messages.
        delimiter: what is tried first; None, or where it parts nothing: comma, semicolon, tab, bar.

    Raises:
        InputError: no line has the columns that are needed, or they cannot be read as UTF-8.
    """
    wanted = keys_of(mapping)
    start = _first_line(lines, 0)
    while start < len(lines) and (stated := _SEP(lines[start].strip("\r\n\ufeff "))):
        delimiter, start = stated[1], _first_line(lines, start + 1)
    if start == len(lines):
        return None
    tried = _candidates(lines, start, delimiter)
    found = [one for one in (_found(records, mark, wanted, mapping) for mark, records in tried.items()) if one]
    if not found:
        raise _no_header(tried, mapping, wanted, lines, name)
    best = max(found, key=lambda one: (_agreement(tried[one.delimiter], len(one.names)), len(one.names)))
    if _broken("".join(best.names)):
        raise _unreadable(lines, f"{name}:{best.line}", name)
    return best


def positions(header: Sequence[str], keys: Keys, mapping: Mapped) -> dict[str, int | None]:
    """Column of each field: as it is named, else without case, outer blanks and Unicode form."""
    folded = [name_key(column) for column in header]
    return {
        field: _position(header, folded, names, exact=mapping.get(field) is not None)
        for field, names in keys._asdict().items()
    }


def _position(header: Sequence[str], folded: Sequence[str], names: tuple[str, ...], exact: bool) -> int | None:
    for name in names:
        if exact and name in header:
            return list(header).index(name)
        if name_key(name) in folded:
            return folded.index(name_key(name))
    return None


def _first_line(lines: Sequence[str], start: int) -> int:
    return next((at for at in range(start, len(lines)) if lines[at].strip()), len(lines))


def _candidates(lines: Sequence[str], start: int, delimiter: str | None) -> dict[str, list[Record]]:
    """The first records as each delimiter parts them, with line numbers of the document."""
    marks = dict.fromkeys([*([delimiter] if delimiter else []), *DELIMITERS])
    if delimiter and delimiter in lines[start]:
        marks = {delimiter: None}
    return {mark: list(islice(records_of(lines, start, mark), _SAMPLE)) for mark in marks}


def _found(records: Sequence[Record], mark: str, wanted: Keys, mapping: Mapped) -> Header | None:
    """The first of the upper records that names what is needed, below rows with fewer cells only."""
    needed = ["text", *(field for field, column in mapping.items() if column is not None)]
    most = 0
    for at, record in enumerate(records[: _TITLES + 1]):
        if isinstance(record.cells, Problem):
            continue
        cells = tuple(record.cells)
        filled = sum(bool(cell.strip()) for cell in cells)
        columns = positions(cells, wanted, mapping)
        if all(columns[field] is not None for field in needed) and (at == 0 or 2 <= filled > most):
            return Header(record.stop, record.line, mark, cells, columns, tuple(records[:at]))
        most = max(most, filled)
    return None


def _agreement(records: Sequence[Record], width: int) -> float:
    """Share of the records that have so many cells."""
    return sum(len(cells) == width for cells in _cells(records)) / max(len(records), 1)


def _cells(records: Sequence[Record]) -> list[list[str]]:
    return [record.cells for record in records if not isinstance(record.cells, Problem)]


def _no_header(
    tried: Mapping[str, list[Record]], mapping: Mapped, wanted: Keys, lines: Sequence[str], name: str
) -> InputError:
    """What to say of a table whose columns are not known: what stands there, and the words that make it readable."""
    mark = max(tried, key=lambda one: _parted(tried[one]))
    table = _cells(tried[mark])
    numbers = [record.line for record in tried[mark] if not isinstance(record.cells, Problem)]
    if not table:
        where = f"{name}:{tried[mark][0].line}"
        return InputError("no header line: a double quote in it never closes", where=where, fix="correct the line")
    most = most_filled(table)
    at = next(at for at, cells in enumerate(table) if sum(bool(cell.strip()) for cell in cells) >= most)
    header, rows, where = table[at], table[at + 1 :], f"{name}:{numbers[at]}"
    if _broken("".join(header)):
        return _unreadable(lines, where, name)
    data = why_data(header, rows)
    if data and not any(column is not None for column in mapping.values()):
        return _headless(header, rows, mark, data, where)
    found = positions(header, wanted, mapping)
    missing = [field for field, place in found.items() if place is None and (field == "text" or mapping.get(field))]
    return _no_column(missing, header, propose(header, rows), mapping, where)


def _parted(records: Sequence[Record]) -> tuple[bool, float, int]:
    """How well a delimiter parts the records: at all, in equal numbers of cells, in many."""
    widths = [len(row) for row in _cells(records)]
    usual = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
    return usual > 1, widths.count(usual) / max(len(records), 1), usual


def _headless(header: Sequence[str], rows: Sequence[Sequence[str]], mark: str, data: str, where: str) -> InputError:
    found = propose(header, [header, *rows])
    named = {found.text: "text", found.intent: "intent", found.split: "split"}
    line = mark.join(named.get(at, f"column{at + 1}") for at in range(len(header)))
    shown = line.replace("\t", "<tab>")
    return InputError(
        f"no header line: the first line is data ({data})", where=where, fix=f"put a line above it: {shown}"
    )


def _no_column(
    missing: Sequence[str], header: Sequence[str], found: Proposal, mapping: Mapped, where: str
) -> InputError:
    has = ", ".join(column.strip()[:40] or "(no name)" for column in header[:20])
    wanted = ", ".join(mapping.get(field) or " or ".join(FIELDS[field]) for field in missing)
    places = {"text": found.text, "intent": found.intent, "source": found.split}
    columns = {field: column for field, column in mapping.items() if field not in missing}
    for field in [*missing, *(["intent"] if "intent" not in mapping else [])]:
        place = places.get(field)
        if place is not None and header[place].strip():
            columns[field] = header[place].strip()
    what = f"no column {wanted} for the {' and '.join(missing)}; columns here: {has}"
    if not all(field in columns for field in missing):
        proposal = "" if not columns else f", for example {map_words(columns)}"
        return InputError(what, where=where, fix=f"say which column is which{proposal}")
    ordered = {field: columns[field] for field in FIELDS if field in columns}
    fix = f"say which column is which, for example {map_words(ordered)} (in a recipe {recipe_map(ordered)})"
    return InputError(what, where=where, fix=fix)


def _broken(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def _unreadable(lines: Sequence[str], where: str, name: str) -> InputError:
    encoding = encoding_of(lines)
    what = f"the header line is not readable as UTF-8 text{seems_to_be(encoding)}"
    return InputError(what, where=where, fix=as_utf8_hint(encoding, name))


def encoding_of(lines: Sequence[str]) -> str | None:
    """What encoding the lines that are not UTF-8 seem to have."""
    foreign = "".join(islice((line for line in lines if _broken(line)), _SAMPLE))
    return proposed_encoding(restored(foreign).replace("\0", "").encode("utf-8", "surrogateescape"))
