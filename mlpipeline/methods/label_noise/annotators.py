"""Several annotators a row: who agrees with whom, whom to believe, and what the label probably is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mlpipeline.errors import StageError

Answers = NDArray[np.int64]  # (n, a): label code that annotator a gave row n; -1 where there is none
Doubles = NDArray[np.float64]
Learn = Callable[[Answers, Doubles], tuple[Doubles, Doubles]]

_TURNS = 100
_STILL = 1e-6
_SMOOTHING = 1.0  # one right and one wrong answer of each annotator before the first one is counted
_SHRINKING = 30.0  # answers to one label that outweigh what is known of the annotator in general


@dataclass(frozen=True)
class Consensus:
    """What n rows probably are, and how good a annotators are.

    Attributes:
        labels: int64 (n,), the likeliest label; -1 for a row without any answer.
        chances: float64 (n, k), probability of each label.
        quality: float64 (a,), probability that the annotator gives the right label, over labels as frequent as here.
        confusion: float64 (a, k, k), probability of an answer (column) when a label (row) is right.
    """

    labels: NDArray[np.int64]
    chances: Doubles
    quality: Doubles
    confusion: Doubles


def find_consensus(answers: Answers, classes: int) -> Consensus:
    """Consensus by expectation maximisation.

    Source: Dawid and Skene 1979, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm".

    Args:
        answers: (n, a) label codes, -1 where an annotator gave none.
        classes: number of labels.

    Raises:
        StageError: for codes outside [-1, classes).
    """
    answers = np.asarray(answers, np.int64)
    if answers.ndim != 2 or (answers.size and (answers.min() < -1 or answers.max() >= classes)):
        raise StageError(f"answers must be label codes below {classes}, or -1", fix="encode the labels first")
    rows, people = answers.shape
    chances = np.full((rows, classes), 1e-9)
    for person in range(people):
        given = np.flatnonzero(answers[:, person] >= 0)
        chances[given, answers[given, person]] += 1.0
    chances /= chances.sum(axis=1, keepdims=True)
    # One quality an annotator first: from a plain vote, whole confusion matrices often grow into a wrong corner.
    for shape in (_learn_quality, _learn):
        chances, confusion, prior = _climb(answers, chances, shape)
    silent = (answers < 0).all(axis=1)
    labels = np.where(silent, -1, chances.argmax(axis=1))
    quality = np.einsum("k,akk->a", prior, confusion)
    return Consensus(np.asarray(labels, np.int64), chances, quality, confusion)


def _climb(answers: Answers, chances: Doubles, learn: Learn) -> tuple[Doubles, Doubles, Doubles]:
    """Chances (n, k), confusion and prior after expectation maximisation from `chances`."""
    rows, people = answers.shape
    confusion, prior = learn(answers, chances)
    for _ in range(_TURNS):
        likely = np.tile(np.log(prior), (rows, 1))
        for person in range(people):
            given = np.flatnonzero(answers[:, person] >= 0)
            likely[given] += np.log(confusion[person][:, answers[given, person]]).T
        likely -= likely.max(axis=1, keepdims=True)
        after = np.exp(likely)
        after /= after.sum(axis=1, keepdims=True)
        moved = float(np.abs(after - chances).max()) if rows else 0.0
        chances = after
        confusion, prior = learn(answers, chances)
        if moved < _STILL:
            break
    return chances, confusion, prior


def kappa(first: NDArray[np.int64], second: NDArray[np.int64]) -> float | None:
    """Agreement of two annotators beyond chance, on the rows that both answered (Cohen 1960); None without such rows.

    1 is perfect, 0 is what chance gives; 1.0 when both always give one and the same label.
    """
    both = (first >= 0) & (second >= 0)
    if not both.any():
        return None
    count = int(max(first[both].max(), second[both].max())) + 1
    agreed = float((first[both] == second[both]).mean())
    shares = [np.bincount(answers[both], minlength=count) / both.sum() for answers in (first, second)]
    chance = float(shares[0] @ shares[1])
    return 1.0 if chance >= 1.0 else (agreed - chance) / (1.0 - chance)


def kappa_by_pair(answers: Answers) -> dict[tuple[int, int], tuple[float, int]]:
    """For every two annotators with common rows: kappa, and how many rows both answered."""
    result = {}
    for one, other in combinations(range(answers.shape[1]), 2):
        found = kappa(answers[:, one], answers[:, other])
        if found is not None:
            common = int(((answers[:, one] >= 0) & (answers[:, other] >= 0)).sum())
            result[one, other] = (found, common)
    return result


def _learn_quality(answers: Answers, chances: Doubles) -> tuple[Doubles, Doubles]:
    """As `_learn`, with one quality an annotator: mistakes are spread evenly."""
    classes = chances.shape[1]
    confusion = np.empty((answers.shape[1], classes, classes))
    for person in range(answers.shape[1]):
        given = np.flatnonzero(answers[:, person] >= 0)
        right = float(chances[given, answers[given, person]].sum())
        quality = (right + _SMOOTHING) / (len(given) + 2.0 * _SMOOTHING)
        confusion[person] = (1.0 - quality) / max(classes - 1, 1)
        np.fill_diagonal(confusion[person], quality)
    prior = chances.sum(axis=0) + 1.0 / classes
    return np.maximum(confusion, 1e-9), prior / prior.sum()


def _learn(answers: Answers, chances: Doubles) -> tuple[Doubles, Doubles]:
    """Confusion (a, k, k) and prior (k,) from what the rows are believed to be.

    Each row of a confusion matrix starts from the annotator's one quality and leaves it as answers come in: a label
    with three answers says little, and with hundreds of intents most have no more.
    """
    start, prior = _learn_quality(answers, chances)
    confusion = _SHRINKING * start
    for person in range(answers.shape[1]):
        given = np.flatnonzero(answers[:, person] >= 0)
        np.add.at(confusion[person].T, answers[given, person], chances[given])
    return confusion / confusion.sum(axis=2, keepdims=True), prior
