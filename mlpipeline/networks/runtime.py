"""The exported core as it is served: onnxruntime on one thread of the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mlpipeline.networks.inputs import blocks

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def open_core(model: bytes | Path) -> InferenceSession:
    """A session for an ONNX core: ids int32 (n, max_ids) and, where it reads them, vectors float32 (n, d) -> logits.

    Raises:
        Exception: one of onnxruntime's own classes when the graph cannot be loaded.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def core_logits(session: InferenceSession, inputs: Mapping[str, np.ndarray], width: int) -> np.ndarray:
    """Logits float32 (n, k) of a core.

    Args:
        session: of `open_core`.
        inputs: as `core_inputs` gives them.
        width: numbers that the model holds for an n-gram, about.
    """
    made = [session.run(None, block)[0] for block in blocks(inputs, width)]
    return np.concatenate(made) if made else np.zeros((0, width), np.float32)
