"""Intervals hold the figure, few items are never certain, and two encoders are compared item by item."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.methods.vector_quality.figures import Items, difference_of, figure_of
from tests.properties import examples


def items(values: list[float], clusters: list[int] | None = None) -> Items:
    return Items(np.array(values), np.arange(len(values)) if clusters is None else np.array(clusters))


@examples(20)
@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(1, 5))
def test_an_interval_holds_its_figure_and_is_never_a_point(hits: list[bool], size: int) -> None:
    found = figure_of(items([float(hit) for hit in hits], [place // size for place in range(len(hits))]), 1)
    assert found is not None and found.value == pytest.approx(np.mean(hits)) and found.items == len(hits)
    assert -1e-9 <= found.low <= found.value <= found.high <= 1.0 + 1e-9 and found.high - found.low > 0.05


def test_without_items_there_is_no_figure() -> None:
    assert figure_of(items([]), 1) is None and difference_of(items([]), items([]), 1) is None


def test_items_of_one_cluster_count_as_little_as_one() -> None:
    values = [1.0, 0.0] * 100
    alone, together = (figure_of(items(values, one), 1) for one in (list(range(200)), [0, 1] * 100))
    assert alone is not None and together is not None
    assert together.high - together.low > 3 * (alone.high - alone.low)


def test_a_gain_that_most_items_share_is_sure_and_one_of_none_is_not() -> None:
    old, new = items([0.0] * 30 + [1.0] * 30), items([1.0] * 20 + [0.0] * 10 + [1.0] * 30)
    gain = difference_of(new, old, 1)
    assert gain is not None and gain.value == pytest.approx(1 / 3) and 0.2 < gain.low < gain.high < 0.5
    loss = difference_of(old, new, 1)
    assert loss is not None and loss.high < 0
    same = difference_of(old, old, 1)
    assert same is not None and same.value == 0.0 and same.low == -same.high and 0.05 < same.high < 0.1
    with pytest.raises(ValueError, match="same items"):
        difference_of(old, items([1.0]), 1)


def test_equal_seeds_give_equal_intervals() -> None:
    drawn = np.random.default_rng(3).random(50)
    values = Items(drawn, np.arange(50), is_share=False)
    assert figure_of(values, 7) == figure_of(values, 7) != figure_of(values, 8)
