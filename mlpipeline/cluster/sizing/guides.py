"""The rules of sizing as data: ours, and those of the guides that people follow, each with its source."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mlpipeline.errors import UsageError, did_you_mean

LEAST_HEAP_MB = 450  # Spark refuses less: 1.5 x the 300 MB that it keeps for itself
LEAST_OVERHEAD_MB = 384
SPARK = "Spark 4.1 configuration page"


@dataclass(frozen=True)
class Guide:
    """One way to cut nodes into executors.

    Args:
        source: where its numbers come from.
        most_cores: of an executor; None: all that a node has.
        fixed_cores: every executor has exactly `most_cores`; else fewer where less is wasted.
        share: of the heap (or of the executor's share, see `heap`) that is kept for memory outside it.
        heap: `solve` takes the largest heap whose overhead still fits; `cut` takes share x (1 - `share`).
        overhead_gb: the overhead is `share` of the executor's part in whole GB, rounded up; else `share` of the heap.
        whole_gb: the executor's part is rounded down to whole GB before it is cut.
        most_heap_mb: longer object pointers begin at 32 GB; None: no limit.
        pooled: cores and memory are counted over the cluster, not by node.
        waves: shuffle partitions for each slot.
    """

    source: str
    most_cores: int | None = 5
    fixed_cores: bool = True
    share: float = 0.10
    heap: Literal["solve", "cut"] = "cut"
    overhead_gb: bool = False
    rounds_to_gb: bool = True
    most_heap_mb: int | None = None
    pooled: bool = False
    waves: int = 2


# Cloudera 2015, part 2: "How-to: Tune Your Apache Spark Jobs (Part 2)". Ours takes its cut of cores, but solves for the
# overhead instead of guessing it, and counts Python.
GUIDES: Mapping[str, Guide] = {
    "ours": Guide(
        "Cloudera 2015, part 2",
        fixed_cores=False,
        heap="solve",
        rounds_to_gb=False,
        most_heap_mb=31 * 1024,
        waves=3,
    ),
    "cloudera": Guide("Cloudera 2015, part 2", share=0.07),
    "emr": Guide("AWS, Best practices for memory management for Spark on Amazon EMR", overhead_gb=True),
    "pooled": Guide("the cluster-level variant of Cloudera's rule", pooled=True),
    "databricks": Guide("Databricks: one executor a worker, all its cores", most_cores=None),
    "emr-maximize": Guide(
        "EMR maximizeResourceAllocation: one executor a node", most_cores=None, share=0.1875, heap="solve"
    ),
}


def guide_named(name: str) -> Guide:
    """The guide of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in GUIDES:
        raise UsageError(
            f"no sizing guide {name!r}{did_you_mean(name, GUIDES)}", fix=f"guides are: {', '.join(GUIDES)}"
        )
    return GUIDES[name]


def overhead_mb(heap_mb: int, share: float = 0.10, *, pinned_mb: int = 0, python_mb: int = 0) -> int:
    """Return the MB outside a heap: the JVM's own (a share, at least 384), pinned host memory, Python workers.

    The three live side by side, and the container is killed for their sum.
    """
    return max(LEAST_OVERHEAD_MB, int(heap_mb * share)) + pinned_mb + python_mb


def largest_heap_mb(container_mb: int, share: float = 0.10, *, beside_mb: int = 0) -> int:
    """Return the largest heap that fits into a container with its overhead and `beside_mb`; may be negative."""
    room = container_mb - beside_mb
    heap = min(int(room / (1 + share)) + 1, room - LEAST_OVERHEAD_MB)
    while heap > 0 and heap + overhead_mb(heap, share) > room:
        heap -= 1
    return heap


def rounded_up(megabytes: int, step_mb: int) -> int:
    """Return the container that a manager gives for a request: the next multiple of its step."""
    return math.ceil(megabytes / step_mb) * step_mb if step_mb > 1 else megabytes


def kubernetes_pod_mb(memory_mb: int, *, python_cluster_mode: bool) -> int:
    """Return the MB of a pod without a stated overhead: x 1.4 for Python in cluster mode, else x 1.1, least + 384."""
    return memory_mb + overhead_mb(memory_mb, 0.4 if python_cluster_mode else 0.10)


# EMR Serverless: vCPUs of a worker -> least GB, most GB, step in GB.
_SERVERLESS: Mapping[int, tuple[int, int, int]] = {
    1: (2, 8, 1), 2: (4, 16, 1), 4: (8, 30, 1), 8: (16, 60, 4), 16: (32, 120, 8)
}  # fmt: skip


def serverless_worker_gb(cores: int, memory_mb: int) -> int:
    """Return the GB of the smallest EMR Serverless worker with so many vCPUs that holds so many MB.

    Raises:
        UsageError: there is no such worker.
    """
    if cores not in _SERVERLESS:
        raise UsageError(f"EMR Serverless has no worker with {cores} vCPUs", fix="1, 2, 4, 8 or 16")
    least, most, step = _SERVERLESS[cores]
    wanted = max(least, math.ceil(memory_mb / 1024 / step) * step)
    if wanted > most:
        raise UsageError(f"a worker with {cores} vCPUs holds at most {most} GB", fix="take the next size of worker")
    return wanted
