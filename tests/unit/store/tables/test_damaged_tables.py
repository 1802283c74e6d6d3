"""Tables whose files are not as they were written: one line that names file and remedy, never a page or no rows."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, write_deltalake

from mlpipeline.errors import StoreError
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows, set_damaged_aside
from mlpipeline.store.tables.files import log_damage
from mlpipeline.store.tables.manifests import keep_manifest, load_manifest, missing_files
from mlpipeline.store.tables.provenance import as_metadata, make_provenance

BOTS = ("shop/ko", "bank/ko")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(str(tmp_path))
    provenance = make_provenance("c", {}, {}, {})
    for number in range(3):
        texts = [f"글 {number} {line}" for line in range(200)]
        rows = [{"domain": bot.split("/")[0], "lang": "ko", "text": text} for bot in BOTS for text in texts]
        kept = CommitProperties(
            custom_metadata={"userMetadata": as_metadata("t", "r", dict.fromkeys(BOTS, provenance))}
        )
        place = made.table_path("cleaned")
        partitions = ["domain", "lang"]
        write_deltalake(
            place, pa.Table.from_pylist(rows), mode="overwrite", partition_by=partitions, commit_properties=kept
        )
    return made


def file_of(store: Store, bot: str) -> Path:
    (name,) = load_manifest(store, "cleaned").entries[bot].files
    return Path(store.table_path("cleaned"), name)


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    middle = len(data) // 3
    made = {
        "empty": b"",
        "truncated": data[:middle],
        "overwritten": data[:middle] + b"\xff" * 40 + data[middle + 40 :],
        "garbage": b"x" * len(data),
    }
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(made[how])
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime + 5))


@pytest.mark.parametrize("how", ["empty", "truncated", "overwritten", "garbage", "missing"])
def test_damaged_rows_are_one_line_and_a_plan_sees_them(store: Store, how: str):
    path = file_of(store, "shop/ko")
    damage(path, how)
    for bots in (["shop/ko"], None):
        with pytest.raises(StoreError, match="the file is damaged or missing") as told:
            read_rows(store, "cleaned", bots=bots)
        assert told.value.where == str(path)
        assert told.value.fix == f"`mlpipeline run --select shop/ko --store {store.root}` makes it anew"
    assert len(read_rows(store, "cleaned", bots=["bank/ko"])) == 200
    manifest = load_manifest(store, "cleaned")
    assert missing_files(store, manifest, "shop/ko") == [str(path.relative_to(store.table_path("cleaned")))]
    assert missing_files(store, manifest, "bank/ko") == []


def test_what_keeps_size_and_time_is_to_be_deleted_first(store: Store):
    path = file_of(store, "shop/ko")
    stat = path.stat()
    path.write_bytes(b"x" * stat.st_size)
    assert missing_files(store, load_manifest(store, "cleaned"), "bank/ko") == []
    changed = load_manifest(store, "cleaned").written[str(path.relative_to(store.table_path("cleaned")))].changed
    os.utime(path, ns=(changed * 1_000_000, changed * 1_000_000))
    with pytest.raises(StoreError) as told:
        read_rows(store, "cleaned", bots=["shop/ko"])
    assert told.value.fix.startswith("delete the file; then `mlpipeline run --select shop/ko")


def test_files_with_new_times_are_read_once(store: Store, monkeypatch: pytest.MonkeyPatch):
    for bot in BOTS:
        os.utime(file_of(store, bot), (1, 1))
    manifest = load_manifest(store, "cleaned")
    assert [missing_files(store, manifest, bot) for bot in BOTS] == [[], []] and manifest.changed
    keep_manifest(store, manifest)
    monkeypatch.setattr("mlpipeline.store.tables.manifests.is_readable", lambda path: pytest.fail("read again"))
    manifest = load_manifest(store, "cleaned")
    assert [missing_files(store, manifest, bot) for bot in BOTS] == [[], []] and not manifest.changed


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("version", [0, 1, 2])
@pytest.mark.parametrize("how", ["empty", "truncated", "overwritten", "garbage", "missing"])
def test_a_damaged_log_is_one_line_and_the_table_is_made_anew(store: Store, cached: bool, version: int, how: str):
    log = Path(store.table_path("cleaned"), "_delta_log")
    if cached:
        load_manifest(store, "cleaned")
    if how == "missing" and version == 2:
        return  # the table is then what it was before that commit
    damage(log / f"{version:020d}.json", how)
    with pytest.raises(StoreError, match=rf"cleaned is damaged: its log .*{version:020d}\.json") as told:
        read_rows(store, "cleaned")
    assert told.value.fix == f"`mlpipeline run --store {store.root}` makes it anew"
    manifest = load_manifest(store, "cleaned")
    assert not manifest.entries and missing_files(store, manifest, "shop/ko")[0].startswith("_delta_log (its log")
    set_damaged_aside(store, "cleaned")
    assert load_manifest(store, "cleaned").damage == "" and load_manifest(store, "cleaned").version == -1
    assert [path.name.rpartition("-")[0] for path in Path(store.path("damaged")).iterdir()] == ["cleaned"]


def test_an_entry_that_lost_lines_is_damaged(store: Store):
    path = Path(store.table_path("cleaned"), "_delta_log", f"{2:020d}.json")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for line in lines:
        if "commitInfo" in line:
            line["commitInfo"]["operationMetrics"] = {"numFiles": "2"}  # as Spark tells it
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    assert load_manifest(store, "cleaned").damage == ""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines if "add" not in line), "utf-8")
    assert f"{2:020d}.json is damaged" in load_manifest(store, "cleaned").damage


def test_entries_before_a_checkpoint_do_not_count_but_the_checkpoint_does(store: Store):
    log = Path(store.table_path("cleaned"), "_delta_log")
    (log / f"{1:020d}.checkpoint.parquet").write_bytes(b"PAR1 rows PAR1")
    damage(log / f"{0:020d}.json", "empty")
    load_manifest(store, "cleaned")
    assert log_damage(log) == ""
    (log / f"{1:020d}.checkpoint.parquet").write_bytes(b"PAR1 ro")
    assert "checkpoint" in log_damage(log)
    assert log_damage(log / "nowhere") == ""


@pytest.mark.parametrize("text", [b"", b"[" * 100_000, b"{}", b'{"parts": [], "entries": {}, "version": "x"}', b"[1]"])
def test_a_damaged_cache_is_made_anew(store: Store, text: bytes):
    wanted = load_manifest(store, "cleaned")
    Path(store.path("datasets", "cleaned.manifest.json")).write_bytes(text)
    assert load_manifest(store, "cleaned") == wanted
