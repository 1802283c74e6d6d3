"""What is known of a bot's contents, kept from one day to the next: only what is new is compared."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlpipeline.methods.near_duplicates.contents import Pairs, classes_of, least_of, pairs_of, similarities, verified
from mlpipeline.methods.near_duplicates.grams import Grams, Levels, Numbers, gram_sets
from mlpipeline.methods.near_duplicates.index import Index, by_size, index_of, joined, read
from mlpipeline.methods.near_duplicates.join import Bound, candidates, candidates_between, candidates_within
from mlpipeline.methods.near_duplicates.signatures import PARITIES, Sizes, signatures_of

# From this share of new contents on, everything is compared again: the order of grams is made for the old ones.
_MOSTLY_NEW = 0.2
_OF_INDEX = tuple(field.name for field in fields(Index))
_OF_PAIRS = tuple(field.name for field in fields(Pairs))


@dataclass(frozen=True)
class State:
    """Contents (ascending), the row of each one's class in the index, and the pairs of these rows.

    A row whose contents are gone stays there, without pairs, and is never used again. `levels` is the order of grams
    that the signatures were made in. `skipped` is what the bound on comparisons left out, by the gram of a bucket;
    nothing in a state of ordinary texts.
    """

    contents: Grams
    of_content: Sizes
    index: Index
    pairs: Pairs
    levels: Levels
    skipped: dict[int, int]

    def to_buffer(self) -> pa.Buffer:
        """As an Arrow stream of one row, not compressed: reading it copies nothing."""
        arrays: dict[str, NDArray[np.generic]] = {
            **{name: getattr(self, name) for name in ("contents", "of_content", "levels")},
            **{name: getattr(self.index, name).reshape(-1) for name in _OF_INDEX},
            **{name: getattr(self.pairs, name) for name in _OF_PAIRS},
        }
        lists = {
            name: pa.LargeListArray.from_arrays(pa.array([0, len(values)], pa.int64()), pa.array(values))
            for name, values in arrays.items()
        }
        row = pa.record_batch(lists)
        room = pa.allocate_buffer(pa.ipc.get_record_batch_size(row) + row.schema.serialize().size + 1024)
        with pa.FixedSizeBufferWriter(room) as sink, pa.ipc.new_stream(sink, row.schema) as stream:
            stream.write_batch(row)
            stream.close()
            return room.slice(0, sink.tell())

    @classmethod
    def from_buffer(cls, data: pa.Buffer) -> State:
        """A state from `to_buffer`; only states in which nothing was skipped are of use later, and kept."""
        row = pa.ipc.open_stream(data).read_next_batch()
        held = {name: row[name].flatten().to_numpy() for name in row.schema.names}
        held["parities"] = held["parities"].reshape(PARITIES, -1)
        index, pairs = ({name: held[name] for name in names} for names in (_OF_INDEX, _OF_PAIRS))
        return cls(held["contents"], held["of_content"], Index(**index), Pairs(**pairs), held["levels"], {})


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
    order = by_size(signs)
    index = index_of(signs.take(order))
    left, right = candidates_within(index, threshold, bound)
    row = np.empty(len(order), np.int64)
    row[order] = np.arange(len(order))
    found = verified(classes.sets, order[left], order[right], threshold)
    pairs = pairs_of(row[found.left], row[found.right], found.similarity)
    return State(contents, row[classes.of_text].astype(np.int32), index, pairs, classes.sets.levels, bound.skipped)


def _added(contents: Grams, texts: pa.Array, threshold: float, most: int, last: State) -> State | None:
    """As `compared`, by what is new; None where that is too much, or a bucket would be too large."""
    place = np.minimum(np.searchsorted(last.contents, contents), max(len(last.contents) - 1, 0))
    known = last.contents[place] == contents if len(last.contents) else np.zeros(len(contents), bool)
    new = np.flatnonzero(~known)
    index, count = last.index, len(last.index.names)
    if len(new) > _MOSTLY_NEW * len(contents) or count + len(new) > (1 + _MOSTLY_NEW) * (len(contents) or 1):
        return None
    of_content = np.empty(len(contents), np.int32)
    of_content[known] = last.of_content[place[known]]
    fresh = classes_of(texts.take(pa.array(new)), last.levels)
    in_use = np.zeros(count, bool)
    in_use[of_content[known]] = True
    row = _rows_by_name(index, in_use, fresh.names)
    unseen = np.flatnonzero(row < 0)
    row[unseen] = np.arange(count, count + len(unseen))
    of_content[new] = row[fresh.of_text]
    made, bound = signatures_of(fresh.sets.take(unseen), fresh.names[unseen], threshold), Bound(most)
    reading = read(index, made)
    old, met = candidates_between(index, made, reading, threshold, bound)
    one, other = candidates(made, threshold, bound)
    if bound.skipped:
        return None
    used = in_use[old]
    left, right = np.concatenate([old[used], one + count]), np.concatenate([met[used], other]) + count
    found = _verified_by_text(left, right, of_content, texts, last.levels, threshold)
    return State(contents, of_content, joined(index, made, reading), _with(last.pairs, in_use, found), last.levels, {})


def _rows_by_name(index: Index, in_use: NDArray[np.bool_], names: Grams) -> Sizes:
    """The rows of classes by their ascending names; -1 for what the rows in use do not have."""
    # A table of bits first: nearly no row of the index is asked for.
    wanted = np.zeros(1 << 20, bool)
    wanted[names >> np.uint64(44)] = True
    rows = np.flatnonzero(wanted[index.names >> np.uint64(44)] & in_use)
    found = np.full(len(names), -1, np.int32)
    if len(names):
        at = np.minimum(np.searchsorted(names, index.names[rows]), len(names) - 1)
        same = names[at] == index.names[rows]
        found[at[same]] = rows[same]
    return found


def _with(pairs: Pairs, in_use: NDArray[np.bool_], found: Pairs) -> Pairs:
    """Pairs of rows in use, and others."""
    kept = in_use[pairs.left] & in_use[pairs.right]
    return pairs_of(
        np.concatenate([pairs.left[kept], found.left]),
        np.concatenate([pairs.right[kept], found.right]),
        np.concatenate([pairs.similarity[kept], found.similarity]),
    )


def _verified_by_text(
    left: Numbers, right: Numbers, of_content: Sizes, texts: pa.Array, levels: Levels, threshold: float
) -> Pairs:
    """Candidates by row, compared by the texts of any of their contents."""
    rows, at = np.unique(np.concatenate([left, right]), return_inverse=True)
    least = least_of(of_content, int(of_content.max(initial=-1)) + 1)
    sets = gram_sets(texts.take(pa.array(least[rows])), levels)
    found = verified(sets, at[: len(left)], at[len(left) :], threshold)
    return pairs_of(rows[found.left], rows[found.right], found.similarity)


def pair_similarities(state: State, texts: pa.Array, left: Numbers, right: Numbers) -> NDArray[np.float64]:
    """The exact similarity of contents, given by their places in `state` and `texts`, also where they are no pair."""
    one, other = state.of_content[left].astype(np.int64), state.of_content[right].astype(np.int64)
    pair = np.minimum(one, other) << np.int64(32) | np.maximum(one, other)
    # Most are pairs, which are known; others are ends of a chain.
    held = state.pairs.left.astype(np.int64) << np.int64(32) | state.pairs.right
    place = np.searchsorted(held, pair)
    known = np.zeros(len(pair), bool)
    inner = place < len(held)
    known[inner] = held[place[inner]] == pair[inner]
    found = np.ones(len(pair))
    found[known] = state.pairs.similarity[place[known]]
    open_ = np.flatnonzero((one != other) & ~known)
    if len(open_):
        rows, at = np.unique(np.concatenate([left[open_], right[open_]]), return_inverse=True)
        sets = gram_sets(texts.take(pa.array(rows)), state.levels)
        found[open_] = similarities(sets, at[: len(open_)], at[len(open_) :])
    return found
