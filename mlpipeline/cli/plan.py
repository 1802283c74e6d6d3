"""`mlpipeline plan`: what a run would do for each bot and stage, and why."""

from __future__ import annotations

import argparse

from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.run_options import planning_options, request_of
from mlpipeline.cli.tables import draw
from mlpipeline.orders.plan_summary import failed_line, summary_of
from mlpipeline.orders.request import plan_run

_WORK = 3  # 2, as others have it, is a wrong command line here


def add_plan(parser: argparse.ArgumentParser) -> None:
    """The arguments of `plan`."""
    planning_options(parser)
    parser.add_argument(
        "--detailed-exitcode", action="store_true", help=f"end with {_WORK} where there is work to do, 0 where none"
    )
    parser.set_defaults(verb=plan_verb)


def plan_verb(context: CommandContext) -> int:
    """Prints what a run would do for each bot and stage, and the cause."""
    options = context.options
    plan = summary_of(plan_run(request_of(context)))
    rows = [{"bot": row.bot, "stage": row.stage, "run": row.runs, "cause": "; ".join(row.causes)} for row in plan.rows]
    refused = [{"bot": bot, "failure": str(error)} for bot, error in plan.refused.items()]
    running = plan.to_run
    text = draw(["bot", "stage", "cause"], [[row.bot, row.stage, "; ".join(row.causes)] for row in running])
    skipped = len(rows) - len(running)
    summary = (
        text + f"\n\n{len(running)} to run, {skipped} to skip" if running else f"nothing to do ({skipped} to skip)"
    )
    summary += "".join(f"\nnote: {note}" for note in plan.notes)
    summary += "".join(f"\n{failed_line(refusal)}" for refusal in plan.refused.items())
    context.print_result({"orders": rows, "refused": refused, "notes": plan.notes}, summary)
    return 1 if refused else _WORK if running and options.detailed_exitcode else 0
