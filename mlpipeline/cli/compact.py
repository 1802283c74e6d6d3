"""`mlpipeline compact`: the vectors that all bots share, in few files and each once."""

from __future__ import annotations

import argparse

from mlpipeline.catalog import KEPT
from mlpipeline.cli.context import CommandContext
from mlpipeline.store.tables.compaction import compact


def add_compact(parser: argparse.ArgumentParser) -> None:
    """The verb has no arguments of its own."""
    parser.set_defaults(verb=compact_verb)


def compact_verb(context: CommandContext) -> int:
    """Says how many files and rows there were and are."""
    tables = {name: compact(context.store, name, key="content_id") for name in sorted(KEPT)}
    lines = [
        f"{name}: {told.files:,} files with {told.rows:,} rows -> {told.files_after:,} with {told.rows_after:,}"
        for name, told in tables.items()
    ]
    rows = [{"dataset": name, **told._asdict()} for name, told in tables.items()]
    context.print_result(rows, "\n".join(lines))
    return 0
