"""Pairs of gram sets whose Jaccard similarity may reach a threshold: none is missed, and few are compared in vain.

The prefix filter of Chaudhuri, Ganti, Kaushik (ICDE 2006) and Bayardo, Ma, Srikant (WWW 2007), with the filters by
size and position of Xiao, Wang, Lin, Yu (WWW 2008) and by a bitmap of parities in the manner of Sandes, Teodoro, Melo
(ICDCS 2017). Each of them drops only pairs that cannot reach the threshold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlpipeline.languages.near.grams import Grams, GramSets, Numbers, mixed, spread, starts_of

# Pairs that are looked at together: 50 MB of numbers.
_TOGETHER = 1 << 20
_PARITIES = 2
# Thresholds are decimal fractions, of which floats fall short by a little.
SLACK = 1e-9
_SIZE_BITS = np.int64(24)

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

    def joined(self, other: Signatures) -> Signatures:
        """These rows, then the other's."""
        return Signatures(
            np.concatenate([self.names, other.names]),
            np.concatenate([self.sizes, other.sizes]),
            np.concatenate([self.starts, other.starts[1:] + self.starts[-1]]),
            np.concatenate([self.grams, other.grams]),
            np.concatenate([self.parities, other.parities], axis=1),
        )


@dataclass
class Bound:
    """At most so many comparisons of one row in one bucket (the sets with one gram in common); what it left out.

    `skipped` counts the comparisons left out, by the bucket's gram.
    """

    most: int
    skipped: dict[int, int] = field(default_factory=dict)


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
    word = (hashed >> np.uint64(6)) % np.uint64(_PARITIES)
    parities = np.zeros((_PARITIES, len(names)), np.uint64)
    for number in range(_PARITIES if len(names) else 0):
        in_word = np.where(word == number, bit, np.uint64(0))
        parities[number] = np.bitwise_xor.reduceat(in_word[sets.ids], sets.starts[:-1])
    return Signatures(names, sets.sizes, starts_of(lengths), grams, parities)


def least_overlaps(largest: int, threshold: float) -> Sizes:
    """Grams that two sets must share to reach the threshold, by the sum of their sizes, up to twice `largest`."""
    return np.ceil(threshold / (1 + threshold) * np.arange(2 * largest + 1) - SLACK).astype(np.int32)


def candidates(
    signs: Signatures, threshold: float, bound: Bound, fresh: NDArray[np.bool_] | None = None
) -> tuple[Numbers, Numbers]:
    """Pairs of rows that may reach the threshold, each once.

    Args:
        signs: of distinct sets, made for this threshold and one order of grams.
        threshold: of the Jaccard similarity, above 0, at most 1.
        bound: of the comparisons in a bucket.
        fresh: where given, pairs of at least one fresh row only. The bound is not applied to them: buckets that hold
            more are only counted.
    """
    count, grams = len(signs.names), signs.grams
    lengths = np.diff(signs.starts)
    if fresh is None:
        used, rows = np.arange(count), np.repeat(np.arange(count), lengths)
        places = np.arange(len(rows)) - np.repeat(signs.starts[:-1], lengths)
    else:
        here = np.flatnonzero(_shared_with(grams, np.repeat(fresh, lengths)))
        rows = np.repeat(np.arange(count), lengths)[here]
        places, grams = here - signs.starts[rows], grams[here]
        used = rows[np.flatnonzero(np.diff(rows, prepend=-1))]
    # By size, so that in each bucket those of about the same size stand together; among equals by what is in them,
    # so that what the bound leaves out does not hang on the order of rows.
    order = used[_by_size(signs.sizes[used])] if fresh is not None else np.lexsort((signs.names, signs.sizes))
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(len(order))
    sizes, parities = signs.sizes[order].astype(np.int32), signs.parities[:, order]
    needed = least_overlaps(int(sizes[-1]) if len(sizes) else 0, threshold)
    bucket = _buckets(rank[rows], places.astype(np.int32), grams, sizes)
    found = [np.zeros(0, np.int64)]
    for first, second in _met(bucket, needed, threshold, bound, None if fresh is None else fresh[order]):
        one, other = _alike(sizes, parities, first, second, needed)
        found.append(one.astype(np.int64) << np.int64(32) | other)
    # A pair that shares several grams meets in several buckets.
    pairs = np.unique(np.concatenate(found))
    return order[pairs >> np.int64(32)], order[pairs & np.int64(0xFFFFFFFF)]


def _by_size(sizes: Numbers) -> Numbers:
    # Numbers of two bytes are sorted by counting.
    small = not len(sizes) or sizes.max() < 1 << 16
    return np.argsort(sizes.astype(np.uint16) if small else sizes, kind="stable")


