"""Load once a process, predict by batch: how a model meets the rows of a partition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pyarrow as pa
from pyspark.resource import ResourceProfile
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from mlpipeline.cluster.device import CPU
from mlpipeline.spark.counters import Counters, Counts, peak_memory_mb
from mlpipeline.spark.device import device_of_task
from mlpipeline.spark.profiles import NO_GPUS, GpuTasks
from mlpipeline.spark.remote import refuse_remote
from mlpipeline.spark.workers import enter_worker

Load = Callable[[], Any]
Predict = Callable[[Any, pa.RecordBatch], pa.RecordBatch]

# Lives in an importable module, so a worker process keeps it between tasks (a dictionary in a notebook's
# __main__ would be pickled into each task afresh).
_LOADED: dict[str, object] = {}


def loaded(key: str, load: Load, counters: Counters | None = None) -> object:
    """The model of this process under `key`, loaded at its first use and counted."""
    if key not in _LOADED:
        _LOADED[key] = load()
        if counters is not None:
            counters.add(Counts(loads=1))
    return _LOADED[key]


def map_partitions(
    frame: DataFrame,
    load: Load,
    predict: Predict,
    *,
    schema: StructType,
    key: str,
    batch_size: int,
    engine: Literal["arrow", "rdd"] = "arrow",
    counters: Counters | None = None,
    gpus: GpuTasks = NO_GPUS,
) -> DataFrame:
    """Applies a model to a frame, batch by batch.

    Args:
        frame: the rows; only its own columns reach `predict`.
        load: makes the model; called once a worker process for each `key` and GPU.
        predict: (model, record batch of at most `batch_size` rows) -> record batch that fits `schema`.
        schema: of the result.
        key: names the model and its version.
        batch_size: rows a call of `predict`.
        engine: `arrow` (DataFrame.mapInArrow, the default) or `rdd` (RDD.mapPartitions); the rows are equal.
        counters: takes `count:loads`, `count:rows` and `peak:worker_mb`.
        gpus: how its tasks come to GPUs; a process gets tasks with this and that GPU of its executor.

    Returns:
        A frame of `schema`.
    """
    wanted = to_arrow_schema(schema)
    # The profile lives in the JVM and stays here.
    of_executor, profile = gpus.of_executor, gpus.profile

    def over_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        enter_worker()
        device = device_of_task(of_executor) if of_executor else CPU
        own, rows = f"{key}@{device.address}" if device.address else key, 0
        for batch in batches:
            for start in range(0, batch.num_rows, batch_size):
                # Not before there are rows: of one changed text, one process loads and not all.
                made = predict(loaded(own, load, counters), batch.slice(start, batch_size))
                rows += made.num_rows
                yield made.cast(wanted) if made.schema != wanted else made
        if counters is not None:
            counters.add(Counts(rows=rows, worker_mb=peak_memory_mb()))

    if engine == "rdd":
        refuse_remote(frame, "the engine `rdd`")
    if engine == "arrow":
        return frame.mapInArrow(over_batches, schema, profile=profile)
    return _over_rdd(frame, over_batches, schema, batch_size, profile)


def _over_rdd(
    frame: DataFrame,
    over_batches: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
    schema: StructType,
    batch_size: int,
    profile: ResourceProfile | None,
) -> DataFrame:
    given = to_arrow_schema(frame.schema)

    def over_rows(rows: Iterator[object]) -> Iterator[tuple[object, ...]]:
        for made in over_batches(_batches(rows, given, batch_size)):
            yield from zip(*(column.to_pylist() for column in made.columns), strict=True)

    made = frame.rdd.mapPartitions(over_rows)
    return frame.sparkSession.createDataFrame(made.withResources(profile) if profile else made, schema)


def _batches(rows: Iterator[object], schema: pa.Schema, size: int) -> Iterator[pa.RecordBatch]:
    held: list[object] = []
    for row in rows:
        held.append(row)
        if len(held) == size:
            yield _as_batch(held, schema)
            held = []
    if held:
        yield _as_batch(held, schema)


def _as_batch(rows: list[object], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
