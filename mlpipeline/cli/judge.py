"""`mlpipeline evaluate`: how good a released bot is on a labelled file, and on the rows of it that are new to it."""

from __future__ import annotations

import argparse
import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.file_rows import read_rows
from mlpipeline.cli.options import Desk
from mlpipeline.cli.tables import draw
from mlpipeline.errors import UsageError
from mlpipeline.languages.labels import spelling_key
from mlpipeline.methods.evaluation.metrics import evaluate_predictions
from mlpipeline.serving.answer import Answer, Answerer
from mlpipeline.serving.champion import open_answerer
from mlpipeline.store.corpus.files import Row, parse_map

_WEAKEST = 10
_NAMED = 10  # labels in a message
_ALIKE = 0.75  # likeness of a label from which it may be a mistyped one
_FIGURES = ("accuracy", "macro_f1", "ece")


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
    """Prints accuracy, macro-F1, calibration, weakest intents and confusions of a bot on a file.

    Rows that the bot learnt from, was tuned on, or has seen nearly so are told apart, and the figures of the others
    given too. In JSON `seen` counts the rows of each kind, and `unseen` is the report of those that are new to it.
    """
    bot = meant_bot(desk, desk.options.bot)
    found = read_rows(desk.options.on, parse_map(desk.options.map))
    rows, left_out = found.labelled(), found.left_out
    answerer = open_answerer(desk.store, bot, desk.options.version, nearest=0)
    check_labels(rows, answerer, desk.options.on)
    recipe = desk.recipe(bot).recipe
    answers = answerer.answer([row.text for row in rows])
    seen = _seen(desk, answerer, rows, recipe.clean)

    def judged(chosen: Sequence[int]) -> dict[str, Any]:
        return judge(answerer, [answers[at] for at in chosen], [rows[at] for at in chosen], recipe.evaluate)

    report = judged(range(len(rows)))
    new = [at for at, kind in enumerate(seen or ()) if kind == "unseen"]
    report |= {"seen": None if seen is None else dict(Counter(seen)), "unseen": judged(new) if seen and new else None}
    head = {"bot": bot, "file": desk.options.on, "rejected": left_out.total, "left_out": dict(left_out.counts)}
    head["warnings"] = found.warnings
    if left_out.counts:
        desk.say(f"left out of {desk.options.on}: {left_out}")
    for line in found.warnings:
        desk.say(f"warning: {desk.options.on}: {line}")
    desk.give({**head, **report}, _told(report, seen, answerer.bundle.labels))
    return 0


def judge(answerer: Answerer, answers: Sequence[Answer], rows: Sequence[Row], rules: Any) -> dict[str, Any]:
    """The report of some answers; `rules` is the recipe's `evaluate` part."""
    limits = answerer.bundle.thresholds
    return evaluate_predictions(
        [answer.intent for answer in answers],
        [answer.score for answer in answers],
        [str(row.intent) for row in rows],
        list(answerer.bundle.labels),
        limits.answer,
        rules.model_dump(),
        limits.out_of_scope_label,
    )


def _seen(desk: Desk, answerer: Answerer, rows: Sequence[Row], cleaning: Any) -> list[str] | None:
    # Here, because comparing texts brings libraries along that a wrong path should not wait for.
    from mlpipeline.orders.seen import as_seen, known_texts

    bundle = answerer.bundle
    known = known_texts(desk.store, bundle.bot, bundle)
    if known is None:
        return None
    return as_seen([bundle.normalize(row.text) for row in rows], known, cleaning.fold, cleaning.near_threshold)


def check_labels(rows: Sequence[Row], answerer: Answerer, path: str) -> None:
    """Raises UsageError where the bot knows no intent of the rows: no figure could be given."""
    labels = answerer.bundle.labels
    known = {*labels, answerer.bundle.thresholds.out_of_scope_label}
    unknown = Counter(str(row.intent) for row in rows if row.intent not in known)
    if unknown.total() == len(rows):
        fix = (
            f"its intents are: {_listed(sorted(labels))}; is it the right column (--map intent=...) and the right bot?"
        )
        what = f"{answerer.bundle.bot} knows none of the intents of its {_counted(len(rows), 'row')}"
        raise UsageError(f"{what}: {_unknown(unknown, labels)}", where=path, fix=fix)


def _unknown(counts: Mapping[str, int], labels: Sequence[str]) -> str:
    """`parking (2 rows), refnd (1 row; did you mean refund?)`, those with most rows first."""
    alike = {spelling_key(label): label for label in labels}
    named = []
    for intent, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        near = alike.get(spelling_key(intent)) or next(
            iter(difflib.get_close_matches(intent, labels, n=1, cutoff=_ALIKE)), ""
        )
        named.append(f"{intent} ({_counted(count, 'row')}{f'; did you mean {near}?' if near else ''})")
    return _listed(named)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _told(report: Mapping[str, Any], seen: Sequence[str] | None, labels: Sequence[str]) -> str:
    from mlpipeline.orders.seen import seen_line

    unknown, rows = report["unknown_rows"], report["rows"]
    has = "has an intent" if unknown == 1 else "have intents"
    missed = f" ({unknown:,} {has} that the bot does not know)" if unknown else ""
    lines = [f"{rows - unknown:,} of {_counted(rows, 'row')} judged{missed}", seen_line(seen), "", _headline(report)]
    lines += _out_of_scope(report["out_of_scope"])
    weak = sorted(report["per_intent"], key=lambda row: (row["f1"] or 0.0, row["intent"]))[:_WEAKEST]
    head = ["intent", "precision", "recall", "f1", "support"]
    cells = [[row["intent"], *(_figure(row[name]) for name in head[1:])] for row in weak]
    lines += ["", "weakest intents", draw(head, cells, right=head[1:])] if cells else []
    pairs = [[row["true"], row["predicted"], row["count"]] for row in report["confusions"][:_WEAKEST]]
    lines += ["", "confusions", draw(["true", "predicted", "count"], pairs, right=("count",))] if pairs else []
    if unknown:
        lines += ["", f"intents that the bot does not know: {_unknown(report['unknown_intents'], labels)}"]
    return "\n".join(lines)


def _headline(report: Mapping[str, Any]) -> str:
    """The figures with their intervals; beside them those of the rows that are new to the bot, where some are not."""
    new = report["unseen"]
    columns = [("", report)] if not new or new["rows"] == report["rows"] else [("all rows", report), ("new rows", new)]
    head = ["", *(name for name, _ in columns)]
    cells = [["rows", *(f"{one['in_scope_rows']:,}" for _, one in columns)]] if len(columns) > 1 else []
    cells += [[name, *(_spread(one[name], one[f"{name}_interval"]) for _, one in columns)] for name in _FIGURES]
    if len(columns) > 1:
        return draw(head, cells)
    return "\n".join(f"{name:<10} {figure}" for name, figure in cells)


def _out_of_scope(figures: Mapping[str, Any]) -> list[str]:
    if not figures["rows"]:
        return []
    recall = _spread(figures["recall"], figures["recall_interval"])
    return ["", f"out of scope: {_counted(figures['rows'], 'row')}, refused {recall}"]


def _spread(value: float | None, interval: Sequence[float] | None) -> str:
    return _figure(value) + (f"  [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")


def _figure(value: Any) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