def _shared_with(grams: Grams, mine: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which grams are also among mine, and a few more: a table of bits is asked."""
    slots = (grams >> np.uint64(42)).view(np.int64)
    asked = np.zeros(1 << 22, bool)
    asked[slots[mine]] = True
    return asked[slots]


@dataclass(frozen=True)
class _Buckets:
    """Entries of prefixes, gram by gram, in each by row: the row, its size, the place in its prefix, the gram."""

    rows: Sizes
    sizes: Sizes
    places: Sizes
    owner: Numbers
    held: Numbers
    grams: Grams


def _buckets(rows: Numbers, places: Sizes, grams: Grams, sizes: Sizes) -> _Buckets:
    from scipy.sparse import coo_matrix

    encoded = pa.array(grams).dictionary_encode()
    vocabulary, numbers = encoded.dictionary.to_numpy(), encoded.indices.to_numpy()
    # Sparse matrices change rows for columns by counting: gram by gram, the rows of each in their order.
    shape = (len(sizes), max(len(vocabulary), 1))
    by_gram = coo_matrix((places, (rows, numbers)), shape=shape).tocsr().tocsc()
    held = np.diff(by_gram.indptr).astype(np.int64)
    inside = by_gram.indices
    return _Buckets(inside, sizes[inside], by_gram.data, np.repeat(np.arange(len(held)), held), held, vocabulary)


def _met(
    bucket: _Buckets, needed: Sizes, threshold: float, bound: Bound, new: NDArray[np.bool_] | None
) -> Iterator[tuple[Numbers, Numbers]]:
    """Pairs of entries of one bucket, the smaller set first, whose sizes may be similar; chunk by chunk."""
    keys = bucket.owner << _SIZE_BITS | bucket.sizes
    shared = bucket.held[bucket.owner] > 1
    mine = shared if new is None else shared & new[bucket.rows]
    # The smaller set, the first in its bucket, can share no more than what stands from its place on: with how large a
    # set would that be enough?
    left = bucket.sizes - bucket.places
    reach = np.floor(left * ((1 + threshold) / threshold) - bucket.sizes + SLACK).astype(np.int64)
    early = reach >= bucket.sizes
    first = np.flatnonzero(mine & early)
    partners = np.searchsorted(keys, bucket.owner[first] << _SIZE_BITS | reach[first], "right") - first - 1
    if new is None:
        _count_skipped(bucket, first, partners, bound)
        partners = np.minimum(partners, bound.most)
    else:
        full = np.flatnonzero(bucket.held > bound.most)
        bound.skipped.update({int(bucket.grams[gram]): int(bucket.held[gram]) for gram in full})
    for one, other in _spread_pairs(first, first + 1, partners):
        yield _in_place(bucket, one, other, needed)
    if new is None:
        return
    # A new row meets the smaller old ones too, which stand before it.
    last = np.flatnonzero(mine)
    smallest = np.ceil(bucket.sizes[last] * threshold - SLACK).astype(np.int64)
    begins = np.searchsorted(keys, bucket.owner[last] << _SIZE_BITS | smallest, "left")
    for other, one in _spread_pairs(last, begins, last - begins):
        keep = early[one] & ~new[bucket.rows[one]]
        yield _in_place(bucket, one[keep], other[keep], needed)


def _count_skipped(bucket: _Buckets, first: Numbers, partners: Numbers, bound: Bound) -> None:
    many = partners > bound.most
    for gram in np.unique(bucket.owner[first[many]]):
        inside = partners[many & (bucket.owner[first] == gram)]
        bound.skipped[int(bucket.grams[gram])] = int((inside - bound.most).sum())


def _spread_pairs(entries: Numbers, begins: Numbers, counts: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Each entry with so many entries from `begins` on, about `_TOGETHER` pairs at a time."""
    some = counts > 0
    entries, begins, counts = entries[some], begins[some], counts[some]
    ends = np.cumsum(counts)
    at = 0
    while at < len(entries):
        done = int(ends[at - 1]) if at else 0
        stop = max(at + 1, int(np.searchsorted(ends, done + _TOGETHER, "right")))
        yield np.repeat(entries[at:stop], counts[at:stop]), spread(begins[at:stop], counts[at:stop])
        at = stop


def _in_place(bucket: _Buckets, one: Numbers, other: Numbers, needed: Sizes) -> tuple[Numbers, Numbers]:
    """The rows of the pairs of entries after which the larger set has enough grams left to share."""
    large = bucket.sizes[other]
    keep = large - bucket.places[other] >= needed[bucket.sizes[one] + large]
    return bucket.rows[one[keep]], bucket.rows[other[keep]]


def _alike(sizes: Sizes, parities: Grams, left: Numbers, right: Numbers, needed: Sizes) -> tuple[Numbers, Numbers]:
    """The pairs that do not differ in more bits than they may differ in grams."""
    total = sizes[left] + sizes[right]
    allowed = total - 2 * needed[total]
    for word in parities:
        allowed = allowed - _ones(word[left] ^ word[right])
        keep = allowed >= 0
        left, right, allowed = left[keep], right[keep], allowed[keep]
    return left, right


def _ones_by_table(values: Grams) -> NDArray[np.uint8]:
    """How many bits are 1."""
    return np.asarray(_BITS[values.view(np.uint16)].reshape(-1, 4).sum(axis=1), np.uint8)


_BITS = np.unpackbits(np.arange(1 << 16, dtype=np.uint16).view(np.uint8)).reshape(-1, 16).sum(axis=1).astype(np.uint8)
# numpy 1.26 has no such function.
_ones = getattr(np, "bitwise_count", _ones_by_table)
