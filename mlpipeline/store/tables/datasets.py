"""Datasets: one Delta table each, partitioned by `domain` and `lang`; a bot is one partition."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.fs as pafs

from mlpipeline.bots import Bot
from mlpipeline.errors import StoreError
from mlpipeline.store.checked import with_store
from mlpipeline.store.layout import Store, cannot_write
from mlpipeline.store.tables.added_columns import check_columns, with_added, with_added_in_spark
from mlpipeline.store.tables.files import is_readable, look_at
from mlpipeline.store.tables.manifests import load_manifest

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from pyspark.sql import DataFrame, DataFrameWriter, SparkSession
    from pyspark.sql.types import StructType

PARTITIONS = ("domain", "lang")


def partition_predicate(bots: Iterable[str]) -> str:
    """SQL that is true for the rows of these bots, short also for hundreds of them."""
    by_lang: dict[str, list[str]] = {}
    for bot in sorted(bots):
        domain, lang = Bot.parse(bot)
        by_lang.setdefault(lang, []).append(domain)
    terms = []
    for lang, domains in sorted(by_lang.items()):
        names = ", ".join(f"'{domain}'" for domain in domains)
        terms.append(f"(lang = '{lang}' AND domain IN ({names}))")
    return " OR ".join(terms) or "false"


def is_table(store: Store, dataset: str) -> bool:
    """True when a dataset's table has a commit."""
    # The folder alone says nothing: a run may have been killed before its first commit.
    names = store.names(store.path("datasets", dataset, "_delta_log"))
    return any(name[:1].isdigit() and name.endswith((".json", ".parquet")) for name in names)


def read_dataset(
    spark: SparkSession,
    store: Store,
    dataset: str,
    schema: StructType,
    bots: Collection[str] | None = None,
    version: int | None = None,
) -> DataFrame:
    """The rows of some bots (all of them by default); an empty frame of `schema` where no table exists yet.

    Without a version, Delta reads what is newest when an action runs, not when the frame was made.
    """
    if (bots is not None and not bots) or not is_table(store, dataset):
        return spark.createDataFrame([], schema)
    reader = spark.read.format("delta")
    frame = (reader if version is None else reader.option("versionAsOf", version)).load(store.table_path(dataset))
    chosen = frame if bots is None else frame.where(partition_predicate(bots))
    return with_added_in_spark(chosen, dataset)


def read_versions(
    spark: SparkSession, store: Store, dataset: str, schema: StructType, versions: Mapping[str, int]
) -> DataFrame:
    """The rows of each bot as of a version of the table; `versions` maps bots to them."""
    bots: dict[int, list[str]] = {}
    for bot, version in versions.items():
        bots.setdefault(version, []).append(bot)
    frames = [read_dataset(spark, store, dataset, schema, whose, version) for version, whose in sorted(bots.items())]
    return reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), frames)


def write_dataset(store: Store, dataset: str, frame: DataFrame, bots: Sequence[str], metadata: str) -> None:
    """Replaces the rows of these bots in one commit; all other rows stay untouched.

    A commit lock keeps two processes on one machine apart, because Delta's own log store is safe within one JVM only.

    Raises:
        StoreError: the disk is full or the store is read-only.
    """
    writer = frame.write.format("delta").mode("overwrite").partitionBy(*PARTITIONS).option("userMetadata", metadata)
    with commit_lock(store, dataset):
        # Asked under the lock: of two runs that both make a new table, the second must not overwrite the first's rows.
        set_damaged_aside(store, dataset)
        if is_table(store, dataset):
            # A table of an older version gets the columns that it lacks; other bots have none there until they run.
            writer = writer.option("replaceWhere", partition_predicate(bots)).option("mergeSchema", "true")
        save(writer, store.table_path(dataset))


def save(writer: DataFrameWriter, path: str) -> None:
    """Commits what a writer has to a table. Raises StoreError where the disk is full or the store is read-only."""
    try:
        writer.save(path)
    except Exception as error:
        cause = system_cause(error)
        if cause is not None:
            raise cannot_write(path, cause) from error
        raise


def set_damaged_aside(store: Store, dataset: str) -> None:
    """A table whose log cannot be read takes no commit: it goes to `damaged/`, and a run's rows begin a new one."""
    log = Path(store.path("datasets", dataset, "_delta_log"))
    if not store.is_local or not load_manifest(store, dataset).damage:
        return
    place = Path(store.path("damaged", f"{dataset}-{time.strftime('%Y%m%dT%H%M%S')}"))
    try:
        place.parent.mkdir(exist_ok=True)
        log.parent.rename(place)
        Path(store.path("datasets", f"{dataset}.manifest.json")).unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(str(log.parent), error) from error


def system_cause(error: Exception) -> OSError | None:
    """What the system says in an error of Spark's: no space, read-only or no permission; None for any other."""
    text = str(error)
    for sign, number in (("No space left on device", 28), ("Read-only file system", 30), ("Permission denied", 13)):
        if sign in text:
            return OSError(number, sign)
    return None


@contextmanager
def commit_lock(store: Store, dataset: str) -> Iterator[None]:
    """Holds a dataset's commit lock (local stores; object stores bring their own log store)."""
    if not store.is_local:
        yield
        return
    import fcntl

    path = store.path("locks", f"{dataset}.commit")
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        handle = open(path, "w")  # noqa: SIM115 - closed below, after the lock is let go
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        handle.close()


