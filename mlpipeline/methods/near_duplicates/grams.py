"""Texts as sets of character 2- and 3-grams and of words: all texts of an array at once, no Python a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Grams = NDArray[np.uint64]
Numbers = NDArray[np.int64]
Levels = NDArray[np.uint8]

# Texts at a time: their code points stay in the processor's cache.
_CHUNK = 4096
_WORD = np.uint64(1 << 63)
_SPACE = 0x20
_MOST_SLOTS = 1 << 20


@dataclass(frozen=True)
class GramSets:
    """One set of grams for each text: `ids[starts[i]:starts[i + 1]]`, ascending, none twice, never empty.

    An id is the place of a gram in `vocabulary`, which stands in the order of `levels`: rare grams first.
    """

    ids: NDArray[np.int32]
    starts: Numbers
    vocabulary: Grams
    levels: Levels

    @property
    def sizes(self) -> Numbers:
        """Grams of each text."""
        return np.diff(self.starts)

    def take(self, rows: Numbers) -> GramSets:
        """The sets of some texts, in this order."""
        sizes = self.sizes[rows]
        return GramSets(self.ids[spread(self.starts[rows], sizes)], starts_of(sizes), self.vocabulary, self.levels)


def gram_sets(texts: pa.Array, levels: Levels | None = None) -> GramSets:
    """The gram sets of texts (no nulls).

    A text has its 2-grams and 3-grams of code points, spaces among them, and, where it has several words, its words.
    A text without any of these (one character, or none) has itself. A gram of characters is its code points, so that
    two different ones are never taken for one; a word is 63 bits of a hash.

    Args:
        texts: strings.
        levels: how common the grams are, by `slots_of`; without it they are counted here. Sets that are compared need
            the same, any will do.
    """
    chunks = [_of_chunk(texts.slice(at, _CHUNK)) for at in range(0, len(texts), _CHUNK)]
    if not chunks:
        empty = np.zeros(0, np.uint64)
        return GramSets(np.zeros(0, np.int32), np.zeros(1, np.int64), empty, np.zeros(1, np.uint8))
    encoded = pa.array(np.concatenate([grams for grams, _, _ in chunks])).dictionary_encode()
    vocabulary, numbers = encoded.dictionary.to_numpy(), encoded.indices.to_numpy()
    if levels is None:
        levels = levels_of(vocabulary, np.bincount(numbers, minlength=len(vocabulary)))
    order = np.lexsort((mixed(vocabulary), levels[slots_of(vocabulary, levels)]))
    rank = np.empty(len(order), np.uint64)
    rank[order] = np.arange(len(order), dtype=np.uint64)
    at, sets, sizes = 0, [], []
    for grams, owners, count in chunks:
        keys = np.sort(owners.astype(np.uint64) << np.uint64(32) | rank[numbers[at : at + len(grams)]])
        keys = keys[np.concatenate([np.ones(1, bool), keys[1:] != keys[:-1]])]
        sets.append((keys & np.uint64(0xFFFFFFFF)).astype(np.int32))
        sizes.append(np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=count))
        at += len(grams)
    return GramSets(np.concatenate(sets), starts_of(np.concatenate(sizes)), vocabulary[order], levels)


def levels_of(grams: Grams, counts: Numbers) -> Levels:
    """How common grams are, in eighths of a doubling, in a table that `slots_of` looks up; length a power of two."""
    slots = min(_MOST_SLOTS, 1 << max(4 * len(grams), 16).bit_length())
    table = np.bincount(slots_of(grams, np.empty(slots, np.uint8)), weights=counts, minlength=slots)
    returned: Levels = np.rint(8 * np.log2(np.maximum(table, 1))).astype(np.uint8)
    return returned


def slots_of(grams: Grams, levels: Levels) -> Numbers:
    """The place of grams in a table of levels."""
    bits = len(levels).bit_length() - 1
    return (mixed(grams) >> np.uint64(64 - bits)).astype(np.int64) if bits else np.zeros(len(grams), np.int64)


def starts_of(sizes: Numbers) -> Numbers:
    """Where each of consecutive runs begins, and at the end where the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])


def spread(starts: Numbers, sizes: Numbers) -> Numbers:
    """The numbers from each start on, so many as its size says, one run after the other."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    returned: Numbers = np.arange(total) + np.repeat(starts - (ends - sizes), sizes)
    return returned


def mixed(values: Grams) -> Grams:
    """Each number as another that looks random, one to one (the finaliser of MurmurHash3, Appleby 2011)."""
    out = values ^ (values >> np.uint64(33))
    out *= np.uint64(0xFF51AFD7ED558CCD)
    out ^= out >> np.uint64(33)
    out *= np.uint64(0xC4CEB9FE1A85EC53)
    return np.asarray(out ^ (out >> np.uint64(33)))


def _of_chunk(texts: pa.Array) -> tuple[Grams, Numbers, int]:
    """Grams, whose they are, and how many texts; a gram may stand twice."""
    points, starts = _code_points(texts)
    count = len(starts) - 1
    rows = np.repeat(np.arange(count), np.diff(starts))
    found = [_character_grams(points, rows, 2), _character_grams(points, rows, 3), _words(points, rows, count)]
    grams, owners = (np.concatenate(parts) for parts in zip(*found, strict=True))
    bare = np.bincount(owners, minlength=count) == 0
    if bare.any():
        only = np.zeros(count, np.uint64)
        only[rows] = points
        grams, owners = np.concatenate([grams, only[bare]]), np.concatenate([owners, np.flatnonzero(bare)])
    return grams, owners, count


def _code_points(texts: pa.Array) -> tuple[Grams, Numbers]:
    plain = texts.cast(pa.large_string())
    ends = np.frombuffer(plain.buffers()[1], np.int64)[plain.offset : plain.offset + len(plain) + 1]
    raw = b""
    if ends[-1] > ends[0]:
        raw = plain.buffers()[2].slice(ends[0], ends[-1] - ends[0]).to_pybytes()
    # one more than the code point, so that none is 0 and a 2-gram is no 3-gram
    points = np.frombuffer(raw.decode().encode("utf-32-le"), np.uint32).astype(np.uint64) + np.uint64(1)
    # a code point begins at every byte that continues none
    heads = (np.frombuffer(raw, np.uint8) & 0xC0) != 0x80
    return points, starts_of(heads)[ends - ends[0]]


def _character_grams(points: Grams, rows: Numbers, length: int) -> tuple[Grams, Numbers]:
    last = len(points) - length + 1
    if last <= 0:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    grams = points[:last].copy()
    for step in range(1, length):
        grams = (grams << np.uint64(21)) | points[step : last + step]
    inside = rows[:last] == rows[length - 1 :]
    return grams[inside], rows[:last][inside]


def _words(points: Grams, rows: Numbers, count: int) -> tuple[Grams, Numbers]:
    at = np.flatnonzero(points != _SPACE + 1)
    if not len(at):
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    owners = rows[at]
    heads = np.ones(len(at), bool)
    heads[1:] = (np.diff(at) > 1) | (np.diff(owners) > 0)
    begins = np.flatnonzero(heads)
    place = np.arange(len(at)) - np.repeat(begins, np.diff(np.append(begins, len(at))))
    hashed = mixed(points[at] | (place.astype(np.uint64) + np.uint64(1)) << np.uint64(32))
    words, whose = np.add.reduceat(hashed, begins), owners[begins]
    # A lone word says no more than its characters do: Thai, Japanese and Chinese write whole sentences as one.
    several = np.bincount(whose, minlength=count)[whose] > 1
    return words[several] | _WORD, whose[several]
