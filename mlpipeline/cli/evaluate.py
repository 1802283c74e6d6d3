"""`mlpipeline evaluate`: how good a released bot is on a labelled file, and on the rows of it that are new to it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.file_rows import read_rows, refuse_map, scored_rows
from mlpipeline.cli.options import refuse_ignored, setting_option
from mlpipeline.errors import UsageError
from mlpipeline.serving.champion import open_answerer
from mlpipeline.store.corpus.files import parse_map

if TYPE_CHECKING:
    from mlpipeline.orders.evaluation import Evaluation

_SHOWN = 10


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("bot", help="DOMAIN/LANG")
    rows = parser.add_mutually_exclusive_group(required=True)
    rows.add_argument("--on", metavar="FILE", help="labelled file: JSONL, CSV, TSV or Rasa nlu.yml")
    rows.add_argument(
        "--cross-validation",
        action="store_true",
        help="the bot's own rows, each predicted in its last run by a network that was not trained on it",
    )
    parser.add_argument("--map", default="", metavar="text=question,intent=label", help="column names of the file")
    parser.add_argument("--version", metavar="N", help="a version of the registry instead of the champion")
    parser.add_argument("--show", type=int, default=_SHOWN, metavar="N",
                        help=f"wrong rows to show (default {_SHOWN}); JSON has all")  # fmt: skip
    parser.add_argument("--out", metavar="DIR", help="writes intent_report.json, intent_errors.json and pictures of "
                        "confusions and scores there, as `rasa test nlu` does")  # fmt: skip
    setting_option(parser)
    parser.epilog = (
        "exit codes: 0 evaluated; 1 nothing to evaluate: no row has an intent, or the bot knows none of them; "
        "2 a wrong command line"
    )
    parser.set_defaults(verb=evaluate_verb)


def evaluate_verb(context: CommandContext) -> int:
    """Prints accuracy, macro-F1, calibration, weakest intents, confusions and wrong rows of a bot.

    Rows that the bot learnt from or has seen nearly so are told apart, and the figures of the others given too. In JSON
    `seen` counts the rows of each kind, and `unseen` is the report of those that are new to it.
    """
    options = context.options
    if options.show < 0:
        raise UsageError(f"--show {options.show}: no number of rows", fix="give a number from 0")
    if options.out is not None and Path(options.out).exists() and not Path(options.out).is_dir():
        raise UsageError(f"--out {options.out} is a file", fix="name a folder, which is made where it is not there")
    bot = meant_bot(context, options.bot)
    if options.cross_validation:
        refuse_ignored(options, ("map", "version", "set"), "is for --on FILE")
        head: dict[str, object] = {"bot": bot}
        evaluation, labels = _cross_validated(context, bot)
    else:
        head, evaluation, labels = _on_file(context, bot)
    # Here, because comparing texts brings libraries along that a wrong path should not wait for.
    from mlpipeline.cli.evaluate_text import evaluation_text

    text = evaluation_text(evaluation, labels, options.show)
    if options.out is not None:
        files = _write_files(Path(options.out), evaluation)
        head["files"] = files
        text += f"\n\nwritten: {', '.join(files)}"
    context.print_result({**head, **evaluation.to_dict()}, text)
    return 0


def _cross_validated(context: CommandContext, bot: str) -> tuple[Evaluation, list[str]]:
    from mlpipeline.orders.cross_validated import cross_validated

    answerer = open_answerer(context.store, bot, nearest=0)
    return cross_validated(context.store, answerer), list(answerer.bundle.labels)


def _on_file(context: CommandContext, bot: str) -> tuple[dict[str, object], Evaluation, list[str]]:
    """What stands before the figures in JSON, the figures, and the intents that the bot knows."""
    options = context.options
    refuse_map(options, options.on)
    found = read_rows(options.on, parse_map(options.map))
    rows, left_out = scored_rows(found), found.left_out
    answerer = open_answerer(context.store, bot, options.version, nearest=0)
    from mlpipeline.orders.evaluation import check_labels, evaluate_rows

    source = {"where": options.on, "column": "--map intent=..."}
    # First, so that no note on the recipe stands before a mistake in the file.
    check_labels(answerer, [str(row.intent) for row in rows], **source)
    pairs = [(row.text, str(row.intent)) for row in rows]
    evaluation = evaluate_rows(context.store, answerer, pairs, context.recipe(bot).recipe, **source)
    if left_out.counts:
        context.say(f"left out of {options.on}: {left_out}")
    for line in found.warnings:
        context.say(f"warning: {options.on}: {line}")
    head: dict[str, object] = {"bot": bot, "file": options.on, "rejected": left_out.total}
    head |= {"left_out": dict(left_out.counts), "warnings": found.warnings}
    return head, evaluation, list(answerer.bundle.labels)


def _write_files(folder: Path, evaluation: Evaluation) -> list[str]:
    """Writes what Rasa's users look for into a folder; gives the paths."""
    from mlpipeline.cli.terminal_text import visible_json
    from mlpipeline.methods.evaluation.rasa_report import intent_errors, intent_report
    from mlpipeline.views.report.evaluation_pictures import confusion_of, write_pictures

    rows = evaluation.predictions
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for name, content in (("intent_report", intent_report(rows)), ("intent_errors", intent_errors(rows))):
            written.append(folder / f"{name}.json")
            written[-1].write_text(visible_json(content, indent=2) + "\n", "utf-8")
        confusion = confusion_of([row.intent for row in rows], [row.predicted for row in rows])
        right, wrong = ([row.confidence for row in rows if row.is_right is kind] for kind in (True, False))
        written += write_pictures(folder, confusion, right, wrong)
    except OSError as error:
        what = f"--out {folder} cannot be written ({error.strerror or error})"
        raise UsageError(what, fix="name another folder") from error
    return [str(path) for path in written]
