"""Contents that are near duplicates of each other: their pairs, and the components that the pairs form.

Texts with the same gram set are one class. Classes are compared, and a class stands for all of its contents: a
million copies of one sentence are one comparison, and as many pairs as copies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlpipeline.methods.near_duplicates.grams import Grams, GramSets, Levels, Numbers, gram_sets, starts_of
from mlpipeline.methods.near_duplicates.join import Bound, candidates
from mlpipeline.methods.near_duplicates.signatures import SLACK, Sizes, set_hashes, signatures_of


@dataclass(frozen=True)
class Classes:
    """Distinct gram sets, ascending by `names` (a hash of each), and the class of each text as its row there."""

    sets: GramSets
    names: Grams
    of_text: Numbers


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows, each once, `left < right`, in order, with their Jaccard similarity."""

    left: Numbers
    right: Numbers
    similarity: NDArray[np.float64]


@dataclass(frozen=True)
class NamedPairs:
    """The same by ascending names."""

    left: Grams
    right: Grams
    similarity: NDArray[np.float64]


def classes_of(texts: pa.Array, levels: Levels | None = None) -> Classes:
    """The classes of texts (no nulls)."""
    encoded = texts.dictionary_encode()
    sets = gram_sets(encoded.dictionary, levels)
    names, first, inverse = np.unique(set_hashes(sets), return_index=True, return_inverse=True)
    return Classes(sets.take(first), names, inverse[encoded.indices.to_numpy()] if len(texts) else inverse)


def class_pairs(classes: Classes, threshold: float, bound: Bound) -> NamedPairs:
    """The pairs of classes that are at least so similar."""
    left, right = candidates(signatures_of(classes.sets, classes.names, threshold), threshold, bound)
    pairs = verified(classes.sets, left, right, threshold)
    return NamedPairs(classes.names[pairs.left], classes.names[pairs.right], pairs.similarity)


def verified(sets: GramSets, left: Numbers, right: Numbers, threshold: float) -> Pairs:
    """Of pairs of sets, those that are at least so similar."""
    similarity = similarities(sets, left, right)
    keep = similarity >= threshold - SLACK
    return pairs_of(left[keep], right[keep], similarity[keep])


def pairs_of(first: Numbers, other: Numbers, similarity: NDArray[np.float64]) -> Pairs:
    """Pairs in their order."""
    left, right = np.minimum(first, other), np.maximum(first, other)
    order = np.argsort(left.astype(np.int64) << np.int64(32) | right)
    return Pairs(left[order], right[order], similarity[order])


def least_of(of_content: Numbers | Sizes, classes: int) -> Numbers:
    """The first content of each class; as many as there are contents, where a class has none."""
    least = np.full(classes, len(of_content))
    least[of_content[::-1]] = np.arange(len(of_content) - 1, -1, -1)
    return least


def content_pairs(of_content: Numbers | Sizes, pairs: Pairs) -> Pairs:
    """Pairs of contents from pairs of classes.

    Each content is paired with the first of its class (similarity 1), and the first of one class with the first of
    another: as many pairs as say what is near to what, and not the square of it.

    Args:
        of_content: the row of each content's class.
        pairs: of rows of classes, all of which have contents.
    """
    least = least_of(of_content, int(of_content.max(initial=-1)) + 1)
    first = least[of_content]
    others = np.flatnonzero(first != np.arange(len(first)))
    return pairs_of(
        np.concatenate([first[others], least[pairs.left]]),
        np.concatenate([others, least[pairs.right]]),
        np.concatenate([np.ones(len(others)), pairs.similarity]),
    )


def components(count: int, pairs: Pairs) -> Numbers:
    """For each of so many rows the least that a chain of pairs leads to; itself where there is no pair."""
    found = np.arange(count)
    if not len(pairs.left):
        return found
    # Here, because planning imports this module and compares nothing.
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    inside = np.zeros(count, bool)
    inside[pairs.left] = inside[pairs.right] = True
    paired = np.flatnonzero(inside)
    place = np.cumsum(inside, dtype=np.int32) - 1
    left, right = place[pairs.left], place[pairs.right]
    # Pairs are in order, as the rows of a matrix are.
    starts = starts_of(np.bincount(left, minlength=len(paired)))
    graph = csr_matrix((np.ones(len(left), np.int8), right, starts), shape=(len(paired), len(paired)))
    labels = connected_components(graph, directed=False)[1]
    found[paired] = paired[least_of(labels, int(labels.max()) + 1)[labels]]
    return found


def components_of(contents: Grams, pairs: NamedPairs) -> Grams:
    """As `components`, by names, which ascend."""
    left, right = np.searchsorted(contents, pairs.left), np.searchsorted(contents, pairs.right)
    return contents[components(len(contents), pairs_of(left, right, pairs.similarity))]


def similarities(sets: GramSets, left: Numbers, right: Numbers) -> NDArray[np.float64]:
    """The Jaccard similarity of pairs of rows."""
    from scipy.sparse import csr_matrix

    ones = np.ones(len(sets.ids), np.int32)
    matrix = csr_matrix((ones, sets.ids, sets.starts), shape=(len(sets.sizes), max(len(sets.vocabulary), 1)))
    matrix.has_canonical_format = True
    shared = np.diff(matrix[left].multiply(matrix[right]).indptr).astype(np.int64)
    sizes = sets.sizes
    return np.asarray(shared / (sizes[left] + sizes[right] - shared), np.float64)
