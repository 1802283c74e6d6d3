"""One Spark task a bot: all its labelled texts become a classifier, and other networks tell how good it is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from mlpipeline.bots import Bot
from mlpipeline.cluster.sizing.needs import StageNeed
from mlpipeline.errors import StageError
from mlpipeline.methods.evaluation.framed import framed_figures
from mlpipeline.networks import classifier, features
from mlpipeline.networks.calibrate import scores
from mlpipeline.networks.cross_validation import OutOfFold, TrainingData, train_classifier
from mlpipeline.networks.encoders.opening import from_bytes
from mlpipeline.networks.fitting import plan_steps
from mlpipeline.networks.frames import predict_in_frames, with_lone_frames
from mlpipeline.networks.held_out import NEVER, HeldOut, ParitySample
from mlpipeline.networks.knownness import Readings
from mlpipeline.networks.negatives import make_negatives
from mlpipeline.networks.settings import ClassifierSettings
from mlpipeline.networks.shapes import NGRAM, VECTOR
from mlpipeline.networks.training import AugmentedExample, LabelledRows
from mlpipeline.networks.zones import Costs
from mlpipeline.schemas import AUGMENTED, CLEANED_DROPPED, DENOISED, EMBEDDING, ENCODER, MODEL, SPLITS
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.tasks import run_tasks
from mlpipeline.stages.contract import Frames, Stage, Work
from mlpipeline.store.tables.pieces import as_pieces

if TYPE_CHECKING:
    from mlpipeline.recipe.model_fields import TrainSection

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

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


def fit(bot: str, rows: pa.Table, settings: ClassifierSettings, seed: int, encode: Encode | None = None) -> pa.Table:
    """Trains one bot on all its rows; one row of MODEL, in pieces.

    Args:
        bot: its name.
        rows: `id`, `normalized`, `intent`, `split`, `content_id`, `component`, `family`, `fixed`, `parent`, `partner`,
            `vector`, `encoder`; their order does not matter. The split of made rows is `augmented`, that of near
            duplicates `near_duplicate`.
        settings: the recipe's `train` section without its seed.
        seed: that one.
        encode: makes the vectors of other texts; None: a network that reads vectors knows no negatives.
    """
    began, (domain, lang) = time.process_time(), Bot.parse(bot)
    rows = rows.sort_by([("content_id", "ascending"), ("intent", "ascending"), ("id", "ascending")])
    vectors, (own, fixed, near) = vectors_of(rows), by_role(rows)
    made = augmented_examples(own, rows.filter(pc.equal(rows["split"], SYNTHETIC)))
    learnt = pa.concat_tables([own, near])
    count = np.arange(len(learnt))
    data = TrainingData(
        rows=labelled_rows(learnt, vectors),
        clusters=learnt["family"].to_pylist(),
        evaluated=count < len(own),
        held_out=np.isin(np.array(learnt["split"].to_pylist(), dtype=str), ("validation", "test")),
        synthetic=made,
        negatives=make_negatives(lang, learnt["normalized"].to_pylist(), seed) if settings.negatives else {},
        nonsense=make_negatives(lang, learnt["normalized"].to_pylist(), seed, half=1),
        encode=encode,
    )
    data = with_lone_frames(data, lang, settings.out_of_scope_label)
    model, said = train_classifier(data, settings, seed)
    of_fixed = classifier.read_texts(model, fixed["normalized"].to_pylist(), vectors_read(model, fixed, vectors))
    row = {
        "domain": domain,
        "lang": lang,
        "weights_digest": model.weights_digest,
        "shape": VECTOR if model.vector_dims else NGRAM,
        "shape_reason": model.history["shape"],
        "temperature": model.temperature,
        "threshold": model.threshold,
        "train_rows": len(own),
        "near_duplicate_rows": len(near),
        "augmented_rows": len(made),
        "unevaluated_rows": len(own) - len(said.rows),
        "payload": model.to_bytes(),
        "held_out": as_held_out(model, own, said, fixed, of_fixed, data.read(model, data.nonsense)).to_bytes(),
        "parity_sample": sample(model, pa.concat_tables([own, fixed]), vectors).to_bytes(),
        "framed": json.dumps(framed_figures(*(predict_in_frames(data, lang, settings, seed) or ([], [], [])))),
        "cpu_seconds": time.process_time() - began,
    }
    return as_pieces(row, _ARROW)


def by_role(rows: pa.Table) -> tuple[pa.Table, pa.Table, pa.Table]:
    """The rows that are learnt and judged, those of the fixed test set, and the near duplicates that teach.

    A near duplicate teaches only where the row that `clean` kept in its place is learnt, with the same intent.

    Args:
        rows: as `fit` takes them; those given back have a `place`, where the vector of each stands.
    """
    rows = rows.append_column("place", pa.array(np.arange(len(rows))))
    is_fixed = pc.fill_null(rows["fixed"], False)
    placed = pc.is_in(rows["split"], pa.array(["train", "validation", "test"]))
    own = rows.filter(pc.and_(placed, pc.invert(is_fixed)))
    learnt = {
        (component, intent): kept
        for component, intent, *kept in zip(
            *(own[name].to_pylist() for name in ("component", "intent", "family", "place")), strict=True
        )
    }
    near = rows.filter(pc.equal(rows["split"], NEAR))
    keys = zip(near["component"].to_pylist(), near["intent"].to_pylist(), strict=True)
    kept = [learnt.get(key, (None, None)) for key in keys]
    # It has no vector of its own either: that of the kept row stands for it.
    for number, name in enumerate(("family", "place")):
        values = pa.array([one[number] for one in kept], near.schema.field(name).type)
        near = near.set_column(near.column_names.index(name), name, values)
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


def vectors_of(rows: pa.Table) -> Vectors | None:
    """The vectors of the rows, float32 (n, d), zeros for one without; None where none has one."""
    cells = rows["vector"].to_pylist()
    length = max((len(cell) for cell in cells if cell), default=0)
    if not length:
        return None
    return np.frombuffer(b"".join(cell or bytes(length) for cell in cells), "<f4").reshape(len(cells), -1)


def encoding(payload: bytes | None, model: str) -> Encode | None:
    """What makes the vectors that a network reads; StageError where the recipe wants some that no bundle can hold."""
    if payload is None and model == VECTOR:
        what, fix = "the vectors of an encoder in a folder travel in no bundle", "set it to ngram or auto"
        raise StageError(what, where="train.model", fix=fix)
    return None if payload is None else lambda texts: from_bytes(bytes(payload)).encode(texts)


def labelled_rows(rows: pa.Table, vectors: Vectors | None) -> LabelledRows:
    """Rows that teach, each with the vector at its `place`."""
    texts, intents = rows["normalized"].to_pylist(), rows["intent"].to_pylist()
    if vectors is None:
        return LabelledRows(texts, intents)
    encoder = next(filter(None, rows["encoder"].to_pylist()), "")
    return LabelledRows(texts, intents, vectors[rows["place"].to_numpy()], encoder=encoder)


def vectors_read(model: classifier.TrainedModel, rows: pa.Table, vectors: Vectors | None) -> Vectors | None:
    """What the model is given of rows: the vector at the `place` of each; None where it reads none."""
    return vectors[rows["place"].to_numpy()] if model.vector_dims and vectors is not None else None


def as_held_out(
    model: classifier.TrainedModel,
    own: pa.Table,
    out_of_fold: OutOfFold,
    fixed: pa.Table,
    of_fixed: Readings,
    nonsense: Mapping[str, Readings],
) -> HeldOut:
    """What is said of each judged row by a network that has not learnt it: of the fixed test set, by the model.

    Args:
        model: calibrated.
        own: the rows that it learnt.
        out_of_fold: what other networks say of these.
        fixed: the fixed test set.
        of_fixed: what the model says of that.
        nonsense: what the model says of texts that are no bot's business, by kind.
    """
    held = pa.concat_tables([own.take(pa.array(out_of_fold.rows)), fixed])
    named = {name: np.array(held[name].to_pylist(), dtype=str) for name in ("content_id", "intent", "split")}
    folds = np.concatenate([out_of_fold.folds, np.full(len(fixed), NEVER, np.int32)])
    said = Readings(
        np.concatenate([out_of_fold.logits, of_fixed.logits]), np.concatenate([out_of_fold.known, of_fixed.known])
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


def sample(model: classifier.TrainedModel, rows: pa.Table, vectors: Vectors | None) -> ParitySample:
    """What the model says of the first of these rows."""
    rows = rows.slice(0, _SAMPLED)
    texts, read = rows["normalized"].to_pylist(), vectors_read(model, rows, vectors)
    ids = features.as_ids(texts, model.spec, model.vocabulary)
    return ParitySample(ids, classifier.logits(model, texts, read), read)


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
    # A network of n-grams is given none, so that it hangs on nothing else.
    vectors = inputs["embedding"].where(F.col("vector").isNotNull() & F.lit(rules.model != NGRAM))
    rows = rows.join(vectors.drop("error"), ["domain", "lang", "content_id"], "left")
    encoders = {row["lang"]: row["payload"] for row in inputs["encoder"].collect()} if rules.model != NGRAM else {}

    def work(bot: str, table: pa.Table) -> pa.Table:
        made = fit(bot, table, rules, seed, encoding(encoders.get(Bot.parse(bot).lang), rules.model))
        if told := [words for words in (say_cheaper(table, rules), made["shape_reason"][0].as_py()) if words]:
            counters.note(bot, "; ".join(told))
        return made

    return {"model": run_tasks(rows, work, schema=MODEL, counters=counters)}


STAGE = Stage(
    name="train",
    settings=TrainSettings,
    needs={
        "denoised": DENOISED,
        "splits": SPLITS,
        "augmented": AUGMENTED,
        "cleaned_dropped": CLEANED_DROPPED,
        "embedding": EMBEDDING,
        "encoder": ENCODER,
    },
    gives={"model": MODEL},
    libraries=("numpy", "scipy", "sentencepiece"),
    run=train,
    by_bot=True,
    # Measured over nine bots: train and evaluate 861 in all, export 1,457 and 685 in the process that compares.
    need=StageNeed(740, "an encoder of 470 MB, and models one after the other"),
    work=Work(6.0, 12.0),
)
