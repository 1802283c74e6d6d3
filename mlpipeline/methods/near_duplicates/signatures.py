"""What is kept of a gram set to find the sets that are near it: a prefix, a size and a bitmap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.near_duplicates.grams import Grams, GramSets, Numbers, mixed, spread, starts_of

PARITIES = 2
# Thresholds are decimal fractions, of which floats fall short by a little.
SLACK = 1e-9

Sizes = NDArray[np.int32]


@dataclass(frozen=True)
class Signatures:
    """What candidates are found by. Row i has the prefix `grams[starts[i]:starts[i + 1]]`, rare grams first, `mixed`.

    `names` are hashes of whole sets; `parities`, one row a word of 64 bits, say whether an odd number of a set's grams
    falls on a bit: where two sets differ, many of these bits do.
    """

    names: Grams
    sizes: Numbers
    starts: Numbers
    grams: Grams
    parities: Grams

    def take(self, rows: Numbers) -> Signatures:
        """Some rows, in this order."""
        lengths = np.diff(self.starts)[rows]
        grams = self.grams[spread(self.starts[rows], lengths)]
        return Signatures(self.names[rows], self.sizes[rows], starts_of(lengths), grams, self.parities[:, rows])


def set_hashes(sets: GramSets) -> Grams:
    """A number for each set, equal for equal sets in whatever order or vocabulary: 64 bits, the sum of its grams'."""
    if not len(sets.ids):
        return np.zeros(0, np.uint64)
    return mixed(np.add.reduceat(mixed(sets.vocabulary)[sets.ids], sets.starts[:-1]))


def signatures_of(sets: GramSets, names: Grams, threshold: float) -> Signatures:
    """The signatures of sets for one threshold."""
    lengths = sets.sizes - np.ceil(threshold * sets.sizes - SLACK).astype(np.int64) + 1
    grams = mixed(sets.vocabulary)[sets.ids[spread(sets.starts[:-1], lengths)]]
    hashed = mixed(sets.vocabulary ^ np.uint64(0x9E3779B97F4A7C15))
    bit = np.uint64(1) << (hashed & np.uint64(63))
    word = (hashed >> np.uint64(6)) % np.uint64(PARITIES)
    parities = np.zeros((PARITIES, len(names)), np.uint64)
    for number in range(PARITIES if len(names) else 0):
        in_word = np.where(word == number, bit, np.uint64(0))
        parities[number] = np.bitwise_xor.reduceat(in_word[sets.ids], sets.starts[:-1])
    return Signatures(names, sets.sizes, starts_of(lengths), grams, parities)
