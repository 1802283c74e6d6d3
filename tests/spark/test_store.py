"""Datasets as Delta tables: a run replaces its own bots, keeps the others, and leaves its mark."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import BinaryType, StringType, StructField, StructType

from mlpipeline.errors import StageError, StoreError
from mlpipeline.schemas import PIECE
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.frames import check_schema
from mlpipeline.spark.tasks import run_tasks
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_dataset, read_rows, write_dataset
from mlpipeline.store.tables.manifests import load_manifest
from mlpipeline.store.tables.pieces import as_pieces, read_bytes
from mlpipeline.store.tables.provenance import as_metadata, make_provenance
from tests.spark.conftest import as_rows

ROWS = StructType([StructField(name, StringType()) for name in ("domain", "lang", "text")])


def put(spark, store: Store, rows, bots, note: str = "1") -> None:
    marks = {bot: make_provenance(note, {}, {}, {}) for bot in bots}
    write_dataset(store, "cleaned", spark.createDataFrame(rows, ROWS), bots, as_metadata("clean", "r", marks))


def test_a_table_that_is_not_there_has_no_rows(spark, store: Store):
    found = read_dataset(spark, store, "cleaned", ROWS)
    assert found.schema == ROWS and found.count() == 0


def test_only_the_named_bots_are_replaced(spark, tmp_path: Path):
    store = Store(str(tmp_path / "내 저장소 [1]"))
    put(
        spark,
        store,
        [("shop", "ko", "하나"), ("shop", "en", "one"), ("bank", "ko", "둘")],
        ["shop/ko", "shop/en", "bank/ko"],
    )
    before = load_manifest(store, "cleaned").entries
    put(spark, store, [("shop", "ko", "셋"), ("shop", "ko", "넷")], ["shop/ko"], note="2")
    found = read_dataset(spark, store, "cleaned", ROWS)
    assert as_rows(found) == [("bank", "ko", "둘"), ("shop", "en", "one"), ("shop", "ko", "넷"), ("shop", "ko", "셋")]
    assert as_rows(read_dataset(spark, store, "cleaned", ROWS, ["shop/ko"]), "text") == [("넷",), ("셋",)]
    after = load_manifest(store, "cleaned").entries
    assert after["bank/ko"] == before["bank/ko"]
    assert (after["shop/ko"].version, after["shop/ko"].rows, after["shop/ko"].provenance.code) == (1, 2, "2")
    assert len(read_rows(store, "cleaned", bots=["shop/ko"], version=0)) == 1


def test_a_bot_without_rows_is_replaced_by_nothing_and_marked(spark, store: Store):
    put(spark, store, [("shop", "ko", "하나"), ("shop", "en", "one")], ["shop/ko", "shop/en"])
    put(spark, store, [], ["shop/ko"], note="2")
    assert as_rows(read_dataset(spark, store, "cleaned", ROWS), "text") == [("one",)]
    entry = load_manifest(store, "cleaned").entries["shop/ko"]
    assert (entry.rows, entry.files, entry.provenance.code) == (0, [], "2")
    put(spark, store, [], ["shop/ko"], note="3")
    assert load_manifest(store, "cleaned").entries["shop/ko"].provenance.code == "3", (
        "nothing after nothing is a commit too"
    )


def test_rows_of_another_bot_are_refused(spark, store: Store):
    put(spark, store, [("shop", "ko", "하나"), ("bank", "ko", "둘")], ["shop/ko", "bank/ko"])
    with pytest.raises(Exception, match=r"(?i)replaceWhere|constraint"):
        put(spark, store, [("bank", "ko", "밖")], ["shop/ko"])
    assert as_rows(read_dataset(spark, store, "cleaned", ROWS), "text") == [("둘",), ("하나",)]


def test_the_marks_stand_in_the_commit(spark, store: Store):
    put(spark, store, [("shop", "ko", "하나")], ["shop/ko"], note="abc")
    (commit,) = Path(store.table_path("cleaned"), "_delta_log").glob("*.json")
    info = next(
        json.loads(line)["commitInfo"] for line in commit.read_text("utf-8").splitlines() if "commitInfo" in line
    )
    assert json.loads(info["userMetadata"])["marks"]["shop/ko"]["code"] == "abc"


def test_optimize_leaves_nothing_to_do(spark, store: Store):
    for number in range(3):
        put(spark, store, [("shop", "ko", f"{n}") for n in range(number, 10)], ["shop/ko"])
    put(spark, store, [("bank", "ko", "x")], ["bank/ko"])
    before = load_manifest(store, "cleaned").entries["shop/ko"].provenance
    spark.sql(f"OPTIMIZE delta.`{store.table_path('cleaned')}`")
    found = load_manifest(store, "cleaned").entries["shop/ko"]
    assert found.provenance == before and found.rows == 8
    assert all(Path(store.table_path("cleaned"), name).exists() for name in found.files)


def test_a_change_by_hand_is_noticed(spark, store: Store):
    put(spark, store, [("shop", "ko", "x"), ("bank", "ko", "y")], ["shop/ko", "bank/ko"])
    spark.sql(f"DELETE FROM delta.`{store.table_path('cleaned')}` WHERE domain = 'shop'")
    assert list(load_manifest(store, "cleaned").entries) == ["bank/ko"]


def test_a_table_that_cannot_be_written_is_one_clear_error(spark, store: Store, tmp_path: Path):
    place = Path(store.table_path("cleaned"))
    place.parent.mkdir(parents=True)
    place.write_text("a file in the way")
    with pytest.raises(Exception) as caught:
        put(spark, store, [("shop", "ko", "x")], ["shop/ko"])
    assert isinstance(caught.value, StoreError) or "cleaned" in str(caught.value)


@pytest.mark.parametrize(
    ("schema", "said"),
    [("domain string, lang string", "text"), ("domain string, lang string, text int", "string wanted, int found")],
)
def test_a_frame_of_another_schema_is_refused(spark, schema: str, said: str):
    with pytest.raises(StageError) as caught:
        check_schema(spark.createDataFrame([], schema), ROWS, where="clean: cleaned")
    assert said in str(caught.value) and str(caught.value).startswith("clean: cleaned")


def test_columns_come_in_the_schemas_order(spark):
    frame = spark.createDataFrame([("t", "ko", "shop", 1)], "text string, lang string, domain string, extra int")
    assert check_schema(frame, ROWS, where="x").columns == ["domain", "lang", "text"]


def test_a_table_whose_first_commit_was_killed_is_made_all_the_same(spark, store: Store):
    log = Path(store.table_path("cleaned"), "_delta_log")
    log.mkdir(parents=True)
    (log / ".00000000000000000000.json.0000.tmp").write_text("half")
    Path(store.table_path("cleaned"), "part-of-nothing.snappy.parquet").write_bytes(b"half")
    assert read_dataset(spark, store, "cleaned", ROWS).count() == 0
    put(spark, store, [("shop", "ko", "하나")], ["shop/ko"])
    assert as_rows(read_dataset(spark, store, "cleaned", ROWS), "text") == [("하나",)]
    assert load_manifest(store, "cleaned").entries["shop/ko"].rows == 1


def test_a_pinned_version_stays_what_it_was_while_a_newer_one_is_written(spark, store: Store):
    put(spark, store, [("shop", "ko", "하나")], ["shop/ko"])
    pinned, newest = (read_dataset(spark, store, "cleaned", ROWS, ["shop/ko"], version) for version in (0, None))
    put(spark, store, [("shop", "ko", "둘")], ["shop/ko"], note="2")
    assert as_rows(pinned, "text") == [("하나",)]
    assert as_rows(newest, "text") == [("둘",)], "which is why a stage's own rows are pinned"
    assert read_dataset(spark, store, "cleaned", ROWS, []).count() == 0


def test_a_table_of_an_older_version_gets_the_columns_that_it_lacks(spark, store: Store):
    put(spark, store, [("shop", "ko", "하나"), ("shop", "en", "one")], ["shop/ko", "shop/en"])
    wider = StructType([*ROWS.fields, StructField("component", StringType())])
    marks = {"shop/ko": make_provenance("2", {}, {}, {})}
    frame = spark.createDataFrame([("shop", "ko", "둘", "c")], wider)
    with pytest.raises(StoreError, match="no column component"):
        read_rows(store, "cleaned", columns=["text", "component"])
    write_dataset(store, "cleaned", frame, ["shop/ko"], as_metadata("clean", "r", marks))
    found = as_rows(read_dataset(spark, store, "cleaned", wider))
    assert found == [("shop", "en", "one", None), ("shop", "ko", "둘", "c")]


PIECES = StructType([*ROWS.fields[:2], PIECE, StructField("payload", BinaryType())])
DIGEST = StructType([*ROWS.fields[:2], StructField("digest", StringType())])


def digest_of(bot: str, rows: pa.Table) -> pa.Table:
    domain, lang = bot.split("/")
    found = hashlib.sha256(read_bytes(rows, "payload")).hexdigest()
    return pa.table({"domain": [domain], "lang": [lang], "digest": [found]})


def test_bytes_in_pieces_come_back_whole_and_are_never_large_on_their_way(spark, store: Store):
    """Also those of a table that an older version wrote, without pieces."""
    old = spark.createDataFrame([("shop", "en", bytearray(b"whole"))], "domain string, lang string, payload binary")
    write_dataset(
        store, "model", old, ["shop/en"], as_metadata("train", "r", {"shop/en": make_provenance("1", {}, {}, {})})
    )
    assert read_dataset(spark, store, "model", PIECES).select("piece").collect()[0][0] == 0
    data = np.random.default_rng(1).bytes(40 << 20)
    row = {"domain": "shop", "lang": "ko", "payload": data}
    new = spark.createDataFrame(as_pieces(row, to_arrow_schema(PIECES)), PIECES)
    write_dataset(
        store, "model", new, ["shop/ko"], as_metadata("train", "r", {"shop/ko": make_provenance("1", {}, {}, {})})
    )
    file = Path(store.table_path("model"), load_manifest(store, "model").entries["shop/ko"].files[0])
    groups = parquet.read_metadata(file)
    assert max(groups.row_group(n).total_byte_size for n in range(groups.num_row_groups)) < 20 << 20
    read = read_dataset(spark, store, "model", PIECES).select(*PIECES.names)
    found = as_rows(run_tasks(read, digest_of, schema=DIGEST, counters=Counters(spark)))
    assert found == [
        ("shop", "en", hashlib.sha256(b"whole").hexdigest()),
        ("shop", "ko", hashlib.sha256(data).hexdigest()),
    ]
    for bot, whole in (("shop/en", b"whole"), ("shop/ko", data)):
        assert read_bytes(read_rows(store, "model", bots=[bot]), "payload") == whole
