"""Contents that are near duplicates of each other: their pairs, and the components that the pairs form.

Texts with the same gram set are one class. Classes are compared, and a class stands for all of its contents: a
million copies of one sentence are one comparison, and as many pairs as copies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlpipeline.languages.near.grams import Grams, GramSets, Levels, Numbers, gram_sets
from mlpipeline.languages.near.join import SLACK, Bound, candidates, set_hashes, signatures_of


@dataclass(frozen=True)
class Classes:
    """Distinct gram sets, ascending by `names` (a hash of each), and the class of each text as its row there."""

    sets: GramSets
    names: Grams
    of_text: Numbers


@dataclass(frozen=True)
class NamedPairs:
    """Pairs by name, each once, `left < right`, in order, with their Jaccard similarity."""

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
    return verified(classes, left, right, threshold)


def verified(classes: Classes, left: Numbers, right: Numbers, threshold: float) -> NamedPairs:
    """Of pairs of rows in `classes`, those that are at least so similar."""
    similarity = similarities(classes.sets, left, right)
    keep = similarity >= threshold - SLACK
    return named_pairs(classes.names[left[keep]], classes.names[right[keep]], similarity[keep])


def named_pairs(one: Grams, other: Grams, similarity: NDArray[np.float64]) -> NamedPairs:
    """Pairs in their order."""
    left, right = np.minimum(one, other), np.maximum(one, other)
    order = np.lexsort((right, left))
    return NamedPairs(left[order], right[order], similarity[order])


def content_pairs(contents: Grams, of_content: Grams, pairs: NamedPairs) -> NamedPairs:
    """Pairs of contents from pairs of classes.

    Each content is paired with the least of its class (similarity 1), and the least of one class with the least of
    another: as many pairs as say what is near to what, and not the square of it.

    Args:
        contents: distinct names, ascending.
        of_content: the name of each one's class.
        pairs: of names of classes, all of which have contents.
    """
    encoded = pa.array(of_content).dictionary_encode()
    names, owners = encoded.dictionary, encoded.indices.to_numpy()
    # Contents ascend, and names stand in the order in which they come first: with the least content of each.
    heads = np.ones(len(owners), bool)
    heads[1:] = owners[1:] > np.maximum.accumulate(owners)[:-1]
    least = contents[heads]
    one, other = (least[pc.index_in(pa.array(side), names).to_numpy()] for side in (pairs.left, pairs.right))
    return named_pairs(
        np.concatenate([least[owners[~heads]], one]),
        np.concatenate([contents[~heads], other]),
        np.concatenate([np.ones(int((~heads).sum())), pairs.similarity]),
    )


def components_of(contents: Grams, pairs: NamedPairs) -> Grams:
    """For each of distinct contents the least that a chain of pairs leads to; itself where there is no pair."""
    paired = np.unique(np.concatenate([pairs.left, pairs.right]))
    if not len(paired):
        return contents
    # Here, because planning imports this module and compares nothing.
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    at = np.searchsorted(paired, pairs.left), np.searchsorted(paired, pairs.right)
    graph = coo_matrix((np.ones(len(pairs.left), np.int8), at), shape=(len(paired), len(paired)))
    _, labels = connected_components(graph, directed=False)
    # Names ascend, so the first of a label is its least.
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    place = pc.index_in(pa.array(paired), pa.array(contents)).to_numpy()
    found = contents.copy()
    found[place] = paired[first][inverse]
    return found


def similarities(sets: GramSets, left: Numbers, right: Numbers) -> NDArray[np.float64]:
    """The Jaccard similarity of pairs of rows."""
    from scipy.sparse import csr_matrix

    ones = np.ones(len(sets.ids), np.int32)
    matrix = csr_matrix((ones, sets.ids, sets.starts), shape=(len(sets.sizes), max(len(sets.vocabulary), 1)))
    matrix.has_canonical_format = True
    shared = np.diff(matrix[left].multiply(matrix[right]).indptr).astype(np.int64)
    sizes = sets.sizes
    return np.asarray(shared / (sizes[left] + sizes[right] - shared), np.float64)
