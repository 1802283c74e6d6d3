"""A table that is only ever added to, made smaller: one row a key, few files, nothing lost."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from mlpipeline.store.layout import Store
from mlpipeline.store.tables.appended import files_of
from mlpipeline.store.tables.compaction import Compacted, compact, delete_rows, remove_old_files

SCHEMA = pa.schema([(name, pa.string()) for name in ("maker", "lang", "content_id", "vector", "error")])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def add(store: Store, *rows: tuple[str, str, str, str | None, str | None]) -> None:
    table = pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)
    settings = {"delta.dataSkippingNumIndexedCols": "0"}  # as spark-defaults/common.conf has it
    path = store.table_path("features")
    write_deltalake(path, table, mode="append", partition_by=["maker", "lang"], configuration=settings)


def rows_of(store: Store) -> list[tuple[str | None, ...]]:
    table = DeltaTable(store.table_path("features")).to_pyarrow_table().select(SCHEMA.names)
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=repr)


def test_one_row_a_key_stays_and_no_other_partition_changes(store: Store) -> None:
    add(store, ("m", "ko", "a", "1", None), ("m", "ko", "b", None, "fails"), ("m", "ko", "c", None, "fails"))
    add(store, ("m", "ko", "a", "1", None), ("m", "ko", "b", "2", None), ("m", "ja", "a", "3", None))
    add(store, ("m", "ko", "c", None, "fails"), ("n", "ko", "a", "4", None), ("m", "ja", "z", "5", None))
    assert compact(store, "features", key="content_id") == Compacted(6, 3, 9, 6)
    wanted: list[tuple[str | None, ...]] = [
        ("m", "ja", "a", "3", None),
        ("m", "ja", "z", "5", None),
        ("m", "ko", "a", "1", None),
        ("m", "ko", "b", "2", None),
        ("m", "ko", "c", None, "fails"),
        ("n", "ko", "a", "4", None),
    ]
    assert rows_of(store) == wanted
    assert compact(store, "features", key="content_id") == Compacted(3, 3, 6, 6)
    place = Path(store.table_path("features"), files_of(store, "features")[0].path)
    place.write_bytes(place.read_bytes()[:-3])
    assert compact(store, "features", key="content_id").files_after == 2, "a damaged file costs its own rows"


def test_what_is_deleted_is_in_no_file_any_more(store: Store) -> None:
    add(store, ("m", "ko", "it's", "secret", None), ("m", "ko", "b", "2", None))
    add(store, ("m", "ko", "it's", "secret", None))
    assert delete_rows(store, "features", "content_id", ["it's", "nothing"]) == 2
    assert rows_of(store) == [("m", "ko", "b", "2", None)]
    assert remove_old_files(store, "features") == 2
    files = list(Path(store.table_path("features")).rglob("*"))
    assert not [file for file in files if file.is_file() and b"secret" in file.read_bytes()]
    assert delete_rows(store, "features", "content_id", []) == 0 == delete_rows(store, "none", "content_id", ["a"])


def test_a_table_that_is_not_there_is_small(store: Store) -> None:
    assert compact(store, "features", key="content_id") == Compacted(0, 0, 0, 0)
