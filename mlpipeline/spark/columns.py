"""A column computed in Python beside the columns that stay in the JVM: only its input travels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_type
from pyspark.sql.types import StructType

from mlpipeline.spark.partitions import Load, loaded
from mlpipeline.spark.workers import enter_worker

Compute = Callable[[Any, pa.Array], list[pa.Array]]


def python_column(column: str, load: Load, compute: Compute, *, returns: StructType, key: str) -> Column:
    """A struct column made from one text column.

    Args:
        column: the input's name.
        load: makes the model; called once a worker process for each `key`.
        compute: (model, input array) -> one array for each field of `returns`.
        returns: the struct.
        key: names the model and its version.
    """
    fields = [pa.field(field.name, to_arrow_type(field.dataType)) for field in returns.fields]

    def over_arrays(arrays: Iterator[pa.Array]) -> Iterator[pa.Array]:
        enter_worker()
        model = loaded(key, load)
        for array in arrays:
            made = [part.cast(field.type) for part, field in zip(compute(model, array), fields, strict=True)]
            yield pa.StructArray.from_arrays(made, fields=fields)

    over_arrays.__annotations__ = {"arrays": Iterator[pa.Array], "return": Iterator[pa.Array]}
    # Not deterministic: otherwise a filter on one field is pushed below and computes the whole column twice.
    return F.arrow_udf(over_arrays, returnType=returns).asNondeterministic()(column)
