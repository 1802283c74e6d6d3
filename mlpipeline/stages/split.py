"""Each labelled content goes to train, validation or test by a hash of itself, so new rows move no old row."""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from mlpipeline.schemas import CLEANED, FINDING, SPLITS
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.frames import Transform, union_all
from mlpipeline.stages.contract import Frames, Part, Stage


def unit_hash(salt: str) -> Column:
    """A number in [0, 1) from the salt and `content_id`: XXH64 by Spark, equal on every machine and partitioning."""
    hashed = F.xxhash64(F.concat(F.lit(f"{salt}\x1f"), F.col("content_id")))
    return F.pmod(hashed, F.lit(2**32)).cast("double") / F.lit(float(2**32))


def with_split(part: Any) -> Transform:
    """Adds `split`; `test` and `validation` take the first shares of the hash range, `train` the rest."""

    def step(frame: DataFrame) -> DataFrame:
        place = unit_hash(part.salt)
        held_out = F.when(place < part.test, "test").when(place < part.test + part.validation, "validation")
        return frame.withColumn("split", held_out.otherwise("train"))

    return step


def as_intent_sizes(placed: DataFrame) -> DataFrame:
    """One row an intent: `rows`, how many of them `train` and `test`, and of its bot `all` and `tests`."""
    sizes = placed.groupBy("domain", "lang", "intent").agg(
        F.count("*").alias("rows"),
        F.count_if(F.col("split") == "train").alias("train"),
        F.count_if(F.col("split") == "test").alias("test"),
    )
    bot = Window.partitionBy("domain", "lang")
    return sizes.withColumns({"all": F.sum("rows").over(bot), "tests": F.sum("test").over(bot)})


def as_small_intents(part: Any) -> Transform:
    """Findings: intents with fewer rows than the recipe wants, or with no row to train on."""

    def step(sizes: DataFrame) -> DataFrame:
        few = sizes.where((F.col("rows") < part.min_rows_per_intent) | (F.col("train") == 0))
        told = F.format_string(f"%d rows, %d of them to train on; {part.min_rows_per_intent} wanted", "rows", "train")
        return _as_findings(few, "small_intent", "intent", told)

    return step


def as_uneven_intents(part: Any) -> Transform:
    """Findings: intents whose share of the test rows is off by more than the recipe's tolerance.

    The tolerance is in shares; sampling noise of small bots is allowed for with three standard errors.
    """

    def step(sizes: DataFrame) -> DataFrame:
        tests = F.greatest(F.col("tests"), F.lit(1))
        share, found = F.col("rows") / F.col("all"), F.col("test") / tests
        noise = 3 * F.sqrt(share * (1 - share) / tests)
        off = sizes.where(F.abs(found - share) > part.tolerance + noise)
        told = F.format_string("%.1f %% of all rows, %.1f %% of the test rows", share * 100, found * 100)
        return _as_findings(off, "uneven_share", "intent", told)

    return step


def _as_findings(rows: DataFrame, kind: str, subject: str, detail: Column) -> DataFrame:
    columns = [F.lit(kind).alias("kind"), F.col(subject).alias("subject"), detail.alias("detail"), F.col("rows")]
    return rows.select("domain", "lang", *columns)


def as_contents(labelled: DataFrame) -> DataFrame:
    """One row a content; `torn` says that it stands under several intents."""
    # Numbers are aggregated by hash, texts only by sorting.
    name = F.xxhash64("intent")
    grouped = labelled.groupBy("domain", "lang", "content_id").agg(F.min(name).alias("low"), F.max(name).alias("high"))
    return grouped.select("domain", "lang", "content_id", F.expr("low != high").alias("torn"))


def as_contradictions(labelled: DataFrame, contents: DataFrame) -> DataFrame:
    """Findings: contents under several intents, counted by the set of intents."""
    keys = ["domain", "lang", "content_id"]
    rows = labelled.join(F.broadcast(contents.where("torn").select(*keys)), keys, "left_semi").groupBy(*keys)
    intents = F.array_join(F.array_sort(F.collect_set("intent")), " | ")
    sets = rows.agg(intents.alias("subject"), F.count("*").alias("rows")).groupBy("domain", "lang", "subject")
    told = F.format_string("the same text under each of these intents, %d rows", "rows")
    return _as_findings(sets.agg(F.sum("rows").alias("rows")), "contradiction", "subject", told)


def split(part: Part, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: split the labelled contents, and say which intents are small, uneven or torn."""
    rules = part["split"]
    labelled = inputs["cleaned"].where(F.col("intent").isNotNull()).select("domain", "lang", "content_id", "intent")
    contents = labelled.transform(as_contents).persist()
    sizes = labelled.transform(with_split(rules)).transform(as_intent_sizes).persist()
    findings = [as_small_intents(rules)(sizes), as_uneven_intents(rules)(sizes), as_contradictions(labelled, contents)]
    return {
        "splits": contents.transform(with_split(rules)).select(*SPLITS.names),
        "split_finding": union_all(findings),
    }


STAGE = Stage(
    name="split",
    sections=("split",),
    needs={"cleaned": CLEANED},
    gives={"splits": SPLITS, "split_finding": FINDING},
    code=("stages.split",),
    libraries=(),
    run=split,
)
