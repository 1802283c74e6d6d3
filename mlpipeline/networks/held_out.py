"""What a trainer said of the rows that it did not learn from: exports are compared with it, evaluation judges it."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from mlpipeline.errors import StageError

_TEXTS = ("content_id", "intent", "split")


@dataclass(frozen=True)
class HeldOut:
    """n validation and test rows of one bot.

    `content_id`, `intent`, `split`: unicode (n,). `ids`: feature ids, int32 (n, max_ids). `logits`: float32 (n, k), of
    the k `labels`, unicode (k,).
    """

    content_id: np.ndarray
    intent: np.ndarray
    split: np.ndarray
    ids: np.ndarray
    logits: np.ndarray
    labels: np.ndarray

    def to_bytes(self) -> bytes:
        """The arrays as npz, without pickle; equal rows give equal bytes."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            content_id=self.content_id.astype(str),
            intent=self.intent.astype(str),
            split=self.split.astype(str),
            ids=self.ids.astype("<i4"),
            logits=self.logits.astype("<f4"),
            labels=self.labels.astype(str),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> HeldOut:
        """Reads what `to_bytes` wrote. Raises StageError for what an older version of mlpipeline wrote."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if "labels" not in arrays:
                raise StageError("an older version of mlpipeline trained the model", fix="run it from `train` on")
            return cls(*(arrays[name] for name in (*_TEXTS, "ids", "logits", "labels")))

    def where(self, split: str) -> HeldOut:
        """The rows of one split."""
        chosen = self.split == split
        rows = (self.content_id, self.intent, self.split, self.ids, self.logits)
        return HeldOut(*[*(array[chosen] for array in rows), self.labels])
