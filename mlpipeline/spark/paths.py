"""Paths as Spark writes and reads them, and how a file begins that only Spark can open."""

from __future__ import annotations

from urllib.parse import unquote

from pyspark.sql import SparkSession


def plain_path(uri: str) -> str:
    """The path behind a URI of Spark's: `file:///a%20b` is `/a b`; other systems keep their scheme."""
    path = unquote(uri)
    return "/" + path[5:].lstrip("/") if path.startswith("file:") else path


def escaped_path(path: str) -> str:
    """The path as a pattern that matches it alone: Spark reads paths as glob patterns."""
    return "".join("\\" + char if char in "*?[]{}\\" else char for char in path)


def first_bytes(spark: SparkSession, path: str) -> bytes:
    """The first two bytes of a file of any file system that Spark knows; zeros where it is shorter."""
    jvm, java = spark.sparkContext._jvm, spark.sparkContext._jsc
    place = jvm.org.apache.hadoop.fs.Path(path)  # type: ignore[union-attr]
    stream = place.getFileSystem(java.hadoopConfiguration()).open(place)
    try:
        return bytes(max(0, stream.read()) for _ in range(2))
    finally:
        stream.close()
