"""The ids -> logits core of each bot as ONNX and SavedModel, and proof that they say what the trainer said."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyspark.sql.pandas.types import to_arrow_schema

from mlpipeline.errors import StageError
from mlpipeline.networks.classifier import TrainedModel, build_core
from mlpipeline.networks.held_out import HeldOut
from mlpipeline.networks.onnx_core import onnx_core
from mlpipeline.networks.parity import ask_parity
from mlpipeline.schemas import EXPORTED, MODEL
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.tasks import run_tasks
from mlpipeline.stages.contract import Frames, Stage
from mlpipeline.store.bundles.archives import pack_folder

if TYPE_CHECKING:
    from mlpipeline.recipe.release_fields import ExportPart

_PATIENCE = 600


@dataclass(frozen=True)
class ExportSettings:
    """What exporting receives of the recipe."""

    export: ExportPart


def write_target(target: str, model: TrainedModel, folder: Path, opset: int) -> None:
    """Writes a model's core as `model.onnx` in the folder, or as a SavedModel that is the folder."""
    if target == "onnx":
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(onnx_core(model, opset))
    else:
        build_core(model).export(str(folder), format="tf_saved_model", verbose=False)


def check_parity(target: str, folder: Path, held_out: Path, tolerance: float, targets: Sequence[str]) -> dict[str, Any]:
    """Runs the exported model in a process of its own and compares every held-out row.

    `targets` are all that the recipe names: what the processes to come will need.

    Raises:
        StageError: the model does not run, a probability differs by more than `tolerance`, or a decision changed.
    """
    found = ask_parity(target, folder, held_out, patience=_PATIENCE, targets=targets)
    if found["max_probability_difference"] > tolerance or found["changed_decisions"]:
        raise StageError(
            f"the {target} model differs from the trainer: {found['max_probability_difference']:.2g} in a probability, "
            f"{found['changed_decisions']} of {found['rows']} decisions",
            fix="do not release it; report the model with its recipe",
        )
    return found


def export_bot(bot: str, rows: pa.Table, rules: ExportPart) -> pa.Table:
    """Exports one bot to each target that the recipe names; one row of EXPORTED a target."""
    model = TrainedModel.from_bytes(rows["payload"][0].as_py())
    held = HeldOut.from_bytes(rows["held_out"][0].as_py())
    domain, lang = bot.split("/")
    made = []
    with tempfile.TemporaryDirectory(prefix="mlpipeline-export-") as scratch:
        held_out = Path(scratch) / "held_out.npz"
        np.savez(held_out, ids=held.ids, logits=held.logits, temperature=model.temperature)
        for target in rules.targets:
            folder = Path(scratch) / target
            write_target(target, model, folder, rules.opset)
            parity = check_parity(target, folder, held_out, rules.tolerance, rules.targets)
            made.append(
                {
                    "domain": domain,
                    "lang": lang,
                    "target": target,
                    "payload": pack_folder(folder),
                    "parity_rows": parity["rows"],
                    "max_probability_difference": parity["max_probability_difference"],
                    "changed_decisions": parity["changed_decisions"],
                }
            )
    return pa.Table.from_pylist(made, schema=to_arrow_schema(EXPORTED))


def export(settings: ExportSettings, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: write each bot's core to each target, compare it with the trainer, keep both."""
    rules = settings.export
    exported = run_tasks(
        inputs["model"], lambda bot, rows: export_bot(bot, rows, rules), schema=EXPORTED, counters=counters
    )
    return {"exported": exported}


STAGE = Stage(
    name="export",
    settings=ExportSettings,
    needs={"model": MODEL},
    gives={"exported": EXPORTED},
    libraries=("tensorflow-cpu", "keras", "onnx", "onnxruntime", "numpy"),
    run=export,
    by_bot=True,
)
