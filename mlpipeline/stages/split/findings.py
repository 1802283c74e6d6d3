"""What a person should know about the rows and where they went."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F

from mlpipeline.languages.labels import INTEGER, spelling_key
from mlpipeline.schemas import FINDING
from mlpipeline.spark.frames import Transform, union_all
from mlpipeline.stages.split.assignment import SPLITS_BY_CARE, Earlier, as_name
from mlpipeline.stages.split.families import KEYS, UNKNOWN, Ties

if TYPE_CHECKING:
    from mlpipeline.recipe.fields import SplitSection

_NAMED = 3


def as_intent_sizes(assigned: DataFrame) -> DataFrame:
    """One row an intent: `rows`, how many of them `train` and `test`, and of its bot `all` and `tests`."""
    sizes = assigned.groupBy("domain", "lang", "intent").agg(
        F.count("*").alias("rows"),
        F.count_if(F.col("place") == SPLITS_BY_CARE.index("train")).alias("train"),
        F.count_if(F.col("place") == SPLITS_BY_CARE.index("test")).alias("test"),
    )
    bot = Window.partitionBy("domain", "lang")
    return sizes.withColumns({"all": F.sum("rows").over(bot), "tests": F.sum("test").over(bot)})


def as_small_intents(rules: SplitSection) -> Transform:
    """Findings: intents with fewer rows than the recipe wants, or with no row to train on."""

    def step(sizes: DataFrame) -> DataFrame:
        few = sizes.where((F.col("rows") < rules.min_rows_per_intent) | (F.col("train") == 0))
        told = F.format_string(
            f"%s, %d of them to train on; {rules.min_rows_per_intent} wanted", _counted("rows", "row", "rows"), "train"
        )
        return _as_findings(few, "small_intent", F.col("intent"), told)

    return step


def as_uneven_intents(rules: SplitSection) -> Transform:
    """Findings: intents whose share of the test rows is off by more than the recipe's tolerance.

    The tolerance is in shares; sampling noise of small bots is allowed for with three standard errors.
    """

    def step(sizes: DataFrame) -> DataFrame:
        tests = F.greatest(F.col("tests"), F.lit(1))
        share, found = F.col("rows") / F.col("all"), F.col("test") / tests
        noise = 3 * F.sqrt(share * (1 - share) / tests)
        off = sizes.where(F.abs(found - share) > rules.tolerance + noise)
        told = F.format_string("%.1f %% of all rows, %.1f %% of the test rows", share * 100, found * 100)
        return _as_findings(off, "uneven_share", F.col("intent"), told)

    return step


def as_spellings(sizes: DataFrame) -> DataFrame | None:
    """Findings: labels that differ by case, width, separators or the form of a number only: two intents by mistake.

    None where there are none: Spark finds the few that may be such, and only those are looked at one by one.
    """
    coarse = F.lower(F.translate("intent", *_coarse_letters()))
    whole = F.regexp_replace(F.trim(coarse), INTEGER.pattern, "$1")
    key = F.trim(F.regexp_replace(whole, r"(?U)[\s_\-/.]+", " "))
    key = F.regexp_replace(key, INTEGER.pattern, "$1").alias("key")
    named = sizes.groupBy("domain", "lang", key).agg(F.collect_list(F.struct("intent", "rows")).alias("labels"))
    found = []
    for row in named.where(F.size("labels") > 1).collect():
        same: dict[str, list[Row]] = {}
        for label in row["labels"]:
            same.setdefault(spelling_key(label["intent"]), []).append(label)
        for labels in same.values():
            rows = sum(label["rows"] for label in labels)
            told = f"labels that differ by case, width, separators or the form of a number only, {rows} rows"
            names = " | ".join(sorted(label["intent"] for label in labels))
            found += [(row["domain"], row["lang"], "label_spelling", names, told, rows)] if len(labels) > 1 else []
    return sizes.sparkSession.createDataFrame(found, FINDING) if found else None


def _coarse_letters() -> tuple[str, str]:
    """For Spark's translate: letters without their width, and kana without their voicing, of which width hangs."""
    pairs = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    for code in (*range(0xFF66, 0xFF9E), *range(0x30A1, 0x30FB)):
        plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", chr(code)))[0]
        if plain != chr(code):
            pairs[chr(code)] = plain
    # what has no counterpart is deleted
    return "".join(pairs) + "\uff9e\uff9f\u3099\u309a", "".join(pairs.values())


