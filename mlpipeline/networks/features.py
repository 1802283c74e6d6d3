"""Text to n-gram ids: one code for training, evaluation and serving.

Numpy over the code points of a whole batch, without a Python loop over characters or n-grams: tens of thousands of
utterances a second and thread. The hashes are integers modulo 2**64, equal on every machine and in any batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Offsets = NDArray[np.int64]
Ids = NDArray[np.int32]

EDGE = np.uint64(0x110000)  # begins and ends every text and word; one above the last code point of Unicode
_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that its powers never vanish modulo 2**64
_WORD_KIND = 64  # keeps a word's hash apart from that of the equal run of characters
_CHUNK_CHARS = 1 << 20  # code points hashed at once: about 100 MB of temporary arrays

# Fixed ranges, not `str.isalnum`: the Unicode tables differ between Python 3.10 and 3.12, and ids must not.
_SPACES = ((0x09, 0x0D), (0x1C, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A))
_SPACES_WIDE = ((0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000))
_MARKS = ((0x21, 0x26), (0x28, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E), (0xA1, 0xBF), (0x2010, 0x2027))
_MARKS_WIDE = ((0x2030, 0x205E), (0x3001, 0x3003), (0x3008, 0x301F), (0xFF01, 0xFF0F), (0xFF1A, 0xFF20))


@dataclass(frozen=True)
class FeatureSpec:
    """Which n-grams are read from a text; stands in every bundle as JSON.

    Attributes:
        char_ngrams: shortest and longest character n-gram; (0, 0) for none.
        word_ngrams: shortest and longest word n-gram; (0, 0) for none.
        max_ids: how many distinct ids of one text the network is given at most.
        word_weight: how much more a word n-gram weighs than a character n-gram, of which a text has far more.
        cross_words: whether character n-grams may run over a space. Scripts without spaces are not touched by this.
    """

    char_ngrams: tuple[int, int] = (1, 4)
    word_ngrams: tuple[int, int] = (1, 2)
    max_ids: int = 256
    word_weight: float = 2.0
    cross_words: bool = False

    def __post_init__(self) -> None:
        for name in ("char_ngrams", "word_ngrams"):
            low, high = getattr(self, name)
            if (low, high) != (0, 0) and not 1 <= low <= high < _WORD_KIND:
                raise ValueError(f"{name} {low, high}: 1 <= shortest <= longest < {_WORD_KIND}, or (0, 0) for none")
            object.__setattr__(self, name, (int(low), int(high)))  # lists, as JSON and YAML have them, become pairs
        if self.max_ids < 1:
            raise ValueError(f"max_ids {self.max_ids}: at least 1")

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FeatureSpec:
        """The inverse of `to_dict`; raises TypeError for an unknown key."""
        return cls(**values)


@dataclass(frozen=True)
class Vocabulary:
    """The n-grams that a model knows: id = position + 1, 0 is padding; n-grams not in it are dropped.

    Attributes:
        keys: uint64 (k,), ascending hashes.
        idf: float32 (k,), weight of each: inverse document frequency (times `word_weight` for words).
    """

    keys: Hashes
    idf: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.keys)

    def lookup(self, hashes: Hashes) -> Ids:
        """Hashes (m,) -> ids int32 (m,); 0 where the n-gram is unknown."""
        if not len(self):
            return np.zeros(len(hashes), np.int32)
        place = np.minimum(np.searchsorted(self.keys, hashes), len(self.keys) - 1)
        return np.where(self.keys[place] == hashes, place + 1, 0).astype(np.int32)


def hash_ngrams(texts: Sequence[str], spec: FeatureSpec) -> tuple[Hashes, Offsets]:
    """All n-grams of every text, repeats included.

    Returns:
        Hashes uint64 (m,) and offsets int64 (n + 1,): text i owns hashes[offsets[i]:offsets[i + 1]].
    """
    codes, starts = as_codes(texts)
    owner = np.repeat(np.arange(len(texts)), np.diff(starts))
    found = [*char_hashes(codes, owner, spec), *word_hashes(codes, owner, spec)]
    counts = [np.bincount(where, minlength=len(texts)) for _, where in found]
    offsets = np.zeros(len(texts) + 1, np.int64)
    if counts:
        np.cumsum(np.sum(counts, axis=0), out=offsets[1:])
    hashes = np.empty(offsets[-1], np.uint64)
    base = offsets[:-1].copy()
    for (values, where), count in zip(found, counts, strict=True):
        # The k-th value of this kind goes to its text's next free place; values are already ordered by text.
        first = np.cumsum(count) - count
        hashes[np.arange(len(values)) + (base - first)[where]] = values
        base += count
    return hashes, offsets


def fit_vocabulary(texts: Sequence[str], spec: FeatureSpec, min_df: int = 2, max_size: int | None = None) -> Vocabulary:
    """The n-grams that stand in at least `min_df` of the texts; independent of the order of the texts.

    Args:
        texts: normalised texts; equal ones count each.
        spec: which n-grams, and the weight of those of words.
        min_df: fewest texts an n-gram must stand in.
        max_size: keep at most so many, the most frequent first (ties: smaller hash).
    """
    keys, counts, weight = [], [], []
    for part, kind_weight in (
        (replace(spec, word_ngrams=(0, 0)), 1.0),
        (replace(spec, char_ngrams=(0, 0)), spec.word_weight),
    ):
        found, count = _document_counts(texts, part, min_df)
        keys.append(found)
        counts.append(count)
        weight.append(np.full(len(found), kind_weight))
    order = np.argsort(np.concatenate(keys))
    key, count, factor = (np.concatenate(part)[order] for part in (keys, counts, weight))
    if max_size is not None and len(key) > max_size:
        keep = np.sort(np.lexsort((key, -count))[:max_size])
        key, count, factor = key[keep], count[keep], factor[keep]
    # Smoothed as in scikit-learn's TfidfTransformer: as if one more text held every n-gram once.
    idf = factor * (np.log((1.0 + len(texts)) / (1.0 + count)) + 1.0)
    return Vocabulary(key, idf.astype(np.float32))


def _document_counts(texts: Sequence[str], spec: FeatureSpec, min_df: int) -> tuple[Hashes, Offsets]:
    """Ascending hashes of the n-grams in at least `min_df` texts, and in how many each stands."""
    keys, counts = np.empty(0, np.uint64), np.empty(0, np.int64)
    for start, stop in chunks(texts):
        hashes, offsets = hash_ngrams(texts[start:stop], spec)
        seen = sorted_distinct(hashes)
        _, place = distinct_pairs(offsets, np.searchsorted(seen, hashes), len(seen))
        merged = sorted_distinct(np.concatenate([keys, seen]))
        total = np.zeros(len(merged), np.int64)
        total[np.searchsorted(merged, keys)] = counts
        total[np.searchsorted(merged, seen)] += np.bincount(place, minlength=len(seen))
        keys, counts = merged, total
    return keys[counts >= min_df], counts[counts >= min_df]


def as_rows(texts: Sequence[str], spec: FeatureSpec, vocabulary: Vocabulary) -> tuple[Ids, Offsets]:
    """The distinct known ids of each text, ascending, at most `spec.max_ids` of them.

    Ids are ordered by hash, so that a text with more n-grams than that is represented by a fixed pseudo-random sample
    over its whole length.

    Returns:
        Ids int32 (m,) and offsets int64 (n + 1,), as in `hash_ngrams`.
    """
    parts: list[Ids] = []
    counts: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
    for start, stop in chunks(texts):
        hashes, offsets = hash_ngrams(texts[start:stop], spec)
        row, column = distinct_pairs(offsets, vocabulary.lookup(hashes), len(vocabulary) + 1)
        row, column = row[column > 0], column[column > 0]
        first = np.searchsorted(row, np.arange(stop - start))
        keep = np.arange(len(row)) - first[row] < spec.max_ids
        parts.append(column[keep].astype(np.int32))
        counts.append(np.bincount(row[keep], minlength=stop - start))
    return np.concatenate([np.empty(0, np.int32), *parts]), np.cumsum(np.concatenate(counts))


def as_ids(texts: Sequence[str], spec: FeatureSpec, vocabulary: Vocabulary) -> Ids:
    """What the network reads: int32 (n, max_ids), distinct known ids of each text, padded with 0."""
    ids, offsets = as_rows(texts, spec, vocabulary)
    return pad_ids(ids, offsets, spec.max_ids)


def pad_ids(ids: Ids, offsets: Offsets, width: int) -> Ids:
    """Rows of differing length -> int32 (n, width), padded with 0; no row may be longer than `width`."""
    counts = np.diff(offsets)
    padded = np.zeros((len(counts), width), np.int32)
    row = np.repeat(np.arange(len(counts)), counts)
    padded[row, np.arange(len(ids)) - offsets[row]] = ids
    return padded


def chunks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Borders of runs of texts with about `_CHUNK_CHARS` code points each, at least one text a run."""
    if not len(texts):
        return
    run = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 2) // _CHUNK_CHARS
    borders = np.concatenate([[0], np.flatnonzero(np.diff(run)) + 1, [len(texts)]])
    yield from zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True)


