"""How one stage runs for many bots: calls for bots that share settings, one commit a dataset."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from mlpipeline.bots import Bot
from mlpipeline.catalog import SHARED
from mlpipeline.cluster.failures import as_failure, explain
from mlpipeline.errors import Failure, MLPipelineError, SetupError, StageError, StoreError
from mlpipeline.spark.counters import Counters, Counts
from mlpipeline.spark.ended import check_session, how_it_ended, session_end_reported
from mlpipeline.spark.frames import check_schema, union_all
from mlpipeline.spark.heap import give_heap_back
from mlpipeline.spark.tasks import check_failures, complete_bots
from mlpipeline.spark.workers import give_memory_back
from mlpipeline.stages.contract import Job, Outcome, RunContext, SettingsT, Stage
from mlpipeline.stages.kept import has_few, keep_missing, run_few
from mlpipeline.store.fingerprint import digest
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.appended import drop_damaged
from mlpipeline.store.tables.datasets import partition_predicate, read_dataset, read_rows, read_versions, write_dataset
from mlpipeline.store.tables.manifests import load_manifest, version_holding
from mlpipeline.store.tables.provenance import Provenance, as_metadata
from mlpipeline.store.tables.recall import recallable

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from mlpipeline.recipe.fields import Recipe

_log = logging.getLogger(__name__)


def settings_of(stage: Stage[SettingsT], recipe: Recipe) -> SettingsT:
    """What a stage receives of a recipe."""
    return stage.settings(**{name: getattr(recipe, name) for name in stage.sections})


def run_stage(context: RunContext, stage: Stage, jobs: Sequence[Job]) -> Outcome:
    """Runs one stage for many bots: one call for each distinct settings of theirs, one commit a dataset.

    When the work of several bots fails as a whole, each is tried alone, so that only the guilty one fails.

    Raises:
        SessionEnded: Spark is gone, and no other stage can run.
    """
    with session_end_reported():
        return _run_for_bots(context, stage, jobs)


def _run_for_bots(context: RunContext, stage: Stage, jobs: Sequence[Job]) -> Outcome:
    if stage.driver is not None:
        return _run_on_driver(context, stage, jobs)
    if any(job.reuse for job in jobs):
        return _take_back(context, stage, jobs)
    try:
        return _with_sound_files(context, stage, jobs)
    except MLPipelineError as error:
        check_session()
        # A store that cannot be written is no bot's fault: trying each alone would only say it again.
        if len(jobs) == 1 or error.exit_code != 1 or isinstance(error, StoreError | SetupError):
            return Outcome(failed={job.bot: as_failure(error) for job in jobs})
        _log.debug("%s: %d bots failed together, each is tried alone", stage.name, len(jobs), exc_info=True)
    except Exception as error:
        check_session()
        # So is a library that executors lack.
        if len(jobs) == 1 or isinstance(explain(error), SetupError):
            return Outcome(failed={job.bot: as_failure(error) for job in jobs})
        _log.debug("%s: %d bots failed together, each is tried alone", stage.name, len(jobs), exc_info=True)
    whole = Outcome()
    for job in jobs:
        whole.add(_run_for_bots(context, stage, [job]))
    return whole


def _take_back(context: RunContext, stage: Stage, jobs: Sequence[Job]) -> Outcome:
    """Writes again what versions of the tables hold for jobs that may reuse it, if they do hold it; runs the others."""
    back = [job for job in jobs if job.reuse]
    rest = [job for job in jobs if not job.reuse]
    marks = {job.bot: job.provenance for job in back}
    try:
        _announce(context.spark(), stage, back)
        _make_shared(context, stage, back, Counters(context.spark()))
        for dataset, schema in stage.gives.items():
            versions = _versions(context.store, dataset, marks)
            rows = read_versions(context.spark(), context.store, dataset, schema, versions)
            checked = check_schema(rows, schema, where=f"{stage.name}: {dataset}")
            write_dataset(context.store, dataset, checked, list(marks), as_metadata(stage.name, context.run, marks))
    except Exception:
        check_session()
        _log.debug("%s: not to be taken back, it is made again", stage.name, exc_info=True)
        return _run_for_bots(context, stage, [replace(job, reuse=False) for job in jobs])
    outcome = Outcome(list(marks), counts=Counts(reused=len(back)))
    if rest:
        outcome.add(_run_for_bots(context, stage, rest))
    return outcome


def _versions(store: Store, dataset: str, marks: Mapping[str, Provenance]) -> dict[str, int]:
    """The version of a table that holds the rows of each mark. Raises StoreError where none does."""
    manifest = load_manifest(store, dataset)
    found = {bot: version_holding(store, manifest, bot, provenance.fingerprint) for bot, provenance in marks.items()}
    lost = sorted(bot for bot, version in found.items() if version is None)
    if lost:
        raise StoreError(f"{dataset} does not hold those rows any more", where=", ".join(lost), fix="run again")
    return {bot: version for bot, version in found.items() if version is not None}


def _with_sound_files(context: RunContext, stage: Stage, jobs: Sequence[Job]) -> Outcome:
    """Runs a stage; where a file of what it keeps turns out to be damaged, once more without it."""
    try:
        return _run_on_spark(context, stage, jobs)
    except Exception:
        check_session()
        if stage.kept is None or not drop_damaged(context.store, stage.kept.gives, thorough=True):
            raise
        return _run_on_spark(context, stage, jobs)


def _run_on_spark(context: RunContext, stage: Stage, jobs: Sequence[Job]) -> Outcome:
    spark = context.spark()
    counters = Counters(spark)
    if context.progress is not None:
        context.progress.counting(counters)
    _announce(spark, stage, jobs)
    try:
        if stage.shared is not None:
            _make_shared(context, stage, jobs, counters)
        if has_few(context.store, stage, jobs):
            return run_few(context, stage, _groups(stage, jobs), counters)
        made: dict[str, list[DataFrame]] = {dataset: [] for dataset in stage.gives}
        for settings, group in _groups(stage, jobs):
            _log.debug("%s: one call for %s", stage.name, ", ".join(job.bot for job in group))
            inputs = _inputs(context, stage, group)
            inputs |= keep_missing(context, stage, settings, inputs, counters)
            frames = stage.run(settings, inputs, counters) if stage.run else {}
            for dataset, frame in frames.items():
                made[dataset].append(check_schema(frame, stage.gives[dataset], where=f"{stage.name}: {dataset}"))
        return _commit(context, stage, jobs, {name: union_all(frames) for name, frames in made.items()}, counters)
    finally:
        # Without a JVM there is nothing to clear, and the error would be lost behind py4j's own.
        if how_it_ended() is None:
            spark.catalog.clearCache()
            give_heap_back(spark)
            give_memory_back()


def _announce(spark: SparkSession, stage: Stage, jobs: Sequence[Job]) -> None:
    """Names the jobs that follow, in Spark's UI and in the event log, where the doctor finds them."""
    names = ", ".join(job.bot for job in jobs[:3]) + (f" and {len(jobs) - 3} more" if len(jobs) > 3 else "")
    spark.sparkContext.setJobGroup(stage.name, f"{stage.name} {names}")


