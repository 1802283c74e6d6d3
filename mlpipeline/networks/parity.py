"""Does an exported model say what the trainer said? Asked in a process of its own, because runtimes can crash."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from mlpipeline.errors import StageError
from mlpipeline.networks.apart import LARGE, run_apart
from mlpipeline.networks.calibrate import softmax
from mlpipeline.networks.inputs import blocks, core_inputs
from mlpipeline.networks.runtime import core_logits, open_core

Inputs = Mapping[str, np.ndarray]


def onnx_logits(folder: Path, inputs: Inputs, width: int) -> np.ndarray:
    """Logits float32 (n, k) of `model.onnx` by onnxruntime on one thread, after onnx's own full check.

    Args:
        folder: of the model.
        inputs: as `core_inputs` gives them.
        width: numbers that the model holds for an n-gram, about.
    """
    import onnx

    onnx.checker.check_model(str(folder / "model.onnx"), full_check=True)
    return core_logits(open_core(folder / "model.onnx"), inputs, width)


def saved_model_logits(folder: Path, inputs: Inputs, width: int) -> np.ndarray:
    """As `onnx_logits`, of a SavedModel's serving signature, loaded without Keras."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)

    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    asked = [{name: tf.constant(rows) for name, rows in block.items()} for block in blocks(inputs, width)]
    made = [next(iter(serve(**block).values())).numpy() for block in asked]
    return np.concatenate(made)


RUNTIMES = {"onnx": onnx_logits, "saved_model": saved_model_logits}


def compare(expected: np.ndarray, actual: np.ndarray, temperature: float) -> dict[str, float | int]:
    """Largest difference of a calibrated probability, and how many rows have another best intent."""
    left, right = softmax(expected, temperature), softmax(actual, temperature)
    return {
        "rows": len(expected),
        "max_probability_difference": float(np.abs(left - right).max(initial=0.0)),
        "changed_decisions": int((expected.argmax(axis=1) != actual.argmax(axis=1)).sum()) if len(expected) else 0,
    }


def answer_parity(target: str, folder: Path, sample: Path, temperature: float, answer: Path) -> None:
    """Compares one exported model with the trainer's logits and writes what it found as JSON to `answer`.

    `sample` is an npz with `ids` int32 (n, max_ids) and `logits` float32 (n, k) of the trainer, as
    `ParitySample.to_bytes` gives them, and of a network that reads them `vectors` float32 (n, d); `temperature` is what
    logits are divided by.
    """
    with np.load(sample, allow_pickle=False) as arrays:
        ids, logits = arrays["ids"].astype(np.int32), arrays["logits"]
        vectors = arrays["vectors"] if "vectors" in arrays else np.zeros((len(ids), 0), np.float32)
    if not len(ids):
        # A model must run even when the bot has no row: one row of padding then stands for them.
        ids, vectors = np.zeros((1, ids.shape[1]), np.int32), np.zeros((1, vectors.shape[1]), np.float32)
    found = RUNTIMES[target](folder, core_inputs(ids, vectors.shape[1], vectors), logits.shape[1])
    answer.write_text(json.dumps(compare(logits, found[: len(logits)], temperature)), "utf-8")


class Parity(TypedDict):
    """What comparing an export with the trainer found, over so many rows."""

    rows: int
    max_probability_difference: float
    changed_decisions: int


def ask_parity(
    target: str,
    folder: Path,
    sample: Path,
    temperature: float,
    *,
    patience: float,
    targets: Sequence[str] = tuple(RUNTIMES),
) -> Parity:
    """What `answer_parity` finds in a process of its own: rows, max_probability_difference, changed_decisions.

    Args:
        target, folder, sample, temperature: as `answer_parity` takes them.
        patience: seconds.
        targets: that this process will ask for, sooner or later: the server imports what they need when it starts.

    Raises:
        StageError: the process crashed, or did not end within `patience` seconds.
    """
    answer = folder.with_name(f"{folder.name}.parity.json")
    words = (target, folder, sample, temperature, answer)
    large = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) >= LARGE
    code = run_apart(answer_parity, *words, patience=patience, targets=None if large else targets)
    if code is None:
        raise StageError(f"the {target} model did not answer within {patience:.0f} s", fix="look at its graph")
    if code != 0 or not answer.exists():
        raise StageError(
            f"the {target} model does not run (exit code {code})",
            fix="its messages stand on the executor's stderr; try another export.opset",
        )
    found: Parity = json.loads(answer.read_text("utf-8"))
    return found
