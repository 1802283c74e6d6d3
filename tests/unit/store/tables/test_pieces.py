"""Bytes cut into rows and joined again, whatever their size and the order of the rows."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import StoreError
from mlpipeline.store.tables.pieces import as_pieces, cut, join, read_bytes

SCHEMA = pa.schema(
    [("bot", pa.string()), ("piece", pa.int32()), ("model", pa.binary()), ("held", pa.binary()), ("rows", pa.int64())]
)
BYTES = st.none() | st.binary(max_size=40)


@given(data=st.binary(max_size=60), size=st.integers(1, 70))
def test_pieces_are_of_a_size_and_join_to_what_was_cut(data: bytes, size: int):
    pieces = cut(data, size)
    assert len(pieces) == max(-(-len(data) // size), 1)
    assert all(len(piece.as_py()) == size for piece in pieces[:-1])
    assert join(pieces) == join(cut(pa.py_buffer(data), size)) == data


@given(model=BYTES, held=BYTES, size=st.integers(1, 50), seed=st.integers(0, 9))
def test_a_row_in_pieces_is_read_again_in_any_order(model: bytes | None, held: bytes | None, size: int, seed: int):
    rows = as_pieces({"bot": "shop/ko", "model": model, "held": held, "rows": 7}, SCHEMA, size)
    assert rows.schema == SCHEMA
    assert len(rows) == max(1, *(-(-len(data or b"") // size) for data in (model, held)))
    assert rows["piece"].to_pylist() == list(range(len(rows)))
    assert set(rows["bot"].to_pylist()) == {"shop/ko"} and set(rows["rows"].to_pylist()) == {7}
    assert all(len(cell or b"") <= size for name in ("model", "held") for cell in rows[name].to_pylist())
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)
    mixed = pa.concat_tables([rows.slice(place, 1) for place in order])
    for found in (rows, mixed, mixed.combine_chunks()):
        for name, data in (("model", model), ("held", held)):
            if data is not None:
                assert read_bytes(found, name) == data
            else:
                with pytest.raises(StoreError, match=f"no {name}"):
                    read_bytes(found, name)


def test_a_small_row_stays_one_row():
    assert as_pieces({"bot": "shop/ko", "model": b"12", "held": b"", "rows": 1}, SCHEMA).to_pylist() == [
        {"bot": "shop/ko", "piece": 0, "model": b"12", "held": b"", "rows": 1}
    ]


def test_cutting_copies_nothing():
    data = bytes(1 << 20)
    assert cut(data, 1 << 18).chunk(0).buffers()[2].address == pa.py_buffer(data).address


def test_a_row_of_an_older_version_is_its_own_piece():
    row = pa.Table.from_pylist([{"bot": "shop/ko", "piece": None, "model": b"12", "held": None, "rows": 1}], SCHEMA)
    assert read_bytes(row, "model") == read_bytes(row.drop_columns("piece"), "model") == b"12"


@pytest.mark.parametrize("kept", [[0, 2], [1, 2], [0, 1, 1, 2], []])
def test_pieces_that_are_not_all_there_are_told(kept: list[int]):
    rows = as_pieces({"bot": "shop/ko", "model": b"12345", "held": None, "rows": 1}, SCHEMA, 2)
    with pytest.raises(StoreError, match="pieces of model"):
        read_bytes(rows.take(pa.array(kept, pa.int64())), "model")
