"""`mlpipeline neighbours`: the texts of the store that are most like a text."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.tables import cut, draw
from mlpipeline.errors import UsageError
from mlpipeline.orders.neighbours import Neighbour, find_neighbours


def add_neighbours(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("bot", help="DOMAIN/LANG")
    parser.add_argument("text", help="a text, as a user would write it")
    parser.add_argument("--k", type=int, default=10, metavar="N", help="texts to show, at most (default 10)")
    parser.add_argument(
        "--across",
        choices=("domain", "lang"),
        help="look in other bots too: domain: all bots of the language; lang: all languages of the domain, where one "
        "encoder serves them",
    )
    parser.epilog = (
        "cosine: 1 is the same, 0 has nothing in common. exit codes: 0 listed, or nothing is like it; 1 the store has "
        "no vectors of the bot, or they are damaged; 2 a wrong command line"
    )
    parser.set_defaults(verb=neighbours_verb)


def neighbours_verb(context: CommandContext) -> int:
    """Lists the nearest texts with intent, bot and cosine; no JVM is started for it."""
    options = context.options
    if options.k < 1:
        raise UsageError(f"--k {options.k}: nothing would be shown", fix="give a number from 1")
    bot = meant_bot(context, options.bot)
    recipe = context.recipe(bot).recipe
    found = find_neighbours(
        context.store, bot, recipe, options.text, count=options.k, across=options.across, say=context.say
    )
    context.print_result([near.to_dict() for near in found], _as_text(found))
    return 0


def _as_text(found: Sequence[Neighbour]) -> str:
    if not found:
        return "no text has anything in common with it"
    rows = [[f"{near.cosine:.4f}", near.bot, near.intent or "", cut(" ".join(near.text.split()), 80)] for near in found]
    return draw(["cosine", "bot", "intent", "text"], rows, right=("cosine",))
