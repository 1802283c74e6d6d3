"""How `embed` packs vectors."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.stages import embed


class FakeEncoder:
    dims = 3
    digest = "d"

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.array([[len(text), 1.0, -1.0] for text in texts], np.float64).reshape(-1, 3)


@given(texts=st.lists(st.text(max_size=5), max_size=5))
def test_vectors_travel_as_little_endian_floats(texts: list[str]):
    columns = {"domain": ["shop"] * len(texts), "lang": ["ko"] * len(texts), "content_id": texts, "normalized": texts}
    schema = pa.schema([(name, pa.string()) for name in columns])
    batch = pa.RecordBatch.from_pydict(columns, schema=schema)
    made = embed.as_vectors(FakeEncoder(), "d", batch)  # type: ignore[arg-type]
    found = [np.frombuffer(vector, "<f4").tolist() for vector in made["vector"].to_pylist()]
    assert found == [[len(text), 1.0, -1.0] for text in texts]
