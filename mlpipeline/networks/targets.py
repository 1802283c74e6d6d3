"""A model's core in the formats that runtimes take, as a folder of files each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlpipeline.errors import StageError
from mlpipeline.networks.apart import LARGE, run_apart
from mlpipeline.networks.classifier import TrainedModel, build_core
from mlpipeline.networks.graph_lint import lint_graph
from mlpipeline.networks.onnx_core import onnx_core


def write_target(target: str, model: TrainedModel, folder: Path, opset: int) -> None:
    """Writes a model's core as `model.onnx` in the folder, or as a SavedModel that is the folder.

    Raises:
        StageError: the graph has a fault, such as weights that are NaN; the message names the first and how many.
    """
    if target == "onnx":
        core = onnx_core(model, opset)
        if faults := lint_graph(core):
            first, more = faults[0], f" and {len(faults) - 1} more" if len(faults) > 1 else ""
            raise StageError(f"the onnx graph breaks {first.rule} at {first.where}: {first.what}{more}", fix=first.fix)
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(core)
    else:
        _save_for_tensorflow(model, folder)


def _save_for_tensorflow(model: TrainedModel, folder: Path) -> None:
    """As `keras.Model.export`, which saves every weight twice: as its own variable and as TensorFlow's."""
    core = build_core(model)
    import tensorflow as tf

    inputs = [tf.TensorSpec((None, model.spec.max_ids), tf.int32, name="ids")]
    if model.vector_dims:
        inputs.append(tf.TensorSpec((None, model.vector_dims), tf.float32, name="vector"))
    held = tf.Module()
    held.weights = [weight.value for weight in core.weights]
    # The signature's names are those of the function's parameters.
    call = (
        (lambda ids, vector: core([ids, vector], training=False))
        if model.vector_dims
        else (lambda ids: core(ids, training=False))
    )
    held.serve = tf.function(call, input_signature=inputs, autograph=False)
    entry = held.serve.get_concrete_function()
    tf.saved_model.save(held, str(folder), signatures={"serve": entry, "serving_default": entry})


def write_targets(model: Path, folders: Path, targets: Sequence[str], opset: int, *, patience: float) -> None:
    """`write_target` of each target, into a folder of its name.

    Args:
        model: file of what `TrainedModel.to_bytes` gave.
        folders: where the targets' folders go.
        targets: names.
        opset: of ONNX.
        patience: seconds for a target of a large model, which is written in a process of its own: TensorFlow and its
            copies of the model then stay no longer than they are needed.

    Raises:
        StageError: such a process crashed, or did not end in time.
    """
    if model.stat().st_size < LARGE:
        small = TrainedModel.from_file(model)
        for target in targets:
            write_target(target, small, folders / target, opset)
        return
    for target in targets:
        code = run_apart(_write, target, model, folders / target, opset, patience=patience)
        if code != 0:
            how = f"exit code {code}" if code is not None else f"not within {patience:.0f} s"
            raise StageError(
                f"the {target} model cannot be written ({how})", fix="the process's messages stand on stderr"
            )


def _write(target: str, model: Path, folder: Path, opset: int) -> None:
    write_target(target, TrainedModel.from_file(model), folder, opset)
