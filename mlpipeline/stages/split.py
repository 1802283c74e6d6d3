"""Each labelled content goes to train, validation or test by a hash of itself, so new rows move no old row."""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from mlpipeline.schemas import CLEANED, FINDING, SPLITS
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.frames import Transform, union_all
from mlpipeline.stages.contract import Frames, Part, Stage


def unit_hash(salt: str) -> Column:
    """A number in [0, 1) from the salt and `content_id`; equal on every machine and partitioning."""
    hashed = F.sha2(F.concat(F.lit(f"{salt}\x1f"), F.col("content_id")), 256)
    return F.conv(F.substring(hashed, 1, 8), 16, 10).cast("double") / F.lit(float(2**32))


def with_split(part: Any) -> Transform:
    """Adds `split`; `test` and `validation` take the first shares of the hash range, `train` the rest."""

    def step(frame: DataFrame) -> DataFrame:
        place = unit_hash(part.salt)
        held_out = F.when(place < part.test, "test").when(place < part.test + part.validation, "validation")
        return frame.withColumn("split", held_out.otherwise("train"))

    return step


def as_small_intents(part: Any) -> Transform:
    """Findings: intents with fewer rows than the recipe wants, or with no row to train on."""

    def step(frame: DataFrame) -> DataFrame:
        trained = F.count_if(F.col("split") == "train")
        sizes = frame.groupBy("domain", "lang", "intent").agg(F.count("*").alias("rows"), trained.alias("train"))
        few = sizes.where((F.col("rows") < part.min_rows_per_intent) | (F.col("train") == 0))
        told = F.format_string(f"%d rows, %d of them to train on; {part.min_rows_per_intent} wanted", "rows", "train")
        return few.select(
            *["domain", "lang"],
            F.lit("small_intent").alias("kind"),
            F.col("intent").alias("subject"),
            told.alias("detail"),
            "rows",
        )

    return step


def as_uneven_intents(part: Any) -> Transform:
    """Findings: intents whose share of the test rows is off by more than the recipe's tolerance.

    The tolerance is in shares; sampling noise of small bots is allowed for with three standard errors.
    """

    def step(frame: DataFrame) -> DataFrame:
        bot = frame.groupBy("domain", "lang").agg(
            F.count("*").alias("all"), F.count_if(F.col("split") == "test").alias("tests")
        )
        intent = frame.groupBy("domain", "lang", "intent").agg(
            F.count("*").alias("rows"), F.count_if(F.col("split") == "test").alias("test")
        )
        share, found = F.col("rows") / F.col("all"), F.col("test") / F.greatest(F.col("tests"), F.lit(1))
        noise = 3 * F.sqrt(share * (1 - share) / F.greatest(F.col("tests"), F.lit(1)))
        off = intent.join(bot, ["domain", "lang"]).where(F.abs(found - share) > part.tolerance + noise)
        told = F.format_string("%.1f %% of all rows, %.1f %% of the test rows", share * 100, found * 100)
        return off.select(
            *["domain", "lang"],
            F.lit("uneven_share").alias("kind"),
            F.col("intent").alias("subject"),
            told.alias("detail"),
            "rows",
        )

    return step


def as_contradictions(frame: DataFrame) -> DataFrame:
    """Findings: one content under several intents, counted by the set of intents."""
    intents = F.array_join(F.array_sort(F.collect_set("intent")), " | ")
    torn = frame.groupBy("domain", "lang", "content_id").agg(intents.alias("subject"), F.count("*").alias("rows"))
    torn = torn.where(F.col("subject").contains(" | "))
    return (
        torn.groupBy("domain", "lang", "subject")
        .agg(F.sum("rows").alias("rows"))
        .select(
            *["domain", "lang"],
            F.lit("contradiction").alias("kind"),
            "subject",
            F.format_string("the same text under each of these intents, %d rows", "rows").alias("detail"),
            "rows",
        )
    )


def split(part: Part, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: split the labelled contents, and say which intents are small, uneven or torn."""
    rules = part["split"]
    labelled = inputs["cleaned"].where(F.col("intent").isNotNull())
    placed = labelled.select("domain", "lang", "content_id", "intent").transform(with_split(rules)).persist()
    findings = [as_small_intents(rules), as_uneven_intents(rules), as_contradictions]
    return {
        "split_finding": union_all([placed.transform(step) for step in findings]),
        "splits": placed.select(*SPLITS.names).distinct(),
    }


STAGE = Stage(
    name="split",
    sections=("split",),
    needs={"cleaned": CLEANED},
    gives={"split_finding": FINDING, "splits": SPLITS},
    code=("stages.split",),
    libraries=(),
    run=split,
)
