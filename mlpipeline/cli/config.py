"""`mlpipeline config show`: each value of a bot's recipe, and where it came from."""

from __future__ import annotations

import argparse
import json

from mlpipeline.cli.options import Desk
from mlpipeline.cli.tables import cut, draw
from mlpipeline.recipe.write import show


def add_show(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("bot", help="DOMAIN/LANG")
    parser.add_argument("--origin", action="store_true", help="add file and line of each value")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="overrides a value")
    parser.set_defaults(verb=show_verb)


def show_verb(desk: Desk) -> int:
    """Prints the recipe."""
    rows = show(desk.recipe(desk.options.bot))
    head = ["key", "value", "origin"] if desk.options.origin else ["key", "value"]
    cells = [[row.key, cut(json.dumps(row.value, ensure_ascii=False), 70), row.origin][: len(head)] for row in rows]
    desk.give([row._asdict() for row in rows], draw(head, cells))
    return 0
