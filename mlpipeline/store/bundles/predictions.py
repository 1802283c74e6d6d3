"""The file beside a bundle with what was said of the bot's rows by networks that had not learnt them: ids, no texts."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
import pyarrow as pa

PREDICTIONS_FILE = "predictions.npz"


class ScoredIntent(NamedTuple):
    """What was said of a row: the intent that was predicted, and its score."""

    predicted: str
    score: float


Predictions = dict[tuple[str, str], ScoredIntent]  # by content id and intent


def pack_predictions(rows: pa.Table) -> bytes:
    """`content_id`, `intent`, `predicted` and `score` of PREDICTION as npz, without pickle, in order of the first two.

    Args:
        rows: of one bot.
    """
    rows = rows.sort_by([("content_id", "ascending"), ("intent", "ascending")])
    texts = {name: np.array(rows[name].to_pylist(), dtype=str) for name in ("content_id", "intent", "predicted")}
    names, codes = np.unique(np.concatenate([texts["intent"], texts["predicted"]]), return_inverse=True)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        content_id=texts["content_id"],
        intents=names.astype(str),
        intent=codes[: len(rows)].astype("<i4"),
        predicted=codes[len(rows) :].astype("<i4"),
        score=np.array(rows["score"].to_pylist(), "<f4"),
    )
    return buffer.getvalue()


def unpack_predictions(data: bytes) -> Predictions:
    """What `pack_predictions` packed. Raises ValueError for other bytes."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        names = arrays["intents"].tolist()
        columns = (arrays[name].tolist() for name in ("content_id", "intent", "predicted", "score"))
        return {
            (content, names[true]): ScoredIntent(names[guess], score)
            for content, true, guess, score in zip(*columns, strict=True)
        }
