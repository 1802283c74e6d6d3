"""Two versions of a bot on the same labelled rows: which rows one has right and the other has not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mlpipeline.bots import BotVersion
from mlpipeline.errors import InputError, UsageError
from mlpipeline.methods.evaluation.comparison import SliceFigures, figures_of, length_slices, slice_figures
from mlpipeline.methods.evaluation.paired import count_paired
from mlpipeline.orders.evaluation import counted
from mlpipeline.orders.known_bots import find_bot
from mlpipeline.orders.seen import UNSEEN, as_seen, known_texts
from mlpipeline.recipe.fields import CleanSection
from mlpipeline.serving.answer import Answer, Answerer
from mlpipeline.serving.bundle import load_bundle
from mlpipeline.serving.champion import open_answerer
from mlpipeline.serving.choose import ANSWER
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.released import find_released

FIXED, BROKEN = "fixed", "broken"


class Contender(NamedTuple):
    """One side of a comparison: its name with the version, or its folder, and what answers for it."""

    name: str
    answerer: Answerer

    @property
    def out_of_scope(self) -> str | None:
        """The intent of rows that it should not answer."""
        return self.answerer.bundle.thresholds.out_of_scope_label

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        bundle = self.answerer.bundle
        return {"name": self.name, "bot": bundle.bot, "bundle_digest": bundle.digest, "intents": len(bundle.labels)}

    def is_right(self, answer: Answer, intent: str) -> bool:
        """Whether it says that intent; a row that is out of scope is right where it is not answered."""
        return answer.zone != ANSWER if intent == self.out_of_scope else answer.intent == intent


class LabelledRow(NamedTuple):
    """A text with its intent and, where it is known, where it came from."""

    text: str
    intent: str
    source: str | None = None


@dataclass(frozen=True)
class Change:
    """A row that one of two versions has right and the other has not; `kind` is `fixed` or `broken`."""

    kind: str
    text: str
    intent: str
    before: Answer
    after: Answer
    is_new: bool | None

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        sides = {
            side: {"intent": answer.intent, "score": answer.score, "zone": answer.zone}
            for side, answer in (("before", self.before), ("after", self.after))
        }
        return {"kind": self.kind, "text": self.text, "intent": self.intent, **sides, "is_new": self.is_new}


@dataclass(frozen=True)
class Comparison:
    """Two versions on the same rows.

    Attributes:
        before, after: the two.
        rows_of: what the rows are, in words.
        all: figures of all rows.
        new: figures of the rows that neither has seen; None where these are all or none, or it is not known.
        seen: for each side, how many rows it has seen; None where it is not known.
        rates: `answered` and `wrong`, shares of the rows that each side answers, and answers wrongly.
        slices: figures by slice, those that lost most first.
        changes: rows that only one has right, the broken ones first.
    """

    before: Contender
    after: Contender
    rows_of: str
    all: SliceFigures
    new: SliceFigures | None
    seen: tuple[int | None, int | None]
    rates: dict[str, tuple[float, float]]
    slices: list[SliceFigures]
    changes: list[Change]

    def of_kind(self, kind: str) -> list[Change]:
        """The fixed rows, or the broken ones."""
        return [change for change in self.changes if change.kind == kind]

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "rows_of": self.rows_of,
            "all": self.all.to_dict(),
            "new": None if self.new is None else self.new.to_dict(),
            "seen": dict(zip(("before", "after"), self.seen, strict=True)),
            "rates": {name: dict(zip(("before", "after"), pair, strict=True)) for name, pair in self.rates.items()},
            "slices": [one.to_dict() for one in self.slices],
            "changes": [one.to_dict() for one in self.changes],
        }


def open_contender(store: Store, conf: Path, text: str, *, nearest: int = 0) -> Contender:
    """What `shop/ko@3`, `shop/ko@champion`, `shop/ko` (its champion) or a bundle's folder names.

    Args:
        store: where bots were released.
        conf: the folder of recipes, which knows bots too.
        text: as the user wrote it.
        nearest: how many known questions an answer names.

    Raises:
        UsageError: no such bot or version.
        StoreError: nothing was released, or the bundle is damaged.
    """
    folder = Path(text)
    if (folder / "manifest.json").is_file():
        return Contender(text, Answerer(load_bundle(folder), nearest=nearest))
    try:
        named = BotVersion.parse(text)
        bot = find_bot(store, conf, named.bot)
    except UsageError as error:
        raise UsageError(error.what, where=error.where, fix=f"{error.fix}, or the folder of a bundle") from error
    version = find_released(store, bot, named.version).version
    return Contender(f"{bot}@{version}", open_answerer(store, bot, named.version, nearest=nearest))


def compare_on(
    store: Store, before: Contender, after: Contender, rows: Sequence[LabelledRow], rows_of: str,
    *, interval: float, clean: CleanSection, answers: tuple[list[Answer], list[Answer]] | None = None,
) -> Comparison:  # fmt: skip
    """Asks both sides all rows, where it is not known what they answered before they had learnt them.

    Args:
        store: where what a bot learnt is looked for.
        before, after: the two.
        rows: at least one.
        rows_of: what they are, in words.
        interval: coverage of intervals.
        clean: how near duplicates are found.
        answers: those of both sides, of when neither had learnt the rows; None: both are asked now.

    Raises:
        InputError: there is no row, or neither knows any of their intents.
    """
    sides = (before, after)
    known = {label for side in sides for label in (*side.answerer.bundle.labels, side.out_of_scope)}
    if not any(row.intent in known for row in rows):
        what = f"neither {before.name} nor {after.name} knows an intent of the {counted(len(rows), 'row')}"
        raise InputError(what, where=rows_of, fix="is it the right file, and the right column (--map intent=...)?")
    texts, intents = [row.text for row in rows], [row.intent for row in rows]
    was, now = answers or (before.answerer.answer(texts), after.answerer.answer(texts))
    was_right, is_right = (
        [side.is_right(answer, intent) for answer, intent in zip(said, intents, strict=True)]
        for side, said in zip(sides, (was, now), strict=True)
    )
    nothing = [False] * len(rows) if answers else None
    saw, sees = (nothing or _seen(store, side, texts, clean) for side in sides)
    news = None if saw is None or sees is None else [not (one or other) for one, other in zip(saw, sees, strict=True)]
    chosen = [at for at, is_new in enumerate(news or ()) if is_new]
    new = None
    if 0 < len(chosen) < len(rows):
        counts = count_paired([was_right[at] for at in chosen], [is_right[at] for at in chosen])
        new = figures_of(counts, interval, "new")
    return Comparison(
        before,
        after,
        rows_of,
        figures_of(count_paired(was_right, is_right), interval),
        new,
        (None if saw is None else sum(saw), None if sees is None else sum(sees)),
        _rates((was, was_right), (now, is_right)),
        slice_figures(was_right, is_right, _slices(rows), interval),
        _changes(rows, (was, was_right), (now, is_right), news),
    )


def _seen(store: Store, side: Contender, texts: Sequence[str], clean: CleanSection) -> list[bool] | None:
    """Of each text, whether a side has learnt it, or nearly so; None where that is not known."""
    bundle = side.answerer.bundle
    known = known_texts(store, bundle.bot, bundle)
    if known is None:
        return None
    kinds = as_seen([bundle.normalize(text) for text in texts], known, clean.fold, clean.near_threshold)
    return [kind != UNSEEN for kind in kinds]


def _slices(rows: Sequence[LabelledRow]) -> dict[str, Sequence[str | None]]:
    return {
        "intent": [row.intent for row in rows],
        "length": list(length_slices([row.text for row in rows])),
        "source": [row.source for row in rows],
    }


_Side = tuple[Sequence[Answer], Sequence[bool]]  # what it says of each row, and whether that is right


def _rates(*sides: _Side) -> dict[str, tuple[float, float]]:
    """Shares of all rows that each side answers, and answers wrongly."""
    answered, wrong = [], []
    for answers, right in sides:
        given = [answer.zone == ANSWER for answer in answers]
        answered.append(sum(given) / len(given))
        wrong.append(sum(one and not hit for one, hit in zip(given, right, strict=True)) / len(given))
    return {"answered": (answered[0], answered[1]), "wrong": (wrong[0], wrong[1])}


def _changes(rows: Sequence[LabelledRow], before: _Side, after: _Side, news: Sequence[bool] | None) -> list[Change]:
    """The rows that only one side has right, the broken ones first."""
    found = []
    for at, (row, was, now, was_right, is_right) in enumerate(
        zip(rows, before[0], after[0], before[1], after[1], strict=True)
    ):
        if was_right != is_right:
            is_new = None if news is None else news[at]
            found.append(Change(FIXED if is_right else BROKEN, row.text, row.intent, was, now, is_new))
    return sorted(found, key=lambda one: (one.kind, one.intent, one.text))