def _allow_open_files(more: int) -> None:
    # A lock is an open file; macOS allows 256 of them unless asked, and a run may have hundreds of bots.
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = more + 1024
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )


@contextmanager
def bot_locks(store: Store, bots: Iterable[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Takes what can be taken of the bots' run locks; gives (ours, held by another run).

    The operating system lets a lock go when its process dies, however it dies.
    """
    if not store.is_local:
        yield list(bots), []
        return
    import fcntl

    folder, wanted = store.path("locks"), list(bots)
    _allow_open_files(len(wanted))
    handles, ours, busy = [], [], []
    try:
        for bot in wanted:
            path = f"{folder}/{bot.replace('/', '.')}.run"
            try:
                os.makedirs(folder, exist_ok=True)
                handle = open(path, "w")  # noqa: SIM115 - closed below
            except OSError as error:
                raise cannot_write(path, error) from error
            handles.append(handle)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                ours.append(bot)
            except BlockingIOError:
                busy.append(bot)
        yield ours, busy
    finally:
        for handle in handles:
            handle.close()


def read_rows(
    store: Store,
    dataset: str,
    *,
    bots: Iterable[str] | None = None,
    columns: Sequence[str] | None = None,
    version: int | None = None,
) -> pa.Table:
    """The rows of a dataset as an Arrow table, without a JVM; of its newest version by default.

    Columns that this version added to a dataset are there in the rows of older versions too (`added_columns.py`).

    Raises:
        StoreError: there is no such dataset, version or column in the store, or the table is damaged.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    damage = load_manifest(store, dataset).damage
    if damage:
        raise damaged_table(store, dataset, damage)
    try:
        table = DeltaTable(store.table_path(dataset), version=version)
    except TableNotFoundError as error:
        fix = "`mlpipeline ls datasets` lists what is there"
        raise StoreError(f"no dataset {dataset}", where=store.root, fix=fix) from error
    except (DeltaError, OSError, ValueError) as error:
        if version is None:
            raise damaged_table(store, dataset, _in_a_line(error)) from error
        raise StoreError(
            f"{dataset} has no version {version}", where=store.root, fix="`mlpipeline ls datasets`"
        ) from error
    wanted = list(columns) if columns else None
    check_columns(store, dataset, [field.name for field in table.schema().fields], wanted or ())
    chosen: Sequence[str | None] = [None] if bots is None else sorted(bots)
    try:
        parts = [_rows_of(store, dataset, table, bot, wanted) for bot in chosen]
        return pa.concat_tables(parts) if parts else _rows_of(store, dataset, table, None, wanted).slice(0, 0)
    except (pa.ArrowException, DeltaError, OSError, ValueError) as error:
        raise _damaged_rows(store, dataset, table, chosen, error) from error


def _rows_of(store: Store, dataset: str, table: DeltaTable, bot: str | None, columns: list[str] | None) -> pa.Table:
    import pyarrow.dataset as ds

    rows = table.to_pyarrow_dataset(None if bot is None else _filters(bot), filesystem=_files_of(store, dataset))
    # A flipped bit in a page may well unpack to other values: the checksums that Spark writes tell.
    checked = ds.ParquetFragmentScanOptions(page_checksum_verification=True)
    if columns is None:
        return with_added(rows.to_table(fragment_scan_options=checked), dataset)
    # Without a column a table forgets how many rows it has.
    there = [name for name in columns if name in rows.schema.names] or list(PARTITIONS)
    found = rows.to_table(columns=there, fragment_scan_options=checked)
    return with_added(found, dataset, columns).select(columns)


def damaged_table(store: Store, dataset: str, what: str) -> StoreError:
    """The error of a table whose log cannot be read; a run makes the table anew."""
    fix = f"`mlpipeline run{with_store(store.base)}` makes it anew"
    return StoreError(f"{dataset} is damaged: {what}", where=store.table_path(dataset), fix=fix)


def _damaged_rows(
    store: Store, dataset: str, table: DeltaTable, bots: Sequence[str | None], error: Exception
) -> StoreError:
    """Names the first file that cannot be read."""
    folder = store.table_path(dataset)
    for bot in bots if store.is_local else ():
        for uri in table.file_uris(None if bot is None else _filters(bot)):
            place = unquote(uri.removeprefix("file://"))
            if is_readable(place):
                continue
            owner = re.search(r"domain=([^/*]+)/lang=([^/]+)/", place)
            run = f"`mlpipeline run{f' --select {owner[1]}/{owner[2]}' if owner else ''}{with_store(store.base)}`"
            written = load_manifest(store, dataset).written.get(os.path.relpath(place, folder))
            # A plan looks at size and time; where both are as they were written, it would not look further.
            same = written is not None and written == look_at(place)
            fix = f"{'delete the file; then ' if same else ''}{run} makes it anew"
            return StoreError(f"{dataset}: the file is damaged or missing", where=place, fix=fix)
    return damaged_table(store, dataset, _in_a_line(error))


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]


def _files_of(store: Store, dataset: str) -> pafs.FileSystem | None:
    # delta-rs's own file system has threads that now and then abort a short process at its end (exit 134, seen in
    # 5 of 40 with deltalake 1.6.6); Arrow's has not (0 of 40).
    if not store.is_local:
        return None
    return pafs.SubTreeFileSystem(store.table_path(dataset), pafs.LocalFileSystem())


def _filters(bot: str) -> list[tuple[str, str, str]]:
    domain, lang = Bot.parse(bot)
    return [("domain", "=", domain), ("lang", "=", lang)]
