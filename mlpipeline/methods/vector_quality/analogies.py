"""Analogies: a is to b as c is to d, told from vectors alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mlpipeline.methods.vector_quality.figures import Items
from mlpipeline.networks.encoders.contract import Vectors, unit
from mlpipeline.networks.search import DIGITS

Pair = tuple[str, str]


def words_of(kinds: Mapping[str, Sequence[Pair]]) -> list[str]:
    """All words of a language's lists, each once, in their order: what answers are chosen from."""
    return list(dict.fromkeys(word for pairs in kinds.values() for pair in pairs for word in pair))


def score_analogies(words: Sequence[str], vectors: Vectors, pairs: Sequence[Pair]) -> Items:
    """1 for each quadruple, a pair with each other one, of which the word nearest to b - a + c is d (3CosAdd).

    Mikolov, Yih and Zweig 2013, "Linguistic Regularities in Continuous Space Word Representations": a, b and c
    themselves are no answers. Quadruples with one first pair are drawn together.

    Args:
        words: what answers are chosen from; all words of `pairs` are among them.
        vectors: float32 (words, d), rows of unit length or zero.
        pairs: of one kind.
    """
    place = {word: number for number, word in enumerate(words)}
    ends = np.array([[place[left], place[right]] for left, right in pairs], np.int64).reshape(-1, 2)
    count = len(ends)
    first, second = (index.reshape(-1) for index in np.indices((count, count)))
    apart = first != second
    first, second = first[apart], second[apart]
    (a, b), (c, d) = ends[first].T, ends[second].T
    near = np.round((unit(vectors[b] - vectors[a] + vectors[c]) @ vectors.T).astype(np.float64), DIGITS)
    wanted = near[np.arange(len(d)), d]
    for known in (a, b, c):
        near[np.arange(len(d)), known] = -np.inf
    # As near counts as nearer: a vector of zeros knows nothing.
    hits = ((near >= wanted[:, None]).sum(axis=1) == 1) & np.isfinite(near[np.arange(len(d)), d])
    return Items(hits.astype(np.float64), first.astype(np.int64))
