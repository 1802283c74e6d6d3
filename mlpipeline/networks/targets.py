"""A model's core in the formats that runtimes take, as a folder of files each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlpipeline.errors import StageError
from mlpipeline.networks.apart import run_apart
from mlpipeline.networks.classifier import TrainedModel, build_core
from mlpipeline.networks.onnx_core import onnx_core

_LARGE = (
    16 << 20
)  # bytes of a model; from there on a process of its own, which takes several times as many, is worth it


def write_target(target: str, model: TrainedModel, folder: Path, opset: int) -> None:
    """Writes a model's core as `model.onnx` in the folder, or as a SavedModel that is the folder."""
    if target == "onnx":
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(onnx_core(model, opset))
    else:
        build_core(model).export(str(folder), format="tf_saved_model", verbose=False)


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
    if model.stat().st_size < _LARGE:
        small = TrainedModel.from_file(model)
        for target in targets:
            write_target(target, small, folders / target, opset)
        return
    for target in targets:
        code = run_apart(_write, target, model, folders / target, opset, patience=patience, targets=targets)
        if code != 0:
            how = f"exit code {code}" if code is not None else f"not within {patience:.0f} s"
            raise StageError(
                f"the {target} model cannot be written ({how})", fix="the process's messages stand on stderr"
            )


def _write(target: str, model: Path, folder: Path, opset: int) -> None:
    write_target(target, TrainedModel.from_file(model), folder, opset)
