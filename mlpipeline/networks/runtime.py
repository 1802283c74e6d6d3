"""The exported core as it is served: onnxruntime on one thread of the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


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
