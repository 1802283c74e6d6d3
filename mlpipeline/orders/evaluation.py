"""How good a released bot is on labelled rows: all of them, and those that are new to it."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from mlpipeline.errors import InputError
from mlpipeline.languages.labels import spelling_key
from mlpipeline.methods.evaluation.causes import NO_INTENT, Task, tasks_of
from mlpipeline.methods.evaluation.metrics import ReportSettings, evaluate_predictions
from mlpipeline.methods.evaluation.rasa_report import Prediction
from mlpipeline.orders.seen import UNSEEN, as_seen, known_texts
from mlpipeline.orders.wrong_rows import WrongRow, find_wrong_rows
from mlpipeline.recipe.fields import Recipe
from mlpipeline.serving.answer import Answer, Answerer
from mlpipeline.serving.choose import ANSWER
from mlpipeline.store.layout import Store

FIGURES = ("accuracy", "known_accuracy", "macro_f1", "ece")
_NAMED = 10  # labels in a message
_ALIKE = 0.75  # likeness of a label from which it may be a mistyped one


class Figure(NamedTuple):
    """A figure with its interval; None is what no row says, or what no interval was computed for."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.value is None:
            return "-"
        return f"{self.value:.3f}" + ("" if self.low is None else f"  [{self.low:.3f}, {self.high:.3f}]")


@dataclass(frozen=True)
class Evaluation:
    """How good a bot is on n labelled rows.

    Attributes:
        bot: DOMAIN/LANG.
        report: every figure, as `mlpipeline evaluate --json` has it: shares are 0 to 1, None is what no row says.
        seen: of each row, whether the bot `learnt` from it, it is `near` such a row, or
            `unseen`; None where what the bot learnt from is not in the store.
        unseen: the same of the rows that are new to the bot; None where there is none, or it is not known.
        wrong_rows: those that were read wrong, the surest first, with what is like them and the likeliest cause.
        tasks: what to do about them, the work that helps most rows first.
        predictions: every row with what was predicted; a row out of scope that was not answered has its own label.
    """

    bot: str
    report: Mapping[str, Any]
    seen: Sequence[str] | None = None
    unseen: Evaluation | None = None
    wrong_rows: Sequence[WrongRow] = ()
    tasks: Sequence[Task] = ()
    predictions: Sequence[Prediction] = ()

    @property
    def rows(self) -> int:
        """How many rows there are, whatever their intent."""
        return int(self.report["rows"])

    @property
    def in_scope_rows(self) -> int:
        """How many of them have an intent that the bot answers: known accuracy, macro-F1 and ECE are of these."""
        return int(self.report["in_scope_rows"])

    @property
    def accuracy(self) -> Figure:
        """Share of the rows whose intent comes first; a row of an intent that the bot does not know is wrong."""
        return self.figure("accuracy")

    @property
    def known_accuracy(self) -> Figure:
        """The same of the rows whose intent the bot knows."""
        return self.figure("known_accuracy")

    @property
    def macro_f1(self) -> Figure:
        """The mean of the intents' F1."""
        return self.figure("macro_f1")

    @property
    def ece(self) -> Figure:
        """The expected calibration error: by how much scores differ from shares that are right."""
        return self.figure("ece")

    @property
    def unknown_intents(self) -> dict[str, int]:
        """Intents that the bot does not know, with their rows: wrong for `accuracy`, and in no other figure."""
        return dict(self.report["unknown_intents"])

    def figure(self, name: str) -> Figure:
        """One of `FIGURES` with its interval."""
        return Figure(self.report[name], *(self.report[f"{name}_interval"] or (None, None)))

    def to_dict(self) -> dict[str, object]:
        """The report with `seen`, a count of each kind of row, `unseen`, the report of the new ones, and the errors."""
        counts = None if self.seen is None else dict(Counter(self.seen))
        return {
            **self.report,
            "seen": counts,
            "unseen": None if self.unseen is None else dict(self.unseen.report),
            "wrong_rows": [row.to_dict() for row in self.wrong_rows],
            "tasks": [task.to_dict() for task in self.tasks],
        }

    def __str__(self) -> str:
        lines = [f"{self.bot}: {counted(self.rows, 'row')}, {self.in_scope_rows:,} of intents that it knows"]
        return "\n".join([*lines, *(f"{name:<14} {self.figure(name)}" for name in FIGURES)])


