"""Which split a family belongs to: the one that its contents had, else a hash of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from mlpipeline.spark.frames import Transform
from mlpipeline.stages.split.families import KEYS

if TYPE_CHECKING:
    from mlpipeline.recipe.fields import SplitSection

# A new family with more rows than this beside those of the content that names it, and with more than this share of its
# bot's rows, trains: held out as a whole it would leave nothing to learn from, or make the figures those of a sentence.
LARGE = 20
LARGE_SHARE = 0.05
# As numbers, which are grouped by hash, the strictest first: where a family's contents were on several sides, it goes
# where most care is due. Nothing that was tested on may be trained on from now on.
SPLITS_BY_CARE = ("test", "validation", "train")
_TRAIN = SPLITS_BY_CARE.index("train")


def unit_hash(salt: str, column: str) -> Column:
    """A number in [0, 1) from the salt and a column: XXH64 by Spark, equal on every machine and partitioning."""
    hashed = F.xxhash64(F.concat(F.lit(f"{salt}\x1f"), F.col(column)))
    return F.pmod(hashed, F.lit(2**32)).cast("double") / F.lit(float(2**32))


def as_number(split: str) -> Column:
    """The place in SPLITS_BY_CARE of a column's split, null for null."""
    places = F.array(*[F.lit(name) for name in SPLITS_BY_CARE])
    return F.array_position(places, F.col(split)).cast("int") - 1


def as_name(number: str) -> Column:
    """The split that a column's number stands for."""
    return F.get(F.array(*[F.lit(name) for name in SPLITS_BY_CARE]), F.col(number))


class Earlier(NamedTuple):
    """Where contents were.

    `last` are the earlier splits of some bots. `ghosts`: `family` and `was` of contents that had a split and are
    dropped by now, as their family keeps it; None when there are none.
    """

    last: DataFrame
    ghosts: DataFrame | None


def with_earlier(earlier: Earlier | None, *, alone: bool) -> Transform:
    """Adds `was`, the number of a content's earlier split, and `strictest`, `loosest`, those of its family.

    All three are null where there is none. A family of one content has no strictest: its content's own says it all.

    Args:
        earlier: where contents were, None in a first run.
        alone: no family has several contents, ghosts apart.
    """

    def step(rows: DataFrame) -> DataFrame:
        if earlier is None:
            return rows.withColumns({name: F.lit(None).cast("int") for name in ("was", "strictest", "loosest")})
        known, ghosts = rows.transform(with_was(earlier.last)), earlier.ghosts
        if alone and ghosts is None:
            return known.withColumns({name: F.lit(None).cast("int") for name in ("strictest", "loosest")})
        known = known.persist()
        shared, votes = known.where("content_id != family").select(*KEYS), known.select(*KEYS, "was")
        if ghosts is not None:
            shared, votes = shared.union(ghosts.select(*KEYS)), votes.union(ghosts)
        cast = votes.where("was is not null").join(shared.distinct(), list(KEYS), "left_semi").groupBy(*KEYS)
        counted = cast.agg(F.min("was").alias("strictest"), F.max("was").alias("loosest"))
        return known.join(counted, list(KEYS), "left")

    return step


def with_was(last: DataFrame, how: str = "left") -> Transform:
    """Adds `was`: the number of the split that a content had, null for a new one."""
    content = ["domain", "lang", "content_id"]

    def step(frame: DataFrame) -> DataFrame:
        return frame.join(last.select(*content, as_number("split").alias("was")), content, how)

    return step


def find_large(rows: DataFrame, sizes: dict[tuple[str, str], int]) -> list[tuple[str, str, str]]:
    """(domain, lang, family) of the families that are too large to be held out.

    Args:
        rows: labelled rows with their `family`.
        sizes: labelled rows of each bot.
    """
    beside = rows.where("content_id != family").groupBy(*KEYS).agg(F.count("*").alias("rows"))
    found = beside.where(F.col("rows") > LARGE).collect()
    return [
        (row["domain"], row["lang"], row["family"])
        for row in found
        if row["rows"] > LARGE_SHARE * sizes[row["domain"], row["lang"]]
    ]


def with_large(large: list[tuple[str, str, str]]) -> Transform:
    """Adds `large`: whether the row's family is one of these."""

    def step(rows: DataFrame) -> DataFrame:
        if not large:
            return rows.withColumn("large", F.lit(False))
        named = rows.sparkSession.createDataFrame(large, list(KEYS)).withColumn("large", F.lit(True))
        joined = rows.join(F.broadcast(named), list(KEYS), "left")
        return joined.withColumn("large", F.coalesce("large", F.lit(False)))

    return step


def with_assigned(rules: SplitSection) -> Transform:
    """Adds `place`, the number of the split: `test` where fixed, the family's, the content's own, `train` for large
    ones, else drawn.

    Of the hash's range `test` and `validation` take the first shares.
    """
    at = unit_hash(rules.salt, "family")
    drawn = F.when(at < rules.test, 0).when(at < rules.test + rules.validation, 1).otherwise(_TRAIN)

    def step(rows: DataFrame) -> DataFrame:
        return rows.withColumn(
            "place", F.coalesce(F.when(F.col("fixed"), 0), "strictest", "was", F.when(F.col("large"), _TRAIN), drawn)
        )

    return step
