"""The packaged table of settings is what the installed jars say."""

from __future__ import annotations

from pyspark.sql import SparkSession

from mlpipeline.cluster.lint.table import keys
from mlpipeline.spark.probe import probe


def test_the_table_is_what_the_jars_say(spark: SparkSession) -> None:
    """Remade here, it is the same; after an upgrade: python -m mlpipeline.spark.probe FILE."""
    found = {key.name: key for key in probe(spark._jvm)}
    assert not {name: (found.get(name), key) for name, key in keys().items() if found.get(name) != key}
    assert set(found) == set(keys())