def evaluate_rows(
    store: Store, answerer: Answerer, rows: Sequence[tuple[str, str]], recipe: Recipe, *, where: str, column: str = ""
) -> Evaluation:
    """Answers labelled rows and compares.

    Args:
        store: where what the bot learnt from is looked for.
        answerer: of the bot.
        rows: (text, intent) each, at least one.
        recipe: of the bot; `evaluate` and `clean` count.
        where: what a message names as the source of the rows.
        column: how the user names the column of the intents, for a message.

    Raises:
        InputError: there is no row, or the bot knows none of their intents.
    """
    intents = [intent for _, intent in rows]
    check_labels(answerer, intents, where=where, column=column)
    answers = answerer.answer([text for text, _ in rows])
    seen = _seen(store, answerer, [text for text, _ in rows], recipe)
    new = [at for at, kind in enumerate(seen or ()) if kind == UNSEEN]

    def evaluated(chosen: Sequence[int]) -> dict[str, object]:
        return report_of_answers(answerer, [answers[at] for at in chosen], [intents[at] for at in chosen], recipe)

    bot = answerer.bundle.bot
    unseen = Evaluation(bot, evaluated(new)) if new else None
    whole = Evaluation(bot, evaluated(range(len(rows))), seen, unseen)
    wrong = find_wrong_rows(answerer, rows, answers)
    meant = {one.intent: one.meant or "" for one in unknown_intents(whole.unknown_intents, answerer.bundle.labels)}
    causes = [(row.cause, row.intent, row.answer.intent, row.text) for row in wrong]
    causes += [(NO_INTENT, intent, meant[intent], text) for text, intent in rows if intent in meant]
    predictions = [predicted_of(answerer, *pair) for pair in zip(rows, answers, strict=True)]
    return replace(whole, wrong_rows=wrong, tasks=tasks_of(causes), predictions=predictions)


def predicted_of(answerer: Answerer, row: tuple[str, str], answer: Answer) -> Prediction:
    """What an answer to a row of text and intent comes to: one out of scope is right where it is not answered."""
    text, intent = row
    is_refused = intent == answerer.bundle.thresholds.out_of_scope_label and answer.zone != ANSWER
    return Prediction(text, intent, intent if is_refused else answer.intent, answer.score)


def report_of_answers(
    answerer: Answerer, answers: Sequence[Answer], intents: Sequence[str], recipe: Recipe
) -> dict[str, object]:
    """The report of n answers, whose true intents are these."""
    limits, labels = answerer.bundle.thresholds, list(answerer.bundle.labels)
    report = evaluate_predictions(
        [answer.intent for answer in answers],
        [answer.score for answer in answers],
        intents,
        labels,
        limits.answer,
        ReportSettings(**recipe.evaluate.model_dump()),
        limits.out_of_scope_label,
    )
    return {**report, "unknown": [asdict(one) for one in unknown_intents(report["unknown_intents"], labels)]}


def _seen(store: Store, answerer: Answerer, texts: Sequence[str], recipe: Recipe) -> list[str] | None:
    bundle = answerer.bundle
    known = known_texts(store, bundle.bot, bundle)
    if known is None:
        return None
    return as_seen([bundle.normalize(text) for text in texts], known, recipe.clean.fold, recipe.clean.near_threshold)


def check_labels(answerer: Answerer, intents: Sequence[str], *, where: str, column: str = "") -> None:
    """Raises InputError where the bot knows no intent of the rows: nothing could be judged."""
    labels = answerer.bundle.labels
    if not intents:
        raise InputError("there is no row", where=where, fix="give rows with a text and an intent")
    known = {*labels, answerer.bundle.thresholds.out_of_scope_label}
    unknown = Counter(intent for intent in intents if intent not in known)
    if unknown.total() == len(intents):
        right = f"is it the right column{f' ({column})' if column else ''} and the right bot?"
        fix = f"its intents are: {listed(sorted(labels))}; {right}"
        what = f"{answerer.bundle.bot} knows none of the intents of its {counted(len(intents), 'row')}"
        raise InputError(f"{what}: {named_intents(unknown, labels)}", where=where, fix=fix)


@dataclass(frozen=True)
class UnknownIntent:
    """An intent of some rows that the bot does not know.

    `meant` is the bot's intent that it is like, or None; `is_spelling` says that the two differ in case, width or
    separators alone.
    """

    intent: str
    rows: int
    meant: str | None
    is_spelling: bool

    def __str__(self) -> str:
        hint = f"; the bot spells it {self.meant}" if self.is_spelling else f"; did you mean {self.meant}?"
        return f"{self.intent} ({counted(self.rows, 'row')}{hint if self.meant else ''})"


def unknown_intents(counts: Mapping[str, int], labels: Sequence[str]) -> list[UnknownIntent]:
    """The intents that a bot does not know, with what was probably meant, those with most rows first.

    Args:
        counts: intents that the bot does not know, with their rows.
        labels: those that it knows.
    """
    alike = {spelling_key(label): label for label in labels}
    found = []
    for intent, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        spelled = alike.get(spelling_key(intent))
        near = spelled or next(iter(difflib.get_close_matches(intent, labels, n=1, cutoff=_ALIKE)), None)
        found.append(UnknownIntent(intent, count, near, spelled is not None))
    return found


def named_intents(counts: Mapping[str, int], labels: Sequence[str]) -> str:
    """`parking (2 rows), refnd (1 row; did you mean refund?)`; the arguments are those of `unknown_intents`."""
    return listed([str(one) for one in unknown_intents(counts, labels)])


def listed(names: Sequence[str]) -> str:
    """The first names in words, and how many more there are."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def counted(count: int, noun: str) -> str:
    """`1 row`, `2,000 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
