"""One Spark task a bot: all its labelled texts become a classifier, and other networks tell how good it is."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from mlpipeline.bots import Bot
from mlpipeline.cluster.sizing.needs import StageNeed
from mlpipeline.methods.evaluation.framed import framed_figures
from mlpipeline.networks import classifier, features
from mlpipeline.networks.calibrate import scores
from mlpipeline.networks.cross_validation import OutOfFold, TrainingData, train_classifier
from mlpipeline.networks.fitting import plan_steps
from mlpipeline.networks.frames import predict_in_frames, with_lone_frames
from mlpipeline.networks.held_out import NEVER, HeldOut, ParitySample
from mlpipeline.networks.knownness import Readings
from mlpipeline.networks.negatives import make_negatives
from mlpipeline.networks.settings import ClassifierSettings
from mlpipeline.networks.training import AugmentedExample, LabelledRows
from mlpipeline.networks.zones import Costs
from mlpipeline.schemas import AUGMENTED, CLEANED_DROPPED, DENOISED, MODEL, SPLITS
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.tasks import run_tasks
from mlpipeline.stages.contract import Frames, Stage, Work
from mlpipeline.store.tables.pieces import as_pieces

if TYPE_CHECKING:
    from mlpipeline.recipe.model_fields import TrainSection

SYNTHETIC, NEAR = "augmented", "near_duplicate"  # stand where other rows have their split
_SAMPLED = 1000  # rows of which an export must say what the trainer said
_ARROW = to_arrow_schema(MODEL)


@dataclass(frozen=True)
class TrainSettings:
    """What training receives of the recipe."""

    train: TrainSection


def classifier_settings(train: TrainSection) -> ClassifierSettings:
    """The recipe's `train` section but for its seed, as the networks take it."""
    prices = train.wrong_cost, train.question_cost, train.hand_over_cost
    wrong, question, hand_over = (price or 0.0 for price in prices)
    costs = None if None in prices else Costs(wrong=wrong, question=question, hand_over=hand_over)
    own = train.model_dump(exclude={"seed", "wrong_cost", "question_cost", "hand_over_cost"})
    return ClassifierSettings(**own, costs=costs)


def fit(bot: str, rows: pa.Table, settings: ClassifierSettings, seed: int) -> pa.Table:
    """Trains one bot on all its rows; one row of MODEL, in pieces.

    Args:
        bot: its name.
        rows: `id`, `normalized`, `intent`, `split`, `content_id`, `component`, `family`, `fixed`, `parent`, `partner`;
            their order does not matter. The split of made rows is `augmented`, that of near duplicates
            `near_duplicate`.
        settings: the recipe's `train` section without its seed.
        seed: that one.
    """
    began, (domain, lang) = time.process_time(), Bot.parse(bot)
    rows = rows.sort_by([("content_id", "ascending"), ("intent", "ascending"), ("id", "ascending")])
    own, fixed, near = by_role(rows)
    made = augmented_examples(own, rows.filter(pc.equal(rows["split"], SYNTHETIC)))
    learnt = pa.concat_tables([own, near])
    count = np.arange(len(learnt))
    data = TrainingData(
        rows=LabelledRows(learnt["normalized"].to_pylist(), learnt["intent"].to_pylist()),
        clusters=learnt["family"].to_pylist(),
        evaluated=count < len(own),
        held_out=np.isin(np.array(learnt["split"].to_pylist(), dtype=str), ("validation", "test")),
        synthetic=made,
        negatives=make_negatives(lang, learnt["normalized"].to_pylist(), seed) if settings.negatives else {},
        nonsense=make_negatives(lang, learnt["normalized"].to_pylist(), seed, half=1),
    )
    data = with_lone_frames(data, lang, settings.out_of_scope_label)
    model, said = train_classifier(data, settings, seed)
    row = {
        "domain": domain,
        "lang": lang,
        "weights_digest": model.weights_digest,
        "temperature": model.temperature,
        "threshold": model.threshold,
        "train_rows": len(own),
        "near_duplicate_rows": len(near),
        "augmented_rows": len(made),
        "unevaluated_rows": len(own) - len(said.rows),
        "payload": model.to_bytes(),
        "held_out": as_held_out(model, own, said, fixed, data.read(model, data.nonsense)).to_bytes(),
        "parity_sample": sample(model, [*own["normalized"].to_pylist(), *fixed["normalized"].to_pylist()]).to_bytes(),
        "framed": json.dumps(framed_figures(*(predict_in_frames(data, lang, settings, seed) or ([], [], [])))),
        "cpu_seconds": time.process_time() - began,
    }
    return as_pieces(row, _ARROW)


def by_role(rows: pa.Table) -> tuple[pa.Table, pa.Table, pa.Table]:
    """The rows that are learnt and judged, those of the fixed test set, and the near duplicates that teach.

    A near duplicate teaches only where the row that `clean` kept in its place is learnt, with the same intent.

    Args:
        rows: as `fit` takes them.
    """
    is_fixed = pc.fill_null(rows["fixed"], False)
    placed = pc.is_in(rows["split"], pa.array(["train", "validation", "test"]))
    own = rows.filter(pc.and_(placed, pc.invert(is_fixed)))
    learnt = {
        (component, intent): family
        for component, intent, family in zip(
            *(own[name].to_pylist() for name in ("component", "intent", "family")), strict=True
        )
    }
    near = rows.filter(pc.equal(rows["split"], NEAR))
    families = [learnt.get(key) for key in zip(near["component"].to_pylist(), near["intent"].to_pylist(), strict=True)]
    near = near.set_column(near.column_names.index("family"), "family", pa.array(families, pa.string()))
    return own, rows.filter(pc.and_(placed, is_fixed)), near.filter(pc.is_valid(near["family"]))


