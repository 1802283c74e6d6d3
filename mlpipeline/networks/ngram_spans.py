"""Where each n-gram of a text stands in it: the same hashes as `features.py`, of one text, with their places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks.features import EDGE, FeatureSpec, Hashes, as_codes, char_hashes, kind_of, word_hashes

Borders = NDArray[np.int64]


@dataclass(frozen=True)
class NgramSpans:
    """All n-grams of a text of length l, repeats included; arrays (m,).

    Attributes:
        hashes: as `hash_ngrams` gives them.
        start, stop: characters of the text that each covers, start < stop; a space at an end is the edge of a word.
        letters: how many characters of the text each holds, without spaces.
    """

    hashes: Hashes
    start: Borders
    stop: Borders
    letters: Borders


def ngram_spans(text: str, spec: FeatureSpec) -> NgramSpans:
    """The n-grams of a normalised text with their places.

    Args:
        text: normalised.
        spec: which n-grams are read.
    """
    codes, _ = as_codes([text])
    parts = [*_char_spans(codes, spec), *_word_spans(codes, spec)]
    hashes = np.concatenate([np.empty(0, np.uint64), *(part for part, _, _ in parts)])
    start, stop = (np.concatenate([np.empty(0, np.int64), *(part[side] for part in parts)]) for side in (1, 2))
    # Code 0 is the edge before the text.
    start, stop = np.clip(start - 1, 0, len(text)), np.clip(stop - 1, 0, len(text))
    letters = np.concatenate([[0], np.cumsum(codes[1:-1] != EDGE)])
    return NgramSpans(hashes, start, stop, letters[stop] - letters[start])


def _char_spans(codes: Hashes, spec: FeatureSpec) -> Iterator[tuple[Hashes, Borders, Borders]]:
    low, high = spec.char_ngrams
    for n in range(max(low, 1), min(high, len(codes)) + 1):
        first = np.arange(len(codes) - n + 1)
        # Each window is a text of its own: then the n-grams say which window they are.
        windows, owner = codes[first[:, None] + np.arange(n)].reshape(-1), np.repeat(first, n)
        for hashes, where in char_hashes(windows, owner, replace(spec, char_ngrams=(n, n))):
            yield hashes, where, where + n


def _word_spans(codes: Hashes, spec: FeatureSpec) -> Iterator[tuple[Hashes, Borders, Borders]]:
    low, high = spec.word_ngrams
    letter = np.concatenate([[False], (codes != EDGE) & (kind_of(codes) != 2), [False]])
    change = np.flatnonzero(letter[1:] != letter[:-1])
    begin, end = change[::2], change[1::2]
    for n in range(max(low, 1), min(high, len(begin)) + 1):
        starts, stops = begin[: len(begin) - n + 1], end[n - 1 :]
        windows = [np.append(codes[one:other], EDGE) for one, other in zip(starts, stops, strict=True)]
        owner = np.repeat(np.arange(len(windows)), [len(window) for window in windows])
        for hashes, where in word_hashes(np.concatenate(windows), owner, replace(spec, word_ngrams=(n, n))):
            yield hashes, starts[where], stops[where]
