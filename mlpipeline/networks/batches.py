"""Texts through an encoder: shortest first, in batches of like length, and a text that breaks it costs itself alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mlpipeline.errors import MLPipelineError, StageError

Vectors = NDArray[np.float32]

_QUOTED = 200  # characters of an error that are kept


class Encodes(Protocol):
    """What is asked of an encoder here."""

    @property
    def dims(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Texts -> float32 (n, dims)."""


class Encoded(NamedTuple):
    """`vectors` float32 (n, dims) in the order of the texts, zeros for those in `errors`: place -> why."""

    vectors: Vectors
    errors: dict[int, str]


def encode_texts(encoder: Encodes, texts: Sequence[str], *, rows: int, chars: int) -> Encoded:
    """The vectors of texts, in their order.

    A batch that fails is halved until the text that breaks the encoder stands alone; what ran out of memory goes on in
    smaller batches.

    Args:
        encoder: makes them.
        texts: of any length; none has to be there.
        rows: texts in one call of the encoder, at most.
        chars: characters in one call, at most, each text counted as long as the longest beside it; a longer text goes
            alone.

    Raises:
        StageError: the vectors have another shape than the encoder says, or it fails on each of several texts.
    """
    result, errors = np.zeros((len(texts), encoder.dims), np.float32), dict[int, str]()
    order = sorted(range(len(texts)), key=lambda place: (len(texts[place]), texts[place]))
    for batch in batches_of([len(texts[place]) for place in order], rows, chars):
        _encode(encoder, texts, order[batch], result, errors)
    if len(errors) == len(texts) > 1:
        why = errors[order[0]]
        raise StageError(f"the encoder fails on every text: {why}", fix="look at what embed.encoder names")
    return Encoded(result, errors)


def batches_of(lengths: Sequence[int], rows: int, chars: int) -> Iterator[slice]:
    """Slices of ascending lengths: at most `rows` of them, and at most `chars` when all are as long as the last."""
    start = 0
    for place, length in enumerate(lengths):
        if place > start and (place - start >= rows or (place - start + 1) * length > chars):
            yield slice(start, place)
            start = place
    if start < len(lengths):
        yield slice(start, len(lengths))


def _encode(
    encoder: Encodes, texts: Sequence[str], places: Sequence[int], result: Vectors, errors: dict[int, str]
) -> None:
    try:
        made = np.asarray(encoder.encode([texts[place] for place in places]), np.float32)
    except MLPipelineError:
        raise  # not a text's fault
    except Exception as error:  # each library has its own kinds
        if len(places) == 1:
            errors[places[0]] = f"{type(error).__name__}: {' '.join(str(error).split())}"[:_QUOTED]
            return
        half = len(places) // 2
        for part in (places[:half], places[half:]):
            _encode(encoder, texts, part, result, errors)
        return
    if made.shape != (len(places), encoder.dims):
        what = f"the encoder gave {made.shape}, not {(len(places), encoder.dims)}"
        raise StageError(what, fix="look at what embed.encoder names")
    finite = np.isfinite(made).all(axis=1)
    for place in np.asarray(places)[~finite].tolist():
        errors[place] = "the encoder gave NaN or infinity"
    result[np.asarray(places)[finite]] = made[finite]
