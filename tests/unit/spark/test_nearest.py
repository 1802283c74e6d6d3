"""The nearest rows in blocks are those of the whole product."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.spark import nearest
from mlpipeline.spark.nearest import nearest_rows


@given(
    seed=st.integers(0, 99),
    left=st.integers(0, 9),
    right=st.integers(1, 30),
    count=st.integers(1, 8),
    kinds=st.integers(1, 9),
)
def test_blocks_find_what_the_whole_product_has(seed: int, left: int, right: int, count: int, kinds: int) -> None:
    rng = np.random.default_rng(seed)
    # Few whole numbers: products are exact, and many are equal.
    asked, known = (rng.integers(-kinds, kinds, (rows, 3)).astype(np.float32) for rows in (left, right))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(nearest, "_LEFT", 4)
        patched.setattr(nearest, "_RIGHT", 7)
        found = nearest_rows(asked, known, count)
    products = asked @ known.T
    for row in range(left):
        order = np.lexsort((np.arange(right), -products[row]))[:count]
        assert found.positions[row, : len(order)].tolist() == order.tolist()
        assert found.similarities[row, : len(order)].tolist() == products[row, order].tolist()
        assert (found.positions[row, len(order) :] == -1).all()