def _groups(stage: Stage[SettingsT], jobs: Sequence[Job]) -> list[tuple[SettingsT, list[Job]]]:
    groups: dict[str, tuple[SettingsT, list[Job]]] = {}
    for job in jobs:
        key = digest(job.provenance.settings)
        groups.setdefault(key, (settings_of(stage, job.recipe), []))[1].append(job)
    return list(groups.values())


def _inputs(context: RunContext, stage: Stage, jobs: Sequence[Job]) -> dict[str, DataFrame]:
    spark, bots = context.spark(), [job.bot for job in jobs]
    found = {}
    for dataset, schema in stage.needs.items():
        if dataset == "source_file":
            rows = [tuple(getattr(file, name) for name in schema.names) for job in jobs for file in job.sources]
            found[dataset] = spark.createDataFrame(rows, schema)
            continue
        whose = sorted({f"*/{job.recipe.lang}" for job in jobs}) if dataset in SHARED else bots
        found[dataset] = check_schema(
            read_dataset(spark, context.store, dataset, schema, whose), schema, where=f"{stage.name} needs {dataset}"
        )
    return found | _recalled(context, stage, jobs)


def _recalled(context: RunContext, stage: Stage, jobs: Sequence[Job]) -> dict[str, DataFrame]:
    """The stage's own earlier rows, of the version that stands now: the stage is about to write a newer one."""
    usable = recallable(context.store, stage.recalls, {job.bot: job.provenance for job in jobs})
    return {
        f"last_{dataset}": read_dataset(context.spark(), context.store, dataset, stage.gives[dataset], bots, version)
        for dataset, (version, bots) in usable.items()
    }


