"""What a bot learns of vectors: its own rows', a kept row's for its near duplicate; an export is asked with them."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlpipeline.errors import StageError
from mlpipeline.networks.classifier import TrainedModel
from mlpipeline.networks.held_out import HeldOut
from mlpipeline.recipe.model_fields import TrainSection
from mlpipeline.stages.train import classifier_settings, encoding, fit, vectors_of
from tests.sections import section

pytestmark = pytest.mark.slow

INTENTS = ("go", "pay", "stay")
QUICK = {"epochs": 2, "min_steps": 40, "dims": 4, "folds": 2, "out_of_scope_label": "out"}


def row(number: int, **changes: Any) -> dict[str, Any]:
    """Texts say nothing of their intent; vectors say all."""
    intent = number % len(INTENTS)
    return {
        "id": f"u{number}",
        "content_id": f"c{number:02}",
        "normalized": f"word{number}",
        "intent": INTENTS[intent],
        "split": "train",
        "component": f"c{number:02}",
        "family": f"c{number:02}",
        "fixed": False,
        "parent": None,
        "partner": None,
        "vector": np.eye(4, dtype="<f4")[intent].tobytes(),
        "encoder": "d1",
        **changes,
    }


def table(rows: list[dict[str, Any]]) -> pa.Table:
    kinds = {"vector": pa.binary(), "fixed": pa.bool_()}
    return pa.table({name: pa.array([one[name] for one in rows], kinds.get(name, pa.string())) for name in rows[0]})


def rows_of_a_bot(**changes: Any) -> pa.Table:
    bare = {"vector": None, "encoder": None}
    own = [row(number, **changes) for number in range(24)]
    near = row(30, component="c00", family=None, split="near_duplicate", intent="go", **bare)
    made = row(31, split="augmented", parent="u1", intent="pay", family=None, component=None, **bare)
    return table([*own, near, made, row(32, split="test", fixed=True, **changes)])


def trained(rows: pa.Table, **changes: Any) -> tuple[dict[str, Any], TrainedModel, Any]:
    settings = classifier_settings(section(TrainSection, **{**QUICK, **changes}))
    (found,) = fit("shop/ko", rows, settings, 1, lambda texts: np.zeros((len(texts), 4), np.float32)).to_pylist()
    return found, TrainedModel.from_bytes(found["payload"]), np.load(io.BytesIO(found["parity_sample"]))


def test_the_network_reads_the_vectors_of_its_rows() -> None:
    found, model, sample = trained(rows_of_a_bot(), model="vector")
    assert (found["shape"], found["shape_reason"]) == ("vector", "")
    assert (model.encoder, model.vector_dims, found["near_duplicate_rows"], found["augmented_rows"]) == ("d1", 4, 1, 1)
    held = HeldOut.from_bytes(found["held_out"])
    right = held.labels[held.logits.argmax(axis=1)] == held.intent
    assert len(right) == 25 and right.mean() > 0.9  # the row of the fixed test set among them
    assert sample["vectors"].shape == (25, 4) and sample["vectors"].any(axis=1).all()


def test_without_vectors_it_reads_ngrams() -> None:
    found, model, sample = trained(rows_of_a_bot(vector=None, encoder=None), model="auto")
    assert (found["shape"], found["shape_reason"], model.vector_dims) == ("ngram", "", 0)
    assert "vectors" not in sample


def test_auto_says_why() -> None:
    found, _, _ = trained(rows_of_a_bot(), model="auto")
    assert found["shape"] == "vector" and "train.model auto: vector; vectors give +" in found["shape_reason"]
    json.dumps(found["shape_reason"])


def test_a_row_without_a_vector_has_zeros() -> None:
    found = vectors_of(table([row(0), row(1, vector=None)]))
    assert found is not None and found.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0]]
    assert vectors_of(table([row(0, vector=None)])) is None


def test_vectors_that_no_bundle_can_hold_are_refused() -> None:
    with pytest.raises(StageError, match=r"train\.model: the vectors of an encoder in a folder .* -> set it to ngram"):
        encoding(None, "vector")
    assert encoding(None, "auto") is None
