"""The rows that two versions are compared on where no file names any: those that both were asked unseen."""

from __future__ import annotations

from typing import NamedTuple

from mlpipeline.errors import InputError, StoreError
from mlpipeline.orders.comparison import Contender, LabelledRow
from mlpipeline.orders.seen import known_texts
from mlpipeline.serving.answer import Answer
from mlpipeline.serving.choose import ANSWER, DID_YOU_MEAN, FALLBACK
from mlpipeline.store.bundles.predictions import PREDICTIONS_FILE, Predictions, ScoredIntent, unpack_predictions
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows


class ComparedRows(NamedTuple):
    """Rows, what they are in words, and where they were asked before, what both sides answered then."""

    rows: list[LabelledRow]
    words: str
    answers: tuple[list[Answer], list[Answer]] | None = None


def rows_without_file(store: Store, before: Contender, after: Contender) -> ComparedRows:
    """Rows that both sides were asked in cross-validation; else test rows that neither has learnt; else golden ones.

    Args:
        store: with the texts of the rows.
        before, after: the two.

    Raises:
        InputError: there are none of these.
    """
    texts = _texts(store, before, after)
    found = _held_out(texts, before, after)
    if found is not None:
        return found
    rows = _test_rows(store, texts, before, after)
    if rows:
        return ComparedRows(rows, "test rows of the store that neither has learnt")
    golden: dict[tuple[str, str], LabelledRow] = {}
    for side in (before, after):
        for row in side.answerer.bundle.golden():
            question, intent = str(row["question"]), str(row["intent"])
            golden.setdefault((question, intent), LabelledRow(question, intent))
    if not golden:
        raise InputError("neither has golden questions", where=before.name, fix="name labelled rows by --on FILE")
    return ComparedRows(list(golden.values()), "golden questions")


_Texts = dict[tuple[str, str], LabelledRow]  # by content id and intent


def _texts(store: Store, before: Contender, after: Contender) -> _Texts:
    """The labelled rows of the bot in the store; none where the two are not of one bot."""
    bot = after.answerer.bundle.bot
    if before.answerer.bundle.bot != bot:
        return {}
    columns = ["content_id", "intent", "text", "source"]
    try:
        rows = read_rows(store, "denoised", bots=[bot], columns=columns).to_pylist()
    except StoreError:
        return {}
    return {
        (row["content_id"], row["intent"]): LabelledRow(row["text"], row["intent"], row["source"])
        for row in rows if row["intent"]
    }  # fmt: skip


def _held_out(texts: _Texts, before: Contender, after: Contender) -> ComparedRows | None:
    """The rows of which both bundles tell what networks said that had not learnt them, with these answers."""
    kept = [_predictions(side) for side in (before, after)]
    common = sorted(texts.keys() & kept[0].keys() & kept[1].keys())
    if not common:
        return None
    rows = [texts[key] for key in common]
    was, now = (
        [_answer(side, texts[key].text, said[key]) for key in common]
        for side, said in zip((before, after), kept, strict=True)
    )
    return ComparedRows(rows, "rows that networks were asked that had not learnt them", (was, now))


def _predictions(side: Contender) -> Predictions:
    data = side.answerer.bundle.files.held.get(PREDICTIONS_FILE)
    try:
        return {} if data is None else unpack_predictions(data)
    except (ValueError, KeyError, OSError):
        return {}


def _answer(side: Contender, text: str, said: ScoredIntent) -> Answer:
    limits = side.answerer.bundle.thresholds
    zone = FALLBACK if said.score < limits.did_you_mean else DID_YOU_MEAN
    zone = ANSWER if said.score >= limits.answer else zone
    return Answer(text, said.predicted, said.score, zone, None, None, [])


def _test_rows(store: Store, texts: _Texts, before: Contender, after: Contender) -> list[LabelledRow]:
    """The rows of the test split, but for texts that one of the two knows."""
    bot = after.answerer.bundle.bot
    try:
        splits = read_rows(store, "splits", bots=[bot], columns=["content_id", "split"]).to_pylist()
    except StoreError:
        return []
    test = {row["content_id"] for row in splits if row["split"] == "test"}
    found = [row for (content, _), row in texts.items() if content in test]
    for bundle in (before.answerer.bundle, after.answerer.bundle):
        known = known_texts(store, bot, bundle)
        learnt = set(known.learnt) if known else set()
        found = [row for row in found if bundle.normalize(row.text) not in learnt]
    return found
