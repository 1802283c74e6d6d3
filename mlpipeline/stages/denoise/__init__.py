"""Labels that are probably wrong: found by models that never learnt them, shown with evidence, dropped when clear."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import ArrayType, StructField, StructType

from mlpipeline.bots import Bot
from mlpipeline.cluster.sizing.needs import StageNeed
from mlpipeline.errors import StageError
from mlpipeline.methods.label_noise.analysis import Fit, analyse_examples, fit_here, plan_views
from mlpipeline.methods.label_noise.annotating import answers_of
from mlpipeline.methods.label_noise.examples import examples_of
from mlpipeline.methods.label_noise.listing import IssueRow, issue_rows
from mlpipeline.methods.label_noise.noise_data import Floats
from mlpipeline.methods.label_noise.reporting import report_of
from mlpipeline.methods.label_noise.reworded import find_reworded
from mlpipeline.methods.label_noise.views import say_cheaper
from mlpipeline.schemas import (
    CLEANED,
    CLEANED_DROPPED,
    DENOISED,
    DENOISED_DROPPED,
    EMBEDDING,
    LABEL_ISSUE,
    NOISE_REPORT,
    SPLITS,
)
from mlpipeline.spark.counters import Counters, Counts
from mlpipeline.spark.frames import Transform, union_all
from mlpipeline.spark.tasks import check_failures, run_tasks
from mlpipeline.spark.workers import give_memory_back
from mlpipeline.stages.contract import Frames, Stage, Work
from mlpipeline.stages.denoise.on_spark import fit_on_spark, over_bots

if TYPE_CHECKING:
    from mlpipeline.recipe.fields import DenoiseSection

_KEYS = ["domain", "lang", "content_id"]
_ISSUE = StructType([field for field in LABEL_ISSUE.fields if field.name not in ("domain", "lang")])
# What is said of one bot: a row of NOISE_REPORT with the rows of LABEL_ISSUE in it.
ANALYSED = StructType([*NOISE_REPORT.fields, StructField("issues", ArrayType(_ISSUE))])


@dataclass(frozen=True)
class DenoiseSettings:
    """What judging labels receives of the recipe."""

    denoise: DenoiseSection


class BotNoise(TypedDict):
    """A row of JUDGED: of a bot its noise, 0 to 1, the report as JSON, and the doubted labels."""

    domain: str
    lang: str
    rate: float | None
    low: float | None
    high: float | None
    kind: str | None
    rows: int | None
    flagged: int | None
    report: str
    issues: list[IssueRow]


def analyse_bot(
    bot: str, rows: pa.Table, rules: DenoiseSection, *, large: bool = False, fit: Fit = fit_here
) -> BotNoise:
    """One row of JUDGED.

    Args:
        bot: its name.
        rows: its rows of `as_rows` with split and vector, in any order. Rows that are not `kept` only say what an
            annotator said.
        rules: the recipe's `denoise` section.
        large: see `judging.analyse_examples`.
        fit: runs the views.
    """
    examples = examples_of(rows.filter(rows["kept"]))
    analysis = analyse_examples(examples, rules, large=large, fit=fit)
    report = report_of(examples, analysis, answers_of(rows))
    report["findings"] = [one._asdict() for one in find_reworded(examples, rules.near_contradiction)]
    domain, lang = Bot.parse(bot)
    return {
        "domain": domain,
        "lang": lang,
        "rate": report.get("rate"),
        "low": report.get("low"),
        "high": report.get("high"),
        "kind": report.get("kind"),
        "rows": report.get("rows"),
        "flagged": report.get("flagged"),
        "report": json.dumps(report, ensure_ascii=False, sort_keys=True),
        "issues": issue_rows(examples, analysis.findings),
    }


def as_rows(inputs: Frames) -> DataFrame:
    """The labelled rows, and of repeats and near repeats those that tell what an annotator said; `kept` parts them."""
    columns = [*_KEYS, "intent", "text", "normalized", "component", "annotator", "verified", "parent"]
    said = inputs["cleaned"].where(F.col("intent").isNotNull()).select(*columns, F.lit(True).alias("kept"))
    again = "reason IN ('duplicate', 'near_duplicate') AND intent IS NOT NULL AND annotator IS NOT NULL"
    repeated = inputs["cleaned_dropped"].where(again)
    return said.unionByName(repeated.select(*columns, F.lit(False).alias("kept")))


def with_split(inputs: Frames) -> Transform:
    """Adds `split` and `vector` of each row's content."""
    splits, vectors = inputs["splits"].select(*_KEYS, "split"), inputs["embedding"].select(*_KEYS, "vector")
    return lambda rows: rows.join(splits, _KEYS, "left").join(vectors, _KEYS, "left")


def count_rows(rows: DataFrame) -> dict[str, tuple[int, int]]:
    """Of each bot: labelled rows, and all rows that say something."""
    counted = rows.groupBy("domain", "lang").agg(F.count_if("kept").alias("units"), F.count("*").alias("told"))
    return {str(Bot(row["domain"], row["lang"])): (row["units"], row["told"]) for row in counted.collect()}


