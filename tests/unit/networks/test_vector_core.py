"""A network that reads an encoder's vector beside n-grams: learns from it, is kept, and exports to what it computes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mlpipeline.networks.classifier import TrainedModel, logits
from mlpipeline.networks.features import FeatureSpec, Vocabulary, as_ids
from mlpipeline.networks.fitting import as_sparse, fit_weights
from mlpipeline.networks.inputs import core_inputs
from mlpipeline.networks.onnx_core import onnx_core
from mlpipeline.networks.parity import RUNTIMES, answer_parity
from mlpipeline.networks.runtime import core_logits, open_core
from mlpipeline.networks.settings import FitSettings
from mlpipeline.networks.targets import write_target
from mlpipeline.networks.training import AugmentedExample, LabelledRows, fit_network
from mlpipeline.recipe.model_fields import TrainSection
from mlpipeline.stages.train import classifier_settings
from tests.sections import section

pytestmark = pytest.mark.slow

DIMS, LABELS, SPEC = 4, ["a", "b", "c"], FeatureSpec(char_ngrams=(1, 1), word_ngrams=(0, 0), max_ids=8)
SETTINGS = FitSettings(
    epochs=4, min_steps=60, batch_size=16, learning_rate=0.02, dims=2, dropout=0.1, feature_dropout=0.1
)
TEXTS = ["ab", "b", "", "xyz", "ca"]


def of_weights(**more: NDArray[np.float32]) -> TrainedModel:
    rng = np.random.default_rng(1)
    vocabulary = Vocabulary(np.sort(rng.integers(0, 1 << 63, 6).astype(np.uint64)), np.ones(6, np.float32))
    weights = {"table": rng.random((7, 5), np.float32), "out": rng.random((2, 3), np.float32)}
    return TrainedModel(LABELS, SPEC, vocabulary, {**weights, "bias": np.array([0.1, 0.0, 0.2], np.float32), **more})


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    made = of_weights(vector_in=np.random.default_rng(2).normal(size=(DIMS, 3)).astype(np.float32))
    return replace(made, encoder="d1")


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    found = np.random.default_rng(3).normal(size=(len(TEXTS), DIMS)).astype(np.float32)
    found[1] = 0.0
    return found


def test_its_parts_add_up_and_no_vector_leaves_the_ngrams(model: TrainedModel, vectors: NDArray[np.float32]) -> None:
    alone = logits(replace(model, weights={k: v for k, v in model.weights.items() if k != "vector_in"}), TEXTS)
    found = logits(model, TEXTS, vectors)
    assert np.allclose(found, alone + vectors @ model.weights["vector_in"], atol=1e-5)
    assert np.array_equal(logits(model, TEXTS), alone) and np.array_equal(found[1], alone[1])


def test_it_comes_back_as_it_was_kept(model: TrainedModel) -> None:
    again = TrainedModel.from_bytes(model.to_bytes())
    assert again.encoder == "d1" and again.vector_dims == DIMS and again.weights_digest == model.weights_digest
    other = replace(model, weights={**model.weights, "vector_in": -model.weights["vector_in"]})
    assert other.weights_digest != model.weights_digest
    assert of_weights().vector_dims == 0 and of_weights().encoder == ""


@pytest.mark.parametrize("target", list(RUNTIMES))
def test_exports_compute_what_the_trainer_computes(
    model: TrainedModel, vectors: NDArray[np.float32], target: str, tmp_path: Path
) -> None:
    ids = as_ids(TEXTS, model.spec, model.vocabulary)
    wanted = logits(model, TEXTS, vectors)
    write_target(target, model, tmp_path / target, 17)
    inputs = core_inputs(ids, DIMS, vectors)
    assert np.abs(RUNTIMES[target](tmp_path / target, inputs, 3) - wanted).max() < 1e-5
    held, answer = tmp_path / "held.npz", tmp_path / "answer.json"
    np.savez(held, ids=ids, vectors=vectors, logits=wanted)
    answer_parity(target, tmp_path / target, held, 1.0, answer)
    assert '"rows": 5' in answer.read_text() and '"changed_decisions": 0' in answer.read_text()
    np.savez(held, ids=ids[:0], vectors=vectors[:0], logits=wanted[:0])
    answer_parity(target, tmp_path / target, held, 1.0, answer)
    assert '"rows": 0' in answer.read_text()


def test_the_served_core_takes_zeros_for_a_text_without_a_vector(model: TrainedModel) -> None:
    ids, session = as_ids(TEXTS, model.spec, model.vocabulary), open_core(onnx_core(model, 17))
    assert np.allclose(core_logits(session, core_inputs(ids, DIMS), 3), logits(model, TEXTS), atol=1e-5)
    assert core_inputs(ids, 0) == {"ids": ids}
    assert onnx_core(model, 17) == onnx_core(TrainedModel.from_bytes(model.to_bytes()), 17)


def test_vectors_teach_what_ngrams_cannot_tell() -> None:
    """Every text is the same word: only the vectors differ."""
    vocabulary = Vocabulary(np.arange(1, dtype=np.uint64), np.ones(1, np.float32))
    rows = as_sparse(["x"] * 30, SPEC, vocabulary)
    targets = np.tile(np.eye(3, dtype=np.float32), (10, 1))
    weights, losses = fit_weights(rows, targets, 1, SETTINGS, 1, vectors=targets)
    blind, blind_losses = fit_weights(rows, targets, 1, SETTINGS, 1)
    assert weights["vector_in"].shape == (3, 3) and (weights["vector_in"].argmax(axis=1) == [0, 1, 2]).all()
    assert "vector_in" not in blind and losses[-1] < 0.5 * blind_losses[-1]
    again, _ = fit_weights(rows, targets, 1, SETTINGS, 1, vectors=targets)
    assert all(np.array_equal(again[name], weights[name]) for name in weights)


def test_rows_with_vectors_make_a_model_that_reads_them() -> None:
    settings = classifier_settings(section(TrainSection, epochs=4, min_steps=60, dims=2, batch_size=16))
    texts, intents = ["ab", "cd", "ef"] * 4, ["a", "b", "c"] * 4
    rows = LabelledRows(texts, intents, np.tile(np.eye(3, dtype=np.float32), (4, 1)), encoder="d2")
    taken = rows.take(np.array([2, 0]))
    assert taken.encoder == "d2" and taken.vectors is not None and taken.vectors[0, 2] == 1.0
    made = AugmentedExample("abab", "a", ("ab",))
    model = fit_network(rows, LABELS, settings, 1, [made])
    assert (model.encoder, model.vector_dims) == ("d2", 3)
    assert logits(model, ["ab", "zz"], np.eye(3, dtype=np.float32)[:2]).argmax(axis=1).tolist() == [0, 1]
    alone = fit_network(LabelledRows(texts, intents), LABELS, settings, 1, [made])
    assert (alone.encoder, alone.vector_dims) == ("", 0)
