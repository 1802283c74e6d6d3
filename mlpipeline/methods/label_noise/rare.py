"""Intents with a handful of rows: no model learns them from folds, so their rows are judged by their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mlpipeline.methods.label_noise.estimate import NoiseEstimate, best_cut
from mlpipeline.methods.label_noise.fuse import fuse, margins
from mlpipeline.methods.label_noise.noise_data import Codes, Floats

RARE = 5  # rows of an intent, at most
_COPIES = 20  # rare labels given to other rows on paper, for each rare row
_CAUTION = 5.0  # how many rows' worth of doubt a share from few rows is mixed with


def estimate_rare(
    estimate: NoiseEstimate, neighbours: Sequence[Floats], labels: Codes, seed: int = 20
) -> NoiseEstimate:
    """The judgement with the rows of rare intents judged by neighbours.

    The score is how much more the neighbours speak for another intent than for the given one. Of wrong rows it is known
    from other rows that are given a rare intent on paper; of the rare rows as they are, from themselves. As those are
    few, their share above a score is mixed with that of the estimated rate.

    Args:
        judgement: of all rows.
        neighbours: log probabilities (n, k) of the views that look at neighbours.
        labels: (n,) given label codes.
        seed: of the rows that are given rare intents.
    """
    counts = np.bincount(labels, minlength=neighbours[0].shape[1])
    rare = np.flatnonzero(counts[labels] <= RARE)
    others = np.flatnonzero(counts[labels] > RARE)
    if not len(rare) or not len(others):
        return estimate
    near = fuse(neighbours)
    random = np.random.default_rng(seed)
    drawn = random.choice(others, _COPIES * len(rare))
    planted = np.sort(margins(near, drawn, np.repeat(labels[rare], _COPIES)))
    scores = margins(near, rare, labels[rare])
    rate = min(max(estimate.noise.rate, 1.0 / len(labels)), 0.5)
    above_wrong = 1.0 - np.searchsorted(planted, scores, "left") / len(planted)
    order = np.sort(scores)
    above_all = len(rare) - np.searchsorted(order, scores, "left")
    # Of the rows above a score, how many are wrong: expected wrong ones by all that are there.
    expected = rate * above_wrong * len(rare)
    share = (expected + _CAUTION * rate) / (above_all + _CAUTION)
    wrong = estimate.wrong.copy()
    wrong[rare] = np.clip(np.where(scores > 0, np.maximum(share, rate), np.minimum(share, rate)), 0.0, 1.0)
    # On the scale of the other rows, so that the list of all rows has one order.
    known = np.argsort(estimate.wrong[others], kind="stable")
    score = estimate.score.copy()
    score[rare] = np.interp(wrong[rare], estimate.wrong[others][known], np.sort(estimate.score[others]))
    suggested = estimate.suggested.copy()
    picked = near[rare].copy()
    picked[np.arange(len(rare)), labels[rare]] = -np.inf
    suggested[rare] = picked.argmax(axis=1)
    cut, expected_f1 = best_cut(wrong)
    return replace(estimate, wrong=wrong, score=score, cut=cut, expected_f1=expected_f1, suggested=suggested)
