"""The packaged table of settings: complete, typed, and read without Spark."""

from __future__ import annotations

import re
import subprocess
import sys

from mlpipeline._packaged import packaged
from mlpipeline.cluster.environment import DELTA_SPARK, PYSPARK
from mlpipeline.cluster.lint.settings import wrong_value
from mlpipeline.cluster.lint.table import Key, as_line, find_key, keys, nearest


def test_the_table() -> None:
    known = keys()
    assert len([key for key in known.values() if not key.status.startswith(("plain", "removed"))]) > 1353
    memory = known["spark.executor.memory"]
    assert (memory.base, memory.unit, memory.default, memory.since) == ("bytes", "MiB", "1g", "0.7.0")
    assert known["spark.scheduler.mode"].options == ("FAIR", "FIFO", "NONE")
    assert known["spark.sql.shuffle.partitions"].wrong_number(0) == "at least 1"
    assert known["spark.memory.storageFraction"].wrong_number(1) == "less than 1"
    assert known["spark.sql.warehouse.dir"].status == "static"
    assert known["spark.databricks.delta.snapshotPartitions"].base == "int"
    assert find_key("spark.executor.resource.fpga.amount") is not None
    assert find_key("spark.task.resource.gpu.vendor") is None
    assert find_key("spark.executorEnv.") is None


def test_every_default_of_spark_fits_its_type() -> None:
    """The types that were read from the converters agree with the defaults that were read beside them."""
    wrong = {}
    for key in keys().values():
        stated = key.default and not key.default.startswith(("= ", "<"))
        if stated and not key.status.startswith(("removed", "deprecated")):
            told = wrong_value(key._replace(type=re.split("[<>]", key.type)[0]), key.default)
            if told:
                wrong[key.name] = (key.type, key.default)
    assert not wrong


def test_the_table_is_of_the_pinned_versions() -> None:
    text = packaged("spark_defaults", "spark-settings.tsv").read_text(encoding="utf-8")
    assert text.startswith(f"# The settings of Apache Spark {PYSPARK} and Delta {DELTA_SPARK} ")
    assert sorted(keys()) == list(keys()), "sorted, so that a new version shows as a small difference"


def test_old_names_lead_to_new_ones() -> None:
    assert keys()["spark.yarn.executor.memoryOverhead"].status == "deprecated: use spark.executor.memoryOverhead"
    assert keys()["spark.sql.hive.verifyPartitionPath"].status.startswith("removed: in 4.0.0")


def test_did_you_mean() -> None:
    assert nearest("spark.dynamicalocation.enabled") == "spark.dynamicAllocation.enabled"
    assert nearest("spark.my.library.level") is None


def test_a_line_is_read_as_it_was_written() -> None:
    key = Key("spark.a", "enum:A|B", "A", "4.0.0", "What it is for.", "static")
    assert as_line(key).split("\t") == ["spark.a", "enum:A|B", "A", "4.0.0", "static", "What it is for."]
    assert key.options == ("A", "B") and not key.wrong_number(-1) and key.unit == ""
    assert Key("spark.b", "bytes:MiB>=1", "", "", "", "").unit == "MiB"
    number = Key("spark.b", "int>=0<=9", "", "", "", "")
    assert [number.wrong_number(each) for each in (-1, 0, 9, 10)] == ["at least 0", "", "", "at most 9"]
    share = Key("spark.b", "double>0<1", "", "", "", "")
    assert [share.wrong_number(each) for each in (0, 0.5, 1)] == ["more than 0", "", "less than 1"]


def test_nothing_heavy_is_loaded() -> None:
    code = "import sys; import mlpipeline.cluster.lint, mlpipeline.cluster.sizing; print('pyspark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
