"""What networks said of rows that they did not learn: evaluation judges it. What a model says: exports are compared."""

from __future__ import annotations

import io
from dataclasses import dataclass, fields, replace

import numpy as np

from mlpipeline.errors import StageError

NEVER = -1
"""The fold of a row that no network learnt without it: all learn it, or it is of the fixed test set and none does."""
_OF_ROWS = ("content_id", "intent", "split", "fold", "logits", "knownness")


@dataclass(frozen=True)
class HeldOut:
    """n judged rows of one bot.

    `content_id`, `intent`, `split`: unicode (n,). `fold`: int32 (n,), in which the row was held out; -1 for a row of
    the fixed test set, which the model itself was asked. `logits`: float32 (n, k), of the k `labels`, unicode (k,).
    `knownness`: float32 (n,), what a row's probabilities are multiplied by. `nonsense`: unicode (m,), the kind of each
    text that is no bot's business, and `nonsense_score`, float32 (m,), what the model says of it.
    """

    content_id: np.ndarray
    intent: np.ndarray
    split: np.ndarray
    fold: np.ndarray
    logits: np.ndarray
    labels: np.ndarray
    knownness: np.ndarray
    nonsense: np.ndarray
    nonsense_score: np.ndarray

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
            knownness=self.knownness.astype("<f4"),
            nonsense=self.nonsense.astype(str),
            nonsense_score=self.nonsense_score.astype("<f4"),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> HeldOut:
        """Reads what `to_bytes` wrote. Raises StageError for what an older version of mlpipeline wrote."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if "knownness" not in arrays:
                raise StageError("an older version of mlpipeline trained the model", fix="run it from `train` on")
            return cls(**{field.name: arrays[field.name] for field in fields(cls)})

    def where(self, chosen: np.ndarray) -> HeldOut:
        """The rows at which `chosen`, bool (n,), is true."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in _OF_ROWS})


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
