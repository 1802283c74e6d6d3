"""Which rows become the index of a bundle."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from mlpipeline.stages.release.contents import as_index, join_training_rows


def test_the_index_holds_training_rows_of_known_intents_in_order():
    rows = [("c2", "b", "B"), ("c1", "a", "A"), ("c3", "c", "C"), ("c4", None, "D"), ("c5", "a", "E")]
    cleaned = pa.table(
        {
            "content_id": [row[0] for row in rows],
            "intent": [row[1] for row in rows],
            "text": [row[2] for row in rows],
            "normalized": [row[2].lower() for row in rows],
        }
    )
    splits = pa.table({"content_id": ["c1", "c2", "c3", "c4", "c5"], "fixed": [False] * 4 + [True]})
    vectors = [np.full(2, number, "<f4").tobytes() for number in range(5)]
    embedding = pa.table({"content_id": ["c1", "c2", "c3", "c4", "c5"], "vector": vectors})
    joined = join_training_rows({"denoised": cleaned, "splits": splits, "embedding": embedding})
    assert joined["content_id"].to_pylist() == ["c1", "c2", "c3"]
    index, intents, texts = as_index(joined, ["a", "b"])
    assert (index.tolist(), intents.tolist(), texts) == ([[0, 0], [1, 1]], [0, 1], ["A", "B"])
