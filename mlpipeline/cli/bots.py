"""The bot that a person names, with notes on how it was read."""

from __future__ import annotations

from mlpipeline.bots import BotVersion
from mlpipeline.cli.context import CommandContext
from mlpipeline.orders.known_bots import find_bot


def meant_bot(context: CommandContext, text: str) -> str:
    """The bot of `shop/ko`, as `find_bot` reads it; a note on stderr says what was read. Raises UsageError."""
    return find_bot(context.store, context.conf, text)


def meant_version(context: CommandContext, text: str) -> BotVersion:
    """The bot and version of `shop/ko@3`; the bot is read as `meant_bot` reads it. Raises UsageError."""
    found = BotVersion.parse(text)
    return BotVersion(meant_bot(context, found.bot), found.version)
