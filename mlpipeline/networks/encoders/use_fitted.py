"""The encoder `use` and a linear map behind it, fitted on labelled rows: texts of one intent move together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlpipeline.cluster.device import Device
from mlpipeline.networks import arrays
from mlpipeline.networks.encoders.contract import Encoder, Vectors, unit
from mlpipeline.networks.encoders.use_encoder import one_thread
from mlpipeline.networks.encoders.use_network import tiled_rows

NAME = "use-fitted"
_FORMAT = 1
_HELD_BACK = 1.0  # how strongly the map stays near none: .3, 1 and 3 were tried


@dataclass(frozen=True)
class FittedEncoder:
    """Vectors of `base`, multiplied by a matrix and made of unit length again.

    Attributes:
        base: whose vectors go in.
        matrix: float16 (dims, dims).
    """

    base: Encoder
    matrix: NDArray[np.float16]

    @property
    def name(self) -> str:
        """As the recipe names it."""
        return NAME

    @property
    def dims(self) -> int:
        """Length of a vector, that of `base`."""
        return self.base.dims

    @property
    def device(self) -> Device:
        """That of `base`; the map is computed on the CPU."""
        return self.base.device

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of `to_bytes`, which hold the digest of `base`."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @cached_property
    def _map(self) -> Vectors:
        return self.matrix.astype(np.float32)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Texts -> float32 (n, dims), rows of unit length; a text has the same vector alone and in any batch."""
        rows = np.zeros((tiled_rows(len(texts)), self.dims), np.float32)
        rows[: len(texts)] = self.base.encode(texts)
        with one_thread:
            mapped: Vectors = rows @ self._map
        return unit(mapped[: len(texts)])

    def to_bytes(self) -> bytes:
        """The matrix and the digest of `base`; half a megabyte."""
        return arrays.pack({"matrix": self.matrix}, {"format": _FORMAT, "kind": NAME, "digest": self.base.digest})


def fit_on_intents(base: Encoder, texts: Sequence[str], intents: Sequence[str]) -> FittedEncoder:
    """The encoder whose map takes each text towards the mean of its intent (ridge regression, in closed form).

    The map minimises the squared distance between mapped texts and the means of their intents, plus that between map
    and no map at all: what no row speaks of stays as `base` has it. Without two intents there is no map.

    Args:
        base: gives vectors of unit length.
        texts: normalised, n of them.
        intents: of each text; names of several bots are told apart by the caller.
    """
    names, codes = np.unique(np.asarray(intents, object).astype(str), return_inverse=True)
    if len(names) < 2:
        return FittedEncoder(base, np.eye(base.dims, dtype=np.float16))
    rows = base.encode(texts).astype(np.float64)
    means = np.zeros((len(names), base.dims))
    np.add.at(means, codes, rows)
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    near = _HELD_BACK * np.eye(base.dims)
    with one_thread:
        matrix = np.linalg.solve(rows.T @ rows + near, rows.T @ means[codes] + near)
    return FittedEncoder(base, matrix.astype(np.float16))


def fitted_from(content: dict[str, np.ndarray], base: Encoder) -> FittedEncoder:
    """The inverse of `to_bytes`, once the archive is read and `base` is open.

    Raises:
        ValueError: the matrix is missing or does not fit.
    """
    matrix = content.get("matrix")
    if matrix is None or matrix.shape != (base.dims, base.dims) or not np.isfinite(matrix).all():
        raise ValueError("not an encoder of this version of mlpipeline")
    return FittedEncoder(base, matrix.astype(np.float16))
