"""Which rows of a labelled file a bot has seen before: what it learnt from cannot say how good it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlpipeline.errors import StoreError
from mlpipeline.methods.augmentation.nearness import as_texts, near_rows
from mlpipeline.serving.bundle import Bundle
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows

LEARNT, NEAR, UNSEEN = "learnt", "near", "unseen"
"""A row whose text is one that the bot learnt from; one that is nearly such a text; and one that is new to it."""


@dataclass(frozen=True)
class Known:
    """The normalised texts that a model learnt from."""

    learnt: Sequence[str]


def known_texts(store: Store, bot: str, bundle: Bundle) -> Known | None:
    """What a bundle was made from: its own questions, else the store's rows; None where neither is there.

    Of the store the newest rows count, which may be younger than the bundle.
    """
    splits, cleaned, made = (
        _columns(store, bot, dataset, names)
        for dataset, names in (
            ("splits", ("content_id", "fixed")),
            ("cleaned", ("content_id", "normalized")),
            ("augmented", ("normalized", "source")),
        )
    )
    taught = {content for content, is_fixed in splits if not is_fixed}
    own = [bundle.index.question(at) for at in range(len(bundle.index.lines))] if bundle.index else []
    learnt = [bundle.normalize(text) for text in own] or [text for content, text in cleaned if content in taught]
    if not learnt:
        return None
    # Sentences of the logs among them, which people wrote, and which may stand in the file too.
    return Known([*learnt, *(text for text, _ in made)])


def _columns(store: Store, bot: str, dataset: str, names: tuple[str, str]) -> list[tuple[str, str]]:
    try:
        rows = read_rows(store, dataset, bots=[bot], columns=names)
    except StoreError:
        return []
    return list(zip(*(rows[name].to_pylist() for name in names), strict=True))


def as_seen(texts: Sequence[str], known: Known, fold: Sequence[str], threshold: float) -> list[str]:
    """Of each normalised text, LEARNT, NEAR or UNSEEN.

    Args:
        texts: of the file's rows.
        known: of the model.
        fold: steps that take out what near duplicates may differ in.
        threshold: from which two texts are near duplicates, as `clean` finds them.
    """
    learnt = set(known.learnt)
    compared = as_texts(texts, known.learnt, (), fold)
    near = np.logical_or(*near_rows(compared, threshold))
    return [
        LEARNT if text in learnt else NEAR if is_near else UNSEEN
        for text, is_near in zip(texts, near.tolist(), strict=True)
    ]


def seen_line(seen: Sequence[str] | None) -> str:
    """How many rows of a file are no test of a bot, in words.

    Args:
        seen: of each row, None where it is not known what the bot learnt from.
    """
    if seen is None:
        return "what the bot learnt from is not in the store: whether it has seen these rows is not known"
    counts, count = Counter(seen), len(seen)
    if counts[UNSEEN] == count:
        return f"of {_rows(count)} the bot has seen none before"
    words = {LEARNT: "learnt from", NEAR: "has seen nearly so"}
    parts = [f"{told} {counts[name]:,}" for name, told in words.items() if counts[name]]
    parts[-1:] = [f"and {parts[-1]}"] if len(parts) > 1 else parts[-1:]
    new = f"{counts[UNSEEN]:,} are new to it" if counts[UNSEEN] != 1 else "1 is new to it"
    none = "none is new to it, and the figures tell how well it remembers"
    return f"of {_rows(count)} the bot {', '.join(parts)}; {new if counts[UNSEEN] else none}"


def _rows(count: int) -> str:
    return f"these {count:,} rows" if count != 1 else "this row"
