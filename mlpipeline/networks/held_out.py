"""What networks said of rows that they did not learn: evaluation judges it. What a model says: exports are compared."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from mlpipeline.errors import StageError

NEVER = -1
"""The fold of a row that no network learnt without it: all learn it, or it is of the fixed test set and none does."""
_TEXTS = ("content_id", "intent", "split")


@dataclass(frozen=True)
class HeldOut:
    """n judged rows of one bot.

    `content_id`, `intent`, `split`: unicode (n,). `fold`: int32 (n,), in which the row was held out; -1 for a row of
    the fixed test set, which the model itself was asked. `logits`: float32 (n, k), of the k `labels`, unicode (k,).
    """

    content_id: np.ndarray
    intent: np.ndarray
    split: np.ndarray
    fold: np.ndarray
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
            fold=self.fold.astype("<i4"),
            logits=self.logits.astype("<f4"),
            labels=self.labels.astype(str),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> HeldOut:
        """Reads what `to_bytes` wrote. Raises StageError for what an older version of mlpipeline wrote."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if "fold" not in arrays:
                raise StageError("an older version of mlpipeline trained the model", fix="run it from `train` on")
            return cls(*(arrays[name] for name in (*_TEXTS, "fold", "logits", "labels")))

    def where(self, chosen: np.ndarray) -> HeldOut:
        """The rows at which `chosen`, bool (n,), is true."""
        rows = (self.content_id, self.intent, self.split, self.fold, self.logits)
        return HeldOut(*[*(array[chosen] for array in rows), self.labels])


@dataclass(frozen=True)
class ParitySample:
    """What a model says of n texts: `logits`, float32 (n, k).

    `ids`: their feature ids, int32 (n, max_ids). `vectors`: float32 (n, d), where the model reads them; else None.
    """

    ids: np.ndarray
    logits: np.ndarray
    vectors: np.ndarray | None = None

    def to_bytes(self) -> bytes:
        """The arrays as npz, without pickle; equal rows give equal bytes."""
        buffer = io.BytesIO()
        arrays = {"ids": self.ids.astype("<i4"), "logits": self.logits.astype("<f4")}
        if self.vectors is not None:
            arrays["vectors"] = self.vectors.astype("<f4")
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()
