"""Tells when jobs wait because no executor has started, and why; Spark itself only repeats that it waits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pyspark.sql import SparkSession

from mlpipeline.cluster.masters import kind_of
from mlpipeline.cluster.standalone import ask_of, read_master, why_waiting

_log = logging.getLogger(__name__)

_FIRST_S, _STEP_S = 10.0, 1.0


@contextmanager
def waiting_reported(spark: SparkSession, name: str, *, patience: float = _FIRST_S) -> Iterator[None]:
    """While the block runs on a cluster: one line when a job has had no executor for `patience` seconds, and why.

    Args:
        spark: the session.
        name: of our application.
        patience: seconds.
    """
    master = spark.sparkContext.master
    if kind_of(master) in ("local", None):
        yield
        return
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(spark, master, name, patience, over), daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join(5)


def _watch(spark: SparkSession, master: str, name: str, patience: float, over: threading.Event) -> None:
    waited = 0.0
    while not over.wait(_STEP_S):
        # The session may stop at any moment; then there is nothing left to tell.
        with suppress(Exception):
            tracker = spark.sparkContext.statusTracker()
            idle = not tracker.getActiveJobsIds() or _executors(spark) > 0
            waited = 0.0 if idle else waited + _STEP_S
            if waited >= patience:
                _log.warning("waiting: no executor for %.0f s: %s", waited, _cause(spark, master, name))
                return


def _executors(spark: SparkSession) -> int:
    listed = spark.sparkContext._jsc.sc().statusStore().executorList(True)  # type: ignore[union-attr]
    return sum(listed.apply(place).id() != "driver" for place in range(listed.size()))


def _cause(spark: SparkSession, master: str, name: str) -> str:
    settings = dict(spark.sparkContext.getConf().getAll())
    if kind_of(master) == "standalone":
        cluster = read_master(master, settings)
        if cluster is not None:
            return why_waiting(cluster, ask_of(settings), name)
    return f"look at what {master} says of the application {spark.sparkContext.applicationId}"
