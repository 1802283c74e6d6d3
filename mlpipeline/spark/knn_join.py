"""The k nearest rows of one table for each row of another, by the vectors of both."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import FloatType, IntegerType, StringType, StructField, StructType

from mlpipeline.errors import UsageError
from mlpipeline.spark.frames import union_all
from mlpipeline.spark.nearest import nearest_rows
from mlpipeline.spark.overhead import slots_of
from mlpipeline.spark.partitions import map_partitions

NEAREST = StructType(
    [
        StructField("left", StringType()),
        StructField("right", StringType()),
        StructField("rank", IntegerType()),
        StructField("similarity", FloatType()),
    ]
)
"""A pair: ids of a left and a right row, the place of the right one among the left one's nearest, from 1."""

_PART = 250_000  # right rows that travel to the workers at a time: 512 MB of 512 numbers
_BATCH = 8192  # left rows of one product


def knn_join(left: DataFrame, right: DataFrame, count: int, *, block: int = _PART) -> DataFrame:
    """The `count` right rows with the largest products (cosines, of vectors of length 1) for each left row.

    Every product is computed, in blocks; the right rows travel to each worker once, in blocks of `block` rows.

    Args:
        left: columns `id` (text) and `vector` (little-endian float32 bytes), one row an id; null vectors are left out.
        right: likewise, of the same encoder; read once, on the driver.
        count: rows for each, at least 1.
        block: right rows that are held at a time.

    Returns:
        A frame of NEAREST: for each left row min(count, right rows) pairs. Of equal products the least id is taken.

    Raises:
        UsageError: a count below 1.
    """
    if count < 1:
        raise UsageError(f"{count} nearest rows are none", where="count", fix="give a number from 1")
    spark = left.sparkSession
    # By id: dealt out in turn, rows would be sorted by all of their bytes before.
    there = left.where("vector is not null").select("id", "vector").repartition(slots_of(spark), "id")
    known = right.where("vector is not null").select("id", "vector")
    frames = [_with_part(there, rows, count) for rows in _parts(known, block)]
    if not frames:
        return spark.createDataFrame([], NEAREST)
    if len(frames) == 1:
        return frames[0]
    best = Window.partitionBy("left").orderBy(F.desc("similarity"), "right")
    ranked = union_all(frames).withColumn("rank", F.row_number().over(best))
    return ranked.where(F.col("rank") <= count).select(*NEAREST.names)


def _parts(rows: DataFrame, size: int) -> Iterator[pa.Table]:
    whole = rows.toArrow().sort_by("id")  # here: Spark would send the vectors through a shuffle
    for start in range(0, len(whole), size):
        yield whole.slice(start, size)


def as_matrix(vectors: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Cells of `<f4` bytes, all of one length and none null, as float32 (n, d), without a copy where they lie so."""
    cells = vectors.combine_chunks() if isinstance(vectors, pa.ChunkedArray) else vectors
    if not len(cells):
        return np.zeros((0, 1), np.float32)
    ends = np.frombuffer(cells.buffers()[1], np.int32)[cells.offset : cells.offset + len(cells) + 1]
    packed = np.frombuffer(cells.buffers()[2], np.uint8)[ends[0] : ends[-1]]
    return packed.view("<f4").reshape(len(cells), -1)


def _with_part(left: DataFrame, right: pa.Table, count: int) -> DataFrame:
    """The nearest of one part of the right rows."""
    ids = right["id"].combine_chunks()
    sent = left.sparkSession.sparkContext.broadcast((ids.to_pylist(), as_matrix(right["vector"].cast(pa.binary()))))

    def load() -> tuple[pa.Array, np.ndarray]:
        names, vectors = sent.value
        return pa.array(names, pa.string()), vectors

    def predict(model: tuple[pa.Array, np.ndarray], batch: pa.RecordBatch) -> pa.RecordBatch:
        names, vectors = model
        found = nearest_rows(as_matrix(batch["vector"].cast(pa.binary())), vectors, min(count, len(vectors)))
        each = found.positions.shape[1]
        columns = [
            batch["id"].take(pa.array(np.repeat(np.arange(batch.num_rows), each))),
            names.take(pa.array(found.positions.ravel())),
            pa.array(np.tile(np.arange(1, each + 1, dtype=np.int32), batch.num_rows)),
            pa.array(found.similarities.ravel()),
        ]
        return pa.RecordBatch.from_arrays(columns, names=NEAREST.names)

    # The right rows are those of this call: another call's must not be taken for them.
    key = f"knn_join:{uuid.uuid4()}"
    return map_partitions(left, load, predict, schema=NEAREST, key=key, batch_size=_BATCH)
