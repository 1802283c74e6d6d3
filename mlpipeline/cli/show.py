"""`mlpipeline show`: rows of a dataset."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.bots import Bot
from mlpipeline.catalog import DATASETS
from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.columns import Condition, draw_chosen, read_columns, read_conditions, table_options
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.options import refuse_ignored
from mlpipeline.errors import UsageError
from mlpipeline.orders.dataset_rows import check_dataset, read_table
from mlpipeline.schemas import with_objects
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.added_columns import check_columns
from mlpipeline.store.tables.datasets import read_rows

# What a person may call a row by, before the rest: the columns that choose among bots.
_BOT = ("domain", "lang")


def add_show(parser: argparse.ArgumentParser) -> None:
    """The arguments of `show`."""
    parser.add_argument("dataset", help=f"one of: {', '.join(DATASETS)}")
    parser.add_argument("bot", nargs="?", help="DOMAIN/LANG; default: all")
    parser.add_argument("--rows", type=int, default=20, metavar="N", help="rows to print (default 20)")
    table_options(parser)
    parser.set_defaults(verb=show_verb)


def show_verb(context: CommandContext) -> int:
    """Prints the first rows of a dataset; vectors and models as their sizes."""
    if context.options.json:
        refuse_ignored(context.options, ("wide",), "is for tables: --json has every column, and cuts nothing")
    name, bot = context.options.dataset, context.options.bot
    check_dataset(name)
    if context.options.rows < 0:
        raise UsageError(f"--rows {context.options.rows} is no number of rows", fix="give 0 or more")
    conditions = read_conditions(context.options.where, DATASETS[name].names)
    bot = None if bot is None else meant_bot(context, bot)
    table = read_table(context.store, name, None if bot is None else [bot])
    check_columns(context.store, name, table.column_names, [condition.column for condition in conditions])
    found = matching(table, conditions)
    rows = found.slice(0, context.options.rows).to_pylist()
    names = found.column_names
    if name == "near_pair":
        rows = with_texts(context.store, rows)
        names = list(rows[0]) if rows else names
    columns = read_columns(context.options.columns, names)
    rows = [{key: _sized(row[key]) for key in columns or row} for row in rows]
    lines = [{key: _in_a_line(row[key]) for key in row} for row in rows]
    drawn = draw_chosen(lines, names, context.options, known=_BOT if bot else ())
    counts = f"{len(rows):,} of {len(found):,} rows" + (f" that fit, of {len(table):,}" if conditions else "")
    context.print_result([with_objects(row) for row in rows], f"{drawn}\n\n{counts}")
    return 0


def matching(table: pa.Table, conditions: Sequence[Condition]) -> pa.Table:
    """The rows for which all conditions hold; only their columns are looked at."""
    for condition in conditions:
        table = table.filter(pa.array([condition.holds(value) for value in table[condition.column].to_pylist()]))
    return table


class _NearPair(TypedDict):
    domain: str
    lang: str
    left: str
    right: str
    similarity: float


def with_texts(store: Store, pairs: Sequence[_NearPair]) -> list[dict[str, object]]:
    """Rows of `near_pair` with `left_text` and `right_text`: nobody judges a pair by two hashes.

    A text that only stands among what `clean` left out is taken from there.
    """
    bots = sorted({str(Bot(pair["domain"], pair["lang"])) for pair in pairs})
    asked = {content for pair in pairs for content in (pair["left"], pair["right"])}
    texts: dict[tuple[str, str, str], str] = {}
    for dataset in ("cleaned_dropped", "cleaned") if bots else ():
        columns = ["domain", "lang", "content_id", "text"]
        found = read_rows(store, dataset, bots=bots, columns=columns)
        for row in found.filter(pc.is_in(found["content_id"], pa.array(sorted(asked), pa.string()))).to_pylist():
            key = (row["domain"], row["lang"], row["content_id"])
            texts[key] = min(texts.get(key, row["text"]), row["text"])
    return [
        {
            "domain": pair["domain"],
            "lang": pair["lang"],
            "similarity": pair["similarity"],
            "left_text": texts.get((pair["domain"], pair["lang"], pair["left"])),
            "right_text": texts.get((pair["domain"], pair["lang"], pair["right"])),
            "left": pair["left"],
            "right": pair["right"],
        }
        for pair in pairs
    ]


def _sized(value: object) -> object:
    return f"<{len(value):,} bytes>" if isinstance(value, bytes) else value


def _in_a_line(value: object) -> object:
    return value.replace("\n", " ") if isinstance(value, str) else value
