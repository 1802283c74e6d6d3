"""Labelled contents go to train, validation or test, whole families at a time, and stay where they were."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mlpipeline.schemas import CLEANED, CLEANED_DROPPED, FINDING, SPLITS
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.frames import Transform
from mlpipeline.stages.contract import Frames, RowWords, Stage, Work
from mlpipeline.stages.split.assignment import (
    LARGE,
    Earlier,
    as_name,
    find_large,
    with_assigned,
    with_earlier,
    with_large,
    with_was,
)
from mlpipeline.stages.split.families import KEYS, Ties, as_families, as_ties
from mlpipeline.stages.split.findings import find_findings

if TYPE_CHECKING:
    from mlpipeline.recipe.fields import SplitSection

_CONTENT = ("domain", "lang", "content_id")


@dataclass(frozen=True)
class SplitSettings:
    """What splitting receives of the recipe."""

    split: SplitSection


def with_component(frame: DataFrame) -> DataFrame:
    """`component` is a content's own id where it has no near duplicate."""
    return frame.withColumn("component", F.coalesce("component", "content_id"))


def as_contents(assigned: DataFrame) -> DataFrame:
    """One row a content: `family`, `fixed`, `place`, `low` and `high`, extreme hashes of its intents: equal for one."""
    # Numbers are aggregated by hash, texts only by sorting. A content has one family.
    name = F.xxhash64("intent")
    return assigned.groupBy(*_CONTENT, "family", "fixed").agg(
        F.min("place").alias("place"), F.min(name).alias("low"), F.max(name).alias("high")
    )


def with_family(families: DataFrame | None) -> Transform:
    """Adds `family`, the component's own id where no made row ties it to another one."""

    def step(frame: DataFrame) -> DataFrame:
        if families is None:
            return frame.withColumn("family", F.col("component"))
        joined = frame.join(families, ["domain", "lang", "component"], "left")
        return joined.withColumn("family", F.coalesce("family", "component"))

    return step


class RowCounts(NamedTuple):
    """Rows of a bot: labelled ones, synthetic ones among these, and rows in a component with another content."""

    labelled: int
    synthetic: int
    near: int


def find_fixed(
    sources: Collection[str], labelled: DataFrame, dropped: DataFrame, families: DataFrame | None
) -> DataFrame | None:
    """The families with a row of the fixed test set, dropped repeats among them; None where there is none."""
    named = F.col("source").isin(*sources) & F.col("intent").isNotNull()
    columns = ("domain", "lang", "component")
    fixed = labelled.where(named).select(*columns).union(dropped.where(named).select(*columns)).distinct()
    if not sources or fixed.isEmpty():
        return None
    return fixed.transform(with_family(families)).select(*KEYS).distinct().withColumn("fixed", F.lit(True))


def with_fixed(fixed: DataFrame | None) -> Transform:
    """Adds `fixed`: whether the row's family belongs to the fixed test set."""

    def step(rows: DataFrame) -> DataFrame:
        if fixed is None:
            return rows.withColumn("fixed", F.lit(False))
        joined = rows.join(F.broadcast(fixed), list(KEYS), "left")
        return joined.withColumn("fixed", F.coalesce("fixed", F.lit(False)))

    return step


def count_rows(rows: DataFrame) -> dict[tuple[str, str], RowCounts]:
    """The counts of each bot, by domain and language."""
    labelled = F.col("intent").isNotNull()
    counts = rows.groupBy("domain", "lang").agg(
        F.count_if(labelled).alias("labelled"),
        F.count_if(labelled & F.col("parent").isNotNull()).alias("synthetic"),
        F.count_if(F.col("content_id") != F.col("component")).alias("near"),
    )
    return {(row["domain"], row["lang"]): RowCounts(*row[2:]) for row in counts.collect()}


def find_ties(labelled: DataFrame, rows: DataFrame, dropped: DataFrame, counts: Collection[RowCounts]) -> Ties | None:
    """What synthetic rows tie together; None where there are none, as in most bots: joining with nothing costs."""
    if not any(count.synthetic for count in counts):
        return None
    pairs = as_ties(labelled.where("parent is not null"), rows.unionByName(dropped.select(*rows.columns))).persist()
    return Ties(pairs, as_families(pairs).persist())


def find_earlier(last: DataFrame, dropped: DataFrame, families: DataFrame | None) -> Earlier | None:
    """The splits that contents had; None in a first run."""
    if last.isEmpty():
        return None
    gone = dropped.where("reason = 'near_duplicate'").select(*_CONTENT, "component")
    ghosts = gone.transform(with_was(last, how="inner")).transform(with_family(families)).select(*KEYS, "was")
    return Earlier(last, None if ghosts.isEmpty() else ghosts)


def split(settings: SplitSettings, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: what belongs together, where it was, where it goes, and what a person should know of it."""
    rows = inputs["cleaned"].transform(with_component)
    labelled = inputs["cleaned"].where("intent is not null").transform(with_component)
    dropped = inputs["cleaned_dropped"].where("reason in ('duplicate', 'near_duplicate')").transform(with_component)
    counts = count_rows(rows)
    ties = find_ties(labelled, rows, dropped, counts.values())
    families = ties.families if ties else None
    earlier = find_earlier(inputs["last_splits"], dropped, families)
    near = max((count.near for count in counts.values()), default=0)

    members = labelled.select(*_CONTENT, "component", "intent").transform(with_family(families))
    # A component is no larger than the rows that are near another one.
    large = find_large(members, {bot: count.labelled for bot, count in counts.items()}) if ties or near > LARGE else []
    placed = (
        members.transform(with_earlier(earlier, alone=ties is None and not near))
        .transform(with_large(large))
        .transform(with_fixed(find_fixed(settings.split.fixed_sources, labelled, dropped, families)))
        .transform(with_assigned(settings.split))
        .transform(kept(ties is not None or earlier is not None))
    )
    contents = placed.transform(as_contents).persist()
    findings = find_findings(settings.split, placed, contents, labelled, large=large, ties=ties, earlier=earlier)
    named = (as_name("place").alias("split"), "family", "fixed")
    return {"splits": contents.select(*_CONTENT, *named), "split_finding": findings}


def kept(is_dear: bool) -> Transform:
    """Keeps the frame for those who read it again, where making it anew would cost more."""
    return lambda frame: frame.persist() if is_dear else frame


STAGE = Stage(
    name="split",
    settings=SplitSettings,
    needs={"cleaned": CLEANED, "cleaned_dropped": CLEANED_DROPPED},
    gives={"splits": SPLITS, "split_finding": FINDING},
    libraries=("python",),
    run=split,
    recalls={"splits": "part"},
    work=Work(3.0, 0.05),
    # A text under two labels is two rows, and has one split.
    words=RowWords("texts out"),
    must_keep="splits",  # labelled rows only
)
