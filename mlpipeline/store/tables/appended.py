"""Tables that are only ever added to, such as `features`: what all bots, runs and stages share, by keys.

They hold what can be made anew, so a damaged file costs its rows and nothing else: it is set aside, and whoever needs
them makes them again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from mlpipeline.errors import StoreError
from mlpipeline.store.checked import with_store
from mlpipeline.store.layout import Store, cannot_write
from mlpipeline.store.tables.datasets import commit_lock, is_table, save, set_damaged_aside
from mlpipeline.store.tables.files import is_readable, look_at
from mlpipeline.store.tables.manifests import load_manifest

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable
    from pyspark.sql import DataFrame


class TableFile(NamedTuple):
    """A file that a table consists of now: its path below the table, its bytes and its rows."""

    path: str
    size: int
    rows: int


def newest_version(store: Store, dataset: str) -> int | None:
    """The version that a table has now; None where there is none."""
    return load_manifest(store, dataset).version if is_table(store, dataset) else None


def append_rows(store: Store, dataset: str, frame: DataFrame, partitions: Sequence[str], metadata: str) -> None:
    """Adds the rows of a frame in one commit; runs on other machines may add theirs at the same time.

    Raises:
        StoreError: the disk is full or the store is read-only.
    """
    writer = frame.write.format("delta").mode("append").partitionBy(*partitions).option("userMetadata", metadata)
    with commit_lock(store, dataset):
        set_damaged_aside(store, dataset)
        save(writer, store.table_path(dataset))


def files_of(store: Store, dataset: str) -> list[TableFile]:
    """The files that a table consists of now, without a JVM; none where there is no table.

    Raises:
        StoreError: its log cannot be read.
    """
    if not is_table(store, dataset):
        return []
    table = open_table(store, dataset)
    actions = table.get_add_actions(flatten=True)
    columns = [actions.column(name).to_pylist() for name in ("path", "size_bytes", "num_records")]
    return [TableFile(unquote(path), size, rows or 0) for path, size, rows in zip(*columns, strict=True)]


def read_partitions(
    store: Store, dataset: str, columns: Sequence[str], partitions: Mapping[str, Sequence[str]]
) -> pa.Table | None:
    """Columns of the rows of some partitions (column -> values) of a local table, without a JVM; None: no table.

    Raises:
        StoreError: its log cannot be read.
        OSError: a file of it is damaged.
    """
    import pyarrow.dataset as ds
    import pyarrow.fs as pafs

    if not is_table(store, dataset):
        return None
    chosen = [(name, "in", list(values)) for name, values in partitions.items()]
    files = pafs.SubTreeFileSystem(store.table_path(dataset), pafs.LocalFileSystem())
    rows = open_table(store, dataset).to_pyarrow_dataset(chosen, filesystem=files)
    checked = ds.ParquetFragmentScanOptions(page_checksum_verification=True)
    return rows.to_table(columns=list(columns), fragment_scan_options=checked)


def damaged_files(store: Store, dataset: str, *, thorough: bool) -> list[str]:
    """Files of a local table that are gone or of another size, or where `thorough` with a byte changed; their paths."""
    if not store.is_local:
        return []
    folder = store.path("datasets", dataset)
    return [
        file.path
        for file in files_of(store, dataset)
        if (found := look_at(f"{folder}/{file.path}")) is None
        or found.size != file.size
        or (thorough and not is_readable(f"{folder}/{file.path}"))
    ]


def drop_damaged(store: Store, dataset: str, *, thorough: bool = False) -> int:
    """Sets aside what of a table cannot be read, and gives how many files that were; all of it if its log is damaged.

    Raises:
        StoreError: the store cannot be written.
    """
    if not store.is_local or not is_table(store, dataset):
        return 0
    # Asked without the lock first: a run that needs nothing must not wait for one that encodes for an hour.
    if not load_manifest(store, dataset).damage and not damaged_files(store, dataset, thorough=thorough):
        return 0
    with commit_lock(store, dataset):
        if load_manifest(store, dataset).damage:
            set_damaged_aside(store, dataset)
            return 1
        damaged = damaged_files(store, dataset, thorough=thorough)
        if damaged:
            _set_files_aside(store, dataset, damaged)
            open_table(store, dataset).repair()  # takes files that are not there from its list
        return len(damaged)


def _set_files_aside(store: Store, dataset: str, paths: Sequence[str]) -> None:
    place = Path(store.path("damaged", f"{dataset}-{time.strftime('%Y%m%dT%H%M%S')}"))
    try:
        for path in paths:
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            if os.path.exists(store.path("datasets", dataset, path)):
                os.replace(store.path("datasets", dataset, path), place / path)
    except OSError as error:
        raise cannot_write(str(place), error) from error


def damages_of(store: Store, dataset: str) -> Iterator[tuple[str, str]]:
    """(what, fix) of each damaged file of a table, all of them read; for a person."""
    fix = f"`mlpipeline run{with_store(store.base)}` makes anew what it needs of it"
    damage = load_manifest(store, dataset).damage
    if damage:
        yield f"{dataset} is damaged: {damage}", fix
        return
    for path in damaged_files(store, dataset, thorough=True):
        place = store.path("datasets", dataset, path)
        yield f"{dataset}: {place} is {'damaged' if os.path.exists(place) else 'missing'}", fix


def open_table(store: Store, dataset: str) -> DeltaTable:
    """A table by delta-rs, which needs no JVM; raises StoreError where its log cannot be read."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        return DeltaTable(store.table_path(dataset))
    except (DeltaError, OSError, ValueError) as error:
        fix = f"`mlpipeline run{with_store(store.base)}` makes it anew"
        raise StoreError(f"{dataset} is damaged", where=store.table_path(dataset), fix=fix) from error
