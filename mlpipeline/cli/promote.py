"""`mlpipeline promote`: lets a version of a bot's model answer, whatever its gate said."""

from __future__ import annotations

import argparse

from mlpipeline.cli.bots import meant_version
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.options import why_option
from mlpipeline.errors import UsageError
from mlpipeline.store.registry.moves import move_champion, registered
from mlpipeline.store.registry.pointers import ALIAS
from mlpipeline.store.registry.released import find_released


def add_promote(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "bot", metavar="BOT@VERSION", help="such as shop/ko@3, shop/ko@candidate (made last) or shop/ko@previous"
    )
    why_option(parser)
    parser.set_defaults(verb=promote_verb)


def promote_verb(context: CommandContext) -> int:
    """Moves the alias `champion`; nothing is trained, and no JVM is started."""
    bot, version = meant_version(context, context.options.bot)
    if version is None:
        fix = f"write {bot}@VERSION; `mlpipeline models ls --select {bot}` lists them"
        raise UsageError(f"{bot} names no version", fix=fix)
    return let_answer(context, bot, version, "promote")


def let_answer(context: CommandContext, bot: str, version: str, how: str) -> int:
    """Lets a version of a bot answer, given by its number or an alias, and says what answered before."""
    wanted = find_released(context.store, bot, version)
    before = registered(context.store, bot)[1].get(ALIAS)
    moved = move_champion(context.store, bot, wanted.version, how=how, why=context.options.why)
    if before == moved.version:
        text = f"{bot}: version {moved.version} answers already"
    else:
        text = f"{bot}: version {moved.version} answers now; before it, {f'version {before}' if before else 'none did'}"
    result = {"bot": bot, "version": moved.version, "before": before, "bundle_digest": moved.digest}
    context.print_result(result, text)
    return 0
