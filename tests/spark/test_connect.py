"""Spark Connect: what needs no RDD works, on loopback and behind a token; what needs one says so in a line."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from mlpipeline.errors import SetupError, UsageError
from mlpipeline.spark import connect
from mlpipeline.spark.counters import Counted, Counters
from mlpipeline.spark.remote import check_no_remote, is_remote, refuse_remote
from mlpipeline.spark.session import open_session

SCHEMA = "domain string, lang string, text string"

# In a process of its own: a process has either a classic session or one of Spark Connect.
SCRIPT = """
import json, os, sys
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StringType, StructField, StructType
from mlpipeline.errors import UsageError
from mlpipeline.spark.connect import open_remote_session
from mlpipeline.spark.counters import Counted, Counters
from mlpipeline.spark.partitions import map_partitions
from mlpipeline.store.tables.datasets import read_dataset
from mlpipeline.store.layout import Store

FIELDS = [("text", StringType()), ("letters", LongType()), ("pid", LongType())]
LENGTH = StructType([StructField(name, kind) for name, kind in FIELDS])
told = {}


def load():
    return len


def predict(model, batch):
    letters = [model(text) for text in batch["text"].to_pylist()]
    arrays = [batch["text"], pa.array(letters, pa.int64()), pa.array([os.getpid()] * len(letters), pa.int64())]
    return pa.RecordBatch.from_arrays(arrays, names=["text", "letters", "pid"])


CODE = StructType([StructField("file", StringType())])


def where_from():
    import mlpipeline

    return mlpipeline.__file__


def tell(model, batch):
    return pa.RecordBatch.from_arrays([pa.array([model] * batch.num_rows)], names=["file"])


def refused(work):
    try:
        work()
    except UsageError as error:
        return str(error)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "not refused"


with open_remote_session("connect test", "local[2]") as spark:
    address = spark.client._builder.endpoint
    told["host"], told["kind"] = address, type(spark).__module__
    frame = read_dataset(spark, Store(sys.argv[1]), "cleaned", StructType([]), ["shop/ko"])
    told["rows"] = frame.count()
    lengths = map_partitions(frame.select("text"), load, predict, schema=LENGTH, key="length", batch_size=2)
    rows = lengths.collect()
    told["letters"] = sorted((row.text, row.letters) for row in rows)
    told["workers"] = os.getpid() not in {row.pid for row in rows}
    told["upper"] = [row[0] for row in frame.select(F.upper("lang")).distinct().collect()]
    told["rdd"] = refused(
        lambda: map_partitions(frame, load, predict, schema=LENGTH, key="x", batch_size=2, engine="rdd")
    )
    told["counters"] = refused(lambda: Counters(spark))
    # A second client of the same server, as one of a server elsewhere: it brings its code along.
    with open_remote_session("second", f"sc://{address}/;token={spark.client._builder.token}") as second:
        second_frame = read_dataset(second, Store(sys.argv[1]), "cleaned", StructType([]), ["shop/en"])
        again = map_partitions(second_frame.select("text"), where_from, tell, schema=CODE, key="code", batch_size=9)
        told["code"] = [row.file for row in again.collect()]
    told["first goes on"] = frame.count()
    from pyspark.sql.connect.session import SparkSession as Connect
    told["stranger"] = refused(lambda: Connect.builder.remote(f"sc://{address}").create().range(1).count())
    host, port = address.rsplit(":", 1)
    told["listens"] = [
        line.split()[3] for line in os.popen("ss -ltnH 2>/dev/null") if line.split()[3].endswith(f":{port}")
    ]
told["mode left"] = os.environ.get("SPARK_CONNECT_MODE_ENABLED")
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the script found on a store with one dataset of two bots."""
    store = tmp_path_factory.mktemp("connect") / "내 store"
    rows = [("shop", "ko", text) for text in ("환불", "택배 어디", "안녕하세요")] + [("shop", "en", "hello")]
    frame = spark.createDataFrame(rows, SCHEMA)
    frame.write.format("delta").partitionBy("domain", "lang").save(str(store / "datasets" / "cleaned"))
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK_REMOTE", "PYSPARK_"))}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(store)],
        cwd=store,  # in the checkout, workers would find its code before any other
        env={**kept, "SPARK_REMOTE": "sc://192.0.2.1:1"},  # an address of nobody: must not disturb
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_a_dataset_is_read_and_mapped(told: dict[str, object]):
    assert str(told["kind"]).startswith("pyspark.sql.connect") and told["rows"] == 3
    assert told["letters"] == [["안녕하세요", 5], ["택배 어디", 5], ["환불", 2]]
    assert told["workers"] is True and told["upper"] == ["KO"]


def test_a_client_brings_its_code_to_a_server_elsewhere(told: dict[str, object]):
    assert isinstance(told["code"], list) and len(told["code"]) == 1
    assert "/mlpipeline.zip/mlpipeline/" in told["code"][0]
    assert told["first goes on"] == 3


def test_what_needs_an_rdd_says_so_in_one_line(told: dict[str, object]):
    fix = "needs an RDD, which Spark Connect does not have -> use a session with a master: mlpipeline shell"
    assert str(told["rdd"]).startswith(f"the engine `rdd` {fix}")
    assert str(told["counters"]).startswith(f"counting in tasks {fix}")


def test_the_server_is_for_this_process_only(told: dict[str, object]):
    assert str(told["host"]).startswith("localhost:") and told["host"] != "localhost:15002"
    assert "UNAUTHENTICATED" in str(told["stranger"]) or "token" in str(told["stranger"]).lower()
    listening = told["listens"]
    assert isinstance(listening, list)
    assert all(address.replace("[::ffff:127.0.0.1]", "127.0.0.1").startswith("127.0.0.1:") for address in listening)
    assert told["mode left"] is None


def test_a_classic_session_is_none_of_connect(spark: SparkSession):
    assert not is_remote(spark) and not is_remote(spark.range(1))
    refuse_remote(spark, "anything")
    assert Counters(spark).values == Counted()


def test_a_job_refuses_the_variable_of_connect(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SPARK_REMOTE", "sc://localhost")
    with pytest.raises(SetupError, match="unset SPARK_REMOTE"), open_session("never"):
        pass
    check_no_remote({})


def test_an_address_that_is_none(monkeypatch: pytest.MonkeyPatch):
    for address in ("sc:/localhost", "sc://", "sc://host:port", "http://localhost"):
        with pytest.raises(UsageError, match="sc://host:15002"):
            connect.check_server(address)


def test_nobody_answers_is_told_in_seconds():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SetupError, match=r"no Spark Connect server at 127\.0\.0\.1:\d+"):
        connect.check_server(f"sc://127.0.0.1:{port}/;token=x")
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        connect.check_server(f"sc://127.0.0.1:{server.getsockname()[1]}")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connect, "_NEEDED", {"grpc": "grpcio", "no_such.module": "no-such", "nor_this": "nor-this"})
    with pytest.raises(SetupError, match=r"needs no-such, nor-this -> pip install no-such nor-this"):
        connect.check_packages()


def test_the_packages_are_there():
    connect.check_packages()
    assert Path(connect.__file__).is_file()
