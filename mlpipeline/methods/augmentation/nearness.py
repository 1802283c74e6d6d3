"""How near made texts are to what is there: all at once, by the measure that `clean` finds near duplicates with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlpipeline.languages.folding import folder
from mlpipeline.methods.near_duplicates.contents import classes_of, similarities
from mlpipeline.methods.near_duplicates.grams import GramSets, Numbers
from mlpipeline.methods.near_duplicates.join import Bound, candidates
from mlpipeline.methods.near_duplicates.signatures import SLACK, signatures_of

Flags = NDArray[np.bool_]
Shares = NDArray[np.float64]

# Not applied where one of two texts is new
_UNBOUND = Bound(most=1 << 40)


@dataclass(frozen=True)
class Texts:
    """Texts as they are compared: equal ones, folded, are one set.

    `of_candidates`, `of_existing`, `of_held_out` are the rows in `sets` of the texts given.
    """

    sets: GramSets
    names: NDArray[np.uint64]
    of_candidates: Numbers
    of_existing: Numbers
    of_held_out: Numbers


def as_texts(candidates: Sequence[str], existing: Sequence[str], held_out: Sequence[str], fold: Sequence[str]) -> Texts:
    """Normalised texts, folded by the steps of `clean` and taken apart into grams."""
    folded = list(map(folder(tuple(fold)), [*candidates, *existing, *held_out]))
    classes = classes_of(pa.array(folded, pa.string()))
    first, second = len(candidates), len(candidates) + len(existing)
    rows = np.asarray(classes.of_text, np.int64)
    return Texts(classes.sets, classes.names, rows[:first], rows[first:second], rows[second:])


def near_rows(texts: Texts, threshold: float) -> tuple[Flags, Flags]:
    """Of each made text, whether it is at least so similar to an existing one, and to one that is held out."""
    count = len(texts.names)
    existing, held_out, made = (np.zeros(count, bool) for _ in range(3))
    existing[texts.of_existing] = held_out[texts.of_held_out] = made[texts.of_candidates] = True
    left, right = candidates(signatures_of(texts.sets, texts.names, threshold), threshold, _UNBOUND, made)
    # of two texts that are made and nothing else it does not matter
    there = existing | held_out
    wanted = (made[left] & there[right]) | (made[right] & there[left])
    left, right = left[wanted], right[wanted]
    near = similarities(texts.sets, left, right) >= threshold - SLACK
    by_existing, by_held_out = existing.copy(), held_out.copy()
    for one, other in ((left[near], right[near]), (right[near], left[near])):
        by_existing[one[existing[other]]] = True
        by_held_out[one[held_out[other]]] = True
    return by_existing[texts.of_candidates], by_held_out[texts.of_candidates]


def near_earlier(texts: Texts, chosen: Numbers, threshold: float) -> Flags:
    """Of some made texts, by their places and in their order, whether each is near one before it that is not."""
    known, place = np.unique(texts.of_candidates[chosen], return_inverse=True)
    place, sets = place.reshape(-1), texts.sets.take(known)
    left, right = candidates(signatures_of(sets, texts.names[known], threshold), threshold, _UNBOUND)
    near = similarities(sets, left, right) >= threshold - SLACK
    others: list[list[int]] = [[] for _ in known]
    for one, other in zip(left[near].tolist(), right[near].tolist(), strict=True):
        others[one].append(other)
        others[other].append(one)
    found, taken = np.zeros(len(chosen), bool), np.zeros(len(known), bool)
    for at, own in enumerate(place.tolist()):
        found[at] = taken[own] or any(taken[other] for other in others[own])
        taken[own] |= not found[at]
    return found


def similarity_to(texts: Texts, candidates: Numbers, rows: Numbers) -> Shares:
    """Similarity of made texts with existing ones, both by their places; 0 where the place is -1."""
    found = np.zeros(len(candidates), np.float64)
    known = np.flatnonzero(rows >= 0)
    if len(known):
        found[known] = similarities(texts.sets, texts.of_candidates[candidates[known]], texts.of_existing[rows[known]])
    return found
