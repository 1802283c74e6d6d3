"""`mlpipeline run` and `mlpipeline plan`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

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
from mlpipeline.cluster.environment import check_master
from mlpipeline.cluster.redaction import redacted_words
from mlpipeline.errors import MLPipelineError, UsageError
from mlpipeline.orders.places import AUTO
from mlpipeline.orders.plan import Plan, Planner
from mlpipeline.pipeline import STAGES, stage_named, stages_between
from mlpipeline.recipe.load import Resolved
from mlpipeline.recipe.select import parse_selection
from mlpipeline.stages.contract import Stage
from mlpipeline.store.tables.datasets import bot_locks

if TYPE_CHECKING:
    from mlpipeline.cluster.submission.compose import Submission
    from mlpipeline.orders.apply import RunReport

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
    stages, bots = _stages(options), desk.recipes()
    plan = Planner(desk.store, renew_encoder=options.renew_encoder, force=options.force).plan(bots, stages)
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


def _stages(options: argparse.Namespace) -> tuple[Stage, ...]:
    """The stages that are asked for. Raises UsageError where one is forced that is not among them."""
    stages = stages_between(options.first, options.last)
    for name in options.force:
        if stage_named(name) not in stages:
            raise UsageError(f"{name} is not between --from and --to", where="--force", fix="correct one of them")
    return stages


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
    began, started = time.monotonic(), datetime.now(timezone.utc)
    stages, bots = _stages(desk.options), desk.recipes()
    check_places(desk.options.master)
    desk.store.check_writable()
    names = [f"{bot.domain}/{bot.lang}" for bot in bots]
    with bot_locks(desk.store, names) as (ours, busy):
        free = set(ours)
        planner = Planner(desk.store, renew_encoder=desk.options.renew_encoder, force=desk.options.force)
        chosen = [bot for bot, name in zip(bots, names, strict=True) if name in free]
        plan = planner.plan(chosen, stages)
        for bot in busy:
            plan.refused[bot] = MLPipelineError("another run works on it", where=bot, fix="wait for that run to end")
        if plan.is_empty and not plan.refused:
            return _nothing_to_do(desk, plan, names, time.monotonic() - began)
        return _carry_out(desk, plan, chosen, names, began, started)


def check_places(master: str | None) -> None:
    """Refuses a master that is none, or that nobody answers at, before anything is written."""
    if master and master != AUTO and "PYSPARK_GATEWAY_PORT" not in os.environ:
        check_master(master)


def _nothing_to_do(desk: Desk, plan: Plan, names: list[str], seconds: float) -> int:
    from mlpipeline.cli.bot_table import draw_bots
    from mlpipeline.cli.look import bot_rows
    from mlpipeline.store.runs import last_report

    rows = bot_rows(desk.store, names)
    for note in plan.notes:
        desk.say(f"note: {note}")
    bots = "1 bot is" if len(names) == 1 else f"{len(names)} bots are"
    text = f"{draw_bots(rows)}\n\nnothing to do: {bots} up to date ({seconds:.1f} s)"
    report = last_report(desk.store)
    desk.give({"run": None, "report": report, "bots": rows}, text + (f"\n\nlast report: {report}" if report else ""))
    return _REFUSED if any(row["version"] is not None and not row["alias"] for row in rows) else 0


def _carry_out(desk: Desk, plan: Plan, bots: list[Resolved], names: list[str], began: float, started: datetime) -> int:
    from mlpipeline.cli.ask import ask_samples, draw_asked
    from mlpipeline.cli.bot_table import draw_bots
    from mlpipeline.cli.live import Live
    from mlpipeline.cli.look import bot_rows
    from mlpipeline.orders.apply import apply_plan
    from mlpipeline.orders.places import expected_seconds, where_to_run
    from mlpipeline.orders.records import keep_run
    from mlpipeline.orders.standing import champions
    from mlpipeline.spark.progress import Progress

    run = started.strftime("%Y%m%dT%H%M%S") + f"-{os.getpid()}"
    settings = spark_settings(desk.options)
    master = where_to_run(plan, desk.store, desk.options.master, desk.options.cluster, settings, desk.say)
    before = champions(desk.store, names)
    progress = Progress()
    with Live(progress, partial(expected_seconds, plan, desk.store), quiet=desk.options.quiet) as live:
        watched: dict[str, Any] = {"settings": settings, "say": live.say, "progress": progress}
        report = apply_plan(plan, desk.store, run=run, master=master, **watched)
        progress.begin("writing the report", 0, 0, ())
        fine = [bot for bot in bots if f"{bot.domain}/{bot.lang}" not in report.failed]
        asked, unread = ask_samples(desk.store, fine)
        plan.notes += unread  # in the report too
        head = {
            "run": run,
            "started": started.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - began, 1),
            "command": shlex.join(["mlpipeline", *redacted_words(sys.argv[1:])]),
        }
        kept = keep_run(desk.store, head, plan, report, names, asked, before)
    _say_what_came(desk, plan, report, kept["run"]["bots"])
    rows = bot_rows(desk.store, names)
    places = f"report: {kept['report']}\nall runs: {kept['index']}"
    parts = [draw_asked(asked), draw_bots(rows), places, f"{head['seconds']:.0f} s"]
    desk.give({**kept["run"], "asked": asked}, "\n\n".join(part for part in parts if part))
    if report.ended is not None:
        # However quiet the run is to be: it ended before its time.
        print(f"error: {report.ended}", file=sys.stderr)
    if report.failed or unread:
        return 1
    return _REFUSED if any(entry["status"] == "refused" for entry in kept["run"]["bots"]) else 0


def _say_what_came(desk: Desk, plan: Plan, report: RunReport, bots: Sequence[Mapping[str, Any]]) -> None:
    """What each stage used, remarks, warnings, doubted labels, refusals and failures, as lines on stderr."""
    from mlpipeline.orders.resources import in_one_line
    from mlpipeline.orders.standing import refusal_line

    for row in report.resources:
        desk.say(in_one_line(row))
    for note in plan.notes:
        desk.say(f"note: {note}")
    for entry in bots:
        for warning in entry["warnings"] if entry["causes"] else []:
            desk.say(f"warning: {entry['bot']}: {warning}")
    for entry in bots:
        noise = entry["noise"]
        worth = noise and (noise["asked_count"] or noise["done_count"] or not noise["judged"])
        if worth and entry["causes"].get("denoise"):
            cheaper = f" ({noise['cheaper_views']})" if noise.get("cheaper_views") else ""
            desk.say(f"labels: {entry['bot']}: {noise['line']}{cheaper}")
    for entry in bots:
        if entry["status"] == "refused":
            desk.say(f"refused: {refusal_line(entry)}")
    for bot, why in report.failed.items():
        # What ended the session is said once, not for each bot that it left without a stage.
        if report.ended is None or why["what"] != report.ended.what:
            desk.say(failure_line(bot, why))
        if desk.options.verbose and why.get("trace"):
            desk.say(why["trace"])


def failure_line(bot: str, why: Mapping[str, str]) -> str:
    """What failed, where besides the bot itself, and what to do."""
    place = f"{why['where']}: " if why["where"] not in ("", bot) else ""
    return f"failed: {bot} in {why['stage']}: {place}{why['what']}" + (f" -> {why['fix']}" if why["fix"] else "")


def same_submission(options: argparse.Namespace) -> Submission:
    """The job for spark-submit that does the same as these options."""
    from mlpipeline.cluster.submission.compose import compose

    _stages(options)
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
