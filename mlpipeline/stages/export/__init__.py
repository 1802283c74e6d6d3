"""The ids -> logits core of each bot as ONNX and SavedModel, and proof that they say what the trainer said."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql.pandas.types import to_arrow_schema

from mlpipeline.bots import Bot
from mlpipeline.cluster.sizing.needs import StageNeed
from mlpipeline.errors import StageError
from mlpipeline.networks.parity import Parity, ask_parity
from mlpipeline.networks.targets import write_targets
from mlpipeline.schemas import DENOISED, EMBEDDING, EXPORTED, MODEL, SPLITS
from mlpipeline.spark.counters import Counters, Counts
from mlpipeline.spark.tasks import run_tasks
from mlpipeline.stages.contract import Frames, Stage, Work
from mlpipeline.stages.export.index import export_indexes
from mlpipeline.store.bundles.archives import pack_folder
from mlpipeline.store.tables.pieces import as_pieces, read_bytes

if TYPE_CHECKING:
    from mlpipeline.recipe.release_fields import ExportSection

_PATIENCE = 600


@dataclass(frozen=True)
class ExportSettings:
    """What exporting receives of the recipe."""

    export: ExportSection


def check_parity(
    target: str, folder: Path, sample: Path, temperature: float, tolerance: float, targets: Sequence[str]
) -> Parity:
    """Runs the exported model in a process of its own and compares what it says of a sample of rows.

    `targets` are all that the recipe names: what the processes to come will need.

    Raises:
        StageError: the model does not run, a probability differs by more than `tolerance`, or a decision changed.
    """
    found = ask_parity(target, folder, sample, temperature, patience=_PATIENCE, targets=targets)
    if found["max_probability_difference"] > tolerance or found["changed_decisions"]:
        raise StageError(
            f"the {target} model differs from the trainer: {found['max_probability_difference']:.2g} in a probability, "
            f"{found['changed_decisions']} of {found['rows']} decisions",
            fix="do not release it; report the model with its recipe",
        )
    return found


def export_bot(bot: str, rows: pa.Table, rules: ExportSection) -> pa.Table:
    """Exports one bot to each target that the recipe names; one row of EXPORTED a target, in pieces."""
    domain, lang = Bot.parse(bot)
    temperature, made = rows["temperature"][0].as_py(), []
    with tempfile.TemporaryDirectory(prefix="mlpipeline-export-") as scratch:
        model, sample = Path(scratch) / "model.npz", Path(scratch) / "parity_sample.npz"
        model.write_bytes(read_bytes(rows, "payload"))
        sample.write_bytes(read_bytes(rows, "parity_sample"))
        write_targets(model, Path(scratch), rules.targets, rules.opset, patience=_PATIENCE)
        for target in rules.targets:
            folder = Path(scratch) / target
            parity = check_parity(target, folder, sample, temperature, rules.tolerance, rules.targets)
            row = {
                "domain": domain,
                "lang": lang,
                "target": target,
                "payload": pack_folder(folder),
                "parity_rows": parity["rows"],
                "max_probability_difference": parity["max_probability_difference"],
                "changed_decisions": parity["changed_decisions"],
            }
            made.append(as_pieces(row, to_arrow_schema(EXPORTED)))
    return pa.concat_tables(made)


def export(settings: ExportSettings, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: write each bot's core to each target, compare it with the trainer, keep both; make indexes."""
    rules = settings.export

    def work(bot: str, rows: pa.Table) -> pa.Table:
        made = export_bot(bot, rows, rules)
        counters.add(Counts(wholes=len(rules.targets)))
        return made

    made = run_tasks(inputs["model"].drop("held_out"), work, schema=EXPORTED, counters=counters)
    indexes = export_indexes(inputs, counters)
    return {"exported": made if indexes is None else made.unionByName(indexes)}


STAGE = Stage(
    name="export",
    settings=ExportSettings,
    needs={"model": MODEL, "denoised": DENOISED, "splits": SPLITS, "embedding": EMBEDDING},
    gives={"exported": EXPORTED},
    libraries=("tensorflow-cpu", "keras", "onnx", "onnxruntime", "numpy", "usearch"),
    run=export,
    by_bot=True,
    need=StageNeed(2010, "TensorFlow twice, exporting and comparing"),
    work=Work(5.0, 4.0),
)
