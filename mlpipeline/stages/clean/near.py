"""Near duplicates on Spark: which contents are near each other, and which row of them stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import BinaryType, DoubleType, IntegerType, LongType, StringType, StructField, StructType

from mlpipeline.bots import Bot
from mlpipeline.methods.near_duplicates.contents import components, content_pairs
from mlpipeline.methods.near_duplicates.keep import chosen, kept_of, keys_of
from mlpipeline.methods.near_duplicates.state import State, compared, pair_similarities
from mlpipeline.schemas import BOT, NEAR_PAIR, NEAR_STATE
from mlpipeline.spark.frames import Transform, as_text_id
from mlpipeline.spark.workers import enter_worker
from mlpipeline.store.tables.pieces import cut, join

if TYPE_CHECKING:
    from mlpipeline.recipe.fields import CleanSection

# What a task found: a row holds one of the three.
_PAIR = StructType(
    [StructField("left", LongType()), StructField("right", LongType()), StructField("similarity", DoubleType())]
)
# The rows of a key belong to `component`; the content `kept` stays in their place (null: they stay themselves); those
# after `first` repeat the one at `as`.
_ROWS = StructType(
    [
        *(StructField(name, LongType()) for name in ("key", "component", "kept", "first")),
        StructField("similarity", DoubleType()),
        StructField("as", StringType()),
    ]
)
# A piece of what is kept for tomorrow, or how many buckets (`capped`) were too large for how many comparisons
# (`skipped`).
_STATE = StructType(
    [
        StructField("number", IntegerType()),
        *(StructField(name, LongType()) for name in ("capped", "skipped")),
        StructField("payload", BinaryType()),
    ]
)
_FOUND = StructType([*BOT, StructField("pair", _PAIR), StructField("rows", _ROWS), StructField("state", _STATE)])
_ARROW = to_arrow_schema(_FOUND)
Column: TypeAlias = "np.ndarray | pa.Array | list[int]"
# Bytes of rows up to which one task does them all and the driver keeps what it found.
_SMALL = 2 << 20


def with_near(rules: CleanSection, compared: DataFrame) -> Transform:
    """Adds `component`; marks rows that repeat another one, or are near duplicates of the one that stays."""

    def step(keyed: DataFrame) -> DataFrame:
        rows = compared.where("rows is not null").select("rows.*")
        joined = keyed.join(rows.withColumnsRenamed({"key": "_key", "component": "_component"}), "_key", "left")
        stays = F.col("reason").isNull()
        again = stays & F.lit(rules.drop_duplicates) & (F.col("_order") > F.col("first"))
        near = stays & F.col("kept").isNotNull()
        detail = F.format_string("of %s, similarity %.3f", as_text_id("kept"), "similarity")
        return joined.withColumns(
            {
                "component": F.coalesce(as_text_id("_component"), "content_id"),
                "reason": F.when(again, "duplicate").when(near, "near_duplicate").otherwise(F.col("reason")),
                "detail": F.when(again, F.concat(F.lit("as "), "as")).when(near, detail).otherwise(F.col("detail")),
            }
        )

    return step


def as_pairs(compared: DataFrame) -> DataFrame:
    """The pairs of contents, as NEAR_PAIR."""
    pairs = compared.where("pair is not null").select("domain", "lang", "pair.*")
    return pairs.withColumns({side: as_text_id(side) for side in ("left", "right")}).select(*NEAR_PAIR.names)


def as_state(compared: DataFrame) -> DataFrame:
    """What is kept for the next run, as NEAR_STATE."""
    return compared.where("state is not null").select("domain", "lang", "state.*").select(*NEAR_STATE.names)


def find_near(rules: CleanSection, keyed: DataFrame, last: DataFrame) -> DataFrame:
    """What is near what in the rows that no rule dropped, bot by bot.

    Args:
        rules: the recipe's `clean` section.
        keyed: rows with `_folded`, `_key`, `_order`.
        last: NEAR_STATE of the bots' earlier rows, made with the same recipe.
    """
    rows = keyed.where(F.col("reason").isNull()).select(
        *("domain", "lang", "_key", "_folded", "verified", "_order"),
        F.xxhash64("lang", "normalized").alias("_content"),
        F.xxhash64("intent").alias("_intent"),
        F.unix_micros("ts").alias("_ts"),
        F.concat_ws(":", "origin_file", "origin_line").alias("_as"),
    )
    pieces = last.where(F.col("payload").isNotNull()).select("domain", "lang", "number", "payload")
    both = rows.unionByName(pieces, allowMissingColumns=True)
    drops, threshold, most = rules.near_duplicates == "drop", rules.near_threshold, rules.near_comparisons
    given, wanted = to_arrow_schema(both.schema), _ARROW

    def over_bots(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        held = list(batches)
        if not any(batch.num_rows for batch in held):
            return
        enter_worker()
        for bot, table in _bots_of(pa.Table.from_batches(held).select(given.names).cast(given)):
            made = _of_bot(table, drops, threshold, most)
            columns = {name: pa.repeat(value, made.num_rows) for name, value in bot.items()}
            yield from (
                pa.table({**columns, **dict(zip(made.column_names, made.columns, strict=True))})
                .select(wanted.names)
                .cast(wanted)
                .to_batches()
            )

    if _is_small(both):
        # A few rows are at hand on the driver for every table that is written; each else would ask a task for them.
        return keyed.sparkSession.createDataFrame(both.coalesce(1).mapInArrow(over_bots, _FOUND).toArrow(), _FOUND)
    return _placed(both).mapInArrow(over_bots, _FOUND).persist()


def _is_small(rows: DataFrame) -> bool:
    return int(rows._jdf.queryExecution().optimizedPlan().stats().sizeInBytes()) <= _SMALL  # type: ignore[operator]


def _placed(rows: DataFrame) -> DataFrame:
    """All rows of a bot in one partition, the largest first."""
    sizes = rows.groupBy("domain", "lang").count().collect()
    ordered = sorted(sizes, key=lambda row: (-row["count"], row["domain"], row["lang"]))
    if len(ordered) < 2:
        return rows.coalesce(1)
    names = [F.lit(value) for at, row in enumerate(ordered) for value in (str(Bot(row["domain"], row["lang"])), at)]
    slot = F.create_map(*names)[F.concat_ws("/", "domain", "lang")]
    return rows.repartitionById(len(ordered), slot)


def _bots_of(table: pa.Table) -> Iterator[tuple[dict[str, str], pa.Table]]:
    bots = table.group_by(["domain", "lang"]).aggregate([]).sort_by([("domain", "ascending"), ("lang", "ascending")])
    for bot in bots.to_pylist():
        here = pc.and_(pc.equal(table["domain"], bot["domain"]), pc.equal(table["lang"], bot["lang"]))
        yield bot, table if bots.num_rows == 1 else table.filter(here)


def _of_bot(table: pa.Table, drops: bool, threshold: float, most: int) -> pa.Table:
    pieces = table.filter(pc.is_valid(table["payload"])).sort_by("number")["payload"]
    rows = table.filter(pc.is_null(table["payload"]))
    last = State.from_buffer(pa.py_buffer(join(pieces))) if len(pieces) else None
    contents, first, place = np.unique(
        rows["_content"].to_numpy().view(np.uint64), return_index=True, return_inverse=True
    )
    texts = rows["_folded"].combine_chunks().take(pa.array(first))
    state = compared(contents, texts, threshold, most, last)
    pairs = content_pairs(state.of_content, state.pairs)
    component = components(len(contents), pairs)
    several = (np.bincount(component, minlength=len(contents)) > 1)[component]
    keys = keys_of(rows)
    keys = chosen(keys, several[place[keys.first]] | (keys.rows > 1))
    at = place[keys.first]
    kept = kept_of(keys, contents[component[at]]) if drops else np.arange(len(at))
    gone = np.flatnonzero(kept != np.arange(len(at)))
    alike = np.ones(len(at))
    alike[gone] = pair_similarities(state, texts, at[gone], at[kept[gone]])
    rows_of_keys = {
        "key": _signed(keys.key),
        "component": _signed(contents[component[at]]),
        "kept": pa.array(_signed(keys.content[kept]), mask=kept == np.arange(len(at))),
        "first": keys.position,
        "similarity": alike,
        "as": rows["_as"].combine_chunks().take(pa.array(keys.first)),
    }
    pairs_found = {
        "left": _signed(contents[pairs.left]),
        "right": _signed(contents[pairs.right]),
        "similarity": pairs.similarity,
    }
    tables = [_found("pair", _PAIR, pairs_found), _found("rows", _ROWS, rows_of_keys)]
    return pa.concat_tables([*tables, *(_found("state", _STATE, columns) for columns in _kept(state))])


def _kept(state: State) -> Iterator[dict[str, Column]]:
    if state.skipped:
        # What was left out today would be left out for ever: nothing is kept but how much it was.
        yield {"number": [0], "capped": [len(state.skipped)], "skipped": [sum(state.skipped.values())]}
        return
    for number, piece in enumerate(cut(state.to_buffer()).chunks):
        yield {"number": [number], "capped": [0], "skipped": [0], "payload": piece}


def _found(name: str, kind: StructType, columns: Mapping[str, Column]) -> pa.Table:
    """Rows of `_FOUND` without their bot, of which the column `name` is filled."""
    fields = list(to_arrow_schema(kind))
    count = len(next(iter(columns.values())))
    arrays = [
        pa.nulls(count, field.type) if field.name not in columns else _as_array(columns[field.name], field.type)
        for field in fields
    ]
    others = {other: pa.nulls(count, _ARROW.field(other).type) for other in ("pair", "rows", "state")}
    return pa.table({**others, name: pa.StructArray.from_arrays(arrays, fields=fields)})


def _as_array(values: Column, kind: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def _signed(values: np.ndarray) -> np.ndarray:
    return values.view(np.int64)
