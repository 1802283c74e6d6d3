"""`mlpipeline scheduled-run`: what a schedule starts: a run that nobody watches."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from mlpipeline.catalog import stage_named
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.options import forcing_option, selecting_options
from mlpipeline.cli.schedule_options import run_words, scheduled_run_options
from mlpipeline.orders.schedule.crontab import own_program
from mlpipeline.orders.schedule.scheduled_runs import ScheduleRules, run_scheduled
from mlpipeline.recipe.select import parse_selection


def add_scheduled_run(parser: argparse.ArgumentParser) -> None:
    """The arguments of `scheduled-run`."""
    selecting_options(parser)
    forcing_option(parser)
    parser.add_argument("--master", metavar="MASTER", help="for the run: local[2], spark://..., yarn")
    scheduled_run_options(parser)
    parser.set_defaults(verb=scheduled_run_verb)


def scheduled_run_verb(context: CommandContext) -> int:
    """Runs what is missing, with lock and log; says nothing when all went well."""
    options = context.options
    began = time.monotonic()
    rules = ScheduleRules(Path(options.logs), options.keep_logs, options.at_once, options.wait, options.hook)
    for name in options.force:
        stage_named(name)
    selection = options.select if parse_selection(options.select) else ""
    end = run_scheduled(selection, _command(context, selection), rules)
    name = selection or "all bots"
    message = f"{name}: {end.message}" if end.message else ""
    if context.options.json or message:
        record = {
            "scheduled_run": selection,
            "exit": end.code,
            "word": end.word,
            "log": end.log,
            "message": end.message,
        }
        context.print_result({**record, "seconds": round(time.monotonic() - began, 1)}, message)
    return end.code


def _command(context: CommandContext, selection: str) -> list[str]:
    chosen = ["--select", selection] if selection else []
    return [
        *own_program(),
        "run",
        *chosen,
        *run_words(context, form="timed"),
        "--store",
        context.options.store,
        "--conf",
        str(context.conf),
    ]
