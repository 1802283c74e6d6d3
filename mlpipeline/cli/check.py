"""`mlpipeline check`: every file of the store read, and what is damaged."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from mlpipeline.catalog import DATASETS
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.options import choosing_options
from mlpipeline.orders.inspection import inspect_store
from mlpipeline.orders.known_bots import chosen_bots
from mlpipeline.store.tables.manifests import load_manifest


def add_check(parser: argparse.ArgumentParser) -> None:
    """The arguments of `check`."""
    choosing_options(parser)
    parser.set_defaults(verb=check_verb)


def check_verb(context: CommandContext) -> int:
    """Says what is not as it was written, one line each with what makes it anew; then the exit code is 1."""
    known = {bot for name in DATASETS for bot in load_manifest(context.store, name).entries}
    bots = chosen_bots(known, context.options.select, context.options.exclude)
    inspection = inspect_store(context.store, bots)
    damages = inspection.damages
    read = f"{inspection.files:,} files of tables and {inspection.bundles:,} bundles read"
    lines = [f"{damage.bot + ': ' if damage.bot else ''}{damage.what} -> {damage.fix}" for damage in damages]
    state = f"{len(damages):,} damaged" if damages else "all as written"
    rows = {"files": inspection.files, "bundles": inspection.bundles, "damages": [asdict(damage) for damage in damages]}
    context.print_result(rows, "\n".join([*lines, f"{read}: {state}"]))
    return 1 if damages else 0
