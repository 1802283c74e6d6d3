"""Rows of whole bots written without a JVM: one commit with its marks, and no other bot's rows change."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from mlpipeline.errors import StoreError
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows
from mlpipeline.store.tables.files import is_readable
from mlpipeline.store.tables.manifests import load_manifest, missing_files
from mlpipeline.store.tables.provenance import as_metadata, make_provenance
from mlpipeline.store.tables.replaced import replace_rows, takes_rows
from mlpipeline.store.tables.row_counts import count_filled

SCHEMA = pa.schema([*((name, pa.string()) for name in ("domain", "lang", "error")), ("vector", pa.binary())])


def rows(bot: str, *vectors: bytes) -> pa.Table:
    domain, lang = bot.split("/")
    return pa.Table.from_pylist([{"domain": domain, "lang": lang, "vector": one} for one in vectors], schema=SCHEMA)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(str(tmp_path / "store"))
    path, bots = store.table_path("embedding"), ("shop/ko", "shop/zh-Hant", "bank/ko")
    table = pa.concat_tables([rows(bot, b"1", b"2") for bot in bots])
    write_deltalake(path, table, partition_by=["domain", "lang"])
    return store


def told(store: Store) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for row in read_rows(store, "embedding").to_pylist():
        found.setdefault(f"{row['domain']}/{row['lang']}", []).append(row["vector"])
    return found


def test_rows_of_bots_are_replaced_in_one_commit_that_carries_their_marks(store: Store):
    marks = {bot: make_provenance(bot, {}, {}, {}) for bot in ("shop/ko", "shop/zh-Hant", "new/ja")}
    given = [
        ("shop/ko", rows("shop/ko", b"3")),
        ("shop/zh-Hant", rows("shop/zh-Hant")),
        ("new/ja", rows("new/ja", b"4")),
    ]
    replace_rows(store, "embedding", iter(given), as_metadata("embed", "r", marks))
    assert told(store) == {"shop/ko": [b"3"], "bank/ko": [b"1", b"2"], "new/ja": [b"4"]}
    manifest = load_manifest(store, "embedding")
    assert manifest.version == 1 and set(manifest.entries) == set(marks)
    assert [manifest.entries[bot].rows for bot in marks] == [1, 0, 1]
    assert not any(missing_files(store, manifest, bot) for bot in marks), "times and sizes are those of the log"
    assert count_filled(store, "embedding", "error", marks) == {"shop/ko": 0, "shop/zh-Hant": 0, "new/ja": 0}
    failed = rows("new/ja", b"4").set_column(2, "error", pa.array(["it fails"]))
    replace_rows(store, "embedding", [("new/ja", failed)], as_metadata("embed", "r", {"new/ja": marks["new/ja"]}))
    assert count_filled(store, "embedding", "error", ["new/ja"]) == {"new/ja": 1}, "what a report warns of"
    assert {row["domain"] for row in read_rows(store, "embedding", version=0).to_pylist()} == {"shop", "bank"}


def test_a_flipped_bit_of_such_a_file_is_found(store: Store):
    replace_rows(store, "embedding", [("shop/ko", rows("shop/ko", *[bytes(64)] * 99))], "{}")
    (uri,) = DeltaTable(store.table_path("embedding")).file_uris([("domain", "=", "shop"), ("lang", "=", "ko")])
    place = Path(uri.removeprefix("file://"))
    assert is_readable(str(place))
    data = bytearray(place.read_bytes())
    data[len(data) // 5] ^= 1
    place.write_bytes(data)
    assert not is_readable(str(place))


def test_a_table_that_is_not_there_or_has_other_columns_is_left_to_spark(store: Store):
    assert takes_rows(store, "embedding", SCHEMA.names)
    assert not takes_rows(store, "embedding", [*SCHEMA.names, "more"])
    assert not takes_rows(store, "features", SCHEMA.names)
    for entry in Path(store.table_path("embedding"), "_delta_log").glob("*.json"):
        entry.write_text("{")
    assert not takes_rows(store, "embedding", SCHEMA.names)


def test_a_disk_that_takes_no_file_is_one_line(store: Store, monkeypatch: pytest.MonkeyPatch):
    def full(*given: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mlpipeline.store.tables.replaced.pq.write_table", full)
    with pytest.raises(StoreError, match="disk is full"):
        replace_rows(store, "embedding", [("shop/ko", rows("shop/ko", b"3"))], "{}")
    assert told(store)["shop/ko"] == [b"1", b"2"]
