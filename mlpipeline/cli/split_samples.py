"""The labelled rows of a bot with their splits, as the store has them."""

from __future__ import annotations

from mlpipeline.cli.context import CommandContext
from mlpipeline.methods.evaluation.leaks import Sample


def bot_samples(context: CommandContext, bot: str) -> list[Sample]:
    """The labelled rows of a bot with the split that the store says.

    Raises:
        StoreError: the bot has not been split yet.
    """
    from mlpipeline.errors import StoreError
    from mlpipeline.store.tables.datasets import read_rows

    splits = read_rows(context.store, "splits", bots=[bot], columns=["content_id", "split"])
    place = dict(zip(splits["content_id"].to_pylist(), splits["split"].to_pylist(), strict=True))
    if not place:
        raise StoreError(
            f"{bot} has no splits", where=context.store.root, fix=f"mlpipeline run --select {bot} --to-stage split"
        )
    names = ["content_id", "text", "intent", "parent", "id", "origin_line"]
    rows = read_rows(context.store, "cleaned", bots=[bot], columns=names).select(names).to_pylist()
    return [
        Sample(row["text"], place[row["content_id"]], row["intent"], row["parent"], row["id"], row["origin_line"])
        for row in rows
        if row["intent"] is not None and row["content_id"] in place
    ]
