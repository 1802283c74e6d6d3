"""Rows that repeat an earlier one: the same normalised text under the same intent."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def with_key(frame: DataFrame) -> DataFrame:
    """Adds `_key`, a number for domain, lang, intent and content, and `_order`: verified, then as in the files."""
    place = F.shiftleft(F.crc32(F.col("origin_file").cast("binary")), 31).bitwiseOR(F.col("origin_line"))
    checked = F.coalesce(F.col("verified"), F.lit(False))
    order = F.when(checked, place - F.lit(2**63 - 1)).otherwise(place)
    return frame.withColumns({"_key": F.xxhash64("domain", "lang", "intent", "normalized"), "_order": order})


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


def with_duplicate_reason(keyed: DataFrame) -> DataFrame:
    """Marks all but one of the rows with the same content and intent: a verified one stays, or the first in its file.

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
