"""Tables that are only ever added to, made smaller: rows that stand there twice, small files, and what nobody reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.store.layout import Store
from mlpipeline.store.tables.appended import drop_damaged, files_of, open_table
from mlpipeline.store.tables.datasets import commit_lock, is_table

if TYPE_CHECKING:
    from deltalake import DeltaTable

_KEPT_HOURS = 24  # a run reads the version that it began with, and no run takes longer


class Compacted(NamedTuple):
    """What became of a table: files and rows before and after."""

    files: int
    files_after: int
    rows: int
    rows_after: int


def compact(store: Store, dataset: str, *, key: str) -> Compacted:
    """Keeps of each partition one row a key (one without an `error`, where there is one), in few files.

    Old files stay for a day, for runs that read them. Without a JVM; a file at a time is in memory.

    Args:
        store: of the table.
        dataset: a table with the columns `key` and `error`, see `appended.py`.
        key: what tells the rows of a partition apart.

    Raises:
        StoreError: the table cannot be read.
    """
    if not is_table(store, dataset):
        return Compacted(0, 0, 0, 0)
    drop_damaged(store, dataset, thorough=True)
    before = files_of(store, dataset)
    with commit_lock(store, dataset):
        for partition in _partitions(open_table(store, dataset)):
            _drop_twice(store, dataset, partition, key)
        open_table(store, dataset).optimize.compact()
        remove_old_files(store, dataset, _KEPT_HOURS)
    after = files_of(store, dataset)
    return Compacted(len(before), len(after), sum(file.rows for file in before), sum(file.rows for file in after))


def delete_rows(store: Store, dataset: str, column: str, values: Sequence[str]) -> int:
    """Removes the rows whose `column` is one of some words, from the newest version; gives how many they were."""
    if not values or not is_table(store, dataset):
        return 0
    listed = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    with commit_lock(store, dataset):
        told = open_table(store, dataset).delete(f"{column} IN ({listed})")
    return int(told.get("num_deleted_rows") or 0)


def remove_old_files(store: Store, dataset: str, hours: float = 0) -> int:
    """Removes the files that only versions older than so many hours have, and those of no version; gives how many."""
    if not is_table(store, dataset):
        return 0
    table = open_table(store, dataset)
    return len(table.vacuum(int(hours), dry_run=False, enforce_retention_duration=False, full=True))


def _partitions(table: DeltaTable) -> list[dict[str, str]]:
    found = {tuple(sorted(partition.items())) for partition in table.partitions()}
    return [dict(partition) for partition in sorted(found)]


def _drop_twice(store: Store, dataset: str, partition: dict[str, str], key: str) -> None:
    from deltalake import write_deltalake

    table = open_table(store, dataset)
    rows = table.to_pyarrow_dataset([(name, "=", value) for name, value in partition.items()])
    files = sorted(rows.get_fragments(), key=lambda fragment: str(fragment.path))
    good, kept = set[str](), list[np.ndarray]()
    for wanted in (False, True):  # rows without an error first, then errors of what has no such row
        for place, file in enumerate(files):
            told = file.to_table(columns=[key, "error"], schema=rows.schema)
            fails = pc.is_valid(told["error"]).to_numpy()
            if not wanted:
                kept.append(np.zeros(len(told), bool))
            for at, name in enumerate(told[key].to_pylist()):
                if bool(fails[at]) == wanted and name not in good:
                    good.add(name)
                    kept[place][at] = True
    if all(mask.all() for mask in kept):
        return

    def batches() -> Iterator[pa.RecordBatch]:
        for file, mask in zip(files, kept, strict=True):
            yield from file.to_table(schema=rows.schema).filter(pa.array(mask)).to_batches()

    whose = " AND ".join(f"{name} = '{value}'" for name, value in partition.items())
    reader = pa.RecordBatchReader.from_batches(rows.schema, batches())
    write_deltalake(table, reader, mode="overwrite", predicate=whose)
