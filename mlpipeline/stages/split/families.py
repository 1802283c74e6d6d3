"""What must stay together: near duplicates, and whatever was made from one parent.

A family is named by the least component id in it. A component without made rows is a family by itself, so that few
rows travel: only the components that a made row ties together are looked at as a graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from mlpipeline.schemas import BOT
from mlpipeline.spark.workers import enter_worker

KEYS = ("domain", "lang", "family")
# In front of the key of a parent that is not among the rows: no component id begins like this.
UNKNOWN = "?"
_FAMILIES = StructType([*BOT, StructField("component", StringType()), StructField("family", StringType())])
_TIES = StructType([*BOT, StructField("component", StringType()), StructField("other", StringType())])


class Ties(NamedTuple):
    """Pairs of components that belong together, and the family of each of these components."""

    pairs: DataFrame
    families: DataFrame


def families_of(ties: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The family of every component in `ties`: the least component of those that they tie together.

    Args:
        ties: pairs of components that belong together; one that begins with `UNKNOWN` only ties, it names no family.
    """
    root: dict[str, str] = {}

    def find(node: str) -> str:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for one, other in ties:
        for node in (one, other):
            root.setdefault(node, node)
        # The lesser becomes the root, and unknown parents come last: the root is the name.
        low, high = sorted((find(one), find(other)), key=lambda node: (node.startswith(UNKNOWN), node))
        root[high] = low
    return {node: find(node) for node in root if not node.startswith(UNKNOWN)}


def text_key(text: str) -> Column:
    """What a text is found by when a made row names it as its parent: case and blanks do not count."""
    return F.lower(F.trim(F.regexp_replace(text, r"(?U)\s+", " ")))


def as_ties(augmented: DataFrame, rows: DataFrame) -> DataFrame:
    """Pairs of components that belong together, because a row of one was made from a row of the other.

    Args:
        augmented: rows with a `parent`: the `id` or the text of another row of the bot.
        rows: all rows of the bots, those too that `clean` dropped: `id`, `text`, `normalized`, `component`.
    """
    names = F.array("id", text_key("text"), text_key("normalized"))
    named = rows.select("domain", "lang", F.col("component").alias("other"), F.explode(names).alias("name"))
    asked = augmented.select("domain", "lang", "component", text_key("parent").alias("name")).distinct()
    found = asked.join(named.distinct(), ["domain", "lang", "name"], "left")
    other = F.coalesce("other", F.concat(F.lit(UNKNOWN), "name"))
    return found.select("domain", "lang", "component", other.alias("other")).distinct()


def as_families(ties: DataFrame) -> DataFrame:
    """One row a tied component: its `family`. One task a bot: ties are few beside rows."""

    def of_bot(key: tuple[pa.Scalar, ...], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        enter_worker()
        domain, lang = (part.as_py() for part in key)
        pairs = (
            pair
            for batch in batches
            for pair in zip(batch["component"].to_pylist(), batch["other"].to_pylist(), strict=True)
        )
        found = sorted(families_of(pairs).items())
        columns = [[domain] * len(found), [lang] * len(found), *([row[at] for row in found] for at in (0, 1))]
        yield pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], names=_FAMILIES.names)

    of_bot.__annotations__ = {
        "key": tuple[pa.Scalar, ...],
        "batches": Iterator[pa.RecordBatch],
        "return": Iterator[pa.RecordBatch],
    }
    return ties.select(*_TIES.names).groupBy("domain", "lang").applyInArrow(of_bot, _FAMILIES)
