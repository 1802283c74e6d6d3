"""Utterances become what models may see: normalised text, without what is too short, too long, foreign or repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from mlpipeline.languages.profile import Profile, normalizer, script_share
from mlpipeline.schemas import CLEANED, CLEANED_DROPPED, UTTERANCE
from mlpipeline.spark.columns import python_column
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.frames import Transform, with_text_id
from mlpipeline.stages.contract import Frames, Part, Stage

_JUDGED = StructType([StructField(name, StringType()) for name in ("normalized", "reason", "detail")])

# normalized text -> (reason, detail), or None when it may stay
Rule = Callable[[str], tuple[str, str] | None]


def length_and_script(part: Any, profile: Profile) -> Rule:
    """The rule that a recipe's `clean` part asks for; lengths are code points of the normalised text."""

    def rule(text: str) -> tuple[str, str] | None:
        if not text:
            return "empty", "nothing is left after normalisation"
        if len(text) < part.min_chars:
            return "too_short", f"{len(text)} characters, at least {part.min_chars}"
        if len(text) > part.max_chars:
            return "too_long", f"{len(text)} characters, at most {part.max_chars}"
        if part.min_script_share > 0:
            share = script_share(text, profile.scripts)
            if share < part.min_script_share:
                return "other_script", f"{share:.0%} of the letters are {'/'.join(profile.scripts)}"
        return None

    return rule


def with_normalized(part: Part) -> Transform:
    """Adds `normalized`, `content_id`, and `reason`, `detail` where a rule drops the row."""
    language, rules = part["language"], part["clean"]
    profile = Profile(tag=language.tag, steps=tuple(language.steps), scripts=tuple(language.scripts))

    def load() -> tuple[Callable[[str], str], Rule]:
        return normalizer(profile), length_and_script(rules, profile)

    def compute(model: tuple[Callable[[str], str], Rule], texts: pa.Array) -> list[pa.Array]:
        normalize, rule = model
        normalized = [normalize(text) for text in texts.to_pylist()]
        verdicts = [rule(text) for text in normalized]
        reasons = [verdict[0] if verdict else None for verdict in verdicts]
        details = [verdict[1] if verdict else None for verdict in verdicts]
        return [pa.array(values, pa.string()) for values in (normalized, reasons, details)]

    def step(frame: DataFrame) -> DataFrame:
        made = python_column("text", load, compute, returns=_JUDGED, key=f"clean:{profile}:{rules}")
        judged = frame.select(*UTTERANCE.names, made.alias("made")).select(*UTTERANCE.names, "made.*")
        return judged.transform(with_text_id("content_id", "lang", "normalized"))

    return step


def with_key(frame: DataFrame) -> DataFrame:
    """Adds `_key`, one number for domain, lang, intent and content, and `_order`, one for the place in the files."""
    place = F.shiftleft(F.crc32(F.col("origin_file").cast("binary")), 31).bitwiseOR(F.col("origin_line"))
    return frame.withColumns({"_key": F.xxhash64("domain", "lang", "intent", "normalized"), "_order": place})


def as_firsts(keyed: DataFrame) -> DataFrame:
    """One row for each `_key` that stands several times: `_first`, the least `_order`, and `_as`, where that is."""
    kept = keyed.where(F.col("reason").isNull())
    # Numbers alone are grouped: Spark does it by hash, without sorting, and few bytes travel.
    seen = kept.groupBy("_key").agg(F.min("_order").alias("_first"), F.count("*").alias("_rows"))
    repeated = seen.where("_rows > 1").select("_key", "_first")
    places = kept.select(
        "_key", F.col("_order").alias("_first"), F.concat_ws(":", "origin_file", "origin_line").alias("_as")
    )
    return places.join(F.broadcast(repeated), ["_key", "_first"])


def with_duplicates_marked(keyed: DataFrame) -> DataFrame:
    """Marks all but one of the rows with the same content and intent: the first in its file.

    One content under two intents is no duplicate: both stay, and `split` reports them.
    """
    marked = keyed.join(F.broadcast(as_firsts(keyed)), "_key", "left")
    repeated = F.col("reason").isNull() & (F.col("_order") > F.col("_first"))
    return marked.withColumns(
        {
            "reason": F.when(repeated, "duplicate").otherwise(F.col("reason")),
            "detail": F.when(repeated, F.concat(F.lit("as "), "_as")).otherwise(F.col("detail")),
        }
    )


def clean(part: Part, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: normalise, apply the rules, mark what repeats, keep the dropped rows beside the kept."""
    judged = inputs["utterance"].transform(with_normalized(part)).transform(with_key).persist()
    if part["clean"].drop_duplicates:
        judged = judged.transform(with_duplicates_marked)
    return {
        "cleaned": judged.where(F.col("reason").isNull()).select(*CLEANED.names),
        "cleaned_dropped": judged.where(F.col("reason").isNotNull()),
    }


STAGE = Stage(
    name="clean",
    sections=("language", "clean"),
    needs={"utterance": UTTERANCE},
    gives={"cleaned": CLEANED, "cleaned_dropped": CLEANED_DROPPED},
    code=("stages.clean", "languages"),
    libraries=("python",),
    run=clean,
    dropped="cleaned_dropped",
)