def say_cheaper(rows: pa.Table, settings: ClassifierSettings) -> str:
    """What a bot's size changes about its training, in a line; empty where it is trained as the recipe has it.

    Args:
        rows: as `fit` takes them.
        settings: as `fit` takes them.
    """
    learnt = rows.filter(pc.invert(pc.fill_null(rows["fixed"], False)))
    intents = set(learnt["intent"].to_pylist()) - {settings.out_of_scope_label}
    said = []
    passes, steps = plan_steps(max(len(learnt), 1), settings)
    if passes < settings.epochs:
        said.append(f"{passes} passes in {passes * steps:,} steps instead of {settings.epochs} (train.max_steps)")
    kept = classifier.most_ngrams(len(intents), settings)
    if kept < settings.max_vocabulary:
        said.append(f"{kept:,} n-grams at most instead of {settings.max_vocabulary:,}, so that the model is small")
    return f"{len(learnt):,} training rows x {len(intents):,} intents: {', '.join(said)}" if said else ""


def augmented_examples(learnt: pa.Table, augmented: pa.Table) -> list[AugmentedExample]:
    """The made rows whose parents are all learnt, with the intent that they had when the row was made."""
    columns = (learnt[name].to_pylist() for name in ("id", "intent", "normalized"))
    texts = {(one, intent): text for one, intent, text in zip(*columns, strict=True)}
    made = []
    for row in augmented.to_pylist():
        named = [one for one in (row["parent"], row["partner"]) if one is not None]
        parents = tuple(text for one in named if (text := texts.get((one, row["intent"]))))
        if len(parents) == len(named):
            made.append(AugmentedExample(row["normalized"], row["intent"], parents))
    return made


def as_held_out(
    model: classifier.TrainedModel,
    own: pa.Table,
    out_of_fold: OutOfFold,
    fixed: pa.Table,
    nonsense: Mapping[str, Readings],
) -> HeldOut:
    """What is said of each judged row by a network that has not learnt it: of the fixed test set, by the model.

    Args:
        model: calibrated.
        own: the rows that it learnt.
        out_of_fold: what other networks say of these.
        fixed: the fixed test set.
        nonsense: what the model says of texts that are no bot's business, by kind.
    """
    held = pa.concat_tables([own.take(pa.array(out_of_fold.rows)), fixed])
    named = {name: np.array(held[name].to_pylist(), dtype=str) for name in ("content_id", "intent", "split")}
    folds = np.concatenate([out_of_fold.folds, np.full(len(fixed), NEVER, np.int32)])
    asked = classifier.read_texts(model, fixed["normalized"].to_pylist())
    said = Readings(
        np.concatenate([out_of_fold.logits, asked.logits]), np.concatenate([out_of_fold.known, asked.known])
    )
    best = [scores(some, model.temperature, model.knownness).max(axis=1) for some in nonsense.values()]
    return HeldOut(
        fold=folds,
        logits=said.logits,
        labels=np.array(model.labels, dtype=str),
        knownness=np.ones(len(folds)) if model.knownness is None else model.knownness.of(said),
        nonsense=np.repeat(np.array([*nonsense], dtype=str), [len(one) for one in best]),
        nonsense_score=np.concatenate([np.zeros(0), *best]),
        **named,
    )


def sample(model: classifier.TrainedModel, texts: list[str]) -> ParitySample:
    """What the model says of the first of these texts."""
    texts = texts[:_SAMPLED]
    return ParitySample(features.as_ids(texts, model.spec, model.vocabulary), classifier.logits(model, texts))


def train(settings: TrainSettings, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: give each labelled text its split, add what was made, train every bot in a task of its own."""
    rules, seed = classifier_settings(settings.train), settings.train.seed
    columns, nobody = ["domain", "lang", "content_id", "id", "intent", "normalized"], F.lit(None).cast("string")
    split = dict.fromkeys(("family", "parent", "partner"), nobody) | {"fixed": F.lit(False)}
    labelled = inputs["denoised"].where(F.col("intent").isNotNull()).select(*columns, "component")
    placed = labelled.join(inputs["splits"], ["domain", "lang", "content_id"])
    placed = placed.withColumns({"parent": nobody, "partner": nobody})
    made = inputs["augmented"].select(*columns, F.lit(SYNTHETIC).alias("split"), "parent", "partner")
    made = made.withColumns({name: split[name] for name in ("family", "fixed")} | {"component": nobody})
    near = inputs["cleaned_dropped"].where(f"reason = '{NEAR}' and intent is not null").select(*columns, "component")
    near = near.withColumns({**split, "split": F.lit(NEAR)})
    rows = placed.unionByName(made).unionByName(near)

    def work(bot: str, table: pa.Table) -> pa.Table:
        if cheaper := say_cheaper(table, rules):
            counters.note(bot, cheaper)
        return fit(bot, table, rules, seed)

    return {"model": run_tasks(rows, work, schema=MODEL, counters=counters)}


STAGE = Stage(
    name="train",
    settings=TrainSettings,
    needs={"denoised": DENOISED, "splits": SPLITS, "augmented": AUGMENTED, "cleaned_dropped": CLEANED_DROPPED},
    gives={"model": MODEL},
    libraries=("tensorflow-cpu", "keras", "numpy"),
    run=train,
    by_bot=True,
    # Measured over nine bots: train and evaluate 861 in all, export 1,457 and 685 in the process that compares.
    need=StageNeed(740, "TensorFlow and models, one after the other"),
    work=Work(6.0, 12.0),
)
