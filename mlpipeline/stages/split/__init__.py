"""Labelled contents go to train, validation or test, whole families at a time, and stay where they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mlpipeline.schemas import CLEANED, CLEANED_DROPPED, FINDING, SPLITS
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.frames import Transform, union_all
from mlpipeline.stages.contract import Frames, RowWords, Stage, Work
from mlpipeline.stages.split.families import KEYS, as_families, as_ties
from mlpipeline.stages.split.findings import (
    as_contradictions,
    as_intent_sizes,
    as_large_families,
    as_moved,
    as_small_intents,
    as_spellings,
    as_uneven_intents,
    as_unknown_parents,
)
from mlpipeline.stages.split.places import (
    LARGE,
    as_name,
    find_large,
    with_earlier,
    with_large,
    with_place,
    with_was,
)

if TYPE_CHECKING:
    from mlpipeline.recipe.fields import SplitPart

_CONTENT = ("domain", "lang", "content_id")


@dataclass(frozen=True)
class SplitSettings:
    """What splitting receives of the recipe."""

    split: SplitPart


def with_component(frame: DataFrame) -> DataFrame:
    """`component` is a content's own id where it has no near duplicate."""
    return frame.withColumn("component", F.coalesce("component", "content_id"))


def as_contents(placed: DataFrame) -> DataFrame:
    """One row a content: `place`, and `low`, `high`, the extreme hashes of its intents: equal where it has one."""
    # Numbers are aggregated by hash, texts only by sorting.
    name = F.xxhash64("intent")
    return placed.groupBy(*_CONTENT).agg(
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


def count_rows(rows: DataFrame) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Of each bot: labelled rows, made ones among them, and rows that are in a component with another content."""
    labelled = F.col("intent").isNotNull()
    counts = rows.groupBy("domain", "lang").agg(
        F.count_if(labelled).alias("labelled"),
        F.count_if(labelled & F.col("parent").isNotNull()).alias("made"),
        F.count_if(F.col("content_id") != F.col("component")).alias("near"),
    )
    return {(row["domain"], row["lang"]): (row["labelled"], row["made"], row["near"]) for row in counts.collect()}


def split(settings: SplitSettings, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: what belongs together, where it was, where it goes, and what a person should know of it."""
    rows, labelled = (
        frame.transform(with_component) for frame in (inputs["cleaned"], inputs["cleaned"].where("intent is not null"))
    )
    dropped = inputs["cleaned_dropped"].where("reason in ('duplicate', 'near_duplicate')").transform(with_component)
    counts = count_rows(rows)
    ties = families = last = ghosts = None
    # Most bots have no made rows, and a first run has no earlier split: asking is cheaper than joining with nothing.
    if any(made for _, made, _ in counts.values()):
        ties = as_ties(labelled.where("parent is not null"), rows.unionByName(dropped.select(*rows.columns))).persist()
        families = as_families(ties).persist()
    if not inputs["last_splits"].isEmpty():
        last = inputs["last_splits"]
        gone = dropped.where("reason = 'near_duplicate'").select(*_CONTENT, "component")
        ghosts = gone.transform(with_was(last, how="inner")).transform(with_family(families)).select(*KEYS, "was")
        ghosts = None if ghosts.isEmpty() else ghosts
    members = labelled.select(*_CONTENT, "component", "intent").transform(with_family(families))
    most = max((near for _, _, near in counts.values()), default=0)
    large, alone = [], families is None and not most
    if families is not None or most > LARGE:
        large = find_large(members, {bot: count for bot, (count, _, _) in counts.items()})
    earlier = with_earlier(last, ghosts, alone=alone)
    placed = members.transform(earlier).transform(with_large(large)).transform(with_place(settings.split))
    if last is not None or families is not None:
        placed = placed.persist()
    contents = placed.transform(as_contents).persist()
    sizes = placed.transform(as_intent_sizes).persist()
    findings = [as_small_intents(settings.split)(sizes), as_uneven_intents(settings.split)(sizes)]
    spellings = as_spellings(sizes)
    findings += [as_contradictions(placed, contents), *([] if spellings is None else [spellings])]
    findings += [as_large_families(placed)] if large else []
    findings += [as_unknown_parents(ties)] if ties is not None else []
    if last is not None and not placed.where("was != place").isEmpty():
        findings.append(as_moved(placed, labelled))
    splits = contents.select(*_CONTENT, as_name("place").alias("split"))
    return {"splits": splits, "split_finding": union_all(findings)}


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
