"""Signatures gram by gram, so that those which share a gram with a new one are found without a look at the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlpipeline.methods.near_duplicates.grams import Grams, Numbers, spread
from mlpipeline.methods.near_duplicates.signatures import Signatures, Sizes

SIZE_BITS = np.int64(24)
# A later place is kept as this one: it says less, and nothing wrong.
_LAST_PLACE = 255


@dataclass(frozen=True)
class Index:
    """The row of each signature has its name, size and parities; a gram's bucket the rows with it in their prefix.

    Bucket g of `grams`, which ascend, is `rows[starts[g]:starts[g + 1]]`, by size, with the place of the gram in the
    prefix of each row.
    """

    names: Grams
    sizes: Sizes
    parities: Grams
    grams: Grams
    starts: Sizes
    rows: Sizes
    positions: NDArray[np.uint8]

    @property
    def held(self) -> Sizes:
        """How many rows each bucket has."""
        return np.diff(self.starts)


@dataclass(frozen=True)
class Entries:
    """Signatures entry by entry, gram by gram and then by size: whose it is, the place, the bucket in an index.

    `known` says whether the index has the gram; where not, `buckets` is the one before which it would stand.
    """

    rows: Numbers
    positions: NDArray[np.uint8]
    sizes: Numbers
    grams: Grams
    buckets: Numbers
    known: NDArray[np.bool_]


@dataclass(frozen=True)
class Reading:
    """What entries find in an index: only the buckets of their grams.

    Entry i meets the bucket `of_entry[i]` of those read. `inside` are the places in the index that were read, `keys`
    their buckets and sizes as one number, ascending.
    """

    entries: Entries
    which: Numbers
    of_entry: Numbers
    starts: Numbers
    inside: Numbers
    keys: Numbers

    def position_of(self, entries: Numbers, sizes: Numbers, after: bool = False) -> Numbers:
        """Where in `inside` sets of such sizes begin, or end, in the buckets of some entries."""
        keys = self.of_entry[entries] << SIZE_BITS | sizes
        returned: Numbers = np.searchsorted(self.keys, keys, "right" if after else "left")
        return returned


def index_of(signs: Signatures) -> Index:
    """The index of signatures in the order of `by_size`."""
    from scipy.sparse import coo_matrix

    encoded = pa.array(signs.grams).dictionary_encode()
    found = encoded.dictionary.to_numpy()
    order = np.argsort(found)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    rows, positions = _rows_and_places(signs)
    # Sparse matrices change rows for columns by counting: gram by gram, the rows of each in their order.
    shape = (max(len(signs.names), 1), max(len(found), 1))
    turned = coo_matrix((positions, (rows, rank[encoded.indices.to_numpy()])), shape=shape).tocsr().tocsc()
    starts = turned.indptr[: len(found) + 1].astype(np.int32)
    return Index(
        signs.names, signs.sizes.astype(np.int32), signs.parities, found[order], starts, turned.indices, turned.data
    )


def by_size(signs: Signatures) -> Numbers:
    """Rows in the order in which they stand in each bucket.

    Those of about the same size together; among equals by what is in them, so that what a bound leaves out does not
    hang on the order of rows.
    """
    return np.lexsort((signs.names, signs.sizes))


def read(index: Index, signs: Signatures) -> Reading:
    """The buckets of an index that some signatures share a gram with."""
    rows, positions = _rows_and_places(signs)
    order = np.lexsort((signs.sizes[rows], signs.grams))
    rows, grams = rows[order], signs.grams[order]
    buckets = np.searchsorted(index.grams, grams)
    known = np.zeros(len(grams), bool)
    inner = buckets < len(index.grams)
    known[inner] = index.grams[buckets[inner]] == grams[inner]
    which, of_known = np.unique(buckets[known], return_inverse=True)
    of_entry = np.zeros(len(grams), np.int64)
    of_entry[known] = of_known
    held = index.held[which].astype(np.int64)
    inside = spread(index.starts[which].astype(np.int64), held)
    keys = np.repeat(np.arange(len(which)), held) << SIZE_BITS | index.sizes[index.rows[inside]]
    entries = Entries(rows, positions[order], signs.sizes[rows], grams, buckets, known)
    return Reading(entries, which, of_entry, np.cumsum(held) - held, inside, keys)


def joined(index: Index, signs: Signatures, reading: Reading) -> Index:
    """The index with the signatures that were read for, as rows after its own."""
    entries, known = reading.entries, np.flatnonzero(reading.entries.known)
    first = np.diff(entries.grams, prepend=entries.grams[:1] + np.uint64(1)) != 0
    added = first & ~entries.known
    none = np.zeros(int(added.sum()), np.int32)
    grams, held = _inserted((index.grams, index.held), entries.buckets[added], (entries.grams[added], none))
    held += np.bincount(entries.buckets + np.cumsum(added) - ~entries.known, minlength=len(held)).astype(np.int32)
    at = index.starts[entries.buckets].astype(np.int64)
    at[known] += reading.position_of(known, entries.sizes[known], after=True) - reading.starts[reading.of_entry[known]]
    given = (entries.rows + len(index.names)).astype(np.int32), entries.positions
    rows, positions = _inserted((index.rows, index.positions), at, given)
    return Index(
        np.concatenate([index.names, signs.names]),
        np.concatenate([index.sizes, signs.sizes.astype(np.int32)]),
        np.concatenate([index.parities, signs.parities], axis=1),
        grams,
        np.concatenate([np.zeros(1, np.int32), np.cumsum(held, dtype=np.int32)]),
        rows,
        positions,
    )


def _rows_and_places(signs: Signatures) -> tuple[Numbers, NDArray[np.uint8]]:
    lengths = np.diff(signs.starts)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    positions = np.arange(len(rows)) - np.repeat(signs.starts[:-1], lengths)
    return rows, np.minimum(positions, _LAST_PLACE).astype(np.uint8)


def _inserted(arrays: Iterable[np.ndarray], at: Numbers, values: Iterable[np.ndarray]) -> list[np.ndarray]:
    """Arrays of one length with values before the places `at`, which ascend."""
    made, positions = [], at + np.arange(len(at))
    for array, given in zip(arrays, values, strict=True):
        old = np.ones(len(array) + len(at), bool)
        old[positions] = False
        whole = np.empty(len(old), array.dtype)
        whole[positions], whole[old] = given, array
        made.append(whole)
    return made
