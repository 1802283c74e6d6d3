"""An encoder by its name in the recipe, or by the bytes that travel with vectors and bundles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlpipeline.cluster.device import CPU, Device
from mlpipeline.errors import SetupError
from mlpipeline.networks import arrays
from mlpipeline.networks.encoders.contract import Encoder
from mlpipeline.networks.encoders.folder_address import open_address
from mlpipeline.networks.encoders.joined import JoinedEncoder
from mlpipeline.networks.encoders.ngram_lsa import NgramEncoder
from mlpipeline.networks.encoders.use_encoder import open_use
from mlpipeline.networks.encoders.use_fitted import NAME, fit_on_intents, fitted_from
from mlpipeline.networks.encoders.use_on_gpu import open_use_on

USE, NGRAM_LSA, USE_AND_NGRAM_LSA, USE_FITTED = "use", "ngram-lsa", "use+ngram-lsa", NAME


@dataclass(frozen=True)
class Corpus:
    """What an encoder may learn from: normalised texts of one language, and those of training rows with intents.

    `labelled` and `intents` have equal lengths; they are read for `use-fitted` only.
    """

    texts: Sequence[str]
    labelled: Sequence[str] = ()
    intents: Sequence[str] = ()


def make_encoder(name: str, corpus: Corpus, train: Callable[[Sequence[str]], NgramEncoder]) -> Encoder:
    """The encoder that the recipe names; whatever of it is trained here learns from the corpus.

    Args:
        name: `embed.encoder` of the recipe.
        corpus: of one language.
        train: `fit_ngram_encoder` with the recipe's settings.

    Raises:
        SetupError: see `open_address` and `open_use`.
        StageError: there is no text to learn from.
    """
    if name == USE:
        return open_use()
    if name == NGRAM_LSA:
        return train(corpus.texts)
    if name == USE_AND_NGRAM_LSA:
        return JoinedEncoder((open_use(), train(corpus.texts)))
    if name == USE_FITTED:
        return fit_on_intents(open_use(), corpus.labelled, corpus.intents)
    return open_address(name)


def uses_gpu(name: str) -> bool:
    """Whether the encoder of this name would use a GPU: what is trained here is sums of n-grams, for the CPU."""
    return name != NGRAM_LSA


def open_encoder(name: str, payload: bytes | None, device: Device = CPU) -> Encoder:
    """The encoder that was made under this name.

    Args:
        name: `embed.encoder` of the recipe.
        payload: what its `to_bytes` gave.
        device: what it is to compute on; where it cannot, its own `device` says why.

    Raises:
        SetupError: see `open_address` and `open_use`.
        ValueError: other bytes.
    """
    return open_address(name, device) if payload is None else from_bytes(payload, device)


def from_bytes(payload: bytes, device: Device = CPU) -> Encoder:
    """The inverse of `to_bytes`.

    Raises:
        SetupError: it needs `use`, which this machine does not have, or has another release of.
        ValueError: other bytes.
    """
    content, meta = arrays.unpack(payload)
    kind = meta.get("kind")
    if kind == "joined":
        return JoinedEncoder(tuple(from_bytes(content[name].tobytes(), device) for name in sorted(content)))
    if kind not in (USE, USE_FITTED):
        return NgramEncoder.from_bytes(payload)
    encoder = open_use()
    if meta.get("digest") != encoder.digest:
        what = "the vectors were made by another release of the encoder `use`"
        raise SetupError(what, where="embed.encoder", fix="run again with this version of mlpipeline")
    opened = open_use_on(encoder, device)
    return fitted_from(content, opened) if kind == USE_FITTED else opened
