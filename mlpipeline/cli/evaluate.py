"""`mlpipeline evaluate`: how good a released bot is on a labelled file, and on the rows of it that are new to it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.file_rows import read_rows, refuse_map
from mlpipeline.cli.options import setting_option
from mlpipeline.cli.tables import draw
from mlpipeline.serving.champion import open_answerer
from mlpipeline.store.corpus.files import parse_map

_WEAKEST = 10
_FIGURES = ("accuracy", "macro_f1", "ece")


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("bot", help="DOMAIN/LANG")
    parser.add_argument("--on", required=True, metavar="FILE", help="labelled file: JSONL, CSV, TSV or Rasa nlu.yml")
    parser.add_argument("--map", default="", metavar="text=question,intent=label", help="column names of the file")
    parser.add_argument("--version", metavar="N", help="a version of the registry instead of the champion")
    setting_option(parser)
    parser.set_defaults(verb=evaluate_verb)


def evaluate_verb(context: CommandContext) -> int:
    """Prints accuracy, macro-F1, calibration, weakest intents and confusions of a bot on a file.

    Rows that the bot learnt from, was tuned on, or has seen nearly so are told apart, and the figures of the others
    given too. In JSON `seen` counts the rows of each kind, and `unseen` is the report of those that are new to it.
    """
    options = context.options
    bot = meant_bot(context, options.bot)
    refuse_map(options, options.on)
    found = read_rows(options.on, parse_map(options.map))
    rows, left_out = found.labelled(), found.left_out
    answerer = open_answerer(context.store, bot, options.version, nearest=0)
    # Here, because comparing texts brings libraries along that a wrong path should not wait for.
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
    report = evaluation.to_dict()
    context.print_result({**head, **report}, _as_text(report, evaluation.seen, answerer.bundle.labels))
    return 0


def _as_text(report: Mapping[str, Any], seen: Sequence[str] | None, labels: Sequence[str]) -> str:
    from mlpipeline.orders.evaluation import counted, named_intents
    from mlpipeline.orders.seen import seen_line

    unknown, rows = report["unknown_rows"], report["rows"]
    has = "has an intent" if unknown == 1 else "have intents"
    missed = f" ({unknown:,} {has} that the bot does not know)" if unknown else ""
    lines = [f"{rows - unknown:,} of {counted(rows, 'row')} scored{missed}", seen_line(seen), "", _headline(report)]
    lines += _out_of_scope(report["out_of_scope"])
    weak = sorted(report["per_intent"], key=lambda row: (row["f1"] or 0.0, row["intent"]))[:_WEAKEST]
    head = ["intent", "precision", "recall", "f1", "support"]
    cells = [[row["intent"], *(_spread(row[name], None) for name in head[1:4]), row["support"]] for row in weak]
    lines += ["", "weakest intents", draw(head, cells, right=head[1:])] if cells else []
    pairs = [[row["true"], row["predicted"], row["count"]] for row in report["confusions"][:_WEAKEST]]
    lines += ["", "confusions", draw(["true", "predicted", "count"], pairs, right=("count",))] if pairs else []
    if unknown:
        lines += ["", f"intents that the bot does not know: {named_intents(report['unknown_intents'], labels)}"]
    return "\n".join(lines)


def _headline(report: Mapping[str, Any]) -> str:
    """The figures with their intervals; beside them those of the rows that are new to the bot, where some are not."""
    new = report["unseen"]
    columns = [("", report)] if not new or new["rows"] == report["rows"] else [("all rows", report), ("new rows", new)]
    head = ["", *(name for name, _ in columns)]
    cells = [["rows", *(f"{column['in_scope_rows']:,}" for _, column in columns)]] if len(columns) > 1 else []
    cells += [
        [name, *(_spread(column[name], column[f"{name}_interval"]) for _, column in columns)] for name in _FIGURES
    ]
    if len(columns) > 1:
        return draw(head, cells)
    return "\n".join(f"{name:<10} {figure}" for name, figure in cells)


class _OutOfScope(TypedDict):
    rows: int
    recall: float | None
    recall_interval: Sequence[float] | None


def _out_of_scope(figures: _OutOfScope) -> list[str]:
    if not figures["rows"]:
        return []
    from mlpipeline.orders.evaluation import counted

    recall = _spread(figures["recall"], figures["recall_interval"])
    return ["", f"out of scope: {counted(figures['rows'], 'row')}, refused {recall}"]


def _spread(value: float | None, interval: Sequence[float] | None) -> str:
    from mlpipeline.orders.evaluation import Figure

    return str(Figure(value, *(interval or (None, None))))