def as_contradictions(assigned: DataFrame, contents: DataFrame) -> DataFrame:
    """Findings: contents under several intents, counted by the set of intents."""
    keys = ["domain", "lang", "content_id"]
    several = contents.where("low != high").select(*keys)
    rows = assigned.select(*keys, "intent").join(F.broadcast(several), keys, "left_semi").groupBy(*keys)
    intents = F.array_join(F.array_sort(F.collect_set("intent")), " | ")
    sets = rows.agg(intents.alias("subject"), F.count("*").alias("rows")).groupBy("domain", "lang", "subject")
    told = F.format_string("the same text under each of these intents, %d rows", "rows")
    return _as_findings(sets.agg(F.sum("rows").alias("rows")), "contradiction", F.col("subject"), told)


def as_large_families(assigned: DataFrame) -> DataFrame:
    """Findings: families so large that they would be a held-out part by themselves."""
    sizes = assigned.where("large").groupBy(*KEYS, "place").agg(F.count("*").alias("rows"))
    told = F.format_string("%d rows, near duplicates or augmented ones, stay together in %s", "rows", as_name("place"))
    return _as_findings(sizes, "large_family", F.col("family"), told)


def as_unknown_parents(ties: DataFrame) -> DataFrame:
    """Findings: parents that are not among the rows: what was made from them may stand apart from them."""
    lost = ties.where(F.col("other").startswith(UNKNOWN)).groupBy("domain", "lang")
    counted = lost.agg(F.count_distinct("other").alias("rows"), F.min(F.substring("other", 2, 60)).alias("first"))
    told = F.format_string(
        "%s no text and no id of this bot, such as '%s': what was made from it stays together, "
        "but may stand apart from the parent; write the parent's text there",
        *(_counted("rows", "parent is", "parents are"), "first"),
    )
    return _as_findings(counted, "parent_unknown", F.lit("parent"), told)


def as_moved(assigned: DataFrame, labelled: DataFrame) -> DataFrame:
    """Findings: contents that left their split, from where to where, and which rows joined what was apart."""
    at = F.concat_ws(":", "origin_file", "origin_line").alias("at")
    new = assigned.where("strictest != loosest and was is null").select(*KEYS, "content_id")
    joining = labelled.select("domain", "lang", "content_id", at).join(new, ["domain", "lang", "content_id"])
    joiners = joining.groupBy(*KEYS).agg(F.min("at").alias("by"))
    gone = assigned.where("was != place").select(*KEYS, "content_id", "was", "place").distinct()
    subject = F.concat_ws(" -> ", as_name("was"), as_name("place")).alias("subject")
    sums = (
        gone.join(joiners, list(KEYS), "left")
        .groupBy("domain", "lang", subject)
        .agg(F.count("*").alias("rows"), F.slice(F.array_sort(F.collect_set("by")), 1, _NAMED).alias("by"))
    )
    cause = F.when(F.size("by") > 0, F.concat(F.lit("joined by "), F.array_join("by", ", ")))
    told = F.format_string(
        "%s to near duplicates or rows of the same parent on the other side: %s",
        *(
            _counted("rows", "text moved", "texts moved"),
            F.coalesce(cause, F.lit("no row is new, but what belongs together has changed")),
        ),
    )
    return _as_findings(sums, "moved", F.col("subject"), told)


def _counted(column: str, one: str, more: str) -> Column:
    """1 row, 2 rows."""
    return F.concat_ws(" ", column, F.when(F.col(column) == 1, one).otherwise(more))


def _as_findings(rows: DataFrame, kind: str, subject: Column, detail: Column) -> DataFrame:
    columns = [F.lit(kind).alias("kind"), subject.alias("subject"), detail.alias("detail"), F.col("rows").cast("long")]
    return rows.select("domain", "lang", *columns)


def find_findings(
    rules: SplitSection,
    assigned: DataFrame,
    contents: DataFrame,
    labelled: DataFrame,
    *,
    large: Sequence[tuple[str, str, str]],
    ties: Ties | None,
    earlier: Earlier | None,
) -> DataFrame:
    """All kinds of findings, as FINDING.

    Args:
        rules: of the recipe.
        assigned: labelled rows with their `family`, `was`, `strictest`, `loosest`, `large` and `place`.
        contents: one row a content, with the extreme hashes of its intents, `low` and `high`.
        labelled: the rows as they were read.
        large: families that are too large to be held out.
        ties: what synthetic rows tie together.
        earlier: where contents were.
    """
    sizes = assigned.transform(as_intent_sizes).persist()
    has_moved = earlier is not None and not assigned.where("was != place").isEmpty()
    kinds = (
        sizes.transform(as_small_intents(rules)),
        sizes.transform(as_uneven_intents(rules)),
        as_contradictions(assigned, contents),
        as_spellings(sizes),
        as_large_families(assigned) if large else None,
        as_unknown_parents(ties.pairs) if ties is not None else None,
        as_moved(assigned, labelled) if has_moved else None,
    )
    return union_all([found for found in kinds if found is not None])
