"""Questions that a model misread unseen, with what it learnt that is most like them, and the whole confusion matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.errors import StoreError
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows

MOST = 50
"""Misread questions of one bot that are listed, the surest first: a model that is sure of what is wrong harms most."""


class Nearest(TypedDict):
    """The learnt question that is most like another one; `similarity` is the cosine."""

    text: str
    intent: str
    similarity: float


class Misread(TypedDict):
    """A test question that the model got wrong."""

    text: str | None
    expected: str
    predicted: str
    score: float
    nearest: Nearest | None


class Matrix(TypedDict):
    """Which intents are taken for which: `cells` are [expected, predicted, rows] by places among `intents`."""

    intents: list[str]
    cells: list[list[int]]


class BotMisread(TypedDict):
    """What a bot's judged questions came to."""

    tested: int
    misread: int
    questions: list[Misread]
    matrix: Matrix


def gather_misread(store: Store, bots: Iterable[str]) -> dict[str, BotMisread]:
    """For each bot that was evaluated, `tested`, `misread`, `questions` and `matrix`.

    `questions` are at most MOST of the misread rows: `text`, `expected`, `predicted`, `score`, and `nearest`, the
    learnt question most like it: `text`, `intent`, `similarity` (cosine); null where the bot has no vectors. `matrix`
    holds `intents` and `cells`, [expected, predicted, rows] by places among them, of judged rows, right ones too.
    """
    found = {}
    for bot in bots:
        tested = _tested(store, bot)
        if tested is not None and tested.num_rows:
            found[bot] = _of_bot(store, bot, tested)
    return found


def _of_bot(store: Store, bot: str, tested: pa.Table) -> BotMisread:
    wrong = tested.filter(pc.not_equal(tested["intent"], tested["predicted"]))
    order = [("score", "descending"), ("content_id", "ascending"), ("intent", "ascending")]
    listed = wrong.sort_by(order).slice(0, MOST).to_pylist()
    texts, nearest = _texts_and_nearest(store, bot, [row["content_id"] for row in listed])
    questions: list[Misread] = [
        {
            "text": texts.get(row["content_id"]),
            "expected": row["intent"],
            "predicted": row["predicted"],
            "score": row["score"],
            "nearest": nearest.get(row["content_id"]),
        }
        for row in listed
    ]
    pairs = zip(tested["intent"].to_pylist(), tested["predicted"].to_pylist(), strict=True)
    return {
        "tested": tested.num_rows,
        "misread": wrong.num_rows,
        "questions": questions,
        "matrix": as_matrix(Counter(pairs)),
    }


def as_matrix(pairs: Mapping[tuple[str, str], int]) -> Matrix:
    """(expected, predicted) -> rows, as `intents` ascending and the `cells` that are not 0."""
    intents = sorted({intent for pair in pairs for intent in pair})
    place = {intent: number for number, intent in enumerate(intents)}
    cells = sorted([place[expected], place[predicted], count] for (expected, predicted), count in pairs.items())
    return {"intents": intents, "cells": cells}


def _tested(store: Store, bot: str) -> pa.Table | None:
    return _rows(store, "prediction", bot, ["content_id", "intent", "predicted", "score"])


def _texts_and_nearest(store: Store, bot: str, contents: Sequence[str]) -> tuple[dict[str, str], dict[str, Nearest]]:
    """By content id: the text as it was delivered, and the learnt question that is most like it."""
    rows = _rows(store, "denoised", bot, ["content_id", "intent", "text"]) if contents else None
    if rows is None:
        return {}, {}
    rows = rows.filter(pc.is_valid(rows["intent"])).sort_by([("content_id", "ascending"), ("text", "ascending")])
    asked = rows.filter(pc.is_in(rows["content_id"], pa.array(sorted(set(contents)), pa.string())))
    texts = dict(zip(asked["content_id"].to_pylist()[::-1], asked["text"].to_pylist()[::-1], strict=True))
    splits, vectors = (
        _rows(store, "splits", bot, ["content_id", "family", "fixed"]),
        _rows(store, "embedding", bot, ["content_id", "vector"]),
    )
    if splits is None or vectors is None:
        return texts, {}
    vectors = vectors.filter(pc.is_valid(vectors["vector"]))
    packed = dict(zip(vectors["content_id"].to_pylist(), vectors["vector"].to_pylist(), strict=True))
    families = {row["content_id"]: row["family"] or row["content_id"] for row in splits.to_pylist()}
    fixed = {row["content_id"] for row in splits.to_pylist() if row["fixed"]}
    usable = (families.keys() & packed.keys()) - fixed
    learnt = [row for row in rows.to_pylist() if row["content_id"] in usable]
    known = [content for content in dict.fromkeys(contents) if content in packed]
    if not learnt or not known:
        return texts, {}
    alike = _vectors(packed, known) @ _vectors(packed, [row["content_id"] for row in learnt]).T
    # Nothing of its own family was learnt by the network that misread it.
    own = np.array([families.get(content, content) for content in known])
    theirs = np.array([families[row["content_id"]] for row in learnt])
    alike[own[:, None] == theirs[None, :]] = -2.0
    best = alike.argmax(axis=1)
    return texts, {
        content: {"text": learnt[at]["text"], "intent": learnt[at]["intent"], "similarity": round(float(row[at]), 4)}
        for content, at, row in zip(known, best.tolist(), alike, strict=True)
        if row[at] >= -1.5
    }


def _vectors(packed: Mapping[str, bytes], contents: Sequence[str]) -> np.ndarray:
    """(n, d) float32; the vectors of one encoder have one length."""
    return np.stack([np.frombuffer(packed[content], "<f4") for content in contents])


def _rows(store: Store, dataset: str, bot: str, columns: Sequence[str]) -> pa.Table | None:
    try:
        return read_rows(store, dataset, bots=[bot], columns=columns)
    except StoreError:
        return None
