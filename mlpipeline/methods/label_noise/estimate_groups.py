"""Rows of different origin judged apart: what was made by a machine is wrong more often, and in other ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from mlpipeline.methods.label_noise.estimate import Noise, NoiseEstimate, best_cut, estimate_noise
from mlpipeline.methods.label_noise.noise_data import Codes, Floats

_ENOUGH = 200  # rows; a smaller part says too little about itself and is judged with all others


class _Rows:
    """Some rows (m, k) of scores (n, k), copied a block at a time: a copy of all views would be hundreds of MB."""

    def __init__(self, scores: Floats, rows: Codes) -> None:
        self._scores, self._rows = scores, rows
        self.shape = (len(rows), scores.shape[1])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: object) -> Floats:
        """Of rows (a slice or numbers), or of pairs of rows and columns."""
        rows, *columns = place if isinstance(place, tuple) else (place,)
        index = (self._rows[rows], *columns)
        return np.asarray(self._scores[index])


def estimate_groups(
    views: Sequence[Floats],
    labels: Codes,
    origins: Codes | None = None,
    seed: int = 20,
) -> tuple[NoiseEstimate, dict[int, Noise]]:
    """`estimate_noise`, with a rate and a kind of noise for each part; one cut-off for all, as they are probabilities.

    Args:
        views: log probabilities (n, k) of each view, out of fold.
        labels: (n,) given label codes.
        origins: (n,) which part a row belongs to, such as 0 for human and 1 for made rows; one part without it.
        seed: of the wrong labels on paper.

    Returns:
        The judgement of all rows, with the noise of part 0 or the first large enough part, and the noise of each
        part that was judged by itself.
    """
    numbers = [] if origins is None else np.unique(origins).tolist()
    large = [number for number in numbers if origins is not None and (origins == number).sum() >= _ENOUGH]
    if origins is None or len(numbers) < 2 or not large:
        number = numbers[0] if numbers else 0
        whole = estimate_noise(views, labels, seed=seed)
        return whole, {number: whole.noise}
    merged = estimate_noise(views, labels, seed=seed)
    wrong, score, noise = merged.wrong.copy(), merged.score.copy(), {}
    for number in large:
        rows = np.flatnonzero(origins == number)
        own = estimate_noise([cast(Floats, _Rows(view, rows)) for view in views], labels[rows], seed=seed)
        wrong[rows], score[rows], noise[number] = own.wrong, own.score, own.noise
    cut, expected = best_cut(wrong)
    return replace(merged, wrong=wrong, score=score, cut=cut, expected_f1=expected, noise=noise[large[0]]), noise
