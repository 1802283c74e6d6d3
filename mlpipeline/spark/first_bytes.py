"""How a file begins that only Spark can open."""

from __future__ import annotations

from pyspark.sql import SparkSession


def first_bytes(spark: SparkSession, path: str) -> bytes:
    """The first two bytes of a file of any file system that Spark knows; zeros where it is shorter."""
    jvm, java = spark.sparkContext._jvm, spark.sparkContext._jsc
    place = jvm.org.apache.hadoop.fs.Path(path)  # type: ignore[union-attr]
    stream = place.getFileSystem(java.hadoopConfiguration()).open(place)
    try:
        return bytes(max(0, stream.read()) for _ in range(2))
    finally:
        stream.close()
