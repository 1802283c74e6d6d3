"""`mlpipeline denoise check`: which labels of a file are probably wrong, how many, and what to read first."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.file_rows import refuse_map
from mlpipeline.cli.files import atomic_write, write_csv
from mlpipeline.cli.labelled_file import Labelled, read_labelled_file, writable
from mlpipeline.cli.options import setting_option
from mlpipeline.cli.tables import cut, draw
from mlpipeline.errors import UsageError
from mlpipeline.orders.labelled_texts import read_settings

if TYPE_CHECKING:
    from mlpipeline.methods.label_noise.listing import IssueRow, LinedRow

_SHOWN = 10
_SPELLINGS = 5
_ANNOTATORS = 5  # those who are least often right
_COLUMNS = (
    "score",
    "text",
    "given",
    "suggested",
    "kind",
    "flagged",
    "verified",
    "votes",
    "nearest_given",
    "nearest_suggested",
    "lines",
)


def add_check(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("file", metavar="FILE", help="labelled file: JSONL, CSV, TSV or Rasa nlu.yml")
    parser.add_argument("--lang", metavar="TAG", help="its language, so that texts are normalised as a bot's are")
    parser.add_argument(
        "--map",
        default="",
        metavar="text=question,intent=label",
        help="column names of the file: text, intent, annotator, verified, parent",
    )
    parser.add_argument(
        "--to", metavar="ISSUES.csv", help="write the ranked list there, and a report beside it (.html)"
    )
    parser.add_argument("--report", metavar="FILE.html", help="write the report there")
    parser.add_argument("--fast", action="store_true", help="without the network, which only large files have")
    setting_option(parser)
    parser.epilog = "exit codes: 0 checked, or nothing to check; 2 a file that cannot be used or a wrong command line"
    parser.set_defaults(verb=check_verb)


def check_verb(context: CommandContext) -> int:
    """Checks the labels of a file; prints rate and advice, writes the list and the report."""
    options = context.options
    refuse_map(options, options.file)
    places = _places(options.file, options.to, options.report)
    language, rules, cleaning = read_settings(context.conf, options.lang, context.sets())
    labelled = read_labelled_file(options.file, options.map, language, cleaning)
    left_out = f"; left out: {labelled.left_out}" if labelled.left_out.counts else ""
    every = len(labelled.rows) + labelled.left_out.total
    context.say(f"{options.file}: {len(labelled.rows):,} of {every:,} rows are checked{left_out}")
    for line in labelled.warnings:
        context.say(f"warning: {options.file}: {line}")
    # First: scikit-learn and TensorFlow count their threads when they are loaded.
    from mlpipeline.spark.workers import enter_worker

    enter_worker()
    from mlpipeline.orders.label_check import check_labels, cores

    check = check_labels(labelled.rows, rules, fast=options.fast, processes=cores())
    report, issues = check.report, [_with_lines(row, labelled) for row in check.issues]
    if "list" in places:
        write_csv(places["list"], _COLUMNS, map(_cells, issues), UsageError)
    if "report" in places:
        from mlpipeline.views.report.noise_page import render_noise

        page = render_noise(report, issues, name=os.path.basename(options.file), lang=options.lang or "")
        with atomic_write(places["report"], UsageError) as made:
            made.write_text(page, "utf-8", newline="")
    result = {"file": options.file, "left_out": dict(labelled.left_out.counts), "warnings": labelled.warnings, **report}
    result["wrote"] = {name: str(place) for name, place in places.items()}
    context.print_result(result, _text(report, issues, places))
    return 0


def _places(source: str, listed: str | None, report: str | None) -> dict[str, Path]:
    """Where the list and the report go. Raises UsageError."""
    named: dict[str, str] = {}
    if listed:
        if not listed.endswith(".csv"):
            raise UsageError(f"--to {listed}: the list is a .csv file", fix="name it issues.csv")
        named = {"list": listed, "report": str(Path(listed).with_suffix(".html"))}
    if report:
        named["report"] = report
    return {option: writable(option, place, source) for option, place in named.items()}


def _with_lines(row: IssueRow, labelled: Labelled) -> LinedRow:
    return {**row, "lines": labelled.lines.get((row["content_id"], row["intent"]), [])}


def _cells(row: LinedRow) -> list[str]:
    """The line of a doubted text and label, as `_COLUMNS` has it."""
    near = json.loads(row["nearest"])
    shown = [" | ".join(one["text"] for one in near[name]) for name in ("given", "suggested")]
    lines = " ".join(map(str, row["lines"]))
    votes = " | ".join(f"{view}: {intent}" for view, intent in json.loads(row["votes"]).items())
    cells = [f"{row['score']:.4f}", row["text"], row["intent"], row["suggested"], row["kind"]]
    # Of a file, only rows that a human verified are reported and not asked for.
    answers = ["yes" if flag else "no" for flag in (row["flagged"], row["action"] == "report")]
    return [*cells, *answers, votes, *shown, lines]


def _spellings(alike: Sequence[Sequence[str]]) -> list[str]:
    """Intents of which one is another in other letters, with what to do."""
    if not alike:
        return []
    result = [f"  {' | '.join(names)}" for names in alike[:_SPELLINGS]]
    more = [f"  and {len(alike) - _SPELLINGS:,} more"] if len(alike) > _SPELLINGS else []
    head = "one intent stands" if len(alike) == 1 else f"{len(alike):,} intents stand"
    return [f"{head} in several spellings: write each in one way, as each counts as another intent", *result, *more]


def _text(report: Mapping[str, Any], issues: Sequence[LinedRow], places: Mapping[str, Path]) -> str:
    lines = [report["line"], *filter(None, [report.get("cheaper_views")]), *_spellings(report["alike_intents"])]
    cells = [
        [f"{row['score']:.2f}", cut(row["intent"], 24), cut(row["suggested"], 24), row["kind"], cut(row["text"], 60)]
        for row in issues[:_SHOWN]
    ]
    if cells:
        lines += ["", draw(["score", "given", "suggested", "kind", "text"], cells, right=("score",)), ""]
    for one in report.get("audit", []):
        recall, precision = (f"{100 * one[name]:.0f} %" for name in ("recall", "precision"))
        found = f"{recall} were found, and {precision} of what was flagged was one of them"
        kind = "to any other intent" if one["kind"] == "random" else "to the nearest intent"
        lines.append(f"tried with {one['planted']:,} labels made wrong {kind}: {found}")
    known = [one for one in (report["annotators"] or {}).get("annotators", ()) if one["quality"] is not None]
    for one in sorted(known, key=lambda one: (one["quality"], one["annotator"]))[:_ANNOTATORS]:
        share = f"{100 * one['quality']:.0f} %"
        lines.append(f"annotator {one['annotator']}: right in about {share} of {one['answers']:,} answers")
    if "list" in places:
        lines.append(f"list: {places['list']} ({len(issues):,} rows)")
    if "report" in places:
        lines.append(f"report: {places['report']}")
    return "\n".join(lines)
