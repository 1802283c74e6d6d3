"""Several encoders as one: their vectors side by side, each with its share of the length."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlpipeline.cluster.device import CPU, Device
from mlpipeline.networks import arrays
from mlpipeline.networks.encoders.contract import Encoder, Vectors, unit


@dataclass(frozen=True)
class JoinedEncoder:
    """The cosine of two joined vectors is the mean of the cosines of the parts, where all parts know both texts."""

    encoders: tuple[Encoder, ...]

    @property
    def name(self) -> str:
        """As the recipe names it: `use+ngram-lsa`."""
        return "+".join(part.name for part in self.encoders)

    @property
    def dims(self) -> int:
        """Length of a vector."""
        return sum(part.dims for part in self.encoders)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over the digests of the parts."""
        return hashlib.sha256(" ".join(part.digest for part in self.encoders).encode()).hexdigest()

    @property
    def device(self) -> Device:
        """The GPU where a part computes on one; else what the first part says."""
        devices = [part.device for part in self.encoders]
        return next((one for one in devices if one.number is not None), devices[0] if devices else CPU)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Texts -> float32 (n, dims), rows of unit length; zeros where no part knows anything of a text."""
        return unit(np.concatenate([part.encode(texts) for part in self.encoders], axis=1))

    def to_bytes(self) -> bytes | None:
        """The bytes of the parts in one archive; None when one of them has none."""
        held: dict[str, np.ndarray] = {}
        for place, part in enumerate(self.encoders):
            data = part.to_bytes()
            if data is None:
                return None
            held[f"part_{place}"] = np.frombuffer(data, np.uint8)
        return arrays.pack(held, {"format": 1, "kind": "joined"})
