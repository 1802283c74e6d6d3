"""Questions that a model misread unseen, with what it learnt that is most like them, and the whole confusion matrix."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.errors import StoreError
from mlpipeline.methods.evaluation.causes import Likeness, likely_cause, tasks_of, usual_of
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows

EXPLAINED, TASKS = 500, 20
"""Misread questions whose causes are looked for, and what to do about them at most."""
_NOTHING = -2.0  # less than any cosine
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
    tasks: list[dict[str, object]]


def gather_misread(store: Store, bots: Iterable[str]) -> dict[str, BotMisread]:
    """For each bot that was evaluated, `tested`, `misread`, `questions`, `matrix` and `tasks`.

    `questions` are at most MOST of the misread rows: `text`, `expected`, `predicted`, `score`, and `nearest`, the
    learnt question most like it: `text`, `intent`, `similarity` (cosine); null where the bot has no vectors. `matrix`
    holds `intents` and `cells`, [expected, predicted, rows] by places among them, of judged rows, right ones too.
    `tasks` are what to do about the misread rows, by the likeliest cause of each of the surest EXPLAINED.
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
    surest = wrong.sort_by(order).slice(0, EXPLAINED).to_pylist()
    listed = surest[:MOST]
    texts, nearest, causes = _texts_and_nearest(store, bot, surest)
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
        "tasks": [task.to_dict() for task in tasks_of(causes)[:TASKS]],
    }


def as_matrix(pairs: Mapping[tuple[str, str], int]) -> Matrix:
    """(expected, predicted) -> rows, as `intents` ascending and the `cells` that are not 0."""
    intents = sorted({intent for pair in pairs for intent in pair})
    place = {intent: number for number, intent in enumerate(intents)}
    cells = sorted([place[expected], place[predicted], count] for (expected, predicted), count in pairs.items())
    return {"intents": intents, "cells": cells}


def _tested(store: Store, bot: str) -> pa.Table | None:
    return _rows(store, "prediction", bot, ["content_id", "intent", "predicted", "score"])


_Causes = list[tuple[str, str, str, str]]  # as `tasks_of` takes them


@dataclass(frozen=True)
class _Learnt:
    """Learnt rows: vectors (n, d), families and intents (n,); beside them the vectors and families of all contents."""

    rows: list[dict[str, str]]
    points: np.ndarray
    families: np.ndarray
    intents: np.ndarray
    packed: Mapping[str, bytes]
    family_of: Mapping[str, str]

    def alike(self, contents: Sequence[str]) -> np.ndarray:
        """Cosines (m, n) of contents that have vectors; NOTHING for rows of a content's own family.

        Those were not learnt by the network that misread it.
        """
        found = _vectors(self.packed, contents) @ self.points.T
        own = np.array([self.family_of.get(content, content) for content in contents])
        found[own[:, None] == self.families[None, :]] = _NOTHING
        return np.asarray(found)


def _learnt(store: Store, bot: str, rows: pa.Table) -> _Learnt | None:
    splits, vectors = (
        _rows(store, "splits", bot, ["content_id", "family", "fixed"]),
        _rows(store, "embedding", bot, ["content_id", "vector"]),
    )
    if splits is None or vectors is None:
        return None
    vectors = vectors.filter(pc.is_valid(vectors["vector"]))
    packed = dict(zip(vectors["content_id"].to_pylist(), vectors["vector"].to_pylist(), strict=True))
    placed = splits.to_pylist()
    family_of = {row["content_id"]: row["family"] or row["content_id"] for row in placed}
    fixed = {row["content_id"] for row in placed if row["fixed"]}
    usable = (family_of.keys() & packed.keys()) - fixed
    learnt = [row for row in rows.to_pylist() if row["content_id"] in usable]
    if not learnt:
        return None
    families = np.array([family_of[row["content_id"]] for row in learnt])
    intents = np.array([row["intent"] for row in learnt])
    points = _vectors(packed, [row["content_id"] for row in learnt])
    return _Learnt(learnt, points, families, intents, packed, family_of)


def _texts_and_nearest(
    store: Store, bot: str, wrong: Sequence[Mapping[str, str]]
) -> tuple[dict[str, str], dict[str, Nearest], _Causes]:
    """By content id: the text as it was delivered, and the learnt question that is most like it; and the causes."""
    contents = list(dict.fromkeys(row["content_id"] for row in wrong))
    rows = _rows(store, "denoised", bot, ["content_id", "intent", "text"]) if contents else None
    if rows is None:
        return {}, {}, []
    rows = rows.filter(pc.is_valid(rows["intent"])).sort_by([("content_id", "ascending"), ("text", "ascending")])
    misread = rows.filter(pc.is_in(rows["content_id"], pa.array(sorted(contents), pa.string())))
    texts = dict(zip(misread["content_id"].to_pylist()[::-1], misread["text"].to_pylist()[::-1], strict=True))
    learnt = _learnt(store, bot, rows)
    known = [content for content in contents if learnt is not None and content in learnt.packed]
    if learnt is None or not known:
        return texts, {}, []
    alike = dict(zip(known, learnt.alike(known), strict=True))
    nearest: dict[str, Nearest] = {}
    for content, cosines in alike.items():
        at = int(cosines.argmax())
        if cosines[at] > _NOTHING:
            row, similarity = learnt.rows[at], round(float(cosines[at]), 4)
            nearest[content] = {"text": row["text"], "intent": row["intent"], "similarity": similarity}
    usual, outside = usual_of(learnt.points, learnt.intents, learnt.families), _outside(store, bot, rows)
    causes = []
    for one in wrong:
        if one["content_id"] in alike and one["intent"] not in outside:
            like = _likeness(alike[one["content_id"]], learnt.intents, one)
            cause = likely_cause(like, usual, is_outside=False, is_misspelt=False)
            causes.append((cause, one["intent"], one["predicted"], texts.get(one["content_id"], "")))
    return texts, nearest, causes


def _likeness(alike: np.ndarray, intents: np.ndarray, row: Mapping[str, str]) -> Likeness:
    """How like a misread row the learnt rows of its intent and of the predicted one are."""
    best = [float(alike[intents == row[name]].max(initial=_NOTHING)) for name in ("intent", "predicted")]
    own, predicted = (None if cosine <= _NOTHING else cosine for cosine in best)
    return Likeness(own, predicted)


def _outside(store: Store, bot: str, rows: pa.Table) -> set[str]:
    """Labels of rows that the bot does not answer, as its evaluation tells nothing of them: no work of this kind."""
    found = _rows(store, "evaluation", bot, ["report"])
    report = json.loads(found["report"][0].as_py()) if found is not None and len(found) else {}
    known = {row["intent"] for row in report.get("per_intent", [])}
    return set(rows["intent"].unique().to_pylist()) - known if known else set()


def _vectors(packed: Mapping[str, bytes], contents: Sequence[str]) -> np.ndarray:
    """(n, d) float32; the vectors of one encoder have one length."""
    return np.stack([np.frombuffer(packed[content], "<f4") for content in contents])


def _rows(store: Store, dataset: str, bot: str, columns: Sequence[str]) -> pa.Table | None:
    try:
        return read_rows(store, dataset, bots=[bot], columns=columns)
    except StoreError:
        return None
