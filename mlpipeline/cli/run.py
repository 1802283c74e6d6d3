"""`mlpipeline run`: what is missing, done."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from mlpipeline.cli.context import CommandContext, checked_settings
from mlpipeline.cli.options import refuse_ignored, session_options
from mlpipeline.cli.run_options import planning_options, request_of, same_submission
from mlpipeline.orders.run_target import AUTO

if TYPE_CHECKING:
    from mlpipeline.orders.plan import Plan
    from mlpipeline.orders.run_record import Failure, RunRecord

_REFUSED = 4


def add_run(parser: argparse.ArgumentParser) -> None:
    """The arguments of `run`."""
    planning_options(parser)
    session_options(parser)
    parser.add_argument(
        "--cluster",
        metavar="MASTER",
        default=os.environ.get("MLPIPELINE_CLUSTER") or None,
        help="without --master (or with --master auto): run there when that is quicker (default: $MLPIPELINE_CLUSTER)",
    )
    parser.add_argument("--print-submit", action="store_true", help="print the spark-submit line and do nothing")
    parser.set_defaults(verb=run_verb)


def run_verb(context: CommandContext) -> int:
    """Does what the plan says, writes `run.json` and `report.html`, prints the bots."""
    checked_settings(context)
    if context.options.master not in (None, AUTO):
        refuse_ignored(context.options, ("cluster",), "is for runs without --master, or with --master auto")
    if context.options.print_submit:
        refuse_ignored(context.options, ("cluster",), "is for a run, and --print-submit starts none")
        from mlpipeline.cluster.submission.compose import as_line, hidden_note

        submission = same_submission(context.options)
        if note := hidden_note(submission):
            context.say(note)
        print(as_line(submission))
        return 0
    from mlpipeline.cli.live import Live
    from mlpipeline.cli.log_output import line_handler
    from mlpipeline.orders.run import run_pipeline
    from mlpipeline.orders.run_target import expected_seconds
    from mlpipeline.spark.progress import Progress
    from mlpipeline.views.report.registered import attach_reports
    from mlpipeline.views.report.runs import write_pages

    request, progress = request_of(context, command=True), Progress()

    def watch(plan: Plan) -> Live:
        expect = partial(expected_seconds, plan, context.store)
        return Live(progress, expect, quiet=context.options.quiet, handler=line_handler())

    record = run_pipeline(request, views=[write_pages, attach_reports], watch=watch, progress=progress)
    if not record.run:
        return _nothing_to_do(context, record, request.names)
    return _print_record(context, record, request.names)


def _nothing_to_do(context: CommandContext, record: RunRecord, names: Sequence[str]) -> int:
    from mlpipeline.cli.bot_table import bot_rows, draw_bots
    from mlpipeline.store.runs import last_report

    rows = bot_rows(context.store, names)
    for note in record.notes:
        context.say(f"note: {note}")
    bots = "1 bot is" if len(names) == 1 else f"{len(names)} bots are"
    text = f"{draw_bots(rows)}\n\nnothing to do: {bots} up to date ({record.seconds:.1f} s)"
    report = last_report(context.store)
    context.print_result(
        {"run": None, "report": report, "bots": rows}, text + (f"\n\nlast report: {report}" if report else "")
    )
    # Where a person let an older version answer, nothing was refused: it is the gate that says so, not the alias.
    return _REFUSED if any(str(row["gate"]).startswith("refused") for row in rows) else 0


def _print_record(context: CommandContext, record: RunRecord, names: Sequence[str]) -> int:
    """Says what came of a run, on stderr and on stdout; gives the exit code."""
    from mlpipeline.cli.answer import draw_samples
    from mlpipeline.cli.bot_table import bot_rows, draw_bots
    from mlpipeline.store.runs import INDEX

    _report_bots(context, record)
    samples = [{key: row[key] for key in row if key != "version"} for bot in record.bots for row in bot.golden]
    report, index = (context.store.path("runs", *path) for path in ((record.run, "report.html"), (INDEX,)))
    parts = [
        draw_samples(samples),
        draw_bots(bot_rows(context.store, names)),
        f"report: {report}\nall runs: {index}",
        f"{record.seconds:.0f} s",
    ]
    context.print_result({**record.content(), "samples": samples}, "\n\n".join(part for part in parts if part))
    if record.ended is not None:
        # However quiet the run is to be: it ended before its time.
        context.say_error(f"error: {record.notes[-1]}")
    return record.exit_code


def _report_bots(context: CommandContext, record: RunRecord) -> None:
    """What each stage used, remarks, warnings, doubted labels, refusals and failures, as lines on stderr."""
    from mlpipeline.orders.resources import in_one_line
    from mlpipeline.orders.standing import refusal_line

    for row in record.resources:
        context.say(in_one_line(row), stage=str(row["module"]))
    for stage in record.stages:
        for reason in stage.reasons:
            context.say(f"{stage.stage}: {reason}", level=logging.DEBUG, stage=stage.stage)
    for note in record.notes:
        context.say(f"note: {note}")
    for bot in record.bots:
        for warning in bot.warnings if bot.causes else []:
            context.say(f"warning: {bot.bot}: {warning}", bot=bot.bot)
    for bot in record.bots:
        noise = bot.noise
        worth = noise and (noise["to_read_count"] or noise["done_count"] or not noise["judged"])
        if noise and worth and bot.causes.get("denoise"):
            cheaper = f" ({noise['cheaper_views']})" if noise.get("cheaper_views") else ""
            context.say(f"labels: {bot.bot}: {noise['line']}{cheaper}", bot=bot.bot, stage="denoise")
    for bot in record.bots:
        if bot.status == "refused":
            context.say(f"refused: {refusal_line(bot.model_dump())}", bot=bot.bot, stage="release")
    for bot in record.bots:
        why = bot.failure
        # What ended the session is said once, not for each bot that it left without a stage.
        if why and (record.ended is None or why.reason != record.ended.what):
            context.say(failure_line(bot.bot, why), bot=bot.bot, stage=why.stage)
        if why and why.trace:
            context.say(why.trace, level=logging.DEBUG, bot=bot.bot, stage=why.stage)


def failure_line(bot: str, why: Failure) -> str:
    """What failed, where besides the bot itself, and what to do."""
    place = f"{why.where}: " if why.where not in ("", bot) else ""
    return f"failed: {bot} in {why.stage}: {place}{why.reason}" + (f" -> {why.fix}" if why.fix else "")
