"""Two models on the same rows: exact tests and intervals against published and simulated figures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from mlpipeline.methods.evaluation.paired import Paired, count_paired, difference_interval, mcnemar


def test_rows_are_counted_by_who_is_right():
    before, after = [True, True, False, False, False], [True, False, True, True, False]
    counts = count_paired(before, after)
    assert counts == Paired(1, 2, 1, 1)
    assert (counts.rows, counts.before, counts.after) == (5, 2, 3)


@pytest.mark.parametrize(("fixed", "broken"), [(0, 0), (0, 5), (5, 0), (7, 7), (3, 12), (400, 460), (2000, 2000)])
def test_mcnemar_is_the_exact_binomial_test(fixed: int, broken: int):
    expected = binomtest(fixed, fixed + broken).pvalue if fixed + broken else 1.0
    assert mcnemar(fixed, broken) == pytest.approx(expected, abs=1e-9)


def test_the_interval_is_newcombes():
    # Newcombe 1998, table II, method 10, its first example: 36, 12, 2 and 0 rows.
    difference, interval = difference_interval(Paired(36, 12, 2, 0), 0.95)
    assert difference == pytest.approx(0.2) and interval == pytest.approx([0.0569, 0.3404], abs=1e-4)
    assert difference_interval(Paired(0, 0, 0, 0), 0.95) == (0.0, None)


def test_the_interval_holds_the_true_difference_as_often_as_it_says():
    random, held, draws = np.random.default_rng(7), 0, 1500
    shares = [0.75, 0.12, 0.06, 0.07]
    for _ in range(draws):
        _, interval = difference_interval(Paired(*random.multinomial(60, shares).tolist()), 0.95)
        assert interval is not None
        held += interval[0] <= 0.06 <= interval[1]
    assert 0.94 <= held / draws <= 0.99


def test_few_rows_and_equal_models_leave_a_wide_interval():
    difference, interval = difference_interval(Paired(3, 0, 0, 0), 0.95)
    assert difference == 0.0 and interval is not None and interval[0] < -0.3 and interval[1] > 0.3
