"""What an encoder is: texts to vectors of unit length, under a name and a digest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mlpipeline.cluster.device import Device

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """What `embed` and the index of the nearest questions need of an encoder."""

    @property
    def name(self) -> str:
        """As the recipe names it in `embed.encoder`."""

    @property
    def dims(self) -> int:
        """Length of a vector."""

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of what makes the vectors: equal digests, equal vectors."""

    @property
    def device(self) -> Device:
        """What it computes on."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Normalised texts -> float32 (n, dims), rows of unit length (zeros for a text that says nothing to it)."""

    def to_bytes(self) -> bytes | None:
        """What `opening.from_bytes` makes it of elsewhere; None for one that lies in a folder of the recipe."""


def unit(vectors: Vectors) -> Vectors:
    """Rows (n, dims) divided by their lengths; a row of zeros stays one."""
    length = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    returned: Vectors = vectors / np.maximum(length, 1e-12)[:, None]
    return returned
