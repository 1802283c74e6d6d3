"""The figures of `mlpipeline evaluate` for a terminal."""

from __future__ import annotations

from mlpipeline.cli.tables import cut, draw
from mlpipeline.orders.evaluation import Evaluation, Figure, counted, listed, unknown_intents
from mlpipeline.orders.seen import seen_line
from mlpipeline.serving.answer import Nearest

_WEAKEST, _TASKS = 10, 10
_WIDE = 40


def evaluation_text(evaluation: Evaluation, labels: list[str], most: int) -> str:
    """How good a bot is on a file, and on the rows of it that are new to the bot.

    Args:
        evaluation: of the file's rows.
        labels: the intents that the bot knows.
        most: wrong rows to show.
    """
    report = evaluation.report
    unknown, rows = report["unknown_rows"], evaluation.rows
    has = "has an intent" if unknown == 1 else "have intents"
    missed = f" ({unknown:,} {has} that the bot does not know)" if unknown else ""
    # Of a run it is known where its figures come from; of a file, which of its rows the bot has seen.
    origin = f"from its last run: {report['source']}" if "source" in report else seen_line(evaluation.seen)
    lines = [f"{rows - unknown:,} of {counted(rows, 'row')} scored{missed}", origin, ""]
    lines += [_headline(evaluation), *_out_of_scope(evaluation)]
    weak = sorted(report["per_intent"], key=lambda row: (row["f1"] or 0.0, row["intent"]))[:_WEAKEST]
    head = ["intent", "precision", "recall", "f1", "support"]
    cells = [[row["intent"], *(Figure(row[name]) for name in head[1:4]), row["support"]] for row in weak]
    lines += ["", "weakest intents", draw(head, cells, right=head[1:])] if cells else []
    pairs = [[row["true"], row["predicted"], row["count"]] for row in report["confusions"][:_WEAKEST]]
    lines += ["", "confusions", draw(["true", "predicted", "count"], pairs, right=("count",))] if pairs else []
    if unknown:
        named = listed([str(one) for one in unknown_intents(evaluation.unknown_intents, labels)])
        lines += ["", f"intents that the bot does not know: {named}"]
    return "\n".join([*lines, *_wrong_rows(evaluation, most), *_tasks(evaluation)])


def _wrong_rows(evaluation: Evaluation, most: int) -> list[str]:
    """Rows that were read wrong, each with the learnt rows that are most like it."""
    rows = evaluation.wrong_rows[:most]
    if not rows:
        return []
    more = f" (the surest {len(rows):,})" if len(evaluation.wrong_rows) > len(rows) else ""
    cells = [
        [cut(" ".join(row.text.split()), _WIDE), row.intent, f"{row.answer.intent} {row.answer.score:.2f}",
         row.cause.replace("_", " "), *(_near(one) for one in (row.near_own, row.near_predicted))]
        for row in rows
    ]  # fmt: skip
    head = ["text", "should be", "was taken for", "cause", "nearest of its own", "nearest of the other"]
    return ["", f"wrong rows: {len(evaluation.wrong_rows):,}{more}", draw(head, cells)]


def _near(near: Nearest | None) -> str:
    return "" if near is None else f"{near.similarity:.2f} {cut(' '.join(near.question.split()), _WIDE)}"


def _tasks(evaluation: Evaluation) -> list[str]:
    """What to do about the wrong rows."""
    cells = [
        [f"{task.rows:,}", str(task), cut(" | ".join(" ".join(text.split()) for text in task.examples), 2 * _WIDE)]
        for task in evaluation.tasks[:_TASKS]
    ]
    if not cells:
        return []
    more = f" (the first {_TASKS} of {len(evaluation.tasks):,})" if len(evaluation.tasks) > _TASKS else ""
    return ["", f"what to do, the most rows first{more}", draw(["rows", "to do", "such as"], cells, right=("rows",))]


def _headline(evaluation: Evaluation) -> str:
    """The figures with their intervals; beside them those of the rows that are new to the bot, where some are not."""
    if evaluation.unseen is not None and evaluation.unseen.rows != evaluation.rows:
        return _beside([("all rows", evaluation), ("new rows", evaluation.unseen)])
    report, has_unknown = evaluation.report, bool(evaluation.unknown_intents)
    scope = " in scope" if report["out_of_scope"]["rows"] else ""
    known = f"of the {counted(evaluation.in_scope_rows, 'row')} with a known intent"
    lines = [("accuracy", evaluation.accuracy, f"over all {counted(report['accuracy_rows'], 'row')}{scope}")]
    lines += [("", evaluation.known_accuracy, known)] if has_unknown else []
    lines += [(name, evaluation.figure(name), known if has_unknown else "") for name in ("macro_f1", "ece")]
    wide = max(len(str(figure)) for _, figure, _ in lines)
    return "\n".join(f"{name:<10} {figure!s:<{wide}}  {rows}".rstrip() for name, figure, rows in lines)


def _beside(columns: list[tuple[str, Evaluation]]) -> str:
    """A table of the figures of several sets of rows."""
    has_unknown = any(one.unknown_intents for _, one in columns)
    known = " (known intents)" if has_unknown else ""
    counts = [("rows", "accuracy_rows"), *([(f"rows{known}", "in_scope_rows")] if has_unknown else [])]
    figures = [("accuracy", "accuracy"), *([(f"accuracy{known}", "known_accuracy")] if has_unknown else [])]
    figures += [(name + known, name) for name in ("macro_f1", "ece")]
    cells = [[head, *(f"{one.report[name]:,}" for _, one in columns)] for head, name in counts]
    cells += [[head, *(str(one.figure(name)) for _, one in columns)] for head, name in figures]
    return draw(["", *(name for name, _ in columns)], cells)


def _out_of_scope(evaluation: Evaluation) -> list[str]:
    figures = evaluation.report["out_of_scope"]
    if not figures["rows"]:
        return []
    recall = Figure(figures["recall"], *(figures["recall_interval"] or ()))
    return ["", f"out of scope: {counted(figures['rows'], 'row')}, refused {recall}"]
