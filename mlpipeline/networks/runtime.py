"""The exported core as it is served: onnxruntime on one thread of the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_ROWS = 256
_NUMBERS = 1 << 22  # that a runtime holds at a time: rows x n-grams of a text x the model's width, 16 MB


def open_core(model: bytes | Path) -> InferenceSession:
    """A session for an ONNX core: ids int32 (n, max_ids) -> logits float32 (n, k).

    Raises:
        Exception: one of onnxruntime's own classes when the graph cannot be loaded.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def blocks(ids: np.ndarray, width: int) -> list[np.ndarray]:
    """Rows that are asked together: fewer of a model of very many intents, which gathers `width` numbers an n-gram.

    Args:
        ids: int32 (n, max_ids).
        width: numbers that the model holds for an n-gram, about.
    """
    step = min(_ROWS, max(_NUMBERS // max(ids.shape[1] * width, 1), 1))
    return [ids[start : start + step] for start in range(0, len(ids), step)]


def core_logits(session: InferenceSession, ids: np.ndarray, width: int) -> np.ndarray:
    """Logits float32 (n, k) of a core, for ids and width as `blocks` takes them."""
    name = session.get_inputs()[0].name
    made = [session.run(None, {name: block})[0] for block in blocks(ids, width)]
    return np.concatenate(made) if made else np.zeros((0, width), np.float32)
