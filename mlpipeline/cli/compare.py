"""`mlpipeline compare`: what another version of a bot fixes and breaks, and whether chance could have made it."""

from __future__ import annotations

import argparse

from mlpipeline.bots import Bot
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.file_rows import read_rows, refuse_map, scored_rows
from mlpipeline.errors import UsageError
from mlpipeline.store.corpus.files import parse_map

_SHOWN = 20
FORMATS = ("text", "markdown", "json")


def add_compare(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    about = "%s: DOMAIN/LANG@VERSION, DOMAIN/LANG@champion, DOMAIN/LANG for its champion, or a bundle's folder"
    parser.add_argument("before", metavar="BOT[@VERSION]", help=about % "the version that others are held against")
    parser.add_argument("after", metavar="BOT[@VERSION]", help=about % "the other version")
    parser.add_argument("--on", metavar="FILE", help="labelled rows; default: rows that neither was trained on, where "
                        "the store has some, else the golden questions of both")  # fmt: skip
    parser.add_argument("--map", default="", metavar="text=question,intent=label", help="column names of the file")
    parser.add_argument("--format", choices=FORMATS, default="text", help="text, markdown for a pull request, or json")
    parser.add_argument("--show", type=int, default=_SHOWN, metavar="N",
                        help=f"rows to show of each kind (default {_SHOWN}); JSON has all")  # fmt: skip
    parser.epilog = (
        "exit codes: 0 compared, whichever is better; 1 nothing to compare, or a bundle is damaged; "
        "2 a wrong command line"
    )
    parser.set_defaults(verb=compare_verb)


def compare_verb(context: CommandContext) -> int:
    """Asks both versions the same rows and prints what is fixed and broken; no JVM is started for it."""
    # Here: what compares texts brings libraries along that --help need not wait for.
    from mlpipeline.cli.compare_text import as_markdown, as_text
    from mlpipeline.orders.compared_rows import ComparedRows, rows_without_file
    from mlpipeline.orders.comparison import LabelledRow, compare_on, open_contender
    from mlpipeline.recipe.fields import CleanSection
    from mlpipeline.recipe.load import load_sections
    from mlpipeline.recipe.release_fields import EvaluateSection

    options = context.options
    if options.show < 0:
        raise UsageError(f"--show {options.show}: no number of rows", fix="give a number from 0")
    if options.map and not options.on:
        raise UsageError("--map is for the columns of --on FILE", fix="name the file, or leave --map out")
    found = None
    if options.on:
        refuse_map(options, options.on)
        found = read_rows(options.on, parse_map(options.map))
    before, after = (open_contender(context.store, context.conf, text) for text in (options.before, options.after))
    if found is None:
        chosen = rows_without_file(context.store, before, after)
    else:
        rows = [LabelledRow(row.text, str(row.intent), row.source) for row in scored_rows(found)]
        chosen = ComparedRows(rows, options.on)
        for line in [*([f"left out of {options.on}: {found.left_out}"] if found.left_out.counts else []),
                     *(f"warning: {options.on}: {line}" for line in found.warnings)]:  # fmt: skip
            context.say(line)
    bundle = after.answerer.bundle
    sections = load_sections(context.conf, Bot.parse(bundle.bot).lang)
    interval, clean = sections[EvaluateSection].interval, sections[CleanSection]
    compared = compare_on(
        context.store, before, after, chosen.rows, chosen.words, interval=interval, clean=clean, answers=chosen.answers
    )
    options.json = options.json or options.format == "json"
    text = as_markdown(compared, options.show) if options.format == "markdown" else as_text(compared, options.show)
    context.print_result(compared.to_dict(), text)
    return 0
