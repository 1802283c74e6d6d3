"""`mlpipeline ls`: what is in the store."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Collection

from mlpipeline.catalog import DATASETS
from mlpipeline.cli.bot_table import bot_rows, draw_bots
from mlpipeline.cli.columns import draw_chosen, read_columns, rows_where, table_options
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.options import choosing_options, refuse_ignored
from mlpipeline.orders.bot_rows import partitions_in
from mlpipeline.orders.known_bots import chosen_bots
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.added_columns import column_names
from mlpipeline.store.tables.datasets import read_rows
from mlpipeline.store.tables.manifests import load_manifest


def add_ls(parser: argparse.ArgumentParser) -> None:
    """The arguments of `ls`."""
    parser.add_argument("what", nargs="?", choices=("bots", "datasets"), default="bots")
    choosing_options(parser)
    parser.add_argument("--digest", action="store_true", help="a digest of each dataset's rows (order does not count)")
    table_options(parser)
    parser.set_defaults(verb=ls_verb)


def ls_verb(context: CommandContext) -> int:
    """Lists what is there."""
    if context.options.json:
        refuse_ignored(context.options, ("wide",), "is for tables: --json has every column, and cuts nothing")
    bots = chosen_bots(partitions_in(context.store), context.options.select, context.options.exclude)
    if context.options.what == "bots" and not context.options.digest:
        rows = bot_rows(context.store, sorted(bot for bot in bots if not bot.startswith("*")))
        what = "bots"
    else:
        rows, what = dataset_rows(context.store, bots, digest=context.options.digest), "datasets"
    if not rows:
        context.print_result([], f"no {what} yet in {context.store.root}: `mlpipeline run` makes them")
        return 0
    names = list(rows[0])
    found = rows_where(rows, context.options.where)
    columns = read_columns(context.options.columns, names)
    if what == "bots" and found and columns is None:
        text = draw_bots(found, wide=context.options.wide)
    else:
        text = draw_chosen(found, names, context.options)
    if context.options.where:
        text += f"\n\n{len(found)} of {len(rows)} {what}"
    context.print_result([{name: row[name] for name in columns or names} for row in found], text)
    return 0


def dataset_rows(store: Store, bots: Collection[str], *, digest: bool) -> list[dict[str, object]]:
    """One row for each bot of each dataset: its name with the version, rows, fingerprint, and a digest if asked for."""
    rows = []
    for name in DATASETS:
        for bot, entry in sorted(load_manifest(store, name).entries.items()):
            if bot not in bots:
                continue
            row = {"dataset": f"{bot}/{name}@{entry.version}", "rows": entry.rows}
            row |= {"digest": table_digest(store, name, bot)} if digest else {}
            rows.append({**row, "fingerprint": entry.provenance.fingerprint})
    return rows


def table_digest(store: Store, dataset: str, bot: str) -> str:
    """16 hex characters of a bot's rows, without the columns that differ between equal runs; order does not count.

    A column without a value counts as one that is not there: a table made before the column was gives the same.
    """
    schema = DATASETS[dataset]
    names = [field.name for field in schema.fields if not (field.metadata or {}).get("volatile")]
    there = set(column_names(store, dataset))
    rows = read_rows(store, dataset, bots=[bot], columns=[name for name in names if name in there]).to_pylist()
    cells = ([(name, row[name]) for name in names if row.get(name) is not None] for row in rows)
    lines = sorted(hashlib.sha256(repr(row).encode()).digest() for row in cells)
    return hashlib.sha256(b"".join(lines)).hexdigest()[:16]
