"""The encoder that is trained here: unit vectors, the same wherever and in whatever order they are made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import StageError
from mlpipeline.networks.encoders.ngram_lsa import NgramEncoder, fit_ngram_encoder

THINGS = ("song", "movie", "book")
WHEN = ("now", "tomorrow", "on monday", "please")
TEXTS = [f"{verb} the {thing} {when}" for verb in ("play", "stop", "find", "buy") for thing in THINGS for when in WHEN]
TEXTS += ["금요일에 깨워줘", "음악 틀어줘", "음악 꺼줘"]
ENCODER = fit_ngram_encoder(TEXTS, dims=16)


@given(st.lists(st.text(max_size=30) | st.sampled_from(TEXTS), max_size=12), st.integers(0, 2**32 - 1))
def test_a_text_has_the_same_vector_alone_and_in_any_batch(texts: list[str], seed: int) -> None:
    whole = ENCODER.encode(texts)
    assert whole.dtype == np.float32 and whole.shape == (len(texts), 16)
    order = np.random.default_rng(seed).permutation(len(texts))
    assert np.array_equal(ENCODER.encode([texts[place] for place in order]), whole[order])
    for place, text in enumerate(texts):
        assert ENCODER.encode([text])[0].tobytes() == whole[place].tobytes()
    lengths = np.linalg.norm(whole, axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-5) | (lengths == 0))


def test_neither_order_nor_repeats_nor_a_second_fit_change_the_encoder() -> None:
    again = fit_ngram_encoder([*TEXTS[::-1], *TEXTS[:5]], dims=16)
    assert again.to_bytes() == ENCODER.to_bytes() and again.digest == ENCODER.digest
    assert fit_ngram_encoder(TEXTS, dims=16, seed=1).dims == 16


def test_round_trip() -> None:
    again = NgramEncoder.from_bytes(ENCODER.to_bytes())
    assert again.digest == ENCODER.digest and again.dims == 16
    assert np.array_equal(again.encode(TEXTS), ENCODER.encode(TEXTS))
    with pytest.raises(ValueError):
        NgramEncoder.from_bytes(b"something else")


def test_near_texts_are_near() -> None:
    vectors = ENCODER.encode(["play the song now", "play a song now", "금요일에 깨워 줘", "금요일에 깨워줘"])
    near = vectors @ vectors.T
    assert near[0, 1] > 0.6 > near[0, 3] and near[2, 3] > 0.6


@pytest.mark.parametrize("texts", [["one text only"], ["a", "b"], ["", " "], ["", "👍"]])
def test_fewer_texts_than_dims(texts: list[str]) -> None:
    encoder = fit_ngram_encoder(texts, dims=128)
    vectors = encoder.encode([*texts, "never seen ☃"])
    assert vectors.shape == (len(texts) + 1, 128) and np.isfinite(vectors).all()
    for text, vector in zip(texts, vectors, strict=False):
        assert np.linalg.norm(vector) == pytest.approx(1.0 if text.strip() else 0.0, abs=1e-5)


def test_no_text_at_all_is_told() -> None:
    with pytest.raises(StageError, match="no text"):
        fit_ngram_encoder([])


def test_many_texts_are_sampled_by_their_content() -> None:
    one = fit_ngram_encoder(TEXTS, dims=4, max_rows=20)
    assert one.digest == fit_ngram_encoder(TEXTS[::-1], dims=4, max_rows=20).digest != ENCODER.digest


def test_a_very_long_text() -> None:
    assert np.linalg.norm(ENCODER.encode(["play the song " * 10_000])[0]) == pytest.approx(1.0, abs=1e-5)
