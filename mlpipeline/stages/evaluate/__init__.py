"""How good each bot is on the rows that it has not seen."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema

from mlpipeline.networks.calibrate import softmax
from mlpipeline.networks.classifier import TrainedModel
from mlpipeline.networks.held_out import HeldOut
from mlpipeline.schemas import EVALUATION, MODEL, PREDICTION
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.tasks import run_tasks
from mlpipeline.stages.contract import Frames, Part, Stage
from mlpipeline.stages.evaluate.metrics import evaluate_report


def judge(bot: str, rows: pa.Table, settings: dict[str, Any], out_of_scope: str) -> pa.Table:
    """One bot's report on its test rows; one row of EVALUATION."""
    model = TrainedModel.from_bytes(rows["payload"][0].as_py())
    test = HeldOut.from_bytes(rows["held_out"][0].as_py()).where("test")
    report = evaluate_report(
        list(model.labels),
        test.intent.tolist(),
        test.logits,
        model.temperature,
        model.threshold,
        settings,
        out_of_scope,
        test.content_id.tolist(),
    )
    domain, lang = bot.split("/")
    row = {
        "domain": domain,
        "lang": lang,
        "accuracy": report["accuracy"],
        "macro_f1": report["macro_f1"],
        "ece": report["ece"],
        "test_rows": len(test.intent),
        "report": json.dumps(report, ensure_ascii=False, sort_keys=True),
    }
    return pa.Table.from_pylist([row], schema=to_arrow_schema(EVALUATION))


def as_predictions(models: DataFrame, counters: Counters) -> DataFrame:
    """What each model says of each of its validation and test rows."""

    def unpack(bot: str, rows: pa.Table) -> pa.Table:
        model = TrainedModel.from_bytes(rows["payload"][0].as_py())
        held = HeldOut.from_bytes(rows["held_out"][0].as_py())
        shares = softmax(held.logits, model.temperature)
        best = shares.argmax(axis=1) if len(shares) else np.zeros(0, int)
        domain, lang = bot.split("/")
        columns = {
            "domain": [domain] * len(best),
            "lang": [lang] * len(best),
            "content_id": held.content_id.tolist(),
            "intent": held.intent.tolist(),
            "split": held.split.tolist(),
            "predicted": [model.labels[index] for index in best],
            "score": shares[np.arange(len(best)), best].astype(float).tolist(),
        }
        return pa.Table.from_pydict(columns, schema=to_arrow_schema(PREDICTION))

    return run_tasks(models, unpack, schema=PREDICTION, counters=counters)


def evaluate(part: Part, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: list what each model predicts, judge each bot in a task of its own."""
    settings, out_of_scope = part["evaluate"].model_dump(), part["train"].out_of_scope_label
    models = inputs["model"]

    def work(bot: str, rows: pa.Table) -> pa.Table:
        return judge(bot, rows, settings, out_of_scope)

    return {
        "prediction": as_predictions(models, counters),
        "evaluation": run_tasks(models, work, schema=EVALUATION, counters=counters),
    }


STAGE = Stage(
    name="evaluate",
    sections=("evaluate", "train"),
    needs={"model": MODEL},
    gives={"prediction": PREDICTION, "evaluation": EVALUATION},
    code=("stages.evaluate", "networks.calibrate"),
    libraries=("numpy",),
    run=evaluate,
    by_bot=True,
)
