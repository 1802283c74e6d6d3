"""What a session and a task cost: ours beside stock Spark, fresh processes in turn, on the same cores.

    python -m tests.bench.session [--runs 3] [--tasks 40]

Start: from nothing to the session, and to the end of its first SQL and Python jobs. Task: milliseconds of a slot for an
empty Python task in a warm session, by rdd and by mapInArrow. Stock is pyspark with the Delta jars and nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession

from mlpipeline.cluster.jars import delta_jars
from mlpipeline.cluster.java import find_java
from mlpipeline.spark.session import open_session
from mlpipeline.spark.workers import enter_worker

_CORES = 2
_ROUNDS = 3


@contextmanager
def open_stock() -> Iterator[SparkSession]:
    """pyspark as it comes, with Delta by the settings of its manual."""
    os.environ.update(JAVA_HOME=str(find_java().real), PYSPARK_PYTHON=sys.executable)
    builder = SparkSession.builder.master(f"local[{_CORES}]").appName("stock")
    builder = builder.config("spark.jars", ",".join(map(str, delta_jars())))
    builder = builder.config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    catalog = "org.apache.spark.sql.delta.catalog.DeltaCatalog"
    session = builder.config("spark.sql.catalog.spark_catalog", catalog).getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def _ours(number: int) -> int:
    enter_worker()
    return number


def _stock(number: int) -> int:
    return number


def _ours_arrow(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    enter_worker()
    yield from batches


def _stock_arrow(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from batches


def measure(kind: str, tasks: int) -> dict[str, float]:
    """Seconds and milliseconds of one side, in this process, which has done nothing before."""
    began = time.monotonic()
    opened: AbstractContextManager[SparkSession]
    opened = open_session("bench", master=f"local[{_CORES}]") if kind == "ours" else open_stock()
    with opened as spark:
        found = {"session": time.monotonic() - began}
        spark.range(1000).selectExpr("sum(id)").collect()
        work = (_ours, _ours_arrow) if kind == "ours" else (_stock, _stock_arrow)
        context = spark.sparkContext
        context.parallelize(range(_CORES), _CORES).map(work[0]).count()
        found["first jobs"] = time.monotonic() - began
        rdd, arrow = [], []
        for _ in range(_ROUNDS):
            start = time.monotonic()
            context.parallelize(range(tasks), tasks).map(work[0]).count()
            rdd.append(time.monotonic() - start)
            start = time.monotonic()
            frame = spark.range(0, tasks, 1, tasks).mapInArrow(work[1], "id long")
            frame.write.format("noop").mode("overwrite").save()
            arrow.append(time.monotonic() - start)
        each = 1000 * _CORES / tasks
        found |= {"rdd": statistics.median(rdd) * each, "arrow": statistics.median(arrow) * each}
    return found


def run(kind: str, tasks: int) -> dict[str, Any]:
    """One side in a process of its own."""
    words = [sys.executable, "-m", "tests.bench.session", "--side", kind, "--tasks", str(tasks)]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> int:
    """Prints one line of a table for the start and one for tasks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tasks", type=int, default=40)
    parser.add_argument("--side", choices=("ours", "stock"), help="measure one side in this process")
    options = parser.parse_args()
    if options.side:
        print(json.dumps(measure(options.side, options.tasks)))
        return 0
    sides: dict[str, list[dict[str, Any]]] = {"ours": [], "stock": []}
    for _ in range(options.runs):
        for kind, found in sides.items():
            found.append(run(kind, options.tasks))
            print(f"{kind} {found[-1]}", file=sys.stderr)
    middle = {
        kind: {name: statistics.median(one[name] for one in found) for name in found[0]}
        for kind, found in sides.items()
    }
    for name, unit in (("session", "s"), ("first jobs", "s"), ("rdd", "ms a task"), ("arrow", "ms a task")):
        ours, stock = middle["ours"][name], middle["stock"][name]
        print(f"| {name} | ours {ours:.1f} {unit} | stock {stock:.1f} {unit} | ratio {ours / stock:.2f} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
