"""How good each bot is on the rows that it has not seen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import ArrayType, StructField, StructType

from mlpipeline.bots import Bot
from mlpipeline.cluster.sizing.needs import StageNeed
from mlpipeline.methods.evaluation.metrics import ReportSettings, evaluate_report
from mlpipeline.methods.evaluation.sources import source_words
from mlpipeline.networks.calibrate import softmax
from mlpipeline.networks.held_out import NEVER, HeldOut
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
# Of the row of MODEL: how many rows the model learnt, and what it reads, stands beside its scores.
_LEARNT = ("train_rows", "near_duplicate_rows", "augmented_rows", "unevaluated_rows", "shape", "shape_reason")
# Of the report on a fixed test set, what stands beside the report on all other rows.
_BESIDE = ("rows", "in_scope_rows", "accuracy", "accuracy_interval", "macro_f1", "macro_f1_interval", "at_threshold")
SCORED = StructType([*EVALUATION.fields, StructField("predictions", ArrayType(_SAID))])


@dataclass(frozen=True)
class EvaluateSettings:
    """What evaluating receives of the recipe: `train` names the out-of-scope label."""

    evaluate: EvaluateSection
    train: TrainSection


def evaluate_bot(bot: str, rows: pa.Table, settings: ReportSettings, out_of_scope: str) -> pa.Table:
    """One bot's report on its rows that were judged unseen; one row of SCORED.

    The report says where its figures come from: `source` in words, `folds`. What a fixed test set gives stands beside
    it, in `fixed_test`, which is None where there is none; it is the report itself where no other row was judged.
    """
    held = HeldOut.from_bytes(read_bytes(rows, "held_out"))
    temperature, threshold = rows["temperature"][0].as_py(), rows["threshold"][0].as_py()
    is_fixed = held.fold == NEVER

    def judged(part: HeldOut) -> dict[str, Any]:
        labels, intents, contents = part.labels.tolist(), part.intent.tolist(), part.content_id.tolist()
        return evaluate_report(
            labels, intents, part.logits, temperature, threshold, settings, out_of_scope, contents, part.knownness
        )

    unseen, fixed = held.where(~is_fixed), held.where(is_fixed)
    beside = judged(fixed) if len(fixed.intent) else None
    report = beside if beside and not len(unseen.intent) else judged(unseen)
    folds, count = len(set(unseen.fold.tolist())), len(unseen.intent)
    report |= {name: rows[name][0].as_py() for name in _LEARNT}
    report |= {"folds": folds, "source": source_words(folds, count, len(fixed.intent))}
    report["nonsense"] = nonsense_table(held, threshold)
    report["fixed_test"] = None if beside is None else {name: beside[name] for name in _BESIDE}
    report["framed"] = json.loads(rows["framed"][0].as_py() or "null")
    domain, lang = Bot.parse(bot)
    row = {
        "domain": domain,
        "lang": lang,
        "accuracy": report["accuracy"],
        "macro_f1": report["macro_f1"],
        "ece": report["ece"],
        "test_rows": report["rows"],
        "report": json.dumps(report, ensure_ascii=False, sort_keys=True),
        "predictions": as_predictions(held, temperature),
    }
    return pa.Table.from_pylist([row], schema=to_arrow_schema(SCORED))


def nonsense_table(held: HeldOut, threshold: float) -> list[dict[str, object]]:
    """Of each kind of text that is no bot's business: how many there are, and which share of them is answered."""
    return [
        {
            "kind": kind,
            "texts": int((held.nonsense == kind).sum()),
            "answered": float((held.nonsense_score[held.nonsense == kind] >= threshold).mean()),
        }
        for kind in dict.fromkeys(held.nonsense.tolist())
    ]


def as_predictions(held: HeldOut, temperature: float) -> list[dict[str, object]]:
    """What is said of each judged row, at this temperature."""
    shares = softmax(held.logits, temperature) * held.knownness[:, None] if len(held.logits) else held.logits
    best = shares.argmax(axis=1) if len(shares) else np.zeros(0, int)
    columns = {
        "content_id": held.content_id.tolist(),
        "intent": held.intent.tolist(),
        "split": held.split.tolist(),
        "fold": [None if fold == NEVER else fold for fold in held.fold.tolist()],
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
    said = inputs["model"].drop("payload", "parity_sample").where("held_out IS NOT NULL")
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
