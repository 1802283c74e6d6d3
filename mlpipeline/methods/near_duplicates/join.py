"""Pairs of gram sets whose Jaccard similarity may reach a threshold: none is missed, and few are compared in vain.

The prefix filter of Chaudhuri, Ganti, Kaushik (ICDE 2006) and Bayardo, Ma, Srikant (WWW 2007), with the filters by
size and position of Xiao, Wang, Lin, Yu (WWW 2008) and by a bitmap of parities in the manner of Sandes, Teodoro, Melo
(ICDCS 2017). Each of them drops only pairs that cannot reach the threshold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.near_duplicates.grams import Grams, Numbers, spread
from mlpipeline.methods.near_duplicates.index import SIZE_BITS, Index, Reading, by_size, index_of, read
from mlpipeline.methods.near_duplicates.signatures import SLACK, Signatures, Sizes

# Pairs that are looked at together: 50 MB of numbers.
_TOGETHER = 1 << 20


@dataclass
class Bound:
    """At most so many comparisons of one row in one bucket (the sets with one gram in common); what it left out.

    `skipped` counts the comparisons left out, by the bucket's gram.
    """

    most: int
    skipped: dict[int, int] = field(default_factory=dict)


def least_overlaps(largest: int, threshold: float) -> Sizes:
    """Grams that two sets must share to reach the threshold, by the sum of their sizes, up to twice `largest`."""
    returned: Sizes = np.ceil(threshold / (1 + threshold) * np.arange(2 * largest + 1) - SLACK).astype(np.int32)
    return returned


def candidates(
    signs: Signatures, threshold: float, bound: Bound, fresh: NDArray[np.bool_] | None = None
) -> tuple[Numbers, Numbers]:
    """Pairs of rows that may reach the threshold, each once.

    Args:
        signs: of distinct sets, made for this threshold and one order of grams.
        threshold: of the Jaccard similarity, above 0, at most 1.
        bound: of the comparisons in a bucket.
        fresh: where given, pairs of at least one fresh row only. The bound is not applied between these and the others:
            buckets that hold more are only counted.
    """
    if fresh is None:
        order = by_size(signs)
        left, right = candidates_within(index_of(signs.take(order)), threshold, bound)
        return order[left], order[right]
    old, new = np.flatnonzero(~fresh), np.flatnonzero(fresh)
    among, made = signs.take(old), signs.take(new)
    order = by_size(among)
    index = index_of(among.take(order))
    left, right = candidates_between(index, made, read(index, made), threshold, bound)
    one, other = candidates(made, threshold, bound)
    return np.concatenate([old[order[left]], new[one]]), np.concatenate([new[right], new[other]])


def candidates_within(index: Index, threshold: float, bound: Bound) -> tuple[Numbers, Numbers]:
    """Pairs of an index's rows that may reach the threshold, each once."""
    needed = least_overlaps(int(index.sizes.max(initial=0)), threshold)
    found = [np.zeros(0, np.int64)]
    for first, second in _met(index, needed, threshold, bound):
        one, other = _alike(index, first, index, second, needed)
        found.append(one.astype(np.int64) << np.int64(32) | other)
    return _once(found)


