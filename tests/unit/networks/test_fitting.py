"""The training loop: its slopes are those of its loss, and a step moves only what stands in the batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mlpipeline.networks.fitting import Batch, Layers, Sparse, fit_weights, loss_and_slopes
from mlpipeline.networks.settings import FitSettings

_TEXTS, _NGRAMS, _DIMS, _LABELS, _LENGTH = 5, 7, 4, 3, 6
SETTINGS = FitSettings(
    epochs=4, min_steps=60, batch_size=16, learning_rate=0.05, dims=_DIMS, dropout=0.2, feature_dropout=0.1
)


def some(length: int = _LENGTH) -> tuple[Layers, Batch]:
    """Weights and a batch of double precision, so that a difference of losses is a slope."""
    random: Any = np.random.default_rng(3)
    shapes = ((_NGRAMS, _LABELS + _DIMS), (_DIMS, _LABELS), (_LABELS,), (length, _LABELS))
    weights = Layers(*(random.normal(size=shape) for shape in shapes))
    ngrams = random.random((_TEXTS, _NGRAMS)) * (random.random((_TEXTS, _NGRAMS)) < 0.6)
    wanted = random.dirichlet(np.ones(_LABELS), _TEXTS)
    units = (random.random((_TEXTS, _DIMS)) < 0.7) / 0.7
    vectors, counts = random.normal(size=(_TEXTS, length)), random.random(_TEXTS) + 0.5
    return weights, Batch(csr_matrix(ngrams), vectors, wanted, counts, units)


@pytest.mark.parametrize("layer", Layers._fields)
def test_slopes_are_differences_of_the_loss(layer: str):
    weights, batch = some()
    _, slopes = loss_and_slopes(weights, batch)
    moved, told = getattr(weights, layer), getattr(slopes, layer)
    for place in np.ndindex(moved.shape):
        sides = []
        for side in (1e-6, -1e-6):
            moved[place] += side
            sides.append(loss_and_slopes(weights, batch)[0])
            moved[place] -= side
        assert told[place] == pytest.approx((sides[0] - sides[1]) / 2e-6, abs=1e-6)


def test_no_vectors_add_nothing():
    weights, batch = some(length=0)
    loss, slopes = loss_and_slopes(weights, batch)
    assert slopes.vector_in.shape == (0, _LABELS) and np.isfinite(loss)


def rows_of(ids: list[list[int]]) -> Sparse:
    """Rows whose n-grams weigh the same."""
    lengths = [0, *(len(row) for row in ids)]
    flat = np.array([each for row in ids for each in row], np.int32)
    return Sparse(flat, np.ones(len(flat), np.float32), np.cumsum(lengths).astype(np.int64))


def test_what_stands_in_no_text_is_not_moved_and_the_rest_is_learnt():
    rows, size = rows_of([[1], [1], [2], [2], []]), 4
    targets = np.eye(2, dtype=np.float32)[[0, 0, 1, 1, 0]]
    weights, losses = fit_weights(rows, targets, size, SETTINGS, seed=1)
    linear = weights["table"][:, :2]
    assert losses[-1] < losses[0]
    assert linear[1].argmax() == 0 and linear[2].argmax() == 1
    assert not linear[[0, 3, 4]].any() and not weights["table"][0].any()
    assert "vector_in" not in weights


def test_a_row_that_counts_nothing_teaches_nothing():
    rows, targets = rows_of([[1], [1]]), np.eye(2, dtype=np.float32)
    weights, _ = fit_weights(rows, targets, 1, SETTINGS, 1, np.array([1, 0], np.float32))
    assert weights["table"][1, :2].argmax() == 0 and weights["bias"].argmax() == 0


def test_equal_seeds_give_equal_weights_and_others_do_not():
    rows, targets = rows_of([[1, 3], [2], [3]]), np.eye(3, dtype=np.float32)
    vectors = np.eye(3, 5, dtype=np.float32)
    first, again, other = (fit_weights(rows, targets, 3, SETTINGS, seed, None, vectors)[0] for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["table"], other["table"])
    assert all(numbers.dtype == np.float32 for numbers in first.values())
