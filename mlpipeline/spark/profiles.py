"""Resources for one stage of a job: GPUs or cores for its tasks, and executors of its own kind where needed."""

from __future__ import annotations

from pyspark.resource import (
    ExecutorResourceRequests,
    ResourceProfile,
    ResourceProfileBuilder,
    TaskResourceRequests,
)
from pyspark.sql import SparkSession

from mlpipeline.cluster.masters import kind_of
from mlpipeline.errors import SetupError, UsageError

_DYNAMIC = "spark.dynamicAllocation.enabled"


def task_profile(spark: SparkSession, *, cpus: int = 1, gpus: float = 0.0) -> ResourceProfile:
    """What each task of a stage takes of the executors that are there; for `withResources` and `mapInArrow`.

    Args:
        spark: a session on a cluster.
        cpus: cores a task.
        gpus: GPUs a task: a whole number, or 0.5 and less to share one.

    Raises:
        UsageError: an amount of GPUs that Spark cannot share.
        SetupError: a local session, or dynamic allocation, under which Spark asks for executors of such tasks' own.
    """
    _check_cluster(spark)
    if spark.conf.get(_DYNAMIC, "false") == "true":
        what = "with dynamic allocation, tasks of another kind need executors of their own"
        raise SetupError(what, fix=f"use executor_profile, or set {_DYNAMIC} false")
    return ResourceProfileBuilder().require(_tasks(cpus, gpus)).build


def executor_profile(
    spark: SparkSession,
    *,
    cores: int,
    memory: str,
    gpus: int = 0,
    task_cpus: int = 1,
    task_gpus: float = 0.0,
    discovery: str = "",
) -> ResourceProfile:
    """Executors of a stage's own kind, started for it and let go when they are idle.

    Args:
        spark: a session on a cluster with dynamic allocation.
        cores: of an executor.
        memory: its heap, such as "2g".
        gpus: of an executor.
        task_cpus: cores a task.
        task_gpus: GPUs a task; 0: a whole one where executors have GPUs.
        discovery: script on the nodes that lists an executor's GPUs; a standalone worker knows its own.

    Raises:
        UsageError: an amount of GPUs that Spark cannot share.
        SetupError: a local session, or no dynamic allocation.
    """
    _check_cluster(spark)
    if spark.conf.get(_DYNAMIC, "false") != "true":
        what = "executors of a stage's own kind need dynamic allocation"
        raise SetupError(what, fix=f"set {_DYNAMIC} true, or use task_profile")
    executors = ExecutorResourceRequests().cores(cores).memory(memory)
    if gpus:
        # Kubernetes names the resource by its vendor and waits for ever without one; the others do not look at it.
        executors = executors.resource("gpu", gpus, discovery, "nvidia.com")
    return ResourceProfileBuilder().require(executors).require(_tasks(task_cpus, task_gpus or float(gpus > 0))).build


def _tasks(cpus: int, gpus: float) -> TaskResourceRequests:
    if gpus > 0.5 and gpus != int(gpus):
        raise UsageError(f"{gpus} GPUs cannot be given to a task", fix="give whole GPUs, or 0.5 and less to share one")
    tasks = TaskResourceRequests().cpus(cpus)
    return tasks.resource("gpu", gpus) if gpus else tasks


def _check_cluster(spark: SparkSession) -> None:
    master = spark.sparkContext.master
    if kind_of(master) in ("local", "local-cluster", None):
        what = "a stage cannot have resources of its own here: that needs standalone, YARN or Kubernetes"
        raise SetupError(what, where=master, fix="leave the profile out for a session on one machine")
