"""Datasets: one Delta table each, partitioned by `domain` and `lang`; a bot is one partition."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.fs as pafs

from mlpipeline.errors import StoreError
from mlpipeline.store.layout import Store, cannot_write

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

PARTITIONS = ("domain", "lang")


def partition_predicate(bots: Iterable[str]) -> str:
    """SQL that is true for the rows of these bots, short also for hundreds of them."""
    by_lang: dict[str, list[str]] = {}
    for bot in sorted(bots):
        domain, lang = bot.split("/")
        by_lang.setdefault(lang, []).append(domain)
    terms = []
    for lang, domains in sorted(by_lang.items()):
        names = ", ".join(f"'{domain}'" for domain in domains)
        terms.append(f"(lang = '{lang}' AND domain IN ({names}))")
    return " OR ".join(terms) or "false"


def _is_table(store: Store, dataset: str) -> bool:
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
    if (bots is not None and not bots) or not _is_table(store, dataset):
        return spark.createDataFrame([], schema)
    reader = spark.read.format("delta")
    frame = (reader if version is None else reader.option("versionAsOf", version)).load(store.table_path(dataset))
    return frame if bots is None else frame.where(partition_predicate(bots))


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
        if _is_table(store, dataset):
            # A table of an older version gets the columns that it lacks; other bots have none there until they run.
            writer = writer.option("replaceWhere", partition_predicate(bots)).option("mergeSchema", "true")
        try:
            writer.save(store.table_path(dataset))
        except Exception as error:
            cause = _system_cause(error)
            if cause is not None:
                raise cannot_write(store.table_path(dataset), cause) from error
            raise


def _system_cause(error: Exception) -> OSError | None:
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

    Raises:
        StoreError: there is no such dataset, version or column in the store.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    try:
        table = DeltaTable(store.table_path(dataset), version=version)
    except TableNotFoundError as error:
        fix = "`mlpipeline ls datasets` lists what is there"
        raise StoreError(f"no dataset {dataset}", where=store.root, fix=fix) from error
    except DeltaError as error:
        raise StoreError(
            f"{dataset} has no version {version}", where=store.root, fix="`mlpipeline ls datasets`"
        ) from error
    wanted = list(columns) if columns else None
    known = [field.name for field in table.schema().fields]
    missing = sorted(set(wanted or ()) - set(known))
    if missing:
        fix = f"it has {', '.join(known)}; where an older version made it, `mlpipeline run` makes it anew"
        raise StoreError(f"{dataset} has no column {', '.join(missing)}", where=store.root, fix=fix)
    files = _files_of(store, dataset)
    if bots is None:
        return table.to_pyarrow_table(columns=wanted, filesystem=files)
    parts = [table.to_pyarrow_table(_filters(bot), columns=wanted, filesystem=files) for bot in sorted(bots)]
    return pa.concat_tables(parts) if parts else table.to_pyarrow_table(columns=wanted, filesystem=files).slice(0, 0)


def _files_of(store: Store, dataset: str) -> pafs.FileSystem | None:
    # delta-rs's own file system has threads that now and then abort a short process at its end (exit 134, seen in
    # 5 of 40 with deltalake 1.6.6); Arrow's has not (0 of 40).
    if not store.is_local:
        return None
    return pafs.SubTreeFileSystem(store.table_path(dataset), pafs.LocalFileSystem())


def _filters(bot: str) -> list[tuple[str, str, str]]:
    domain, lang = bot.split("/")
    return [("domain", "=", domain), ("lang", "=", lang)]
