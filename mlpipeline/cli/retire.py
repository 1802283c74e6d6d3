"""`mlpipeline retire`: lets no version of a bot answer any more."""

from __future__ import annotations

import argparse

from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.options import why_option
from mlpipeline.store.registry.moves import retire


def add_retire(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("bot", metavar="BOT", help="DOMAIN/LANG")
    why_option(parser)
    parser.set_defaults(verb=retire_verb)


def retire_verb(context: CommandContext) -> int:
    """Takes the alias `champion` away; bundles and versions stay, and `rollback` brings the bot back."""
    bot = meant_bot(context, context.options.bot)
    before = retire(context.store, bot, context.options.why)
    text = f"{bot}: no version answers now; version {before} did, and `mlpipeline rollback {bot}` brings it back"
    context.print_result({"bot": bot, "version": None, "before": before}, text)
    return 0
