"""A driver that joins a partitioned store table with a small one, in ways that prune partitions and ways that do not.

    python -m tests.cluster.apps.pruning MASTER '{"spark.eventLog.dir": "file:///..."}' STORE

The event log tells what each way read; the job description names the way.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from mlpipeline.spark.session import open_session
from mlpipeline.spark.workers import enter_worker
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_dataset, write_dataset

LANGS = ("en", "ja", "ko", "th", "vi", "zh-Hans", "zh-Hant", "zh-TW")
SCHEMA = StructType([StructField(name, StringType()) for name in ("domain", "lang", "text")])


def same(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """A Python step that changes nothing."""
    enter_worker()
    yield from batches


def ways(spark: SparkSession, store: Store) -> dict[str, Callable[[], DataFrame]]:
    """What is tried: name -> the query."""
    regions = spark.createDataFrame(
        [(lang, "east" if lang in ("ja", "ko") else "other") for lang in LANGS], "lang string, region string"
    )
    regions.write.mode("overwrite").parquet(f"{store.root}/regions")

    def table() -> DataFrame:
        return read_dataset(spark, store, "planted", SCHEMA)

    def east() -> DataFrame:
        return spark.read.parquet(f"{store.root}/regions").where("region = 'east'")

    return {
        "join": lambda: table().join(F.broadcast(east()), "lang"),
        "python then join": lambda: table().mapInArrow(same, SCHEMA).join(F.broadcast(east()), "lang"),
        "join then python": lambda: table().join(F.broadcast(east()), "lang").select(*SCHEMA.names).mapInArrow(
            same, SCHEMA
        ),
        "one bot": lambda: read_dataset(spark, store, "planted", SCHEMA, ["shop/ko"]),
        "one bot then python": lambda: read_dataset(spark, store, "planted", SCHEMA, ["shop/ko"]).mapInArrow(
            same, SCHEMA
        ),
    }  # fmt: skip


def main() -> int:
    """Plants one partition a language, then counts rows each way."""
    store = Store(sys.argv[3])
    with open_session("pruning", master=sys.argv[1], extra=json.loads(sys.argv[2])) as spark:
        rows = [("shop", lang, f"{lang} {number}") for lang in LANGS for number in range(50)]
        write_dataset(store, "planted", spark.createDataFrame(rows, SCHEMA), [f"shop/{lang}" for lang in LANGS], "{}")
        counted = {}
        for name, query in ways(spark, store).items():
            spark.sparkContext.setJobDescription(name)
            counted[name] = len(query().collect())
    print(json.dumps(counted))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
