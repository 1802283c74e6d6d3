"""What each n-gram adds: the parts add up to the logits of the exported core, and stand where they were read."""

from __future__ import annotations

import numpy as np
import pytest

from mlpipeline.networks.attribution import contributions, read_weights
from mlpipeline.networks.classifier import TrainedModel
from mlpipeline.networks.features import FeatureSpec, as_ids, fit_vocabulary, hash_ngrams
from mlpipeline.networks.ngram_spans import ngram_spans
from mlpipeline.networks.onnx_core import onnx_core

TEXTS = ["play some music", "음악 틀어줘", "明日の天気は?", "เปิดเพลงหน่อย", "", " ", "a", "no, no! no", "e\u0301 x"]
SPECS = [FeatureSpec(), FeatureSpec((2, 3), (0, 0)), FeatureSpec((0, 0), (1, 3)), FeatureSpec(cross_words=True)]


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_the_ngrams_are_those_that_the_network_reads(spec: FeatureSpec):
    for text in TEXTS:
        spans = ngram_spans(text, spec)
        assert sorted(spans.hashes.tolist()) == sorted(hash_ngrams([text], spec)[0].tolist()), text
        assert ((spans.start < spans.stop) & (spans.stop <= len(text))).all()


def test_an_ngram_stands_where_it_was_read():
    text = "ab, cd ab"
    spans = ngram_spans(text, FeatureSpec((2, 2), (1, 1)))
    alone = ngram_spans("ab", FeatureSpec((2, 2), (1, 1)))
    (word,) = [h for h, n in zip(alone.hashes, alone.stop - alone.start, strict=True) if n == 2][-1:]
    found = [text[a:b] for h, a, b in zip(spans.hashes, spans.start, spans.stop, strict=True) if h == word]
    assert found == ["ab", "ab"]
    pieces = {text[a:b].strip() for a, b in zip(spans.start.tolist(), spans.stop.tolist(), strict=True)}
    assert pieces == {"ab", "cd", "a", "b", "c", "d", "b,", ","}
    assert set(spans.letters.tolist()) == {1, 2}


def make_model(random: np.random.Generator, texts: list[str]) -> TrainedModel:
    spec, dims = FeatureSpec(), 4
    vocabulary = fit_vocabulary(texts, spec, 1)
    shapes = {"table": (len(vocabulary) + 1, 3 + dims), "out": (dims, 3), "bias": (3,)}
    weights = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    weights["table"][0] = 0.0
    return TrainedModel(["a", "b", "c"], spec, vocabulary, weights)


def test_parts_and_bias_add_up_to_the_logits_of_the_exported_core():
    from mlpipeline.networks.runtime import open_core

    texts = [text for text in TEXTS if text.strip()]
    model = make_model(np.random.default_rng(5), texts)
    core = onnx_core(model, 17)
    weights = read_weights(core, 3)
    assert weights is not None
    session = open_core(core)
    for text in [*texts, "music 음악", "zzzz"]:
        ids = as_ids([text], model.spec, model.vocabulary)
        (logits,) = session.run(None, {"ids": ids})[0]
        parts, bias = contributions(weights, ids[ids > 0])
        assert parts.sum(axis=0) + bias == pytest.approx(logits, abs=1e-4), text


def test_a_core_of_another_shape_has_no_weights_to_read():
    model = make_model(np.random.default_rng(5), ["a b"])
    assert read_weights(onnx_core(model, 17), 9) is None
