"""Texts that mean nearly the same in other words, by the bot's vectors: findings, and nothing is dropped for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.label_noise.examples import Examples

_MOST_TEXTS = 20_000  # of a bot: seconds; of more only so many are looked at, drawn by their ids
_MOST_PAIRS = 200_000
_BLOCK = 512  # rows whose products are held at a time: 40 MB


class Reworded(NamedTuple):
    """A finding, as `split_finding` has them; `rows` counts pairs of texts."""

    kind: str
    subject: str
    detail: str
    rows: int


def find_reworded(examples: Examples, least: float | None) -> list[Reworded]:
    """Pairs of texts with a cosine of `least` or more that are no near duplicates by their letters.

    Args:
        examples: of a bot; a text under two intents is a contradiction, told elsewhere, and not looked at.
        least: None looks for nothing.

    Returns:
        `near_contradiction` for each two intents that such a pair stands under, the most alike first, and one
        `reworded` for all pairs within an intent.
    """
    if least is None or examples.vectors is None:
        return []
    rows = _single_rows(examples)
    left, right, cosines = _pairs(examples.vectors[rows], examples.groups[rows], least)
    left, right = rows[left], rows[right]
    low, high = np.sort(np.stack([examples.labels[left], examples.labels[right]]), axis=0)
    found: dict[tuple[int, int], list[int]] = {}
    for place in np.argsort(-cosines, kind="stable").tolist():
        key = (int(low[place]), int(high[place])) if low[place] != high[place] else (-1, -1)
        found.setdefault(key, []).append(place)
    told = []
    for (one, other), places in found.items():
        first = places[0]
        texts = " | ".join(sorted(f"'{examples.texts[row][:80]}'" for row in (left[first], right[first])))
        pairs = f"{len(places):,} pair{'s' if len(places) != 1 else ''}"
        if one < 0:
            detail = f"{pairs} of texts of one intent, the most alike ({cosines[first]:.2f}): {texts}"
            told.append(Reworded("reworded", "in other words", detail, len(places)))
        else:
            subject = " | ".join(sorted((examples.intents[one], examples.intents[other])))
            detail = f"nearly the same in other words under each of these intents, {pairs}"
            told.append(
                Reworded("near_contradiction", subject, f"{detail} ({cosines[first]:.2f}): {texts}", len(places))
            )
    return told


def _single_rows(examples: Examples) -> NDArray[np.int64]:
    """The rows of contents that have one intent, in the order of their ids, which are hashes of the texts."""
    ids = np.array(examples.ids, dtype=object)
    same = ids[1:] == ids[:-1]
    twice = np.r_[False, same] | np.r_[same, False] if len(ids) else np.zeros(0, bool)
    return np.flatnonzero(~twice)[:_MOST_TEXTS]


def _pairs(
    vectors: NDArray[np.float32], groups: NDArray[np.int64], least: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """(left, right, cosine) of the pairs of rows (n, d), left before right, until there are `_MOST_PAIRS`."""
    parts, held = [], 0
    for left, right, cosines in _blocks(vectors, least):
        apart = groups[left] != groups[right]
        parts.append((left[apart], right[apart], cosines[apart]))
        held += int(apart.sum())
        if held >= _MOST_PAIRS:
            break
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)
    left, right, cosines = (np.concatenate(column) for column in zip(*parts, strict=True))
    return left, right, cosines


def _blocks(
    vectors: NDArray[np.float32], least: float
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
    for start in range(0, len(vectors), _BLOCK):
        products = vectors[start : start + _BLOCK] @ vectors[start:].T
        flat = np.flatnonzero(products.ravel() >= least)
        rows, columns = np.divmod(flat, products.shape[1])
        later = columns > rows
        yield rows[later] + start, columns[later] + start, products.ravel()[flat[later]]
