"""Tables of messages: the named columns of a CSV or TSV document as texts, each row with its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mlpipeline.errors import InputError
from mlpipeline.store.corpus.csv_header import find_header
from mlpipeline.store.corpus.csv_records import lines_of, records_of, restored
from mlpipeline.store.corpus.rows import Problem, Reject, name_key

_HAS = "; columns here: "


class MessageRow(NamedTuple):
    """The cells of the named columns, in the order in which they were named."""

    line: int
    cells: tuple[str, ...]


def read_message_table(
    data: bytes, name: str, column: str, keep: Sequence[str] = (), delimiter: str | None = None
) -> Iterator[MessageRow | Reject]:
    """The rows of a document: one record each, and one rejected row for each record that is broken.

    Args:
        data: the document, UTF-8, unpacked.
        name: file name for messages.
        column: of the messages.
        keep: of what is to stand beside them.
        delimiter: None finds it.

    Raises:
        InputError: there is no header, or it has no such column.
    """
    lines = lines_of(data)
    try:
        header = find_header(lines, {"text": column}, name, delimiter)
    except InputError as error:
        _, found, has = error.what.partition(_HAS)
        if not found:
            raise
        raise no_column(column, has, error.where, "--column") from None
    if header is None:
        return iter(())
    folded = [name_key(one) for one in header.names]
    for one in keep:
        if name_key(one) not in folded:
            raise no_column(one, ", ".join(header.names), f"{name}:{header.line}", "--keep")
    at = header.columns["text"]
    places = [0 if at is None else at, *(_place(one, header.names, folded) for one in keep)]
    width = len(header.names)

    def fits(cells: list[str]) -> bool:
        return len(cells) == width or (len(cells) > width and not any(cells[width:]))

    def rows() -> Iterator[MessageRow | Reject]:
        for record in records_of(lines, header.at, header.delimiter, fits):
            cells = record.cells
            if not isinstance(cells, Problem) and not fits(cells):
                cells = Problem("wrong_column_count", f"{len(cells)} columns, the header has {width}")
            if isinstance(cells, Problem):
                yield cells.as_reject(record.line, restored(record.raw))
            elif [name_key(cell) for cell in cells[:width]] == folded:
                told = Problem("repeated_header", "the header line stands here again: files were joined")
                yield told.as_reject(record.line, restored(record.raw))
            else:
                yield MessageRow(record.line, tuple(restored(cells[place]) for place in places))

    return rows()


def no_column(column: str, has: str, where: str, option: str) -> InputError:
    """That there is no such column, with those that there are; `option` is the one that names another."""
    return InputError(f"no column {column!r}; it has: {has}", where=where, fix=f"name it by {option}")


def _place(name: str, names: Sequence[str], folded: Sequence[str]) -> int:
    return names.index(name) if name in names else folded.index(name_key(name))
