"""The bot that a person names, with notes on how it was read."""

from __future__ import annotations

from mlpipeline.cli.context import CommandContext
from mlpipeline.orders.known_bots import find_bot


def meant_bot(context: CommandContext, text: str) -> str:
    """The bot of `shop/ko`, as `find_bot` reads it; a note on stderr says what was read. Raises UsageError."""
    return find_bot(context.store, context.conf, text)
