"""An encoder by its name in the recipe, or by the bytes that travel with vectors and bundles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mlpipeline.networks.encoders.contract import Encoder
from mlpipeline.networks.encoders.folder import load_folder
from mlpipeline.networks.encoders.ngram_lsa import NgramEncoder

TRAINED_HERE = "ngram-lsa"


def make_encoder(name: str, texts: Sequence[str], train: Callable[[Sequence[str]], NgramEncoder]) -> Encoder:
    """The encoder that the recipe names; whatever of it is trained here learns from these texts.

    Args:
        name: `embed.encoder` of the recipe.
        texts: normalised texts of one language.
        train: `fit_ngram_encoder` with the recipe's settings.

    Raises:
        SetupError: see `load_folder`.
        StageError: there is no text to learn from.
    """
    return train(texts) if name == TRAINED_HERE else load_folder(Path(name))


def open_encoder(name: str, payload: bytes | None) -> Encoder:
    """The encoder that was made under this name; `payload` is what its `to_bytes` gave.

    Raises:
        SetupError: see `load_folder`.
        ValueError: other bytes.
    """
    return load_folder(Path(name)) if payload is None else from_bytes(payload)


def from_bytes(payload: bytes) -> Encoder:
    """The inverse of `to_bytes`; raises ValueError for other bytes."""
    return NgramEncoder.from_bytes(payload)
