"""A bot whose network reads vectors: they are made once a message, with one encoder for all bots of a process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlpipeline.errors import SetupError, StoreError
from mlpipeline.networks.arrays import pack
from mlpipeline.networks.classifier import TrainedModel, logits
from mlpipeline.networks.encoders import opening
from mlpipeline.networks.encoders.ngram_lsa import NgramEncoder
from mlpipeline.networks.features import FeatureSpec, Vocabulary
from mlpipeline.networks.onnx_core import onnx_core
from mlpipeline.serving.answer import Answerer
from mlpipeline.serving.bundle import load_bundle, write_bundle
from mlpipeline.serving.choose import ANSWER
from mlpipeline.store.bundles.content import BundleContents

pytestmark = pytest.mark.slow

Reading = tuple[BundleContents, TrainedModel]


@pytest.fixture
def encoder(contents: BundleContents) -> NgramEncoder:
    assert contents.encoder is not None
    return NgramEncoder.from_bytes(contents.encoder)


@pytest.fixture
def reading(contents: BundleContents, encoder: NgramEncoder) -> Reading:
    """The small bot with a network that knows nothing of its n-grams: an intent is the mean of its questions."""
    assert contents.vectors is not None and contents.vector_intents is not None
    keys, labels = contents.vocabulary, list(contents.labels)
    means = [contents.vectors[contents.vector_intents == place].mean(axis=0) for place in range(len(labels))]
    weights = {
        "table": np.zeros((len(keys["keys"]) + 1, len(labels) + 1), np.float32),
        "out": np.zeros((1, len(labels)), np.float32),
        "bias": np.zeros(len(labels), np.float32),
        "vector_in": 20.0 * np.stack(means, axis=1).astype(np.float32),
    }
    vocabulary = Vocabulary(keys["keys"], keys["idf"])
    spec = FeatureSpec.from_dict(dict(contents.features))
    model = TrainedModel(labels, spec, vocabulary, weights, encoder=encoder.digest)
    features = {**contents.features, "vector": {"encoder": model.encoder, "dims": model.vector_dims}}
    return replace(contents, features=features, onnx=onnx_core(model, 17)), model


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The texts of each call of an encoder."""
    calls: list[list[str]] = []
    real = NgramEncoder.encode

    def encode(self: NgramEncoder, texts: Sequence[str]) -> np.ndarray:
        calls.append(list(texts))
        return real(self, texts)

    monkeypatch.setattr(NgramEncoder, "encode", encode)
    return calls


@pytest.mark.parametrize("nearest", [3, 0])
def test_it_answers_as_its_trainer_and_encodes_a_message_once(
    reading: Reading,
    encoder: NgramEncoder,
    told: list[list[str]],
    folder: Path,
    nearest: int,
) -> None:
    contents, model = reading
    write_bundle(folder, contents)
    texts = list(contents.questions)
    answers = Answerer(load_bundle(folder), nearest=nearest).answer(texts)
    assert told == [texts]
    wanted = logits(model, texts, encoder.encode(texts)).argmax(axis=1)
    assert [answer.intent for answer in answers] == [model.labels[place] for place in wanted]
    assert sum(answer.zone == ANSWER for answer in answers) > 3
    assert all(len(answer.nearest) == nearest for answer in answers)


def test_bots_of_a_process_share_one_encoder(reading: Reading, told: list[list[str]], tmp_path: Path) -> None:
    contents, _ = reading
    for name in ("shop", "bank"):
        write_bundle(tmp_path / name, replace(contents, domain=name))
    first, second = (load_bundle(tmp_path / name) for name in ("shop", "bank"))
    assert first.encoder is second.encoder and not told


def test_without_the_weights_it_cannot_answer_and_says_what_to_do(
    reading: Reading, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise SetupError("the encoder `use` is not installed", where="embed.encoder", fix="pip install it")

    monkeypatch.setattr(opening, "open_use", missing)
    contents, _ = reading
    write_bundle(folder, replace(contents, encoder=pack({}, {"format": 1, "kind": "use", "digest": "d"})))
    answerer = Answerer(load_bundle(folder), nearest=0)
    with pytest.raises(SetupError, match=r"the network of shop/ko reads vectors .* is not installed.*pip install it"):
        answerer.answer(["배송비가 얼마인가요"])


@pytest.mark.parametrize(
    "vector", [{"encoder": "another", "dims": 6}, {"encoder": 3, "dims": "x"}, {"encoder": "d", "size": 6}, "use", None]
)
def test_a_bundle_whose_parts_do_not_fit_is_told_by_its_file(reading: Reading, folder: Path, vector: object) -> None:
    contents, _ = reading
    write_bundle(folder, replace(contents, features={**contents.features, "vector": vector}))
    with pytest.raises(StoreError, match=r"encoder\.npz|features\.json"):
        Answerer(load_bundle(folder)).answer(["배송비가 얼마인가요"])


def test_a_bundle_that_lacks_the_encoder_is_damaged(reading: Reading, folder: Path) -> None:
    contents, _ = reading
    bare = replace(contents, encoder=None, vectors=None, vector_intents=None, questions=())
    write_bundle(folder, bare)
    with pytest.raises(StoreError, match=r"no file encoder\.npz"):
        Answerer(load_bundle(folder)).answer(["배송비가 얼마인가요"])
