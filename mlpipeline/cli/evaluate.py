"""`mlpipeline evaluate`: how good a released bot is on a labelled file, and on the rows of it that are new to it."""

from __future__ import annotations

import argparse

from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.file_rows import read_rows, refuse_map, scored_rows
from mlpipeline.cli.options import setting_option
from mlpipeline.errors import UsageError
from mlpipeline.serving.champion import open_answerer
from mlpipeline.store.corpus.files import parse_map

_SHOWN = 10


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("bot", help="DOMAIN/LANG")
    parser.add_argument("--on", required=True, metavar="FILE", help="labelled file: JSONL, CSV, TSV or Rasa nlu.yml")
    parser.add_argument("--map", default="", metavar="text=question,intent=label", help="column names of the file")
    parser.add_argument("--version", metavar="N", help="a version of the registry instead of the champion")
    parser.add_argument("--show", type=int, default=_SHOWN, metavar="N",
                        help=f"wrong rows to show (default {_SHOWN}); JSON has all")  # fmt: skip
    setting_option(parser)
    parser.epilog = (
        "exit codes: 0 judged; 1 nothing could be judged: no row has an intent, or the bot knows none of them; "
        "2 a wrong command line"
    )
    parser.set_defaults(verb=evaluate_verb)


def evaluate_verb(context: CommandContext) -> int:
    """Prints accuracy, macro-F1, calibration, weakest intents and confusions of a bot on a file.

    Rows that the bot learnt from or has seen nearly so are told apart, and the figures of the others
    given too. In JSON `seen` counts the rows of each kind, and `unseen` is the report of those that are new to it.
    """
    options = context.options
    bot = meant_bot(context, options.bot)
    if options.show < 0:
        raise UsageError(f"--show {options.show}: no number of rows", fix="give a number from 0")
    refuse_map(options, options.on)
    found = read_rows(options.on, parse_map(options.map))
    rows, left_out = scored_rows(found), found.left_out
    answerer = open_answerer(context.store, bot, options.version, nearest=0)
    # Here, because comparing texts brings libraries along that a wrong path should not wait for.
    from mlpipeline.cli.evaluate_text import evaluation_text
    from mlpipeline.orders.evaluation import check_labels, evaluate_rows

    source = {"where": options.on, "column": "--map intent=..."}
    # First, so that no note on the recipe stands before a mistake in the file.
    check_labels(answerer, [str(row.intent) for row in rows], **source)
    pairs = [(row.text, str(row.intent)) for row in rows]
    evaluation = evaluate_rows(context.store, answerer, pairs, context.recipe(bot).recipe, **source)
    head = {"bot": bot, "file": options.on, "rejected": left_out.total, "left_out": dict(left_out.counts)}
    head["warnings"] = found.warnings
    if left_out.counts:
        context.say(f"left out of {options.on}: {left_out}")
    for line in found.warnings:
        context.say(f"warning: {options.on}: {line}")
    text = evaluation_text(evaluation, list(answerer.bundle.labels), options.show)
    context.print_result({**head, **evaluation.to_dict()}, text)
    return 0
