"""What decides a vector that is kept, and how its numbers lie in a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Row

from mlpipeline.networks.precision import Precision, unpack_vectors
from mlpipeline.store.code import CodeReader
from mlpipeline.store.fingerprint import digest, library_versions

if TYPE_CHECKING:
    from mlpipeline.recipe.model_fields import EmbedSection

LIBRARIES = ("numpy", "scipy", "sentencepiece")
FOLDER_LIBRARIES = ("onnxruntime", "tokenizers", "sentence-transformers", "torch")
_ENCODERS = ("networks.encoders.*", "networks.precision")


@dataclass(frozen=True)
class EmbedSettings:
    """What embedding receives of the recipe."""

    embed: EmbedSection


def maker_of(encoder: Row | Mapping[str, object], rules: EmbedSection) -> str:
    """16 hex characters of all that decides a vector besides its text: what has another one is encoded again."""
    libraries = LIBRARIES if encoder["payload"] is not None else LIBRARIES + FOLDER_LIBRARIES
    code = CodeReader().code_digest(_ENCODERS, ("errors",))
    return digest([encoder["encoder"], code, dict(library_versions(libraries)), rules.precision])


def as_binary(packed: np.ndarray) -> pa.BinaryArray:
    """Bytes (n, width) as n cells; one buffer for all of them: no Python object a row."""
    rows, width = packed.shape
    offsets = pa.py_buffer(np.arange(rows + 1, dtype=np.int32) * np.int32(width))
    return pa.BinaryArray.from_buffers(pa.binary(), rows, [None, offsets, pa.py_buffer(np.ascontiguousarray(packed))])


def as_float32_cells(cells: pa.Array, precision: Precision) -> pa.Array:
    """Vectors as they are kept -> cells of `<f4` bytes; null stays null."""
    if precision == "float32":
        return cells
    places = pc.indices_nonzero(pc.is_valid(cells)).to_numpy()
    packed = [np.frombuffer(cell, np.uint8) for cell in cells.to_pylist() if cell is not None]
    found = np.full(len(cells), None, object)
    if packed:
        vectors = unpack_vectors(np.stack(packed), precision)
        found[places] = [vector.tobytes() for vector in vectors.astype("<f4")]
    return pa.array(found.tolist(), pa.binary())
