"""`mlpipeline augment operators`: what can be done with a sentence of a language."""

from __future__ import annotations

import argparse
from typing import TypedDict

from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.paraphrase_setting import setting_of
from mlpipeline.cli.tables import draw


def add_operators(parser: argparse.ArgumentParser) -> None:
    """The arguments of `augment operators`."""
    parser.add_argument("lang", metavar="LANG", help="a language: ko, ja, zh-Hans, zh-TW, ...")
    parser.set_defaults(verb=operators_verb)


class _Row(TypedDict):
    name: str
    kind: str
    about: str
    used: bool
    undone_by: list[str]


def operators_verb(context: CommandContext) -> int:
    """Lists the operators of a language."""
    setting = setting_of(context, context.options.lang, None)
    rows: list[_Row] = [
        {
            "name": name,
            "kind": "opposite, for review" if operator.opposite else operator.kind,
            "about": operator.about,
            "used": setting.uses(name),
            "undone_by": list(operator.undone_by),
        }
        for name, operator in setting.tool.operators.items()
    ]
    cells = [[row["name"], row["kind"], f"{row['about']}{_note(row)}"] for row in rows]
    context.print_result(rows, draw(["operator", "kind", "what it does"], cells))
    return 0


def _note(row: _Row) -> str:
    if row["used"]:
        return ""
    return f" (off: {', '.join(row['undone_by'])} takes it back)" if row["undone_by"] else " (off)"
