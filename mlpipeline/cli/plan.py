"""`mlpipeline plan`: what a run would do for each bot and stage, and why."""

from __future__ import annotations

import argparse

from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.run_options import planning_options, request_of
from mlpipeline.cli.tables import draw
from mlpipeline.errors import MLPipelineError
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
    plan = plan_run(request_of(context))
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
    context.print_result({"orders": rows, "refused": refused, "notes": plan.notes}, told)
    return 1 if refused else _WORK if running and options.detailed_exitcode else 0


def _with_bot(bot: str, error: MLPipelineError) -> str:
    return str(error) if error.where.startswith(bot) else f"{bot}: {error}"
