"""How exactly vectors are kept: all of float32, or half or a quarter of its bytes."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Precision = Literal["float32", "float16", "int8"]
Vectors = NDArray[np.float32]

_SCALE = 4  # bytes before the numbers of an int8 vector: its largest number, as `<f4`


def pack_vectors(vectors: Vectors, precision: Precision) -> NDArray[np.uint8]:
    """float32 (n, d) -> bytes (n, width): `<f4`, `<f2`, or for int8 `<f4` largest number and d steps of a 127th."""
    if precision != "int8":
        kind = "<f4" if precision == "float32" else "<f2"
        packed = np.ascontiguousarray(vectors, kind)
        return packed.view(np.uint8).reshape(len(vectors), vectors.shape[1] * packed.itemsize)
    most = np.abs(vectors).max(axis=1, initial=0.0).astype("<f4")
    steps = np.rint(vectors * (127.0 / np.maximum(most, 1e-30))[:, None]).astype(np.int8)
    scale = most.view(np.uint8).reshape(len(vectors), _SCALE)
    return np.concatenate([scale, steps.view(np.uint8)], axis=1)


def unpack_vectors(packed: NDArray[np.uint8], precision: Precision) -> Vectors:
    """The inverse of `pack_vectors`: float32 (n, d); what was rounded has length 1 again (zeros stay).

    Raises:
        ValueError: the bytes are not those of whole vectors.
    """
    packed = np.ascontiguousarray(packed)
    if precision == "float32":
        returned: Vectors = packed.view("<f4").astype(np.float32, copy=False)
        return returned
    if precision == "float16":
        rounded = packed.view("<f2").astype(np.float32)
    else:
        scale = np.ascontiguousarray(packed[:, :_SCALE]).view("<f4").astype(np.float32)
        rounded = np.ascontiguousarray(packed[:, _SCALE:]).view(np.int8) * (scale / np.float32(127.0))
    length = np.sqrt(np.einsum("nd,nd->n", rounded, rounded))
    unit: Vectors = rounded / np.where(length > 0, length, 1.0).astype(np.float32)[:, None]
    return unit
