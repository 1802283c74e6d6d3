"""Rows of whole bots that fit into memory, written to a local table without a JVM.

Spark takes seconds to plan a commit of a few megabytes; here it is a file a bot and one line of the log.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from mlpipeline.bots import Bot
from mlpipeline.errors import StoreError
from mlpipeline.store.layout import Store, cannot_write
from mlpipeline.store.tables.appended import open_table
from mlpipeline.store.tables.datasets import PARTITIONS, commit_lock, is_table, set_damaged_aside
from mlpipeline.store.tables.files import look_at
from mlpipeline.store.tables.manifests import load_manifest

_GROUP_BYTES = 16 << 20  # as `spark.hadoop.parquet.block.size` says to Spark
_TWICE = 3  # tries to commit beside a process that holds no lock of ours


def takes_rows(store: Store, dataset: str, columns: Iterable[str]) -> bool:
    """True where a local table is there, can be read, and has exactly these columns."""
    if not store.is_local or not is_table(store, dataset) or load_manifest(store, dataset).damage:
        return False
    try:
        return {one.name for one in open_table(store, dataset).schema().fields} == set(columns)
    except StoreError:
        return False


def replace_rows(store: Store, dataset: str, rows: Iterable[tuple[str, pa.Table]], metadata: str) -> None:
    """Replaces the rows of bots in one commit, as `write_dataset` does; all other rows stay untouched.

    Args:
        store: a local one.
        dataset: a table that is there, see `takes_rows`.
        rows: (bot, its rows), each bot once; a bot without rows has none afterwards. Each is written before the next
            one is asked for.
        metadata: the commit's `userMetadata`.

    Raises:
        StoreError: the disk is full, the store is read-only, or the table was damaged meanwhile.
    """
    from deltalake import CommitProperties
    from deltalake.exceptions import DeltaError
    from deltalake.transaction import AddAction, RemoveAction

    folder = store.table_path(dataset)
    added, bots = list[AddAction](), set[str]()
    for bot, table in rows:
        bots.add(bot)
        if table.num_rows:
            added.append(AddAction(*_write(folder, bot, table), data_change=True, stats=_stats(table)))
    with commit_lock(store, dataset):
        set_damaged_aside(store, dataset)
        table = open_table(store, dataset)
        there = table.get_add_actions(flatten=True)
        columns = [there.column(name).to_pylist() for name in ("path", "size_bytes", *_PARTITION_COLUMNS)]
        removed = [
            RemoveAction(path, True, 0, size, dict(zip(PARTITIONS, bot, strict=True)))
            for path, size, *bot in zip(*columns, strict=True)
            if "/".join(bot) in bots
        ]
        told = CommitProperties(custom_metadata={"userMetadata": metadata}, max_commit_retries=_TWICE)
        try:
            table.create_write_transaction(
                [*removed, *added], "append", table.schema(), list(PARTITIONS), commit_properties=told
            )
        except OSError as error:
            raise cannot_write(folder, error) from error
        except DeltaError as error:
            raise StoreError(f"{dataset} took no commit: {error}", where=folder, fix="run again") from error


_PARTITION_COLUMNS = tuple(f"partition.{name}" for name in PARTITIONS)


def _write(folder: str, bot: str, table: pa.Table) -> tuple[str, int, Mapping[str, str | None], int]:
    """Writes a bot's file; path below the table, bytes, partition and time of it."""
    domain, lang = Bot.parse(bot)
    path = f"domain={domain}/lang={lang}/part-00000-{uuid.uuid4()}.c000.snappy.parquet"
    place = os.path.join(folder, path)
    told = table.drop_columns(list(PARTITIONS))
    # How many cells are null is read from them (`row_counts.py`); of bytes they would hold the least and the largest.
    counted = [field.name for field in told.schema if not pa.types.is_binary(field.type)]
    rows = max(1, table.num_rows * _GROUP_BYTES // max(table.nbytes, 1))
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        # A flipped bit in a page may well unpack to other values: readers ask for these checksums.
        pq.write_table(
            told, place, row_group_size=rows, use_dictionary=False,
            write_statistics=counted, write_page_checksum=True,
        )  # fmt: skip
    except OSError as error:
        raise cannot_write(place, error) from error
    found = look_at(place)
    if found is None:
        raise StoreError("the file that was just written is gone", where=place, fix="run again")
    return path, found.size, {"domain": domain, "lang": lang}, found.changed


def _stats(table: pa.Table) -> str:
    return json.dumps({"numRecords": table.num_rows})