def as_codes(texts: Sequence[str]) -> tuple[Hashes, Offsets]:
    """Code points of all texts in one array, each text between two edges; spaces become edges too."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 2
    starts = np.concatenate([[0], np.cumsum(lengths)])
    # Two place holders a text; lone surrogates pass, because a text that JSON let through must not stop a batch.
    joined = "".join([f" {text} " for text in texts]).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(joined, "<u4").astype(np.uint64)
    codes[kind_of(codes) == 1] = EDGE
    codes[starts[:-1]] = codes[starts[1:] - 1] = EDGE
    return codes, starts


@cache
def _kinds() -> NDArray[np.uint8]:
    """What `kind_of` says of each code point below 0x10000."""
    table = np.zeros(0x10000, np.uint8)
    for kind, ranges in ((1, _SPACES + _SPACES_WIDE), (2, _MARKS + _MARKS_WIDE)):
        for first, last in ranges:
            table[first : last + 1] = kind
    return table


def kind_of(codes: Hashes) -> NDArray[np.uint8]:
    """Of each code point 1 for a space, 2 for punctuation, 0 for anything else."""
    return np.where(codes < 0x10000, _kinds()[np.minimum(codes, 0xFFFF).astype(np.int64)], 0).astype(np.uint8)


def _scrambled(values: Hashes, kind: int) -> Hashes:
    """Finaliser of splitmix64 (Steele, Lea, Flood 2014): polynomial values of near strings end far apart."""
    with np.errstate(over="ignore"):
        mixed = values + np.uint64(kind + 1) * _BASE
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)


def char_hashes(codes: Hashes, owner: Offsets, spec: FeatureSpec) -> Iterator[tuple[Hashes, Offsets]]:
    """For each length: hashes of the windows and the text that each stands in, both in the order of the texts."""
    low, high = spec.char_ngrams
    if not high or not len(codes):
        return
    edges = np.concatenate([[0], np.cumsum(codes == EDGE)])
    rolling = np.zeros(len(codes), np.uint64)
    for n in range(1, min(high, len(codes)) + 1):
        size = len(codes) - n + 1
        rolling = rolling[:size] * _BASE + codes[n - 1 :]
        if n < low:
            continue
        inside = edges[n - 1 : n - 1 + size] - edges[1 : 1 + size] if n > 1 else np.zeros(size, np.int64)
        total = edges[n : n + size] - edges[:size]
        valid = (owner[:size] == owner[n - 1 :]) & (total < n)
        if not spec.cross_words:
            valid &= inside <= 0
        where = np.flatnonzero(valid)
        yield _scrambled(rolling[where], n), owner[where]


def word_hashes(codes: Hashes, owner: Offsets, spec: FeatureSpec) -> Iterator[tuple[Hashes, Offsets]]:
    """As `char_hashes` for runs of words; a word is what stands between spaces and punctuation."""
    low, high = spec.word_ngrams
    if not high or not len(codes):
        return
    letter = np.concatenate([[False], (codes != EDGE) & (kind_of(codes) != 2), [False]])
    change = np.flatnonzero(letter[1:] != letter[:-1])
    begin, end = change[::2], change[1::2]
    if not len(begin):
        return
    length = end - begin
    place = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    powers = np.multiply.accumulate(np.full(int(length.max()), _BASE, np.uint64))
    terms = codes[letter[1:-1]] * powers[place]
    words = _scrambled(np.add.reduceat(terms, np.cumsum(length) - length), _WORD_KIND)
    rolling = np.zeros(len(words), np.uint64)
    of = owner[begin]
    for n in range(1, min(high, len(words)) + 1):
        size = len(words) - n + 1
        rolling = rolling[:size] * _BASE + words[n - 1 :]
        if n < low:
            continue
        where = np.flatnonzero(of[:size] == of[n - 1 :])
        yield _scrambled(rolling[where], _WORD_KIND + n), of[where]


def sorted_distinct(values: np.ndarray) -> np.ndarray:
    """As `np.unique`, whose hash table is ten times slower than a vectorised sort of integers."""
    ordered = np.sort(values)
    new = np.ones(len(ordered), bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return ordered[new]


def distinct_pairs(offsets: Offsets, columns: np.ndarray, span: int) -> tuple[Offsets, Offsets]:
    """The distinct (text, column) pairs in order; columns lie in [0, span)."""
    owner = np.repeat(np.arange(len(offsets) - 1, dtype=np.int64), np.diff(offsets))
    row, column = np.divmod(sorted_distinct(owner * span + columns), max(span, 1))
    return row, column
