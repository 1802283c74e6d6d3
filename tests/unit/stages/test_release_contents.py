"""Which rows become the index of a bundle."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from mlpipeline.languages.profile import Profile
from mlpipeline.stages.release.contents import as_index, how_read, join_training_rows


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


def test_a_bundle_says_so_where_the_learnt_texts_keep_personal_data():
    profile = Profile("ko", ("nfkc",), ("Hang",))
    plain = how_read(profile, pa.table({"text": ["배송비 알려줘", "<PHONE>로 알려줘"]}))
    assert plain == {"tag": "ko", "steps": ["nfkc"], "scripts": ["Hang"]}
    kept = how_read(profile, pa.table({"text": ["배송비 알려줘", "010-2345-6789로 알려줘"]}))
    assert kept == {**plain, "personal_data": "keep"}
