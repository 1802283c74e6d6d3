"""Does an exported model say what the trainer said? Run in a process of its own, because runtimes can crash.

    python -m mlpipeline.stages.export.parity onnx|saved_model FOLDER HELD_OUT.npz

HELD_OUT.npz holds `ids` int32 (n, max_ids), `logits` float32 (n, k) of the trainer and `temperature`. One line of
JSON on stdout: rows, max_probability_difference, changed_decisions.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from mlpipeline.networks.calibrate import softmax

_ROWS = 256


def onnx_logits(folder: Path, ids: np.ndarray) -> np.ndarray:
    """Logits float32 (n, k) of `model.onnx` by onnxruntime on one thread, after onnx's own full check."""
    import onnx
    import onnxruntime

    onnx.checker.check_model(str(folder / "model.onnx"), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    made = [session.run(None, {name: ids[start : start + _ROWS]})[0] for start in range(0, len(ids), _ROWS)]
    return np.concatenate(made)


def saved_model_logits(folder: Path, ids: np.ndarray) -> np.ndarray:
    """Logits float32 (n, k) of a SavedModel's serving signature, loaded without Keras."""
    import tensorflow as tf

    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    name = next(iter(serve.structured_input_signature[1]))
    made = [
        next(iter(serve(**{name: tf.constant(ids[start : start + _ROWS])}).values())).numpy()
        for start in range(0, len(ids), _ROWS)
    ]
    return np.concatenate(made)


RUNTIMES = {"onnx": onnx_logits, "saved_model": saved_model_logits}


def compare(wanted: np.ndarray, found: np.ndarray, temperature: float) -> dict[str, float | int]:
    """Largest difference of a calibrated probability, and how many rows have another best intent."""
    left, right = softmax(wanted / temperature), softmax(found / temperature)
    return {
        "rows": len(wanted),
        "max_probability_difference": float(np.abs(left - right).max(initial=0.0)),
        "changed_decisions": int((wanted.argmax(axis=1) != found.argmax(axis=1)).sum()) if len(wanted) else 0,
    }


def main(arguments: list[str]) -> int:
    """Compares one exported model with the trainer's logits; exits 0 when it could be compared."""
    target, folder, held_out = arguments
    with np.load(held_out, allow_pickle=False) as arrays:
        ids, logits, temperature = arrays["ids"], arrays["logits"], float(arrays["temperature"])
    # A model must run even when the bot has no held-out row: one row of padding then stands for them.
    asked = ids if len(ids) else np.zeros((1, ids.shape[1]), np.int32)
    found = RUNTIMES[target](Path(folder), asked.astype(np.int32))
    print(json.dumps(compare(logits, found[: len(logits)], temperature)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
