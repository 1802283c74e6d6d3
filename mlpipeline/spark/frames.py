"""Small named steps on frames, and the check at a stage's border."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from mlpipeline.errors import StageError

Transform = Callable[[DataFrame], DataFrame]


def as_text_id(number: Column | str) -> Column:
    """A content id from its number, a long: 16 hex characters."""
    return F.lpad(F.lower(F.hex(number)), 16, "0")


def with_text_id(name: str, *columns: str) -> Transform:
    """Adds a content id: the columns' XXH64 as 16 hex characters, equal on every machine and partitioning.

    A null counts as no column at all. Of a million contents two share an id once in 37 million times.
    """

    def step(frame: DataFrame) -> DataFrame:
        return frame.withColumn(name, as_text_id(F.xxhash64(*columns)))

    return step


def union_all(frames: list[DataFrame]) -> DataFrame:
    """The rows of all frames; columns are matched by name."""
    return reduce(lambda left, right: left.unionByName(right), frames)


def check_schema(frame: DataFrame, schema: StructType, *, where: str) -> DataFrame:
    """The frame with exactly the schema's columns, in its order.

    Raises:
        StageError: a column is missing or has another type, named with what was expected.
    """
    have = {field.name: field.dataType for field in frame.schema.fields}
    wrong = [
        f"{field.name} ({field.dataType.simpleString()} wanted, {have[field.name].simpleString()} found)"
        for field in schema.fields
        if field.name in have and have[field.name] != field.dataType
    ]
    missing = [field.name for field in schema.fields if field.name not in have]
    if wrong or missing:
        raise StageError(
            f"schema differs: missing {missing or 'nothing'}, of another type {wrong or 'nothing'}",
            where=where,
            fix="compare with mlpipeline/schemas.py",
        )
    return frame.select([F.col(field.name).alias(field.name, metadata=field.metadata or {}) for field in schema.fields])
