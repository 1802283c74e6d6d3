"""What is lost where vectors are kept in fewer bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.networks.precision import Precision, pack_vectors, unpack_vectors


def unit_rows(seed: int, rows: int, dims: int) -> np.ndarray:
    made = np.random.default_rng(seed).standard_normal((rows, dims)).astype(np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


@given(seed=st.integers(0, 9), rows=st.integers(1, 6), dims=st.integers(1, 40))
@pytest.mark.parametrize(("precision", "loss"), [("float32", 0.0), ("float16", 1e-6), ("int8", 1e-4)])
def test_a_vector_keeps_its_direction(precision: Precision, loss: float, seed: int, rows: int, dims: int) -> None:
    vectors = unit_rows(seed, rows, dims)
    vectors[0] = 0.0
    packed = pack_vectors(vectors, precision)
    assert packed.dtype == np.uint8
    assert packed.shape == (rows, {"float32": 4 * dims, "float16": 2 * dims, "int8": dims + 4}[precision])
    found = unpack_vectors(packed, precision)
    if precision == "float32":
        assert found.tobytes() == vectors.tobytes()
    assert found.dtype == np.float32 and not found[0].any()
    assert 1 - np.einsum("nd,nd->n", found, vectors)[1:].min(initial=1.0) <= loss + 1e-6
    np.testing.assert_allclose(np.linalg.norm(found[1:], axis=1), 1.0, atol=1e-5)
