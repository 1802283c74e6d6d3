"""Resources for one stage of a job: GPUs or cores for its tasks, and executors of its own kind where needed."""

from __future__ import annotations

from dataclasses import dataclass

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
_EXECUTOR_GPUS, _TASK_GPUS = "spark.executor.resource.gpu.amount", "spark.task.resource.gpu.amount"
_SHARED = 0.5  # two tasks share a GPU: one computes while the other reads and writes


@dataclass(frozen=True)
class GpuTasks:
    """How the tasks of a stage come to GPUs.

    Args:
        of_executor: GPUs of each executor; 0: the tasks own none.
        share: of a GPU that each task owns.
        profile: what the stage asks for; None: the session's settings give each task its share, or there are no GPUs.
        note: what a person should know of it; "": nothing.
    """

    of_executor: int = 0
    share: float = 0.0
    profile: ResourceProfile | None = None
    note: str = ""


NO_GPUS = GpuTasks()


def gpu_tasks(spark: SparkSession) -> GpuTasks:
    """How the tasks of a stage that can use GPUs come to them in this session.

    Where executors have GPUs and the settings give tasks none, the stage asks for half a GPU a task, or a whole one
    where executors run no more tasks than they have GPUs: Spark fills one before it gives the next. The other stages go
    on without. A local session has none to hand out, whatever its machine has.
    """
    settings, master = dict(spark.sparkContext.getConf().getAll()), spark.sparkContext.master
    of_executor = int(float(settings.get(_EXECUTOR_GPUS, "0")))
    if not of_executor or kind_of(master) == "local":
        return NO_GPUS
    if _TASK_GPUS in settings:
        return GpuTasks(of_executor, float(settings[_TASK_GPUS]))
    cpus, cores = int(settings.get("spark.task.cpus", "1")), int(settings.get("spark.executor.cores", "0"))
    share = 1.0 if 0 < cores // cpus <= of_executor else _SHARED
    try:
        return GpuTasks(of_executor, share, task_profile(spark, cpus=cpus, gpus=share))
    except SetupError as error:
        return GpuTasks(note=f"the GPUs of executors are not used: {error.what} -> add --conf {_TASK_GPUS}={share:g}")


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