def candidates_between(
    index: Index, signs: Signatures, reading: Reading, threshold: float, bound: Bound
) -> tuple[Numbers, Numbers]:
    """Pairs of an index's row and a signature's that may reach the threshold, each once.

    The bound is not applied: buckets that hold more are only counted.
    """
    entries, held = reading.entries, index.held[reading.which]
    known = np.flatnonzero(entries.known)
    more = held + np.bincount(reading.of_entry[known], minlength=len(held))
    full = np.flatnonzero(more > bound.most)
    bound.skipped.update({int(index.grams[reading.which[at]]): int(more[at]) for at in full})
    sizes, left = entries.sizes[known], entries.sizes[known] - entries.positions[known]
    # Of two sets that share this gram first, each can share no more than what stands from its place on.
    largest = np.minimum(sizes / threshold, left * ((1 + threshold) / threshold) - sizes) + SLACK
    begins = reading.position_of(known, np.ceil(sizes * threshold - SLACK).astype(np.int64))
    ends = reading.position_of(known, np.maximum(largest, 0).astype(np.int64), after=True)
    needed = least_overlaps(int(max(index.sizes.max(initial=0), signs.sizes.max(initial=0))), threshold)
    found = [np.zeros(0, np.int64)]
    for whose, inside in _spread_pairs(known, begins, ends - begins):
        place, fresh = reading.inside[inside], entries.rows[whose]
        old = index.rows[place]
        size = index.sizes[old]
        keep = size - index.positions[place] >= needed[size + signs.sizes[fresh]]
        one, other = _alike(index, old[keep], signs, fresh[keep], needed)
        found.append(one.astype(np.int64) << np.int64(32) | other)
    return _once(found)


def _once(found: list[Numbers]) -> tuple[Numbers, Numbers]:
    """Pairs as one number each, apart: those that share several grams meet in several buckets."""
    pairs = np.unique(np.concatenate(found))
    return pairs >> np.int64(32), pairs & np.int64(0xFFFFFFFF)


def _met(index: Index, needed: Sizes, threshold: float, bound: Bound) -> Iterator[tuple[Numbers, Numbers]]:
    """Pairs of rows in one bucket, the smaller set first, whose sizes and places may do; chunk by chunk."""
    held, sizes = index.held, index.sizes[index.rows]
    owner = np.repeat(np.arange(len(held)), held)
    keys = owner << SIZE_BITS | sizes
    # The smaller set, the first in its bucket, can share no more than what stands from its place on: with how large a
    # set would that be enough?
    left = sizes - index.positions
    reach = np.floor(left * ((1 + threshold) / threshold) - sizes + SLACK).astype(np.int64)
    first = np.flatnonzero((held[owner] > 1) & (reach >= sizes))
    partners = np.searchsorted(keys, owner[first] << SIZE_BITS | reach[first], "right") - first - 1
    _count_skipped(index, owner[first], partners, bound)
    for one, other in _spread_pairs(first, first + 1, np.minimum(partners, bound.most)):
        # After the place of the larger set enough grams have to be left, too.
        keep = left[other] >= needed[sizes[one] + sizes[other]]
        yield index.rows[one[keep]], index.rows[other[keep]]


def _count_skipped(index: Index, owner: Numbers, partners: Numbers, bound: Bound) -> None:
    many = partners > bound.most
    for gram in np.unique(owner[many]):
        inside = partners[many & (owner == gram)]
        bound.skipped[int(index.grams[gram])] = int((inside - bound.most).sum())


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


def _alike(
    ones: Index | Signatures, left: Numbers, others: Index | Signatures, right: Numbers, needed: Sizes
) -> tuple[Numbers, Numbers]:
    """The pairs that do not differ in more bits than they may differ in grams."""
    total = ones.sizes[left] + others.sizes[right]
    allowed = total - 2 * needed[total]
    for one, other in zip(ones.parities, others.parities, strict=True):
        allowed = allowed - _ones(one[left] ^ other[right])
        keep = allowed >= 0
        left, right, allowed = left[keep], right[keep], allowed[keep]
    return left, right


def _ones_by_table(values: Grams) -> NDArray[np.uint8]:
    """How many bits are 1."""
    return np.asarray(_BITS[values.view(np.uint16)].reshape(-1, 4).sum(axis=1), np.uint8)


_BITS = np.unpackbits(np.arange(1 << 16, dtype=np.uint16).view(np.uint8)).reshape(-1, 16).sum(axis=1).astype(np.uint8)
# numpy 1.26 has no such function.
_ones = getattr(np, "bitwise_count", _ones_by_table)
