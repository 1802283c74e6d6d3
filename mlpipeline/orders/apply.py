"""Carries a plan out, stage by stage, and tells about it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from mlpipeline.catalog import STAGES
from mlpipeline.cluster.environment import is_submitted
from mlpipeline.cluster.failures import SessionEnded, as_failure
from mlpipeline.errors import Failure
from mlpipeline.orders.eventlog import KEPT, drop_old_logs, forget_run, log_location, log_settings
from mlpipeline.orders.plan import Order, Plan
from mlpipeline.orders.refusals import keep_refusals
from mlpipeline.orders.resources import Meter, Usage, complete
from mlpipeline.orders.rowless import find_rowless
from mlpipeline.pipeline import run_stage
from mlpipeline.schemas import PIECE
from mlpipeline.spark.counters import Counts
from mlpipeline.spark.overhead import slots_of
from mlpipeline.spark.progress import Progress
from mlpipeline.spark.session import is_local, open_session
from mlpipeline.stages.contract import Job, Outcome, RowWords, RunContext, Stage
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.manifests import load_manifest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import StructType

_log = logging.getLogger(__name__)

_LARGE = 32 << 20


@dataclass
class StageReport:
    """What one stage did in one run; times in seconds, memory in MB, rows summed over its bots."""

    stage: str
    bots: int = 0
    skipped: int = 0
    rows_in: int = 0
    rows_out: int = 0
    dropped: int = 0
    seconds: float = 0.0
    peak_memory_mb: float = 0.0
    worker_memory_mb: float = 0.0
    counts: Counts = field(default_factory=Counts)
    reasons: list[str] = field(default_factory=list)


@dataclass
class RunReport:
    """What a run did: a report a stage, the failures by bot (with the stage), what its stages warn of by bot and remark
    on the whole run, what each stage used, and why the session ended before its time, if it did."""

    stages: list[StageReport] = field(default_factory=list)
    failed: dict[str, Failure] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    session_seconds: float = 0.0
    master: str = ""
    slots: int = 0
    resources: list[Usage] = field(default_factory=list)
    event_log: str = ""
    ended: SessionEnded | None = None
    meter: Meter = field(default_factory=Meter, repr=False)


@contextmanager
def lazy_session(
    name: str,
    master: str | None,
    settings: Callable[[], Mapping[str, str]],
    report: RunReport,
    *,
    large: bool,
    progress: Progress,
) -> Iterator[Callable[[], SparkSession]]:
    """Gives a function that starts the session at its first call, so that a run without work starts no JVM."""
    held: list[SparkSession] = []

    def start() -> SparkSession:
        if not held:
            began = time.monotonic()
            progress.is_starting = True
            opened = open_session(name, master=master, extra=settings(), large=large)
            held.append(stack.enter_context(opened))
            progress.spark, progress.is_starting = held[0], False
            report.session_seconds = time.monotonic() - began
            started = report.meter.spark = held[0]
            report.event_log = log_location(started)
            where = report.master = started.sparkContext.master
            report.slots = slots_of(started)
            progress.session_started(started, report.slots)
            _log.info("Spark %s at %s, started in %.1f s", started.version, where, report.session_seconds)
        return held[0]

    with ExitStack() as stack:
        yield start


def apply_plan(
    plan: Plan,
    store: Store,
    *,
    run: str,
    master: str | None,
    settings: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> RunReport:
    """Runs what a plan asks for.

    Args:
        plan: the orders; a bot that fails in one stage is left out of the later ones.
        store: where results go.
        run: the run's name, kept in every commit.
        master: a Spark master, None for spark-submit's or `local[*]`.
        settings: of Spark; they win over spark-defaults.
        progress: is told which stage is at work on which bots, for whoever watches.
    """
    watched = progress or Progress()
    report = RunReport(failed={bot: as_failure(error, "plan") for bot, error in plan.refused.items()})
    stages = [stage for stage in STAGES if stage.name in plan.orders]
    large = _bytes_to_read(plan) > _LARGE

    with_log = partial(_with_log, store, run, master, settings or {})
    try:
        with lazy_session(f"mlpipeline {run}", master, with_log, report, large=large, progress=watched) as spark:
            context = RunContext(store, spark, run, watched)
            for number, stage in enumerate(stages, 1):
                orders = plan.orders[stage.name]
                watched.begin(stage.name, number, len(stages), list(_jobs_of(orders, report)))
                told = _run_orders(context, stage, orders, report)
                report.stages.append(told)
                watched.end()
                line = progress_line(told, number, len(stages), stage.words)
                _log.info("%s", line, extra={"stage": stage.name})
    except SessionEnded as ended:
        watched.lost()
        _end_early(plan, stages[len(report.stages) :], report, ended)
    except Exception:
        if not report.master:
            forget_run(store, run)
        raise
    # The session has ended: the log is whole.
    watched.begin("reading the event log", 0, 0, ())
    report.resources = complete(report.resources, store, run, report.event_log)
    if dropped := drop_old_logs(store):
        _log.info("note: event logs of %d older runs removed, those of the newest %d are kept", dropped, KEPT)
    return report


def _with_log(store: Store, run: str, master: str | None, settings: Mapping[str, str]) -> dict[str, str]:
    local = is_local(master) if master else not is_submitted()
    return {**log_settings(store, run, local=local), **settings}


def _end_early(plan: Plan, left: Sequence[Stage], report: RunReport, ended: SessionEnded) -> None:
    """Keeps what was done of a run whose session is gone: every bot with work left has failed, in its next stage."""
    report.ended = ended
    why = as_failure(ended)
    for stage in left:
        for bot, order in plan.orders[stage.name].items():
            if order.runs and bot not in report.failed:
                report.failed[bot] = replace(why, stage=stage.name)
                why = replace(why, trace="")  # once is enough


def _bytes_to_read(plan: Plan) -> int:
    files = [file for order in plan.to_run("ingest").values() for file in order.job.sources]
    return sum(os.path.getsize(file.path) for file in files if "://" not in file.path)


def _jobs_of(orders: Mapping[str, Order], report: RunReport) -> dict[str, Job]:
    """What a stage has to do: the jobs of the bots that run and have not failed."""
    return {bot: order.job for bot, order in orders.items() if order.runs and bot not in report.failed}


def _run_orders(context: RunContext, stage: Stage, orders: Mapping[str, Order], report: RunReport) -> StageReport:
    jobs = list(_jobs_of(orders, report).values())
    told = StageReport(stage.name, skipped=sum(not order.runs for order in orders.values()))
    if not jobs:
        return told
    if stage.driver is None:
        context.spark()
    began = report.meter.begin()
    outcome = run_stage(context, stage, jobs)
    used = report.meter.end(stage.name, began, outcome.counts)
    report.resources.append(used)
    told.seconds = used["seconds"]
    told.bots = len(outcome.done)
    _count_rows(context.store, stage, outcome, told)
    report.failed.update({bot: replace(why, stage=stage.name) for bot, why in outcome.failed.items()})
    if "source_file" in stage.needs and stage.run:
        keep_refusals(context.store, jobs, outcome)
    for bot, text in outcome.warnings.items():
        report.warnings.setdefault(bot, []).append(text)
    report.remarks += sorted(outcome.remarks)
    told.reasons = sorted(outcome.reasons)
    rowless = find_rowless(context.store, partial(load_manifest, context.store), stage, outcome.done)
    report.failed.update({bot: as_failure(error, stage.name) for bot, error in rowless.items()})
    told.counts = outcome.counts
    told.worker_memory_mb, told.peak_memory_mb = used["worker_mb"] or 0.0, used["jvm_mb"] or 0.0
    return told


def _count_rows(store: Store, stage: Stage, outcome: Outcome, told: StageReport) -> None:
    def rows(dataset: str, schema: StructType) -> int:
        entries = load_manifest(store, dataset).entries
        found = [entries[bot].rows for bot in outcome.done if bot in entries]
        # Of what lies in pieces, how many rows there are says how large it is.
        return sum(count > 0 for count in found) if PIECE in schema.fields else sum(found)

    kept = [dataset for dataset in stage.gives if dataset != stage.dropped]
    told.rows_out = outcome.counts.wholes or rows(kept[0], stage.gives[kept[0]])
    told.dropped = rows(stage.dropped, stage.gives[stage.dropped]) if stage.dropped else 0
    if stage.kept is not None and outcome.counts.rows is not None:
        # A text that two bots share is made for the first and there for the second.
        outcome.counts.stored = max(told.rows_out - outcome.counts.rows, 0)
    needed = [dataset for dataset in stage.needs if dataset not in ("source_file", "encoder")]
    told.rows_in = rows(needed[0], stage.needs[needed[0]]) if needed else told.rows_out + told.dropped


def progress_line(report: StageReport, number: int, count: int, rows: RowWords | None = None) -> str:
    """What one stage of so many did, in a line; `rows` says how the stage counts."""
    head = f"{number:>{len(str(count))}} of {count}  {report.stage:<9}"
    if not report.bots and not report.seconds:
        return f"{head} nothing to do" + (f" ({_bots(report.skipped)} up to date)" if report.skipped else "")
    words = [_bots(report.bots)]
    if report.counts.reused:
        words.append(f"{report.counts.reused} as made before")
    rows = rows or RowWords()
    if rows.balanced:
        words.append(
            f"{report.rows_in:,} rows in = {report.rows_out:,} {rows.out} + {report.dropped:,} {rows.left_out}"
        )
    else:
        words.append(f"{report.rows_in:,} rows in, {report.rows_out:,} {rows.out}")
        if report.dropped:
            words.append(f"{report.dropped:,} {rows.left_out}")
    if rows.new and report.counts.stored is not None:
        words.append(f"{report.counts.stored:,} from the store, {report.counts.rows or 0:,} {rows.new}")
        words += loads_words(report.counts)
    if report.skipped:
        words.append(f"{report.skipped} as they are")
    return f"{head} {', '.join(words)}  {report.seconds:.1f} s"


def _bots(count: int) -> str:
    return f"{count} bot{'s' if count != 1 else ''}"


def loads_words(counts: Counts) -> list[str]:
    """How many processes loaded a model, and where it computes; nothing where none did."""
    if not counts.loads:
        return []
    times = "once" if counts.loads == 1 else f"{counts.loads:,} times"
    on_gpu = counts.gpu_loads or 0
    where = "on the CPU" if not on_gpu else "on GPUs" if on_gpu == counts.loads else f"{on_gpu:,} of them on GPUs"
    return [f"encoder loaded {times}, {where}"]