def _make_shared(context: RunContext, stage: Stage, jobs: Sequence[Job], counters: Counters) -> None:
    """Makes what the bots of a language share, for the languages whose jobs bring a mark for it."""
    shared = stage.shared
    wanted = {f"*/{job.recipe.lang}": job for job in jobs if job.shared is not None}
    if shared is None or not wanted:
        return
    spark, made = context.spark(), []
    manifest = load_manifest(context.store, shared.gives)
    for unit, job in sorted(wanted.items()):
        lang = Bot.parse(unit).lang
        fingerprint = job.shared.fingerprint if job.shared is not None else ""
        version = version_holding(context.store, manifest, unit, fingerprint)
        if version is not None:
            made.append(read_dataset(spark, context.store, shared.gives, shared.schema, [unit], version))
            continue
        inputs = {
            name: read_dataset(spark, context.store, name, schema).where(f"lang = '{lang}'")
            for name, schema in shared.needs.items()
        }
        made.append(shared.run(settings_of(stage, job.recipe), inputs, counters))
    frame = check_schema(union_all(made), shared.schema, where=f"{stage.name}: {shared.gives}").persist()
    frame.count()
    check_failures(counters)
    marks = {unit: job.shared for unit, job in wanted.items() if job.shared is not None}
    write_dataset(context.store, shared.gives, frame, list(marks), as_metadata(stage.name, context.run, marks))


def _commit(
    context: RunContext, stage: Stage, jobs: Sequence[Job], frames: Mapping[str, DataFrame], counters: Counters
) -> Outcome:
    failed: dict[str, Failure] = {}
    if stage.by_bot:
        # Tasks must have run before it is known whose rows may be replaced.
        silent = {job.bot for job in jobs} - complete_bots([frame.persist() for frame in frames.values()])
        nothing = StageError(f"no rows came to {stage.name}", fix="look at what was rejected and dropped before it")
        failed = {bot: as_failure(nothing) for bot in silent}
    counted = counters.values
    failed |= counted.failed
    done = [job for job in jobs if job.bot not in failed]
    marks = {job.bot: job.provenance for job in done}
    if done:
        for dataset, frame in frames.items():
            if dataset == stage.dropped and counters.values.counts.dropped == 0:
                # Asked now, as it is written last: the tasks that made the kept rows saw none to drop, so they are not
                # run again for an empty table.
                frame = context.spark().createDataFrame([], stage.gives[dataset])
            if failed:
                frame = frame.where(partition_predicate(marks))
            metadata = as_metadata(stage.name, context.run, marks)
            write_dataset(context.store, dataset, frame, list(marks), metadata)
    told = counters.values
    return Outcome([job.bot for job in done], failed, told.warnings, told.counts, told.remarks, told.reasons)


def _run_on_driver(context: RunContext, stage: Stage, jobs: Sequence[Job]) -> Outcome:
    outcome = Outcome()
    made: dict[str, list[pa.Table]] = {dataset: [] for dataset in stage.gives}
    for job in jobs:
        try:
            inputs = {name: _driver_rows(context.store, stage, name, job) for name in stage.needs}
            rows = stage.driver(context.store, job.bot, settings_of(stage, job.recipe), inputs) if stage.driver else {}
        except Exception as error:
            outcome.failed[job.bot] = as_failure(error)
            continue
        finally:
            if context.progress is not None:
                context.progress.bot_done(job.bot)
        outcome.done.append(job.bot)
        for dataset, table in rows.items():
            made[dataset].append(table)
    marks = {job.bot: job.provenance for job in jobs if job.bot in outcome.done}
    if any(made.values()):
        _announce(context.spark(), stage, jobs)
    for dataset, tables in made.items():
        if tables:
            frame = context.spark().createDataFrame(pa.concat_tables(tables).to_pylist(), stage.gives[dataset])
            checked = check_schema(frame, stage.gives[dataset], where=f"{stage.name}: {dataset}")
            write_dataset(context.store, dataset, checked, list(marks), as_metadata(stage.name, context.run, marks))
    return outcome


def _driver_rows(store: Store, stage: Stage, dataset: str, job: Job) -> pa.Table:
    if dataset == "source_file":
        names = stage.needs[dataset].names
        return pa.Table.from_pylist([{name: getattr(file, name) for name in names} for file in job.sources])
    whose = f"*/{job.recipe.lang}" if dataset in SHARED else job.bot
    return read_rows(store, dataset, bots=[whose])
