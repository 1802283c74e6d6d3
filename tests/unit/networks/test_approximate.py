"""An index that does not look at all vectors finds nearly all that are near, and tells how many."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from mlpipeline.networks import approximate
from mlpipeline.networks.search import search

pytest.importorskip("usearch", reason="usearch, which is of the extra `search`, is not installed")


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    rng = np.random.default_rng(5)
    made = np.repeat(rng.standard_normal((40, 16)), 30, axis=0) + 0.5 * rng.standard_normal((1200, 16))
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def built(vectors: np.ndarray) -> tuple[bytes, approximate.IndexFacts]:
    return approximate.build_index(vectors)


def test_its_facts_say_what_it_finds(vectors: np.ndarray, built: tuple[bytes, approximate.IndexFacts]) -> None:
    data, facts = built
    assert (facts.kind, facts.rows, facts.dims) == ("usearch", 1200, 16) and 0.95 <= facts.recall <= 1.0
    assert approximate.build_index(vectors)[0] == data
    index = approximate.open_index(data, 1200)
    assert index is not None
    exact, found = search(vectors, vectors[:50], 3), search(vectors, vectors[:50], 3, index)
    same = [one for one, other in zip(exact, found, strict=True) if one == other]
    assert len(same) >= 45, "similarities are exact, and rounded alike"


def test_what_cannot_be_read_is_done_without(
    built: tuple[bytes, approximate.IndexFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _ = built
    assert approximate.open_index(data, 1199) is None
    assert approximate.open_index(data[:300], 1200) is None
    assert approximate.open_index(b"nothing", 1200) is None
    assert not approximate.is_worth_it(1200, 16) and approximate.is_worth_it(50_000, 128)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert approximate.open_index(data, 1200) is None and not approximate.is_worth_it(50_000, 128)
