"""Predicates and locks; two processes that want the same bot or the same table."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from mlpipeline.errors import StoreError
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import bot_locks, commit_lock, partition_predicate, read_rows

SPAWN = multiprocessing.get_context("spawn")


def test_predicate_names_each_bot_under_its_language():
    found = partition_predicate(["shop/ko", "bank/ko", "shop/zh-Hant"])
    assert found == "(lang = 'ko' AND domain IN ('bank', 'shop')) OR (lang = 'zh-Hant' AND domain IN ('shop'))"


def test_predicate_of_no_bot_is_false_and_of_many_is_short():
    assert partition_predicate([]) == "false"
    assert len(partition_predicate(f"d{i}/{lang}" for i in range(100) for lang in ("ko", "en"))) < 2500


def hold(root: str, bots: list[str], told: Any) -> None:
    with bot_locks(Store(root), bots):
        told.put("held")
        signal.pause()


def hold_commit(root: str, told: Any, go: Any) -> None:
    with commit_lock(Store(root), "cleaned"):
        told.put("held")
        go.get(timeout=30)
        told.put("done")


def test_a_second_run_gets_the_other_bots_and_a_dead_run_holds_none(tmp_path: Path):
    store, told = Store(str(tmp_path)), SPAWN.Queue()
    child = SPAWN.Process(target=hold, args=(str(tmp_path), ["shop/ko"], told))
    child.start()
    assert told.get(timeout=60) == "held"
    with bot_locks(store, ["shop/ko", "shop/en"]) as (ours, busy):
        assert (ours, busy) == (["shop/en"], ["shop/ko"])
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join(10)
    with bot_locks(store, ["shop/ko"]) as (ours, busy):
        assert (ours, busy) == (["shop/ko"], [])


def test_commits_of_two_processes_follow_one_another(tmp_path: Path):
    told, go = SPAWN.Queue(), SPAWN.Queue()
    child = SPAWN.Process(target=hold_commit, args=(str(tmp_path), told, go))
    child.start()
    assert told.get(timeout=60) == "held"
    go.put("now")
    with commit_lock(Store(str(tmp_path)), "cleaned"):
        assert told.get(timeout=10) == "done"
    child.join(10)


def test_locks_of_hundreds_of_bots_fit_into_the_open_files_of_a_process(tmp_path: Path):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        with bot_locks(Store(str(tmp_path)), [f"d{i}/ko" for i in range(800)]) as (ours, busy):
            assert (len(ours), busy) == (800, [])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_store_elsewhere_has_no_locks():
    with bot_locks(Store("s3a://bucket/store"), ["shop/ko"]) as (ours, busy):
        assert (ours, busy) == (["shop/ko"], [])


def test_a_lock_that_cannot_be_made_names_the_store(tmp_path: Path):
    (tmp_path / "locks").write_text("in the way")
    store = Store(str(tmp_path))
    with pytest.raises(StoreError, match="locks"), commit_lock(store, "cleaned"):
        pass
    with pytest.raises(StoreError, match="locks"), bot_locks(store, ["shop/ko"]):
        pass


def test_rows_of_a_dataset_that_is_not_there(tmp_path: Path):
    with pytest.raises(StoreError, match="no dataset cleaned"):
        read_rows(Store(str(tmp_path)), "cleaned")


def test_rows_by_bot_columns_and_version(tmp_path: Path):
    import pyarrow as pa
    from deltalake import write_deltalake

    store = Store(str(tmp_path))
    table = pa.table({"domain": ["shop", "bank"], "lang": ["ko", "ko"], "text": ["하나", "둘"]})
    write_deltalake(store.table_path("cleaned"), table, partition_by=["domain", "lang"])
    write_deltalake(store.table_path("cleaned"), table.slice(1), mode="append")
    assert read_rows(store, "cleaned", bots=["shop/ko"], columns=["text"])["text"].to_pylist() == ["하나"]
    assert len(read_rows(store, "cleaned")) == 3
    assert len(read_rows(store, "cleaned", version=0)) == 2
    assert len(read_rows(store, "cleaned", bots=[], columns=["text"])) == 0
    assert len(read_rows(store, "cleaned", bots=["nobody/ko"])) == 0
    with pytest.raises(StoreError, match="no version 9"):
        read_rows(store, "cleaned", version=9)
