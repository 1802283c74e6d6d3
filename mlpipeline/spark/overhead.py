"""What a session costs before it does any work: from nothing to the first Python task, measured in this process.

python -m mlpipeline.spark.overhead MASTER '{"spark.executor.memory": "2g"}'
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator

from pyspark.sql import SparkSession

from mlpipeline.cluster.masters import kind_of
from mlpipeline.cluster.standalone import read_master
from mlpipeline.errors import MLPipelineError
from mlpipeline.spark.session import open_session
from mlpipeline.spark.workers import enter_worker


def _first(rows: Iterator[int]) -> Iterator[int]:
    enter_worker()
    yield from rows


def slots_of(spark: SparkSession) -> int:
    """How many tasks can run at once: what dynamic allocation may take, or what the executors have."""
    settings = dict(spark.sparkContext.getConf().getAll())
    master = spark.sparkContext.master
    found = spark.sparkContext.defaultParallelism
    if settings.get("spark.dynamicAllocation.enabled") == "true" and kind_of(master) != "local":
        cores = int(settings.get("spark.executor.cores", "1")) // int(settings.get("spark.task.cpus", "1"))
        most = settings.get("spark.dynamicAllocation.maxExecutors", "")
        found = max(1, int(most) * cores if most.isdigit() else found)
    cluster = read_master(master, settings) if kind_of(master) == "standalone" else None
    returned: int = min(found, sum(worker.cores for worker in cluster.workers)) if cluster else found
    return returned


def main() -> int:
    """Prints `{"seconds": ..., "slots": ...}`; 1 with one line of why when no session starts."""
    began = time.monotonic()
    logging.basicConfig(format="%(message)s")
    try:
        with open_session("session overhead", master=sys.argv[1], extra=json.loads(sys.argv[2])) as spark:
            spark.sparkContext.parallelize([1], 1).mapPartitions(_first).count()
            print(json.dumps({"seconds": time.monotonic() - began, "slots": slots_of(spark)}), flush=True)
    except MLPipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
