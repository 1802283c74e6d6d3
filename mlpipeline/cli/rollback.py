"""`mlpipeline rollback`: lets the version answer again that did so before the last move."""

from __future__ import annotations

import argparse

from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.options import why_option
from mlpipeline.cli.promote import let_answer
from mlpipeline.errors import UsageError
from mlpipeline.store.registry.moves import registered
from mlpipeline.store.registry.pointers import PREVIOUS


def add_rollback(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("bot", metavar="BOT", help="DOMAIN/LANG")
    why_option(parser)
    parser.set_defaults(verb=rollback_verb)


def rollback_verb(context: CommandContext) -> int:
    """Moves the alias `champion` to `previous`, and that to what answered until now: twice is where it began."""
    bot = meant_bot(context, context.options.bot)
    rows, aliases = registered(context.store, bot)
    if PREVIOUS not in aliases:
        there = ", ".join(f"{bot}@{version}" for version in sorted(rows)[-10:]) or "none"
        fix = f"name one: `mlpipeline promote BOT@VERSION`; there are: {there}"
        raise UsageError("no version answered before this one", where=bot, fix=fix)
    return let_answer(context, bot, PREVIOUS, "rollback")
