"""One way to run: plan, carry out, keep the record. `mlpipeline run` is its command line."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timezone

from mlpipeline.cluster.environment import check_master, is_submitted
from mlpipeline.errors import MLPipelineError
from mlpipeline.orders.apply import apply_plan
from mlpipeline.orders.plan import Plan
from mlpipeline.orders.records import Head, make_record, write_record
from mlpipeline.orders.request import RunRequest, plan_run
from mlpipeline.orders.run_record import RunRecord
from mlpipeline.orders.run_target import AUTO, where_to_run
from mlpipeline.orders.samples import answer_samples
from mlpipeline.orders.standing import champions
from mlpipeline.recipe.load import Resolved
from mlpipeline.spark.progress import Progress
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import bot_locks

_log = logging.getLogger(__name__)

RunView = Callable[[Store, RunRecord], object]
"""Shows a run that has ended, such as a report that stands beside its `run.json`."""
Watch = Callable[[Plan], AbstractContextManager[object]]
"""From the plan to the block in which it is carried out, for whoever shows how far it is."""


def run_pipeline(
    request: RunRequest,
    *,
    views: Sequence[RunView] = (),
    watch: Watch | None = None,
    progress: Progress | None = None,
) -> RunRecord:
    """Does what the plan of a request says and keeps the record of it.

    A bot that fails is named in the record and ends nothing: the others go on. A bot on which another run works is left
    out and named too.

    Args:
        request: what is to be run.
        views: show the record; each is called once, after `run.json` is written.
        watch: for whoever shows how far the run is; lines of progress are logged.
        progress: is told which stage is at work on which bots.

    Returns:
        The record; with an empty name where there was nothing to do, and nothing is kept of that.

    Raises:
        UsageError: a master or a setting that is none.
        SetupError: nobody answers at the master.
        StoreError: the store cannot be written.
    """
    began, started = time.monotonic(), datetime.now(timezone.utc)
    # Before anything is written, locks too; the stages were checked when the request was made.
    if request.master and request.master != AUTO and not is_submitted():
        check_master(request.master)
    request.store.check_writable()
    with bot_locks(request.store, request.names) as (ours, busy):
        free = [bot for bot in request.bots if str(bot.bot) in ours]
        plan = plan_run(request, free)
        for bot in busy:
            plan.refused[bot] = MLPipelineError("another run works on it", where=bot, fix="wait for that run to end")
        orders = sum(len(plan.to_run(stage)) for stage in plan.orders)
        _log.debug("planned in %.1f s: %d orders for %d bots", time.monotonic() - began, orders, len(free))
        head = Head(started, began, request.command)
        if plan.is_empty and not plan.refused:
            return head.record(run="", status="nothing to do", notes=list(plan.notes))
        record = _carry_out(request, plan, free, head, watch or nullcontext, progress or Progress())
    for view in views:
        view(request.store, record)
    return record


def _carry_out(
    request: RunRequest, plan: Plan, bots: Sequence[Resolved], head: Head, watch: Watch, progress: Progress
) -> RunRecord:
    store, names = request.store, request.names
    before = champions(store, names)
    with watch(plan):
        master = where_to_run(plan, store, request.master, request.cluster, request.settings)
        run = head.name()
        report = apply_plan(plan, store, run=run, master=master, settings=request.settings, progress=progress)
        progress.begin("writing the report", 0, 0, ())
        fine = [bot for bot in bots if str(bot.bot) not in report.failed]
        samples, unread = answer_samples(store, fine)
        record = make_record(store, head, plan, report, names, samples, unread, before)
        write_record(store, record)
        return record
