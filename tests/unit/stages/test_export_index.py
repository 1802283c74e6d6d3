"""The index of a large bot: of the questions that its bundle will hold, in their order."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from mlpipeline.networks.approximate import digest_of, open_index
from mlpipeline.networks.classifier import TrainedModel
from mlpipeline.networks.features import FeatureSpec, Vocabulary
from mlpipeline.stages.export.index import index_bot
from mlpipeline.stages.release.contents import as_index
from mlpipeline.store.bundles.archives import unpack_files
from mlpipeline.store.tables.pieces import cut, read_bytes

pytest.importorskip("usearch", reason="usearch, which is of the extra `search`, is not installed")

VOCABULARY = Vocabulary(np.arange(2, dtype=np.uint64), np.ones(2, np.float32))
WEIGHTS = {"table": np.zeros((3, 6), np.float32), "out": np.zeros((4, 2), np.float32), "bias": np.zeros(2, np.float32)}


def rows_of(questions: list[tuple[str, str]]) -> pa.Table:
    """A model of the intents a and b in two pieces, the second one first, and questions (content id, intent)."""
    data = TrainedModel(["a", "b"], FeatureSpec(), VOCABULARY, WEIGHTS).to_bytes()
    pieces = [piece.as_py() for piece in cut(data, len(data) // 2 + 1)]
    rng = np.random.default_rng(1)
    told = [{"piece": at, "payload": piece} for at, piece in reversed([*enumerate(pieces)])]
    told += [
        {"content_id": name, "intent": intent, "vector": rng.standard_normal(4).astype("<f4").tobytes()}
        for name, intent in questions
    ]
    types = {"piece": pa.int32(), "payload": pa.binary(), "vector": pa.binary()}
    names = ("piece", "payload", "content_id", "intent", "vector")
    schema = pa.schema([(name, types.get(name, pa.string())) for name in names])
    return pa.Table.from_pylist(told, schema)


def test_its_vectors_are_those_of_the_bundle_in_their_order():
    rows = rows_of([(f"c{at * 7 % 50:02d}", "abx"[at % 3]) for at in range(50)])
    made = index_bot("shop/ko", rows, cells=1)
    assert made["target"].unique().to_pylist() == ["index"] and made["domain"][0].as_py() == "shop"
    files = unpack_files(read_bytes(made, "payload"))
    facts = json.loads(files["index.json"])
    sorted_rows = rows.filter(pa.compute.is_valid(rows["content_id"])).sort_by("content_id")
    labelled = sorted_rows.append_column("text", sorted_rows["content_id"])
    vectors, _, _ = as_index(labelled, ["a", "b"])
    kept = vectors.astype(np.float16).astype(np.float32)
    assert facts["digest"] == digest_of(kept) and facts["recall"] == 1.0
    opened = open_index(files["index.usearch"], len(kept))
    assert opened is not None and 3 in opened.candidates(kept[3], 5)


def test_a_small_bot_has_none():
    assert not len(index_bot("shop/ko", rows_of([("c", "a")])))
    assert not len(index_bot("shop/ko", rows_of([("c", "x")]), cells=1))