def estimate_noise(
    rows: DataFrame, sizes: Mapping[str, tuple[int, int]], rules: DenoiseSection, counters: Counters
) -> DataFrame:
    """JUDGED for every bot: small ones share tasks, large ones have one for each view and fold.

    Args:
        rows: those of `as_rows` with split and vector.
        sizes: what `count_rows` says of them.
        rules: the recipe's `denoise` section.
        counters: of the stage.
    """
    large = sorted(bot for bot, (examples, _) in sizes.items() if examples >= rules.large_rows)
    small = [(bot, told) for bot, (_, told) in sizes.items() if bot not in large]
    made: list[DataFrame] = []
    if small:

        def work(bot: str, table: pa.Table) -> pa.Table:
            return _as_table(analyse_bot(bot, table, rules))

        others = rows.where(~F.concat_ws("/", "domain", "lang").isin(large)) if large else rows
        made.append(run_tasks(others, work, schema=ANALYSED, counters=counters, sizes=small))
    if large:

        def apart(bot: str) -> pa.Table:
            domain, lang = Bot.parse(bot)  # each by itself, so that no other partition is read
            own = rows.where((F.col("domain") == domain) & (F.col("lang") == lang))
            return analyse_large(bot, own, sizes[bot][1], rules, counters)

        spark = rows.sparkSession
        made.append(spark.createDataFrame(pa.concat_tables(over_bots(spark, large, apart))))
    return union_all(made) if made else rows.sparkSession.createDataFrame([], ANALYSED)


def analyse_large(bot: str, rows: DataFrame, count: int, rules: DenoiseSection, counters: Counters) -> pa.Table:
    """JUDGED of a large bot: a task for each view and fold, then one for the verdict and the audit.

    Args:
        bot: its name.
        rows: as `estimate_noise` has them, of this bot alone.
        count: how many they are.
        rules: the recipe's `denoise` section.
        counters: of the stage.
    """
    spark = rows.sparkSession.sparkContext
    spark.setJobDescription(f"denoise {bot}: views")
    heard = spark.broadcast(ask_views(bot, rows, rules, counters))
    give_memory_back()  # the rows that were here for the views, while a worker decides
    counters.add_steps("decisions", 1)
    spark.setJobDescription(f"denoise {bot}: decisions and audit")

    def work(bot: str, table: pa.Table) -> pa.Table:
        return _as_table(analyse_bot(bot, table, rules, large=True, fit=lambda views, task: heard.value))

    made = run_tasks(rows, work, schema=ANALYSED, counters=counters, sizes=[(bot, count)]).toArrow()
    heard.destroy()
    counters.step_done("decisions")
    return made


def ask_views(bot: str, rows: DataFrame, rules: DenoiseSection, counters: Counters) -> Mapping[str, Floats]:
    """What the views say of a large bot, see `analyse_large`; nothing where they cannot be asked."""
    table = rows.toArrow()
    try:
        views, task = plan_views(examples_of(table.filter(table["kept"])), rules, large=True)
    except StageError:
        return {}
    if cheaper := say_cheaper(task.classes, int(task.trainable.sum()), views):
        counters.note(bot, cheaper)
    return fit_on_spark(rows.sparkSession, counters, views, task)


def _as_table(judged: BotNoise) -> pa.Table:
    return pa.Table.from_pylist([judged], schema=to_arrow_schema(ANALYSED))


def decided(cleaned: DataFrame, issues: DataFrame) -> DataFrame:
    """The cleaned rows with `action`, `suggested` and `score` of their issue where it drops or relabels them."""
    acted = issues.where("action IN ('drop', 'relabel')").select(*_KEYS, "intent", "action", "suggested", "score")
    return cleaned.join(F.broadcast(acted), [*_KEYS, "intent"], "left")


def denoise(settings: DenoiseSettings, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: judge each bot's labels; drop or relabel what is clear; list every doubt with evidence."""
    rules = settings.denoise
    rows = as_rows(inputs)
    # Counted before they are joined: what belongs to a content makes no row more.
    judged = estimate_noise(rows.transform(with_split(inputs)), count_rows(rows), rules, counters).persist()
    told = judged.select(F.sum(F.size(F.filter("issues", lambda one: one["action"] == "drop")))).head()
    # No bot trains on rows that nobody judged without a word.
    check_failures(counters)
    counters.add(Counts(dropped=int((told and told[0]) or 0)))
    issues = judged.select("domain", "lang", F.explode("issues").alias("issue")).select("domain", "lang", "issue.*")
    acted = decided(inputs["cleaned"], issues)
    gone = F.coalesce(F.col("action") == "drop", F.lit(False))
    intent = F.when(F.col("action") == "relabel", F.col("suggested")).otherwise(F.col("intent"))
    detail = F.format_string("the label is wrong with probability %.2f; %s fits best", "score", "suggested")
    return {
        "denoised": acted.where(~gone).withColumn("intent", intent).select(*DENOISED.names),
        "denoised_dropped": acted.where(gone).withColumns({"reason": F.lit("label_noise"), "detail": detail}),
        "label_issue": issues,
        "noise_report": judged.drop("issues"),
    }


STAGE = Stage(
    name="denoise",
    settings=DenoiseSettings,
    needs={"cleaned": CLEANED, "cleaned_dropped": CLEANED_DROPPED, "splits": SPLITS, "embedding": EMBEDDING},
    gives={
        "denoised": DENOISED,
        "denoised_dropped": DENOISED_DROPPED,
        "label_issue": LABEL_ISSUE,
        "noise_report": NOISE_REPORT,
    },
    libraries=("numpy", "scipy", "scikit-learn", "cleanlab"),
    run=denoise,
    dropped="denoised_dropped",
    need=StageNeed(740, "TensorFlow, or the scores of a bot of 4,000 rows"),
    work=Work(5.0, 2.5),
)
