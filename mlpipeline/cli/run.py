"""`mlpipeline run` and `mlpipeline plan`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from mlpipeline.cli.options import (
    Desk,
    checked_settings,
    forcing_option,
    repeated_words,
    selecting_options,
    session_options,
    spark_settings,
)
from mlpipeline.cli.tables import draw
from mlpipeline.cluster.redaction import redacted_words
from mlpipeline.errors import MLPipelineError
from mlpipeline.orders.request import RunRequest, plan_run, stages_of
from mlpipeline.pipeline import STAGES
from mlpipeline.recipe.select import parse_selection

if TYPE_CHECKING:
    from mlpipeline.cluster.submission.compose import Submission
    from mlpipeline.orders.plan import Plan
    from mlpipeline.orders.run_record import Failure, RunRecord

_WORK = 3  # 2, as others have it, is a wrong command line here
_REFUSED = 4


def add_plan(parser: argparse.ArgumentParser) -> None:
    """The arguments of `plan`."""
    _planning_options(parser)
    parser.add_argument(
        "--detailed-exitcode", action="store_true", help=f"end with {_WORK} where there is work to do, 0 where none"
    )
    parser.set_defaults(verb=plan_verb)


def _planning_options(parser: argparse.ArgumentParser) -> None:
    selecting_options(parser)
    forcing_option(parser)
    names = [stage.name for stage in STAGES]
    parser.add_argument("--from", dest="first", metavar="STAGE", help=f"begin at: {', '.join(names)}")
    parser.add_argument("--to", dest="last", metavar="STAGE", help="end with this stage")
    parser.add_argument(
        "--renew-encoder", action="store_true", help="train the encoders of the selected languages anew"
    )


def add_run(parser: argparse.ArgumentParser) -> None:
    """The arguments of `run`."""
    _planning_options(parser)
    session_options(parser)
    parser.add_argument(
        "--cluster",
        metavar="MASTER",
        default=os.environ.get("MLPIPELINE_CLUSTER") or None,
        help="without --master (or with --master auto): run there when that is quicker (default: $MLPIPELINE_CLUSTER)",
    )
    parser.add_argument("--print-submit", action="store_true", help="print the spark-submit line and do nothing")
    parser.set_defaults(verb=run_verb)


def plan_verb(desk: Desk) -> int:
    """Prints what a run would do for each bot and stage, and the cause."""
    options = desk.options
    plan = plan_run(_request(desk))
    rows = [
        {"bot": bot, "stage": name, "run": order.runs, "cause": "; ".join(order.causes)}
        for name, orders in plan.orders.items()
        for bot, order in orders.items()
    ]
    refused = [{"bot": bot, "failure": str(error)} for bot, error in plan.refused.items()]
    running = sorted((row for row in rows if row["run"]), key=lambda row: str(row["bot"]))
    text = draw(["bot", "stage", "cause"], [[row["bot"], row["stage"], row["cause"]] for row in running])
    skipped = len(rows) - len(running)
    told = text + f"\n\n{len(running)} to run, {skipped} to skip" if running else f"nothing to do ({skipped} to skip)"
    told += "".join(f"\nnote: {note}" for note in plan.notes)
    told += "".join(f"\nfailed: {_with_bot(bot, error)}" for bot, error in plan.refused.items())
    desk.give({"orders": rows, "refused": refused, "notes": plan.notes}, told)
    return 1 if refused else _WORK if running and options.detailed_exitcode else 0


def _with_bot(bot: str, error: MLPipelineError) -> str:
    return str(error) if error.where.startswith(bot) else f"{bot}: {error}"


def run_verb(desk: Desk) -> int:
    """Does what the plan says, writes `run.json` and `report.html`, prints the bots."""
    checked_settings(desk)
    if desk.options.print_submit:
        from mlpipeline.cluster.submission.compose import as_line, hidden_note

        submission = same_submission(desk.options)
        if note := hidden_note(submission):
            desk.say(note)
        print(as_line(submission))
        return 0
    from mlpipeline.cli.live import Live
    from mlpipeline.orders.places import expected_seconds
    from mlpipeline.orders.run import run_pipeline
    from mlpipeline.spark.progress import Progress
    from mlpipeline.views.report.runs import write_pages

    request, progress = _request(desk, command=True), Progress()

    @contextmanager
    def watch(plan: Plan) -> Iterator[Callable[[str], None]]:
        with Live(progress, partial(expected_seconds, plan, desk.store), quiet=desk.options.quiet) as live:
            yield live.say

    record = run_pipeline(request, views=[write_pages], watch=watch, progress=progress)
    if not record.run:
        return _nothing_to_do(desk, record, request.names)
    return _tell(desk, record, request.names)


def _request(desk: Desk, *, command: bool = False) -> RunRequest:
    """What is asked for. Raises UsageError where a stage is forced that is not among those that run."""
    options = desk.options
    return RunRequest(
        desk.store,
        desk.recipes(),
        first=options.first,
        last=options.last,
        force=options.force,
        renew_encoder=options.renew_encoder,
        master=getattr(options, "master", None),
        cluster=getattr(options, "cluster", None),
        settings=spark_settings(options),
        command=shlex.join(["mlpipeline", *redacted_words(sys.argv[1:])]) if command else "",
    )


def _nothing_to_do(desk: Desk, record: RunRecord, names: Sequence[str]) -> int:
    from mlpipeline.cli.bot_table import draw_bots
    from mlpipeline.cli.look import bot_rows
    from mlpipeline.store.runs import last_report

    rows = bot_rows(desk.store, names)
    for note in record.notes:
        desk.say(f"note: {note}")
    bots = "1 bot is" if len(names) == 1 else f"{len(names)} bots are"
    text = f"{draw_bots(rows)}\n\nnothing to do: {bots} up to date ({record.seconds:.1f} s)"
    report = last_report(desk.store)
    desk.give({"run": None, "report": report, "bots": rows}, text + (f"\n\nlast report: {report}" if report else ""))
    return _REFUSED if any(row["version"] is not None and not row["alias"] for row in rows) else 0


def _tell(desk: Desk, record: RunRecord, names: Sequence[str]) -> int:
    """Says what came of a run, on stderr and on stdout; gives the exit code."""
    from mlpipeline.cli.ask import draw_asked
    from mlpipeline.cli.bot_table import draw_bots
    from mlpipeline.cli.look import bot_rows
    from mlpipeline.store.runs import INDEX

    _say_what_came(desk, record)
    asked = [{key: row[key] for key in row if key != "version"} for bot in record.bots for row in bot.golden]
    report, index = (desk.store.path("runs", *path) for path in ((record.run, "report.html"), (INDEX,)))
    parts = [
        draw_asked(asked),
        draw_bots(bot_rows(desk.store, names)),
        f"report: {report}\nall runs: {index}",
        f"{record.seconds:.0f} s",
    ]
    desk.give({**record.content(), "asked": asked}, "\n\n".join(part for part in parts if part))
    if record.ended is not None:
        # However quiet the run is to be: it ended before its time.
        print(f"error: {record.notes[-1]}", file=sys.stderr)
    return record.exit_code


def _say_what_came(desk: Desk, record: RunRecord) -> None:
    """What each stage used, remarks, warnings, doubted labels, refusals and failures, as lines on stderr."""
    from mlpipeline.orders.resources import in_one_line
    from mlpipeline.orders.standing import refusal_line

    for row in record.resources:
        desk.say(in_one_line(row))
    for note in record.notes:
        desk.say(f"note: {note}")
    for bot in record.bots:
        for warning in bot.warnings if bot.causes else []:
            desk.say(f"warning: {bot.bot}: {warning}")
    for bot in record.bots:
        noise = bot.noise
        worth = noise and (noise["asked_count"] or noise["done_count"] or not noise["judged"])
        if noise and worth and bot.causes.get("denoise"):
            cheaper = f" ({noise['cheaper_views']})" if noise.get("cheaper_views") else ""
            desk.say(f"labels: {bot.bot}: {noise['line']}{cheaper}")
    for bot in record.bots:
        if bot.status == "refused":
            desk.say(f"refused: {refusal_line(bot.model_dump())}")
    for bot in record.bots:
        why = bot.failure
        # What ended the session is said once, not for each bot that it left without a stage.
        if why and (record.ended is None or why.reason != record.ended.what):
            desk.say(failure_line(bot.bot, why))
        if why and desk.options.verbose and why.trace:
            desk.say(why.trace)


def failure_line(bot: str, why: Failure) -> str:
    """What failed, where besides the bot itself, and what to do."""
    place = f"{why.where}: " if why.where not in ("", bot) else ""
    return f"failed: {bot} in {why.stage}: {place}{why.reason}" + (f" -> {why.fix}" if why.fix else "")


def same_submission(options: argparse.Namespace) -> Submission:
    """The job for spark-submit that does the same as these options."""
    from mlpipeline.cluster.submission.compose import compose

    stages_of(options.first, options.last, options.force)
    stage = options.first if options.first and options.first == options.last else None
    arguments = job_arguments(options, stages=stage is None)
    script = f"jobs/{stage or 'pipeline'}.py"
    settings = spark_settings(options)
    return compose(script, arguments, master=options.master or "local[*]", stage=stage, settings=settings)


def job_arguments(options: argparse.Namespace, *, stages: bool) -> list[str]:
    """What a job has to be told to do the same as these options.

    Args:
        options: of `run`.
        stages: say where to begin and to end; a stage's own job knows.
    """
    arguments = ["--store", options.store, "--conf", options.conf]
    chosen = parse_selection(options.select)  # an empty word chooses nothing: it must not get lost
    arguments += ["--select", options.select] if chosen else []
    arguments += repeated_words(options)
    arguments += ["--renew-encoder"] if options.renew_encoder else []
    arguments += telling(options)
    if stages:
        arguments += ["--from", options.first] if options.first else []
        arguments += ["--to", options.last] if options.last else []
    return arguments


def telling(options: argparse.Namespace) -> list[str]:
    """The options that say how much is told."""
    flags = (("--json", options.json), ("--quiet", options.quiet), ("--verbose", options.verbose))
    return [flag for flag, on in flags if on]
