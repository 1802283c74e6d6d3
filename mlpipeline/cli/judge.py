"""`mlpipeline evaluate`: how good a released bot is on any labelled file."""

from __future__ import annotations

import argparse
import os
from typing import Any

from mlpipeline.cli.ask import canonical_bot, open_answerer
from mlpipeline.cli.options import Desk
from mlpipeline.cli.tables import draw
from mlpipeline.errors import InputError
from mlpipeline.stages.evaluate.metrics import evaluate_predictions
from mlpipeline.store.corpus_files import Note, Reject, Row, format_of, parse_map, read_file

_WEAKEST = 10


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("bot", help="DOMAIN/LANG")
    parser.add_argument("--on", required=True, metavar="FILE", help="labelled file: JSONL, CSV, TSV or Rasa nlu.yml")
    parser.add_argument("--map", default="", metavar="text=question,intent=label", help="column names of the file")
    parser.add_argument("--version", metavar="N", help="a version of the registry instead of the champion")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="evaluate.bootstrap=0 and so on"
    )
    parser.set_defaults(verb=evaluate_verb)


def evaluate_verb(desk: Desk) -> int:
    """Prints accuracy, macro-F1, calibration, weakest intents and confusions of a bot on a file."""
    bot = canonical_bot(desk.options.bot)
    rows, rejects = read_labelled(desk.options.on, desk.options.map)
    answerer = open_answerer(desk.store, bot, desk.options.version, nearest=0)
    answers = answerer.answer([row.text for row in rows])
    limits = answerer.bundle.thresholds
    report = evaluate_predictions(
        [answer.intent for answer in answers],
        [answer.score for answer in answers],
        [str(row.intent) for row in rows],
        list(answerer.bundle.labels),
        limits.answer,
        desk.recipe(bot).recipe.evaluate.model_dump(),
        limits.out_of_scope_label,
    )
    report = {"bot": bot, "file": desk.options.on, "rejected": len(rejects), **report}
    for reject in rejects[:5]:
        desk.say(f"rejected: {desk.options.on}:{reject.line}: {reject.reason} {reject.detail}")
    desk.give(report, _told(report))
    return 0


def read_labelled(path: str, mapping: str) -> tuple[list[Row], list[Reject]]:
    """The labelled rows of a file, and the rows that are none.

    Raises:
        InputError: the file is not there or has no labelled row.
    """
    if not os.path.exists(path):
        raise InputError("no such file", where=path, fix="give a labelled file")
    rows: list[Row] = []
    rejects: list[Reject] = []
    for record in read_file(path, format_of(path), parse_map(mapping) if mapping else {}):
        if isinstance(record, Note):
            continue
        if isinstance(record, Reject):
            rejects.append(record)
        elif record.intent is None:
            rejects.append(Reject(record.line, "no_intent", "", ""))
        else:
            rows.append(record)
    if not rows:
        reasons = ", ".join(sorted({reject.reason for reject in rejects})) or "it is empty"
        raise InputError(f"no labelled row ({reasons})", where=path, fix="--map text=...,intent=... names its columns")
    return rows, rejects


def _told(report: dict[str, Any]) -> str:
    lines = []
    for name in ("accuracy", "macro_f1", "ece"):
        value, interval = report.get(name), report.get(f"{name}_interval")
        spread = f"  [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else ""
        lines.append(f"{name:<10} {'-' if value is None else format(value, '.3f')}{spread}")
    weak = sorted(report.get("per_intent", []), key=lambda row: (row["f1"] or 0.0, row["intent"]))[:_WEAKEST]
    head = ["intent", "precision", "recall", "f1", "support"]
    cells = [[row["intent"], *(_figure(row[name]) for name in head[1:])] for row in weak]
    lines += ["", "weakest intents", draw(head, cells, right=head[1:])] if cells else []
    pairs = [[row["true"], row["predicted"], row["count"]] for row in report.get("confusions", [])[:_WEAKEST]]
    lines += ["", "confusions", draw(["true", "predicted", "count"], pairs, right=("count",))] if pairs else []
    unknown = report.get("unknown_intents")
    return "\n".join([*lines, *([f"\nintents that the bot does not know: {unknown}"] if unknown else [])])


def _figure(value: Any) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
