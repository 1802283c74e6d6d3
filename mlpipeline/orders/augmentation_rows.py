"""Which rows of a bot are looked at, and which of them are one family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from mlpipeline.languages.folding import text_key
from mlpipeline.methods.augmentation.ablation import Codes
from mlpipeline.methods.augmentation.corpus import Corpus
from mlpipeline.stages.split.families import UNKNOWN, families_of

MOST_ROWS = 1000  # of a bot that are looked at


class SplitRow(TypedDict):
    """A row of a bot as `split` has placed it: `parent` is the text that it was made from."""

    id: str
    content_id: str
    component: str | None
    text: str | None
    normalized: str | None
    parent: str | None


def families(rows: Sequence[SplitRow]) -> dict[str, str]:
    """Row id -> the family of its component: near duplicates, and what was made from one parent."""
    named = dict[str, str | None]()
    for row in rows:
        for name in (row["id"], text_key(row["text"] or ""), text_key(row["normalized"] or "")):
            named.setdefault(name, row["component"])
    made = [(row["component"] or "", text_key(row["parent"]), row["parent"]) for row in rows if row["parent"]]
    ties = [(own, named.get(key) or named.get(said) or UNKNOWN + key) for own, key, said in made]
    root = families_of(ties)
    return {row["id"]: root.get(row["component"] or "", row["component"] or row["content_id"]) for row in rows}


def taken(corpus: Corpus, rows: Codes) -> Corpus:
    """The corpus with these training rows only."""
    places = rows.tolist()
    ids, texts, intents = ([column[row] for row in places] for column in (corpus.ids, corpus.texts, corpus.intents))
    return Corpus(corpus.profile, ids, texts, intents, corpus.held_out, corpus.logs)


def drawn_rows(corpus: Corpus, groups: Codes, most: int = MOST_ROWS, per_intent: int | None = None) -> Codes:
    """Places of the rows that are looked at: of too many, as many of each intent as there is room for.

    Args:
        corpus: of the bot, whose rows stand in the order of their content ids, which are hashes.
        groups: (n,) families; the first row of each comes first, so that few rows are not one sentence three times.
        most: rows in all.
        per_intent: rows of one intent at most.
    """
    by_intent = corpus.rows_of_intents()
    _, first = np.unique(groups, return_index=True)
    leading = set(first.tolist())
    ordered = {name: sorted(rows, key=lambda row: row not in leading) for name, rows in by_intent.items()}
    limit = per_intent or max(map(len, by_intent.values()), default=0)
    while limit > 1 and sum(min(len(rows), limit) for rows in by_intent.values()) > most:
        limit -= 1
    return np.array(sorted(row for rows in ordered.values() for row in rows[:limit]), np.int64)
