"""Utterances become what models may see: normalised text, without what is too short, too long, foreign or repeated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from mlpipeline.cluster.sizing.needs import StageNeed
from mlpipeline.languages.tool_memory import TOOL_MEMORY
from mlpipeline.schemas import CLEANED, CLEANED_DROPPED, NEAR_PAIR, NEAR_STATE, UTTERANCE
from mlpipeline.spark.counters import Counters
from mlpipeline.stages.clean.near import as_pairs, as_state, find_near, with_near
from mlpipeline.stages.clean.repeats import with_duplicate_reason, with_key
from mlpipeline.stages.clean.rules import length_and_script, with_normalized
from mlpipeline.stages.contract import Frames, Stage, Work

if TYPE_CHECKING:
    from mlpipeline.recipe.fields import CleanSection, Language

__all__ = ["STAGE", "clean", "length_and_script"]


@dataclass(frozen=True)
class CleanSettings:
    """What cleaning receives of the recipe."""

    language: Language
    clean: CleanSection


def clean(settings: CleanSettings, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: normalise, apply the rules, mark what repeats or nearly does, keep the dropped."""
    rules = settings.clean
    judged = inputs["utterance"].transform(with_normalized(settings.language, rules)).transform(with_key).persist()
    spark = judged.sparkSession
    pairs, state = spark.createDataFrame([], NEAR_PAIR), spark.createDataFrame([], NEAR_STATE)
    marked = judged.withColumn("component", F.col("content_id"))
    if rules.near_duplicates != "off":
        found = find_near(rules, judged, inputs["last_near_state"])
        pairs, state, marked = as_pairs(found), as_state(found), judged.transform(with_near(rules, found))
    elif rules.drop_duplicates:
        marked = marked.transform(with_duplicate_reason)
    return {
        "cleaned": marked.where(F.col("reason").isNull()).select(*CLEANED.names),
        "near_pair": pairs,
        "near_state": state,
        "cleaned_dropped": marked.where(F.col("reason").isNotNull()),
    }


STAGE = Stage(
    name="clean",
    settings=CleanSettings,
    needs={"utterance": UTTERANCE},
    gives={"cleaned": CLEANED, "near_pair": NEAR_PAIR, "near_state": NEAR_STATE, "cleaned_dropped": CLEANED_DROPPED},
    libraries=("python", "numpy", "scipy", "pyarrow"),
    run=clean,
    dropped="cleaned_dropped",
    recalls={"near_state": "code"},
    need=StageNeed(tools=TOOL_MEMORY),
    work=Work(3.0, 0.1),
    must_keep="cleaned",
)
