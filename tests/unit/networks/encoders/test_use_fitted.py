"""A map behind `use`: rows of an intent come together, a text has one vector in any batch, and it travels in bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from mlpipeline.cluster.device import CPU
from mlpipeline.networks import arrays
from mlpipeline.networks.encoders import opening
from mlpipeline.networks.encoders.contract import Vectors, unit
from mlpipeline.networks.encoders.use_fitted import FittedEncoder, fit_on_intents

INTENTS = [f"intent {number % 6}" for number in range(240)]
TEXTS = [f"{intent}, said in way {number}" for number, intent in enumerate(INTENTS)]
_CENTRES = np.random.default_rng(0).normal(size=(6, 24)).astype(np.float32)


class Base:
    """Vectors that tell intents apart in a few of their numbers only; the others are as large."""

    name, dims, digest, device = "use", 24, "of the base", CPU

    def encode(self, texts: Sequence[str]) -> Vectors:
        """A little of the intent's own centre, the rest from the text alone."""
        made = [
            _CENTRES[int(text.split(",")[0][-1])] + 3 * np.random.default_rng(len(text) + hash_of(text)).normal(size=24)
            for text in texts
        ]
        return unit(np.array(made, np.float32).reshape(-1, 24))

    def to_bytes(self) -> bytes | None:
        """Not asked for."""
        return None


def hash_of(text: str) -> int:
    return sum(ord(letter) * place for place, letter in enumerate(text))


def accuracy(encoder: Any, known: slice, asked: slice) -> float:
    """Share of texts whose nearest labelled one has their intent."""
    near = (encoder.encode(TEXTS[asked]) @ encoder.encode(TEXTS[known]).T).argmax(axis=1)
    return float(np.mean([INTENTS[known][place] == wanted for place, wanted in zip(near, INTENTS[asked], strict=True)]))


def test_texts_it_never_saw_lie_nearer_to_their_own_intent() -> None:
    known, asked = slice(0, 160), slice(160, 240)
    fitted = fit_on_intents(Base(), TEXTS[known], INTENTS[known])
    assert (fitted.name, fitted.dims, fitted.device) == ("use-fitted", 24, CPU)
    assert accuracy(fitted, known, asked) > accuracy(Base(), known, asked) + 0.05
    np.testing.assert_allclose(np.linalg.norm(fitted.encode(TEXTS), axis=1), 1.0, atol=1e-5)


def test_a_text_has_the_same_vector_alone_and_in_any_batch() -> None:
    fitted = fit_on_intents(Base(), TEXTS, INTENTS)
    together = fitted.encode(TEXTS[:40])
    for text, vector in zip(TEXTS[:40], together, strict=True):
        assert fitted.encode([text])[0].tobytes() == vector.tobytes()
    assert fitted.encode([]).shape == (0, 24)


@pytest.mark.parametrize("intents", [[], ["one"] * 3])
def test_without_two_intents_it_is_what_lies_below(intents: list[str]) -> None:
    fitted = fit_on_intents(Base(), TEXTS[: len(intents)], intents)
    np.testing.assert_allclose(fitted.encode(TEXTS), Base().encode(TEXTS), atol=1e-6)


def test_it_travels_in_bytes_and_what_is_damaged_is_no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    base = Base()
    monkeypatch.setattr(opening, "open_use", lambda: base)
    monkeypatch.setattr(opening, "open_use_on", lambda encoder, device: encoder)
    corpus = opening.Corpus((), TEXTS, INTENTS)
    fitted = opening.make_encoder("use-fitted", corpus, lambda texts: pytest.fail("nothing of n-grams is trained"))
    payload = fitted.to_bytes()
    assert payload is not None
    again = opening.from_bytes(payload)
    assert again.digest == fitted.digest and np.array_equal(again.encode(TEXTS), fitted.encode(TEXTS))
    assert fitted.digest != fit_on_intents(base, TEXTS[:100], INTENTS[:100]).digest
    for matrix in (np.full((24, 24), np.nan, np.float16), np.eye(3, dtype=np.float16)):
        broken = arrays.pack({"matrix": matrix}, {"format": 1, "kind": "use-fitted", "digest": base.digest})
        with pytest.raises(ValueError, match="not an encoder"):
            opening.from_bytes(broken)
    assert isinstance(again, FittedEncoder)
