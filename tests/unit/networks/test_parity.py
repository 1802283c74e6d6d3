"""How an exported model is compared with its trainer."""

from __future__ import annotations

import numpy as np
import pytest

from mlpipeline.networks.parity import compare

pytestmark = pytest.mark.slow


def test_parity_counts_decisions_and_probabilities():
    logits = np.array([[1.0, 0.0], [0.0, 2.0]], np.float32)
    assert compare(logits, logits, 1.0) == {"rows": 2, "max_probability_difference": 0.0, "changed_decisions": 0}
    found = compare(logits, logits[:, ::-1], 1.0)
    assert found["changed_decisions"] == 2 and found["max_probability_difference"] > 0.1
    assert compare(np.zeros((0, 2)), np.zeros((0, 2)), 1.0)["rows"] == 0
