"""`denoise` on Spark: rows in, rows out, whatever the partitions and the size of the bot."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from mlpipeline.schemas import CLEANED, CLEANED_DROPPED, EMBEDDING, SPLITS
from mlpipeline.stages.denoise import STAGE
from tests.spark.conftest import as_rows
from tests.unit.methods.label_noise.noise_rows import COUNT, WRONG, rows

TEST = tuple(range(0, COUNT, 9))
QUICK = ("denoise.folds=3", "denoise.audit=0.0")
BOT = {"domain": "shop", "lang": "ko"}


def frames(spark: SparkSession, made: list[dict[str, Any]], partitions: int = 2) -> dict[str, DataFrame]:
    """What the stages before would have left of these rows, of one bot, and one unlabelled row."""
    listed = [{**BOT, **row, "id": f"u{row['content_id']}", "component": row["content_id"]} for row in made]
    listed.append({**BOT, "id": "log", "content_id": "log", "component": "log", "text": "x", "normalized": "x"})
    cleaned = [{name: row.get(name) for name in CLEANED.names} for row in listed]
    splits = [{**BOT, "content_id": row["content_id"], "split": row["split"]} for row in made]
    return {
        "cleaned": spark.createDataFrame(cleaned, CLEANED).repartition(partitions),
        "cleaned_dropped": spark.createDataFrame([], CLEANED_DROPPED),
        "splits": spark.createDataFrame(splits, SPLITS).repartition(partitions),
        "embedding": spark.createDataFrame([], EMBEDDING),
    }


def as_told(made: dict[str, DataFrame]) -> dict[str, list[tuple[Any, ...]]]:
    return {name: as_rows(made[name], *schema.names) for name, schema in STAGE.gives.items()}


@pytest.fixture(scope="module")
def given(spark: SparkSession) -> dict[str, DataFrame]:
    return frames(spark, rows(WRONG, TEST))


def test_clear_cases_are_dropped_with_a_reason(run, given):
    made = run("denoise", sets=QUICK, **given)
    issues = made["label_issue"].collect()
    dropped = made["denoised_dropped"].collect()
    assert 10 <= len(dropped) <= len(WRONG)
    assert {row["content_id"] for row in dropped} == {one["content_id"] for one in issues if one["action"] == "drop"}
    assert {row["content_id"] for row in dropped} <= {f"{number:04d}" for number in set(WRONG) - set(TEST)}
    assert {row["reason"] for row in dropped} == {"label_noise"}
    assert all(f"{row['intent']}" not in row["detail"] for row in dropped)
    assert made["denoised"].count() + len(dropped) == COUNT + 1
    assert made["denoised"].where("intent IS NULL").count() == 1
    (report,) = made["noise_report"].collect()
    assert report["low"] <= report["rate"] <= report["high"]
    assert report["flagged"] == sum(one["flagged"] and one["split"] != "test" for one in issues)
    assert json.loads(report["report"])["actions"]["drop"] == len(dropped)


def test_one_task_or_one_a_view_and_fold_say_the_same(run, spark, given):
    whole = as_told(run("denoise", sets=QUICK, **given))
    parted = run("denoise", sets=(*QUICK, "denoise.large_rows=100", "denoise.network=false"), **given)
    assert as_told(parted) == whole
    scattered = {name: frame.repartition(7) for name, frame in given.items()}
    assert as_told(run("denoise", sets=QUICK, **scattered)) == whole


def test_relabelled_rows_carry_what_was_suggested(run, given):
    made = run("denoise", sets=(*QUICK, "denoise.policy=relabel"), **given)
    suggested = as_rows(made["label_issue"].where("action = 'relabel'"), "content_id", "suggested")
    assert suggested
    named = F.col("content_id").isin([content for content, _ in suggested])
    assert as_rows(made["denoised"].where(named), "content_id", "intent") == suggested
    assert made["denoised"].count() == COUNT + 1
    assert not made["denoised_dropped"].count()


@pytest.mark.parametrize("large", [100, 100_000])
def test_a_bot_that_cannot_be_judged_keeps_its_rows(run, spark, large):
    sets = (*QUICK, f"denoise.large_rows={large}")
    made = run("denoise", sets=sets, **frames(spark, [{**row, "intent": "hi"} for row in rows()]))
    assert made["denoised"].count() == COUNT + 1
    assert not made["label_issue"].count()
    (report,) = made["noise_report"].collect()
    assert report["rate"] is None and "one label" in report["report"]


def test_repeats_say_what_annotators_said(run, spark):
    made = [{**row, "annotator": "anna"} for row in rows()]
    inputs = frames(spark, made)
    again = inputs["cleaned"].where("content_id < '0040'").withColumn("annotator", F.lit("ben"))
    inputs["cleaned_dropped"] = again.withColumns({"reason": F.lit("duplicate"), "detail": F.lit("")})
    (report,) = run("denoise", sets=QUICK, **inputs)["noise_report"].collect()
    told = json.loads(report["report"])["annotators"]
    assert told["shared_texts"] == 40
    assert told["kappa"] == [{"left": "anna", "right": "ben", "kappa": 1.0, "texts": 40}]
