"""What is known of a bot's contents, kept from one day to the next: only what is new is compared."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlpipeline.languages.near.contents import NamedPairs, classes_of, named_pairs, similarities, verified
from mlpipeline.languages.near.grams import Grams, Levels, Numbers, gram_sets, mixed
from mlpipeline.languages.near.join import Bound, Signatures, candidates, signatures_of

# From this share of new contents on, everything is compared again: the order of grams is made for the old ones.
_MOSTLY_NEW = 0.2


@dataclass(frozen=True)
class State:
    """Contents (ascending) with their classes, the classes' signatures and pairs.

    `levels` is the order of grams that the signatures were made in. `skipped` is what the bound on comparisons left
    out, by the gram of a bucket; nothing in a state of ordinary texts.
    """

    contents: Grams
    of_content: Grams
    signs: Signatures
    pairs: NamedPairs
    levels: Levels
    skipped: dict[int, int]

    def to_bytes(self) -> bytes:
        """As an npz archive, not compressed."""
        signs, pairs, stream = self.signs, self.pairs, io.BytesIO()
        arrays: dict[str, NDArray[Any]] = {
            **{"contents": self.contents, "of_content": self.of_content, "levels": self.levels},
            **{"names": signs.names, "sizes": signs.sizes.astype(np.int32), "grams": signs.grams},
            **{"lengths": np.diff(signs.starts).astype(np.int32), "parities": signs.parities},
            **{"left": pairs.left, "right": pairs.right, "similarity": pairs.similarity},
        }
        np.savez(stream, allow_pickle=False, **arrays)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> State:
        """A state from `to_bytes`; only states in which nothing was skipped are of use later, and kept."""
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(held["lengths"], dtype=np.int64)])
            signs = Signatures(
                held["names"], held["sizes"].astype(np.int64), starts, held["grams"], np.atleast_2d(held["parities"])
            )
            pairs = NamedPairs(held["left"], held["right"], held["similarity"])
            return cls(held["contents"], held["of_content"], signs, pairs, held["levels"], {})


def compared(contents: Grams, texts: pa.Array, threshold: float, most: int, last: State | None = None) -> State:
    """What there is to know of contents.

    Args:
        contents: distinct, ascending.
        texts: of them, folded.
        threshold: of the Jaccard similarity, above 0, at most 1.
        most: bound on the comparisons of one text in one bucket.
        last: of earlier contents, by the same threshold and bound; the result is the same with and without it.
    """
    if last is not None:
        added = _added(contents, texts, threshold, most, last)
        if added is not None:
            return added
    classes, bound = classes_of(texts), Bound(most)
    signs = signatures_of(classes.sets, classes.names, threshold)
    pairs = verified(classes, *candidates(signs, threshold, bound), threshold)
    return State(contents, classes.names[classes.of_text], signs, pairs, classes.sets.levels, bound.skipped)


def _added(contents: Grams, texts: pa.Array, threshold: float, most: int, last: State) -> State | None:
    """As `compared`, by what is new; None where that is too much, or a bucket would be too large."""
    place = np.minimum(np.searchsorted(last.contents, contents), max(len(last.contents) - 1, 0))
    known = last.contents[place] == contents if len(last.contents) else np.zeros(len(contents), bool)
    new = np.flatnonzero(~known)
    if len(new) > _MOSTLY_NEW * len(contents):
        return None
    fresh = classes_of(texts.take(pa.array(new)), last.levels)
    of_content = np.empty(len(contents), np.uint64)
    of_content[known] = last.of_content[place[known]]
    of_content[new] = fresh.names[fresh.of_text]
    old, pairs = _without_empty(last, known, place, of_content)
    unseen = np.ones(len(fresh.names), bool)
    at = np.minimum(np.searchsorted(fresh.names, old.names), max(len(fresh.names) - 1, 0))
    if len(fresh.names):
        unseen[at[fresh.names[at] == old.names]] = False
    made = signatures_of(fresh.sets.take(np.flatnonzero(unseen)), fresh.names[unseen], threshold)
    signs, bound = old.joined(made), Bound(most)
    is_new = np.arange(len(signs.names)) >= len(old.names)
    left, right = candidates(signs, threshold, bound, is_new)
    if bound.skipped:
        return None
    found = _verified_by_text(signs.names[left], signs.names[right], of_content, texts, last.levels, threshold)
    pairs = named_pairs(
        np.concatenate([pairs.left, found.left]),
        np.concatenate([pairs.right, found.right]),
        np.concatenate([pairs.similarity, found.similarity]),
    )
    return State(contents, of_content, signs, pairs, last.levels, {})


def _without_empty(
    last: State, known: NDArray[np.bool_], place: Numbers, of_content: Grams
) -> tuple[Signatures, NamedPairs]:
    """Signatures and pairs of the classes that still have contents."""
    left = np.ones(len(last.contents), bool)
    left[place[known]] = False
    if not left.any():
        return last.signs, last.pairs
    empty = np.setdiff1d(last.of_content[left], of_content)
    pairs = last.pairs
    kept = ~(np.isin(pairs.left, empty) | np.isin(pairs.right, empty))
    signs = last.signs.take(np.flatnonzero(~np.isin(last.signs.names, empty)))
    return signs, NamedPairs(pairs.left[kept], pairs.right[kept], pairs.similarity[kept])


def _verified_by_text(
    left: Grams, right: Grams, of_content: Grams, texts: pa.Array, levels: Levels, threshold: float
) -> NamedPairs:
    """Candidates by name, compared by the texts of any of their contents."""
    wanted = np.unique(np.concatenate([left, right]))
    rows = np.flatnonzero(pc.is_in(pa.array(of_content), pa.array(wanted)).to_numpy(zero_copy_only=False))
    names, first = np.unique(of_content[rows], return_index=True)
    classes = classes_of(texts.take(pa.array(rows[first])), levels)
    assert np.array_equal(classes.names, names)
    return verified(classes, np.searchsorted(names, left), np.searchsorted(names, right), threshold)


def pair_similarities(state: State, texts: pa.Array, left: Numbers, right: Numbers) -> NDArray[np.float64]:
    """The exact similarity of contents, given by their places in `state` and `texts`, also where they are no pair."""
    one, other = state.of_content[left], state.of_content[right]
    low, high = np.minimum(one, other), np.maximum(one, other)
    # Most are pairs, which are known; others are ends of a chain.
    known, place = _places_of_pairs(state.pairs, low, high)
    found = np.where(low == high, 1.0, state.pairs.similarity[place] if len(state.pairs.left) else 1.0)
    open_ = np.flatnonzero((low != high) & ~known)
    if len(open_):
        rows, at = np.unique(np.concatenate([left[open_], right[open_]]), return_inverse=True)
        sets = gram_sets(texts.take(pa.array(rows)), state.levels)
        found[open_] = similarities(sets, at[: len(open_)], at[len(open_) :])
    return found


def _places_of_pairs(pairs: NamedPairs, low: Grams, high: Grams) -> tuple[NDArray[np.bool_], Numbers]:
    if not len(pairs.left):
        return np.zeros(len(low), bool), np.zeros(len(low), np.int64)
    # One number for a pair; that two of few pairs share one is caught below.
    names = mixed(pairs.left) + pairs.right
    order = np.argsort(names)
    place = order[np.minimum(np.searchsorted(names[order], mixed(low) + high), len(names) - 1)]
    return (pairs.left[place] == low) & (pairs.right[place] == high), place
