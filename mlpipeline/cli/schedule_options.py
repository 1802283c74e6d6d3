"""What `schedule` and `scheduled-run` share: how scheduled runs are started, logged and told of."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.log_output import form_words
from mlpipeline.cli.options import repeated_words
from mlpipeline.orders.schedule.scheduled_runs import ScheduleRules

RULES = ScheduleRules(Path("logs"))


def scheduled_run_options(parser: argparse.ArgumentParser) -> None:
    """Adds logs, locks, waiting and the hook."""
    usual = RULES
    parser.add_argument("--logs", default=str(usual.logs), metavar="DIR", help="dated logs and locks (default ./logs)")
    parser.add_argument(
        "--keep-logs", type=int, default=usual.keep, metavar="DAYS", help="older logs are removed (default 30)"
    )
    parser.add_argument(
        "--at-once",
        type=int,
        default=usual.at_once,
        metavar="N",
        help="scheduled runs that may work at once (default 1)",
    )
    parser.add_argument(
        "--wait", type=float, default=usual.wait, metavar="MINUTES", help="how long to wait for a slot (default 240)"
    )
    parser.add_argument(
        "--hook", default=usual.hook, metavar="LINE", help="a line for sh, called when a scheduled run did not end well"
    )


def run_words(context: CommandContext, *, form: str | None = None) -> list[str]:
    """The words of `mlpipeline run` that do what these options say, without the selection.

    Args:
        context: of the verb.
        form: of the run's messages where nobody has said which.
    """
    options = context.options
    stated = form_words(options) or (["--log-format", form] if form else [])
    return [*repeated_words(options), *(["--master", options.master] if options.master else []), *stated]
