"""Why a row was read wrong, as far as what is like it tells, and what to do about all of them. Rules, each testable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LABEL_NOISE, OVERLAP, PARAPHRASE = "label_noise", "overlapping_intents", "missing_paraphrase"
OUT_OF_SCOPE, SPELLING, UNKNOWN = "out_of_scope", "spelling", "unknown"
NO_INTENT = "unknown_intent"

_ALIKE = 0.05  # cosines that differ by no more are equally near
_SAME = 0.9995  # the cosine of one text with itself, rounded
_SHOWN = 3
_SAMPLE = 400  # rows that say how like each other rows of one label are


class Likeness(NamedTuple):
    """How like learnt rows a row is: the cosine of the nearest of its own label, and of the one that was predicted.

    None where there is no such row, or rows have no vectors.
    """

    own: float | None
    predicted: float | None


class Usual(NamedTuple):
    """How like each other learnt rows of one label are: the cosine that half of them reach, and that nine in ten do."""

    near: float
    far: float


def usual_of(
    vectors: NDArray[np.float32], labels: NDArray[np.generic], families: NDArray[np.generic] | None = None
) -> Usual | None:
    """How like each other rows of one label are, of a sample; None where no label has two rows.

    Args:
        vectors: float32 (n, d), rows of unit length.
        labels: (n,).
        families: (n,); rows of one family, such as near duplicates, are not compared. None: each row is one.
    """
    found, groups = [], np.arange(len(vectors)) if families is None else families
    for row in range(0, len(vectors), max(1, len(vectors) // _SAMPLE)):
        others = np.flatnonzero((labels == labels[row]) & (groups != groups[row]))
        if len(others):
            found.append(float((vectors[others] @ vectors[row]).max()))
    if not found:
        return None
    far, near = np.quantile(found, (0.1, 0.5))
    return Usual(float(near), float(far))


def likely_cause(like: Likeness, usual: Usual | None, *, is_outside: bool, is_misspelt: bool) -> str:
    """The likeliest cause of one wrong row.

    Args:
        like: the row's.
        usual: of learnt rows; None where rows have no vectors.
        is_outside: the row's label says that no intent fits, and it was answered all the same.
        is_misspelt: a word of it is unknown, and nearly one of its own label.
    """
    if is_outside:
        return OUT_OF_SCOPE
    if usual is None or (like.own is None and like.predicted is None):
        return SPELLING if is_misspelt else UNKNOWN
    own, other = like.own if like.own is not None else -1.0, like.predicted if like.predicted is not None else -1.0
    if (other >= usual.near and own < usual.far) or other >= _SAME > own:
        return LABEL_NOISE  # as near to the other label as its rows are to each other, and to none of its own
    if is_misspelt:
        return SPELLING
    if max(own, other) < usual.far:
        return OUT_OF_SCOPE if own < usual.far / 2 else PARAPHRASE
    if own >= usual.far and abs(own - other) <= _ALIKE:
        return OVERLAP
    return OVERLAP if own > other else PARAPHRASE


class Task(NamedTuple):
    """Something to do: for which cause, of which intents, how many rows it is for, and a few of them."""

    cause: str
    intent: str
    other: str
    rows: int
    examples: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON, with what to do in words."""
        return {**self._asdict(), "examples": list(self.examples), "to_do": str(self)}

    def __str__(self) -> str:
        words = {
            LABEL_NOISE: f"check the label {self.intent}: these look like {self.other}",
            OVERLAP: f"tell {self.intent} and {self.other} apart in their rows, or make them one",
            PARAPHRASE: f"add wordings like these to {self.intent}",
            OUT_OF_SCOPE: f"nothing learnt of {self.intent} is like these: add rows of it, or label them out of scope",
            SPELLING: f"misspelt words of {self.intent}: add such rows, or let augment make them",
            NO_INTENT: f"the bot has no intent {self.intent}: "
            + (
                f"did you mean {self.other}?" if self.other else "add rows of it to the corpus, or label them otherwise"
            ),
            UNKNOWN: f"look at rows of {self.intent} that are taken for {self.other}",
        }
        return words[self.cause]


def tasks_of(rows: Sequence[tuple[str, str, str, str]]) -> list[Task]:
    """What to do about wrong rows, the work that helps most rows first.

    Args:
        rows: (cause, intent, predicted intent, text) each; for `unknown_intent` the predicted one is that which was
            probably meant, or empty. Causes that concern one intent alone are told of it as a whole.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    examples: dict[tuple[str, str, str], list[str]] = {}
    for cause, intent, other, text in rows:
        if cause == OVERLAP:
            intent, other = sorted((intent, other))
        key = (cause, intent, other if cause in (LABEL_NOISE, OVERLAP, UNKNOWN, NO_INTENT) else "")
        counts[key] += 1
        examples.setdefault(key, []).append(text)
    order = sorted(counts, key=lambda key: (-counts[key], key))
    return [Task(*key, counts[key], tuple(examples[key][:_SHOWN])) for key in order]


def is_nearly(word: str, other: str) -> bool:
    """Whether two words differ by one letter added, left out, changed, or swapped with its neighbour."""
    if word == other or abs(len(word) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(word), len(other)) and word[start] == other[start]:
        start += 1
    one, two = word[start:], other[start:]
    if len(one) == len(two):
        return one[1:] == two[1:] or (one[:2] == two[1::-1] and one[2:] == two[2:])
    return one[1:] == two or one == two[1:]
