"""One Spark task a bot: the labelled texts of its training split become a classifier."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from mlpipeline.bots import Bot
from mlpipeline.cluster.sizing.needs import StageNeed
from mlpipeline.networks import classifier, features, training
from mlpipeline.networks.fitting import plan_steps
from mlpipeline.networks.held_out import HeldOut
from mlpipeline.networks.settings import ClassifierSettings
from mlpipeline.networks.training import AugmentedExample
from mlpipeline.schemas import AUGMENTED, DENOISED, MODEL, SPLITS
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.tasks import run_tasks
from mlpipeline.stages.contract import Frames, Stage, Work
from mlpipeline.store.tables.pieces import as_pieces

if TYPE_CHECKING:
    from mlpipeline.recipe.model_fields import TrainSection

SYNTHETIC = "augmented"  # stands where other rows have their split
_ARROW = to_arrow_schema(MODEL)


@dataclass(frozen=True)
class TrainSettings:
    """What training receives of the recipe."""

    train: TrainSection


def classifier_settings(train: TrainSection) -> ClassifierSettings:
    """The recipe's `train` section but for its seed, as the networks take it."""
    return ClassifierSettings(**train.model_dump(exclude={"seed"}))


def fit(bot: str, rows: pa.Table, settings: ClassifierSettings, seed: int) -> pa.Table:
    """Trains one bot; one row of MODEL, in pieces.

    Args:
        bot: its name.
        rows: `id`, `normalized`, `intent`, `split`, `content_id`, `parent`, `partner`; their order does not matter. The
            split of made rows is `augmented`.
        settings: the recipe's `train` section without its seed.
        seed: that one.
    """
    began = time.process_time()
    rows = rows.sort_by([("content_id", "ascending"), ("intent", "ascending"), ("id", "ascending")])
    parts = {name: rows.filter(pc.equal(rows["split"], name)) for name in ("train", "validation", "test")}
    texts = {name: part["normalized"].to_pylist() for name, part in parts.items()}
    intents = {name: part["intent"].to_pylist() for name, part in parts.items()}
    made = augmented_examples(parts["train"], rows.filter(pc.equal(rows["split"], SYNTHETIC)))
    model = training.train_classifier(
        texts["train"], intents["train"], texts["validation"], intents["validation"], settings, seed, made
    )
    domain, lang = Bot.parse(bot)
    row = {
        "domain": domain,
        "lang": lang,
        "weights_digest": model.weights_digest,
        "temperature": model.temperature,
        "threshold": model.threshold,
        "train_rows": len(texts["train"]),
        "augmented_rows": len(made),
        "validation_rows": len(texts["validation"]),
        "payload": model.to_bytes(),
        "held_out": estimate_held_out(model, parts).to_bytes(),
        "cpu_seconds": time.process_time() - began,
    }
    return as_pieces(row, _ARROW)


def say_cheaper(rows: pa.Table, settings: ClassifierSettings) -> str:
    """What a bot's size changes about its training, in a line; empty where it is trained as the recipe has it.

    Args:
        rows: as `fit` takes them.
        settings: as `fit` takes them.
    """
    learnt = rows.filter(pc.is_in(rows["split"], pa.array(["train", SYNTHETIC])))
    intents = set(learnt["intent"].to_pylist()) - {settings.out_of_scope_label}
    said = []
    passes, steps = plan_steps(max(len(learnt), 1), settings)
    if passes < settings.epochs:
        said.append(f"{passes} passes in {passes * steps:,} steps instead of {settings.epochs} (train.max_steps)")
    kept = classifier.most_ngrams(len(intents), settings)
    if kept < settings.max_vocabulary:
        said.append(f"{kept:,} n-grams at most instead of {settings.max_vocabulary:,}, so that the model is small")
    return f"{len(learnt):,} training rows x {len(intents):,} intents: {', '.join(said)}" if said else ""


def augmented_examples(train: pa.Table, augmented: pa.Table) -> list[AugmentedExample]:
    """The made rows whose parents are all learnt, with the intent that they had when the row was made."""
    columns = (train[name].to_pylist() for name in ("id", "intent", "normalized"))
    texts = {(one, intent): text for one, intent, text in zip(*columns, strict=True)}
    made = []
    for row in augmented.to_pylist():
        named = [one for one in (row["parent"], row["partner"]) if one is not None]
        parents = tuple(text for one in named if (text := texts.get((one, row["intent"]))))
        if len(parents) == len(named):
            made.append(AugmentedExample(row["normalized"], row["intent"], parents))
    return made


def estimate_held_out(model: classifier.TrainedModel, splits: dict[str, pa.Table]) -> HeldOut:
    """What the trainer itself says of its validation and test rows."""
    held = pa.concat_tables([splits["validation"], splits["test"]])
    texts = held["normalized"].to_pylist()
    named = {name: np.array(held[name].to_pylist(), dtype=str) for name in ("content_id", "intent", "split")}
    logits = classifier.logits(model, texts) if texts else np.zeros((0, len(model.labels)), np.float32)
    ids, labels = features.as_ids(texts, model.spec, model.vocabulary), np.array(model.labels, dtype=str)
    return HeldOut(ids=ids, logits=logits, labels=labels, **named)


def train(settings: TrainSettings, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: give each labelled text its split, add what was made, train every bot in a task of its own."""
    rules, seed = classifier_settings(settings.train), settings.train.seed
    columns, nobody = ["domain", "lang", "content_id", "id", "intent", "normalized"], F.lit(None).cast("string")
    labelled = inputs["denoised"].where(F.col("intent").isNotNull()).select(*columns)
    placed = labelled.join(inputs["splits"], ["domain", "lang", "content_id"])
    made = inputs["augmented"].select(*columns, F.lit(SYNTHETIC).alias("split"), "parent", "partner")
    rows = placed.withColumns({"parent": nobody, "partner": nobody}).unionByName(made)

    def work(bot: str, table: pa.Table) -> pa.Table:
        if cheaper := say_cheaper(table, rules):
            counters.note(bot, cheaper)
        return fit(bot, table, rules, seed)

    return {"model": run_tasks(rows, work, schema=MODEL, counters=counters)}


STAGE = Stage(
    name="train",
    settings=TrainSettings,
    needs={"denoised": DENOISED, "splits": SPLITS, "augmented": AUGMENTED},
    gives={"model": MODEL},
    libraries=("tensorflow-cpu", "keras", "numpy"),
    run=train,
    by_bot=True,
    # Measured over nine bots: train and evaluate 861 in all, export 1,457 and 685 in the process that compares.
    need=StageNeed(740, "TensorFlow and models, one after the other"),
    work=Work(6.0, 12.0),
)
