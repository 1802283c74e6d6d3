"""What is told of the made rows of a bot: gates, gains, order, marks, samples, and which operators do harm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from mlpipeline.languages.paraphrase.operators import Tool
from mlpipeline.methods.augmentation.ablation import Ablation, OperatorGain
from mlpipeline.methods.augmentation.ablation_gains import Gain
from mlpipeline.methods.augmentation.corpus import AugmentedRow, Candidate, Corpus
from mlpipeline.methods.augmentation.making import Augmented
from mlpipeline.methods.augmentation.word_order import OrderScore, order_scores
from mlpipeline.orders.review_sheet import Marks, SheetRow

BY_MARKS = "marks"
_FEWEST_ORDERED = 20  # texts of an operator whose order is judged
_SAMPLES = 3


def scores_of_order(corpus: Corpus, ablation: Ablation, tool: Tool, seed: int) -> dict[str, OrderScore]:
    """How ordered the texts of each operator are, of those that it made alone; without those that made too few."""
    made = dict[tuple[str, int, str], None]()
    for lesson in ablation.lessons:
        if lesson.seed == 0:
            for one in lesson.synthetic:
                if len(one.operators) == 1:
                    made[one.operators[0], one.row, one.normalized] = None
    scores = order_scores(corpus.texts, ablation.fold_of.tolist(), list(made), tool, seed)
    return {name: score for name, score in scores.items() if score.texts >= _FEWEST_ORDERED}


def would_help(gain: OperatorGain | None, order: OrderScore | None) -> bool:
    """Whether an operator that the recipe does not use would bring something; see the head of `augmentation`."""
    if gain is None or gain.used or gain.alone is None or gain.among is None or (order and order.is_salad):
        return False
    return min(gain.alone.gain, gain.among.gain) >= 0 and max(gain.alone.low, gain.among.low) > 0


def decision(gain: OperatorGain | None, order: OrderScore | None, marks: Marks | None) -> str:
    """Why an operator should be off, with the figures, in one line; empty where nothing is wrong with it.

    The rules stand at the head of `augmentation`.
    """
    if marks is not None and (why := marks.condemned()):
        return f"{BY_MARKS}: {why}"
    alone, among = (gain.alone, gain.among) if gain else (None, None)
    if alone and among and alone.gain <= 0 and among.gain <= 0 and (alone.high < 0 or among.high < 0):
        return f"gain in points of macro-F1: alone {alone}, among the others {among}"
    if order and order.is_salad and not (marks and marks.is_natural) and not (among and among.low > 0):
        told = f"{order.score:.2f} [{order.low:.2f}, {order.high:.2f}] of shuffles read worse"
        return f"order: {told}, of original examples {order.parents:.2f}"
    return ""


def sheet_rows(corpus: Corpus, candidates: Sequence[Candidate]) -> list[SheetRow]:
    """Made rows as they are judged by people."""
    return [SheetRow(corpus.texts[one.row], one.text, one.operators, corpus.intents[one.row]) for one in candidates]


def as_report(
    corpus: Corpus,
    done: Augmented,
    tool: Tool,
    ablation: Ablation | None,
    orders: Mapping[str, OrderScore],
    marks: Mapping[str, Marks],
) -> dict[str, Any]:
    """The result for machines.

    Args:
        corpus: all training rows of the bot.
        done: what is made of them by the recipe.
        tool: of the language.
        ablation: None where no gain was asked for.
        orders: by operator.
        marks: by operator.
    """
    gains = ablation.operators if ablation else {}
    samples = _samples(corpus, done)
    names = sorted({*done.report["operators"], *gains, *marks})
    operators = []
    for name in names:
        counted = done.report["operators"].get(name, {"made": 0, "kept": 0, "refused": {}})
        gain, one = gains.get(name), tool.operators.get(name)
        operators.append(
            {
                "name": name,
                "kind": one.kind if one else "rows",
                "opposite": bool(one and one.opposite),
                **counted,
                "rows_a_fold": round(gain.rows, 1) if gain else None,
                "alone": _points(gain.alone) if gain else None,
                "among": _points(gain.among) if gain else None,
                "order": orders[name]._asdict() if name in orders else None,
                "marks": _marks(marks[name]) if name in marks else None,
                "used": gain.used if gain else counted["made"] > 0,
                "bad": decision(gain, orders.get(name), marks.get(name)) or None,
                "would_help": would_help(gain, orders.get(name)),
                "samples": samples.get(name, []),
            }
        )
    whole = {name: done.report[name] for name in ("rows", "made", "kept", "review", "refused", "skipped")}
    whole["sources"] = done.report.get("sources", {})
    return {**whole, "ablation": _ablation(ablation) if ablation else None, "operators": operators}


def _ablation(found: Ablation) -> dict[str, object]:
    told = {name: getattr(found, name) for name in ("model", "rows", "folds", "seeds")}
    return {**told, "macro_f1": found.scores, "together": _points(found.together)}


def _points(gain: Gain | None) -> dict[str, float] | None:
    return gain._asdict() if gain else None


def _marks(marks: Marks) -> dict[str, object]:
    return {"natural": marks.natural._asdict(), "same": marks.same._asdict()}


def _samples(corpus: Corpus, done: Augmented) -> dict[str, list[dict[str, object]]]:
    """Some kept rows of each operator, from the first to the last intent; those that it made alone, if any."""
    by_name: dict[str, list[AugmentedRow]] = defaultdict(list)
    for made in done.kept:
        for name in made.candidate.operators:
            by_name[name].append(made)
    found = {}
    for name, rows in by_name.items():
        alone = [made for made in rows if len(made.candidate.operators) == 1] or rows
        found[name] = [_sample(corpus, made) for made in alone[:: max(len(alone) // _SAMPLES, 1)][:_SAMPLES]]
    return found


def _sample(corpus: Corpus, made: AugmentedRow) -> dict[str, object]:
    one = made.candidate
    row = {"parent": corpus.texts[one.row], "made": one.text, "operators": list(one.operators)}
    return {**row, "intent": corpus.intents[one.row], "agreement": round(made.agreement, 3)}
