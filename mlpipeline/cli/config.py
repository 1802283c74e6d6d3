"""`mlpipeline config`: a bot's resolved recipe, every key that a recipe may hold, and the schema for editors."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.options import refuse_ignored, setting_option
from mlpipeline.cli.tables import cut, draw
from mlpipeline.errors import UsageError
from mlpipeline.recipe.json_schema import recipe_schema
from mlpipeline.recipe.reference import reference_page
from mlpipeline.recipe.write import show

_NOTES = {
    "ingest": " Which files there are, is an input: new rows run `ingest`, an equal file under another name does not. "
    "No stage reads `translations`.",
    "answer": " Serving reads it from the bundle.",
}


def add_show(parser: argparse.ArgumentParser) -> None:
    """The arguments of `config show`."""
    parser.add_argument("bot", help="DOMAIN/LANG")
    parser.add_argument("--origin", action="store_true", help="add file and line of each value")
    setting_option(parser)
    parser.set_defaults(verb=show_verb)


def show_verb(context: CommandContext) -> int:
    """Prints the recipe."""
    rows = show(context.recipe(context.options.bot))
    head = ["key", "value", "origin"] if context.options.origin else ["key", "value"]
    cells = [[row.key, cut(json.dumps(row.value, ensure_ascii=False), 70), row.origin][: len(head)] for row in rows]
    context.print_result([row._asdict() for row in rows], draw(head, cells))
    return 0


def add_schema(parser: argparse.ArgumentParser) -> None:
    """The arguments of `config schema`."""
    _add_to(parser)
    parser.set_defaults(verb=schema_verb)


def schema_verb(context: CommandContext) -> int:
    """Prints the JSON Schema of the files under conf/, or writes it to a file."""
    schema = recipe_schema()
    return _write(context, f"{json.dumps(schema, ensure_ascii=False, indent=2)}\n", schema)


def add_reference(parser: argparse.ArgumentParser) -> None:
    """The arguments of `config reference`."""
    _add_to(parser)
    parser.set_defaults(verb=reference_verb)


def reference_verb(context: CommandContext) -> int:
    """Prints the page of all keys as Markdown, or writes it to a file."""
    # Stages bring pyspark along, which the other verbs of this module need not wait for.
    from mlpipeline.catalog import STAGES

    sections = {
        name: [stage.name for stage in STAGES if name in stage.sections] for name in recipe_schema()["properties"]
    }
    page = reference_page(sections, _NOTES)
    return _write(context, page, {"page": page})


def _add_to(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", metavar="FILE", help="write it to a file, which is replaced (default: stdout)")


def _write(context: CommandContext, text: str, result: object) -> int:
    """The text on stdout or in the file of `--to`. Raises UsageError where the file cannot be written."""
    if context.options.to is None:
        context.print_result(result, text.removesuffix("\n"))
        return 0
    refuse_ignored(context.options, ("json",), "is for stdout, and --to writes a file")
    try:
        Path(context.options.to).write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror}", where=context.options.to, fix="name another file"
        ) from None
    context.say(f"written: {context.options.to}")
    return 0
