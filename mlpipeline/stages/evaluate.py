"""How good each bot is on the rows that it has not seen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import ArrayType, StructField, StructType

from mlpipeline.bots import Bot
from mlpipeline.cluster.sizing.needs import StageNeed
from mlpipeline.methods.evaluation.metrics import ReportSettings, evaluate_report
from mlpipeline.networks.calibrate import softmax
from mlpipeline.networks.held_out import HeldOut
from mlpipeline.schemas import EVALUATION, MODEL, PREDICTION
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.tasks import run_tasks
from mlpipeline.stages.contract import Frames, Stage, Work
from mlpipeline.store.tables.pieces import read_bytes

if TYPE_CHECKING:
    from mlpipeline.recipe.model_fields import TrainSection
    from mlpipeline.recipe.release_fields import EvaluateSection

# What one task says of one bot: a row of EVALUATION with the rows of PREDICTION in it, without the bot's name.
_SAID = StructType([field for field in PREDICTION.fields if field.name not in ("domain", "lang")])
# Of the row of MODEL: how many rows the judged model learnt from stands beside its scores.
_LEARNT = ("train_rows", "augmented_rows", "validation_rows")
SCORED = StructType([*EVALUATION.fields, StructField("predictions", ArrayType(_SAID))])


@dataclass(frozen=True)
class EvaluateSettings:
    """What evaluating receives of the recipe: `train` names the out-of-scope label."""

    evaluate: EvaluateSection
    train: TrainSection


def evaluate_bot(bot: str, rows: pa.Table, settings: ReportSettings, out_of_scope: str) -> pa.Table:
    """One bot's report on its test rows and what it says of all rows held out; one row of JUDGED."""
    held = HeldOut.from_bytes(read_bytes(rows, "held_out"))
    temperature, test = rows["temperature"][0].as_py(), held.where("test")
    report = evaluate_report(
        held.labels.tolist(),
        test.intent.tolist(),
        test.logits,
        temperature,
        rows["threshold"][0].as_py(),
        settings,
        out_of_scope,
        test.content_id.tolist(),
    )
    report |= {name: rows[name][0].as_py() for name in _LEARNT}
    domain, lang = Bot.parse(bot)
    row = {
        "domain": domain,
        "lang": lang,
        "accuracy": report["accuracy"],
        "macro_f1": report["macro_f1"],
        "ece": report["ece"],
        "test_rows": len(test.intent),
        "report": json.dumps(report, ensure_ascii=False, sort_keys=True),
        "predictions": as_predictions(held, temperature),
    }
    return pa.Table.from_pylist([row], schema=to_arrow_schema(SCORED))


def as_predictions(held: HeldOut, temperature: float) -> list[dict[str, object]]:
    """What a model of this temperature says of each of its validation and test rows."""
    shares = softmax(held.logits, temperature)
    best = shares.argmax(axis=1) if len(shares) else np.zeros(0, int)
    columns = {
        "content_id": held.content_id.tolist(),
        "intent": held.intent.tolist(),
        "split": held.split.tolist(),
        "predicted": held.labels[best].tolist(),
        "score": shares[np.arange(len(best)), best].astype(float).tolist(),
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def evaluate(settings: EvaluateSettings, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: judge each bot in a task of its own, once; its predictions and its report are two tables."""
    rules, out_of_scope = ReportSettings(**settings.evaluate.model_dump()), settings.train.out_of_scope_label

    def work(bot: str, rows: pa.Table) -> pa.Table:
        return evaluate_bot(bot, rows, rules, out_of_scope)

    # What a model said is judged, and the model itself stays where it is.
    said = inputs["model"].drop("payload").where("held_out IS NOT NULL")
    judged = run_tasks(said, work, schema=SCORED, counters=counters).persist()
    one_a_row = judged.select("domain", "lang", F.explode("predictions").alias("said"))
    return {"prediction": one_a_row.select("domain", "lang", "said.*"), "evaluation": judged.drop("predictions")}


STAGE = Stage(
    name="evaluate",
    settings=EvaluateSettings,
    needs={"model": MODEL},
    gives={"prediction": PREDICTION, "evaluation": EVALUATION},
    libraries=("numpy",),
    run=evaluate,
    by_bot=True,
    need=StageNeed(400, "what a model says of 10,000 rows and 500 intents"),
    work=Work(3.0, 1.0),
)
