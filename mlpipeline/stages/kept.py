"""What a stage makes once for all bots and runs: what is missing is found by Spark, or here where rows are few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql.pandas.types import to_arrow_schema

from mlpipeline.spark.counters import Counters
from mlpipeline.spark.frames import check_schema
from mlpipeline.stages.contract import Frames, Job, Kept, Outcome, RunContext, SettingsT, Stage
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.appended import append_rows, drop_damaged, files_of, newest_version, read_partitions
from mlpipeline.store.tables.datasets import read_dataset, read_rows
from mlpipeline.store.tables.manifests import load_manifest
from mlpipeline.store.tables.provenance import as_metadata
from mlpipeline.store.tables.replaced import replace_rows, takes_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_MOST_ROWS = 200_000  # of the bots of a call: all of their vectors are held at a time
_MOST_BYTES = 512 << 20  # of what is kept of their languages


def keep_missing(
    context: RunContext, stage: Stage[SettingsT], settings: SettingsT, inputs: Frames, counters: Counters
) -> dict[str, DataFrame]:
    """Makes what the stage keeps and is not there yet, and gives all of it, as of now; nothing for other stages."""
    kept = stage.kept
    if kept is None:
        return {}
    drop_damaged(context.store, kept.gives)
    _append(context, stage, kept, settings, {**inputs, **_read(context, kept)}, counters)
    return _read(context, kept)


def _read(context: RunContext, kept: Kept) -> dict[str, DataFrame]:
    version = newest_version(context.store, kept.gives)
    return {kept.gives: read_dataset(context.spark(), context.store, kept.gives, kept.schema, version=version)}


def _append(
    context: RunContext,
    stage: Stage[SettingsT],
    kept: Kept[SettingsT],
    settings: SettingsT,
    inputs: Frames,
    counters: Counters,
) -> None:
    for made in kept.run(settings, inputs, counters):
        checked = check_schema(made, kept.schema, where=f"{stage.name}: {kept.gives}")
        append_rows(context.store, kept.gives, checked, kept.partitions, as_metadata(stage.name, context.run, {}))


def has_few(store: Store, stage: Stage, jobs: Sequence[Job]) -> bool:
    """True where the driver can do the stage's work but for what is to be made: few rows, in a local store."""
    kept = stage.kept
    if kept is None or kept.few is None or not store.is_local:
        return False
    (given, schema), *others = stage.gives.items()
    if others or not takes_rows(store, given, schema.names):
        return False
    drop_damaged(store, kept.gives)
    for dataset in stage.needs:
        entries = load_manifest(store, dataset).entries
        if sum(entries[job.bot].rows for job in jobs if job.bot in entries) > _MOST_ROWS:
            return False
    langs = {f"lang={job.recipe.lang}" for job in jobs}
    return sum(file.size for file in files_of(store, kept.gives) if langs & {*file.path.split("/")}) <= _MOST_BYTES


@dataclass(frozen=True)
class Stored:
    """The rows of some bots in the store; those of `kept` are of all bots."""

    store: Store
    stage: Stage
    jobs: Sequence[Job]

    def of(self, dataset: str, columns: Sequence[str]) -> pa.Table:
        """Columns of what the stage needs of its bots, or of their languages where these share it."""
        is_shared = self.stage.shared is not None and self.stage.shared.gives == dataset
        whose = {f"*/{job.recipe.lang}" if is_shared else job.bot for job in self.jobs}
        return read_rows(self.store, dataset, bots=whose, columns=columns)

    def kept(self, columns: Sequence[str], partitions: Mapping[str, Sequence[str]]) -> pa.Table:
        """Columns of what is kept, of partitions: column -> its values."""
        kept = self.stage.kept
        assert kept is not None
        schema = to_arrow_schema(kept.schema)
        empty = schema.empty_table().select(list(columns))
        found = read_partitions(self.store, kept.gives, columns, partitions)
        return empty if found is None else found.cast(empty.schema)


def run_few(
    context: RunContext,
    stage: Stage[SettingsT],
    groups: Sequence[tuple[SettingsT, Sequence[Job]]],
    counters: Counters,
) -> Outcome:
    """Does the work of a stage that has few rows: Spark makes what is missing and is not asked what that is.

    Args:
        context: of the run.
        stage: one for which `has_few` is true.
        groups: settings, and the jobs that share them.
        counters: of the tasks.
    """
    (given,) = stage.gives
    marks = {job.bot: job.provenance for _, jobs in groups for job in jobs}
    for settings, jobs in groups:
        _keep_few(context, stage, settings, Stored(context.store, stage, jobs), counters)
    rows = _gathered(stage, groups, context.store)
    replace_rows(context.store, given, rows, as_metadata(stage.name, context.run, marks))
    told = counters.values
    return Outcome(list(marks), {}, told.warnings, told.counts, told.remarks, told.reasons)


def _keep_few(
    context: RunContext, stage: Stage[SettingsT], settings: SettingsT, stored: Stored, counters: Counters
) -> None:
    kept = stage.kept
    assert kept is not None and kept.few is not None
    missing = kept.few.missing(settings, stored, counters)
    if all(len(rows) for rows in missing.values()):
        spark = context.spark()
        frames = {name: spark.createDataFrame(rows) for name, rows in missing.items()}
        nothing = spark.createDataFrame([], kept.schema)
        _append(context, stage, kept, settings, {**frames, kept.gives: nothing}, counters)


def _gathered(
    stage: Stage[SettingsT], groups: Sequence[tuple[SettingsT, Sequence[Job]]], store: Store
) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each bot, also of those that have none."""
    kept = stage.kept
    assert kept is not None and kept.few is not None
    (schema,) = stage.gives.values()
    wanted = to_arrow_schema(schema)
    for settings, jobs in groups:
        silent = {job.bot for job in jobs}
        for bot, rows in kept.few.gather(settings, Stored(store, stage, jobs)):
            silent.discard(bot)
            yield bot, rows.select(wanted.names).cast(wanted)
        yield from ((bot, wanted.empty_table()) for bot in sorted(silent))
