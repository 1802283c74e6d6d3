"""From numbers of n-grams, which overlap, to readable pieces of a text: words, or runs that speak alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_LONGEST = 6  # letters of a piece that is cut out of a run without spaces

Numbers = NDArray[np.float64]
Borders = NDArray[np.int64]


class Piece(NamedTuple):
    """A piece of a text, from `start` to `stop`: what its n-grams add, and the share of them that is known."""

    text: str
    start: int
    stop: int
    value: float
    known: float


def letter_values(text: str, start: Borders, stop: Borders, values: Numbers) -> Numbers:
    """What each of l characters adds, (l,): every n-gram's number spread evenly over the letters that it covers.

    Args:
        text: of l characters.
        start, stop: (m,) of the n-grams.
        values: (m,), what each adds.
    """
    is_letter = np.array([not letter.isspace() for letter in text], bool)
    found = np.zeros(len(text))
    for first, last, value in zip(start.tolist(), stop.tolist(), values.tolist(), strict=True):
        covered = is_letter[first:last]
        found[first:last] += covered * value / max(int(covered.sum()), 1)
    return found


def cut_pieces(text: str, start: Borders, stop: Borders, values: Numbers) -> list[tuple[int, int]]:
    """Where a text is cut: at spaces and punctuation; in scripts without spaces into the n-grams that say most.

    Args:
        text: of l characters.
        start, stop: (m,) of the n-grams.
        values: (m,), what each adds.
    """
    loudness: dict[tuple[int, int], float] = {}
    for first, last, value in zip(start.tolist(), stop.tolist(), np.abs(values).tolist(), strict=True):
        loudness[first, last] = loudness.get((first, last), 0.0) + value
    found: list[tuple[int, int]] = []
    begin = 0
    for at, letter in enumerate(f"{text} "):
        is_unspaced = at < len(text) and _is_unspaced(letter)
        if at > begin and (at == len(text) or _is_gap(letter) or is_unspaced != _is_unspaced(text[begin])):
            run = (begin, at)
            found += _cut_run(text, run, loudness) if _is_unspaced(text[begin]) else [run]
            begin = at
        if _is_gap(letter):
            begin = at + 1
    return found


def _cut_run(text: str, run: tuple[int, int], loudness: Mapping[tuple[int, int], float]) -> list[tuple[int, int]]:
    """A run of letters without spaces: after kana where another script begins, else the n-grams that say most in sum.

    In the sum each piece costs what a letter says on average: words are easier to read than letters.
    """
    begin, end = run
    if any(map(_is_hiragana, text[begin:end])):
        inner = [at for at in range(begin + 1, end) if _is_hiragana(text[at - 1]) and not _is_hiragana(text[at])]
        return list(pairwise([begin, *inner, end]))
    price = sum(value for span, value in loudness.items() if begin <= span[0] < span[1] <= end) / (end - begin)
    best = {begin: (0.0, -begin)}  # border -> most said up to there, and less the border before
    for at in range(begin + 1, end + 1):
        if at < end and unicodedata.category(text[at]).startswith("M"):
            continue  # a mark stays with its letter
        befores = [one for one in best if at - one <= _LONGEST or one == max(best)]
        best[at] = max((best[one][0] + loudness.get((one, at), 0.0) - price, -one) for one in befores)
    borders = [end]
    while borders[-1] > begin:
        borders.append(-best[borders[-1]][1])
    borders.reverse()
    return list(pairwise(borders))


def as_pieces(text: str, start: Borders, stop: Borders, values: Numbers, known: NDArray[np.bool_]) -> list[Piece]:
    """The pieces of a text with what each adds, in its order; their values sum to those of the n-grams.

    Args:
        text: normalised.
        start, stop: (m,) of the n-grams, repeats included.
        values: (m,), what each adds; 0 for those that are not known.
        known: (m,), whether the model knows it.
    """
    letters = letter_values(text, start, stop, values)
    pieces = []
    for first, last in cut_pieces(text, start, stop, values):
        touching = (start < last) & (stop > first)
        share = float(known[touching].mean()) if touching.any() else 0.0
        pieces.append(Piece(text[first:last], first, last, float(letters[first:last].sum()), share))
    return pieces


def unknown_runs(text: str, start: Borders, stop: Borders, letters: Borders, known: NDArray[np.bool_]) -> list[str]:
    """Runs of the text of which no known n-gram tells more than single letters.

    Args:
        text: normalised.
        start, stop, letters: (m,) of the n-grams: places, and how many letters each holds.
        known: (m,), whether the model knows it.
    """
    covered = np.zeros(len(text), bool)
    for first, last in zip(start[known & (letters > 1)].tolist(), stop[known & (letters > 1)].tolist(), strict=True):
        covered[first:last] = True
    alone = known & (letters == 1) & (stop - start == 1)
    for at in start[alone].tolist():
        # A word of one letter has no more to be known.
        covered[at] |= all(_is_gap(text[side]) for side in (at - 1, at + 1) if 0 <= side < len(text))
    return _runs(text, covered)


def _runs(text: str, covered: Sequence[bool] | NDArray[np.bool_]) -> list[str]:
    found, run = [], ""
    for letter, is_covered in zip(f"{text} ", [*covered, True], strict=True):
        if is_covered or _is_gap(letter):
            found += [run] if run else []
            run = ""
        else:
            run += letter
    return found


def _is_gap(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter)[0] in "PZ"


def _is_hiragana(letter: str) -> bool:
    return "\u3041" <= letter <= "\u309f"


def _is_unspaced(letter: str) -> bool:
    """Of a script that writes words without spaces: Thai, Lao, Burmese, Khmer, kana, Han."""
    code = ord(letter)
    return 0x0E00 <= code < 0x0F00 or 0x1000 <= code < 0x10A0 or 0x1780 <= code < 0x1800 or 0x3040 <= code < 0xA000
