"""Bytes of any size as rows of a table, cut into pieces: what carries them never holds much of them at a time.

A row of 64 MB is copied whole at each of its steps between Python, Arrow, the JVM and Parquet; rows of a few MB go one
after the other.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.errors import StoreError

PIECE = "piece"
"""The column that numbers the rows of one whole, from 0."""
BYTES = 2 << 20  # of a piece


def cut(data: bytes | pa.Buffer, size: int = BYTES) -> pa.ChunkedArray:
    """The pieces of `data` in their order, a binary chunk each, without a copy; no bytes are one empty piece."""
    whole = data if isinstance(data, pa.Buffer) else pa.py_buffer(data)
    pieces = []
    for start in range(0, max(len(whole), 1), size):
        piece = whole.slice(start, min(size, len(whole) - start))
        ends = pa.py_buffer(np.array([0, len(piece)], np.int32))
        pieces.append(pa.BinaryArray.from_buffers(pa.binary(), 1, [None, ends, piece]))
    return pa.chunked_array(pieces, pa.binary())


def join(pieces: pa.ChunkedArray) -> bytes:
    """The bytes that `cut` cut, from pieces in their order; nulls count as nothing."""
    return b"".join(_views(pieces))


def _views(pieces: pa.ChunkedArray) -> list[bytes | pa.Buffer]:
    """The bytes of each cell where they lie, not as scalars, which are copies."""
    views: list[bytes | pa.Buffer] = []
    for chunk in pieces.cast(pa.binary()).chunks:
        ends = np.frombuffer(chunk.buffers()[1], np.int32)[chunk.offset :].tolist() if len(chunk) else []
        for place, valid in enumerate(chunk.is_valid().to_pylist()):
            size = ends[place + 1] - ends[place]
            views.append(chunk.buffers()[2].slice(ends[place], size) if valid and size else b"")
    return views


def as_pieces(row: Mapping[str, object], schema: pa.Schema, size: int = BYTES) -> pa.Table:
    """One row as the rows of its pieces: all other values stand in each of them, `piece` numbers them.

    Args:
        row: by column; those of type binary hold bytes or None.
        schema: of the table, with `piece`.
        size: bytes of a cell at most.
    """
    cuts = {
        field.name: cut(row[field.name], size)
        for field in schema
        if pa.types.is_binary(field.type) and row[field.name] is not None
    }
    count = max([1, *(pieces.num_chunks for pieces in cuts.values())])
    columns = []
    for field in schema:
        if field.name == PIECE:
            column = pa.chunked_array([pa.array([number], field.type) for number in range(count)])
        elif field.name in cuts:
            chunks = cuts[field.name].chunks
            column = pa.chunked_array([*chunks, *[pa.nulls(1, pa.binary())] * (count - len(chunks))])
        else:
            column = pa.chunked_array([pa.array([row[field.name]], field.type)] * count)
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=schema)


def read_bytes(rows: pa.Table, column: str) -> bytes:
    """The bytes of a column of one whole, from the rows of its pieces in any order.

    A row without a number, or a table without the column, is of an older version of mlpipeline, which cut nothing.

    Raises:
        StoreError: a piece is missing, or there twice; or the column holds no bytes.
    """
    numbers = pc.fill_null(rows[PIECE], 0) if PIECE in rows.column_names else pa.array([0] * len(rows))
    order = pc.sort_indices(numbers)
    if not len(rows) or numbers.take(order).to_pylist() != list(range(len(rows))):
        raise StoreError(f"the pieces of {column} are not all there, each once", fix="run the stage that makes them")
    if rows[column].null_count == len(rows):
        raise StoreError(f"there is no {column}", fix="run the stage that makes it")
    views = _views(rows[column])
    return b"".join([views[place] for place in order.to_pylist()])
