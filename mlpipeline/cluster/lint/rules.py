"""Settings that are each right and together wrong: one small function a contradiction."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator

from mlpipeline.cluster.lint.view import Finding, View
from mlpipeline.cluster.sizing.guides import LEAST_HEAP_MB, LEAST_OVERHEAD_MB
from mlpipeline.cluster.sizing.needs import WORKER_MB, StageNeed, python_megabytes
from mlpipeline.cluster.sizing.shape import gpu_amount
from mlpipeline.cluster.units import as_text

_EXECUTOR_GPU = "spark.executor.resource.gpu.amount"
_TASK_GPU = "spark.task.resource.gpu.amount"
_DYNAMIC = "spark.dynamicAllocation"


Rule = Callable[[View], Iterator[Finding]]


def gpu_on_local(view: View) -> Iterator[Finding]:
    """A local master has no GPUs to hand out, and tasks that ask for one wait for ever, without a word."""
    if view.kind != "local":
        return
    for key in view.settings:
        if re.match(r"spark\.(executor|task)\.resource\..+\.amount\Z", key):
            what = "a local master hands out no GPUs: every job waits for ever, without a message"
            yield view.finding("error", "GPU amount on local", key, what, "remove it; the code sees the GPU anyway")
    if view.profile:
        what = "a local master knows no resource profiles: SparkException"
        yield view.finding("error", "profile on local", "spark.master", what, "use standalone, yarn or k8s")


def gpu_amounts(view: View) -> Iterator[Finding]:
    """Amounts that Spark refuses, and parts of a request that lack the others."""
    if view.kind == "local":
        return
    amount = view.number(_TASK_GPU, 0)
    if view.has(_TASK_GPU) and (amount <= 0 or (amount > 0.5 and amount != int(amount))):
        what = f"a task cannot have {view.text(_TASK_GPU)} GPUs: Spark takes at most 0.5, or whole numbers"
        yield view.finding("error", "GPU amount of a task", _TASK_GPU, what, "0.5 for two tasks a GPU, 1 for one")
    if view.has(_TASK_GPU) and not view.has(_EXECUTOR_GPU):
        what = "tasks ask for GPUs and executors have none: the session does not start"
        yield view.finding("error", "no GPU of an executor", _TASK_GPU, what, f"add {_EXECUTOR_GPU} 1")
    for part in ("vendor", "discoveryScript"):
        key = f"spark.executor.resource.gpu.{part}"
        if view.has(key) and not view.has(_EXECUTOR_GPU):
            what = "names a resource without an amount: the session does not start"
            yield view.finding("error", "no GPU of an executor", key, what, f"add {_EXECUTOR_GPU} 1, or remove this")
    if view.kind == "k8s" and view.has(_EXECUTOR_GPU) and not view.has("spark.executor.resource.gpu.vendor"):
        what = "GPUs on Kubernetes without a vendor: no pod can be asked for"
        fix = "add spark.executor.resource.gpu.vendor nvidia.com"
        yield view.finding("error", "no GPU vendor", _EXECUTOR_GPU, what, fix)
    for key in view.settings:
        if re.match(r"spark\.yarn\.(executor|driver|am)\.resource\.(yarn\.io/)?gpu", key):
            what = "Spark refuses YARN's own name for GPUs"
            yield view.finding("error", "GPU key of YARN", key, what, f"write {_EXECUTOR_GPU}")


def gpu_waste(view: View) -> Iterator[Finding]:
    """Cores that wait because the GPUs of an executor allow fewer tasks, or the other way round."""
    amount, gpus = view.number(_TASK_GPU, 0), view.number(_EXECUTOR_GPU, 0)
    if gpus < 1 or amount <= 0 or (amount > 0.5 and amount != int(amount)):
        return
    by_gpu = int(gpus * math.floor(1 / amount)) if amount <= 0.5 else int(gpus // amount)
    cpus = max(1, int(view.number("spark.task.cpus", 1)))
    # Without a word of cores: 1 on YARN and Kubernetes, a whole worker on standalone, unknown elsewhere.
    known = view.has("spark.executor.cores") or view.kind in ("yarn", "k8s")
    if by_gpu == view.slots or not known:
        return
    if by_gpu < view.slots:
        what = (
            f"{view.slots} tasks by cores and {by_gpu} by GPU: {view.cores - by_gpu * cpus} cores of each executor idle"
        )
    else:
        what = f"{by_gpu} tasks by GPU and {view.slots} by cores: the GPU waits"
    share = gpu_amount(max(1, int(view.slots // gpus)))
    fix = f"spark.executor.cores {max(1, by_gpu) * cpus}, or {_TASK_GPU} {share}"
    yield view.finding("warning", "cores wasted by GPU", _TASK_GPU, what, fix)


def node_size(view: View) -> Iterator[Finding]:
    """An executor that fits no node: YARN refuses it, Kubernetes and standalone wait for ever."""
    if view.node is None or view.kind == "local":
        return
    cores, memory = view.node
    if view.cores > cores:
        what = f"executors of {view.cores} cores on nodes of {cores}: none ever starts"
        yield view.finding("error", "executor larger than a node", "spark.executor.cores", what, _SIZE)
    elif view.cores == cores > 1:
        what = f"{cores} of {cores} cores: none is left for system, node manager and driver"
        yield view.finding("warning", "all cores of a node", "spark.executor.cores", what, f"at most {cores - 1}")
    beside = 0 if view.kind == "standalone" else view.overhead
    if view.heap + beside > memory:
        what = f"executors of {view.heap} + {beside} MB on nodes of {memory}: none ever starts"
        yield view.finding("error", "executor larger than a node", "spark.executor.memory", what, _SIZE)


_SIZE = "ask `mlpipeline size` for executors that fit"


def heaps(view: View) -> Iterator[Finding]:
    """Heaps that Spark refuses, and heaps for which every pointer grows."""
    for owner in ("executor", "driver"):
        key = f"spark.{owner}.memory"
        heap = view.megabytes(key, "1g")
        if owner == "driver" and view.driver_is_here and view.text(key).isdigit():
            continue  # Java reads bytes: a rule of its own
        if owner == "executor" and view.kind == "local":
            continue  # without effect, which is told
        if heap < LEAST_HEAP_MB:
            what = f"a heap of {heap} MB: Spark refuses less than {LEAST_HEAP_MB}"
            yield view.finding("error", "heap too small", key, what, "1g, or what `mlpipeline size` says")
        elif 32 * 1024 <= heap < 48 * 1024:
            what = f"from 32 GB on object pointers take 8 bytes: {as_text(heap)} hold less than 31g"
            yield view.finding("warning", "heap between 32 and 48 GB", key, what, "31g, and more executors")
        options = f"spark.{owner}.extraJavaOptions"
        if re.search(r"(\A|\s)-Xmx", view.text(options)):
            what = "Spark refuses -Xmx in the options of Java"
            yield view.finding("error", "-Xmx", options, what, f"write {key}")


def task_cpus(view: View) -> Iterator[Finding]:
    """Cores of an executor that no task can use."""
    cpus = int(view.number("spark.task.cpus", 1))
    if not view.has("spark.executor.cores") or cpus < 1 or view.cores < 1:
        return
    if cpus > view.cores:
        what = f"a task of {cpus} cores fits no executor of {view.cores}: the session does not start"
        yield view.finding("error", "task larger than an executor", "spark.task.cpus", what, "spark.executor.cores too")
    elif view.cores % cpus:
        what = f"{view.cores} cores in tasks of {cpus}: {view.cores % cpus} always idle"
        fix = f"spark.executor.cores {view.cores - view.cores % cpus}"
        yield view.finding("warning", "cores wasted by tasks", "spark.executor.cores", what, fix)


def python_memory(view: View) -> Iterator[Finding]:
    """Python workers live outside the heap; what does not hold them is killed without a text."""
    key = "spark.executor.pyspark.memory"
    if view.has(key):
        limit = f"{view.text(key)} / {view.slots}"
        what = f"limits the address space of each worker to {limit}: TensorFlow, torch and Arrow fail"
        yield view.finding(
            "error", "limit of Python memory", key, what, "remove it, raise spark.executor.memoryOverhead"
        )
    stated = [name for name in ("memoryOverhead", "memory", "cores") if view.has(f"spark.executor.{name}")]
    if view.kind not in ("yarn", "k8s") or not stated:
        return
    each, who = _worker(view)
    wanted = view.slots * each
    if view.overhead >= wanted + LEAST_OVERHEAD_MB:
        return
    key = f"spark.executor.{stated[0]}"
    what = (
        f"{view.slots} Python workers ({who}) need {each} MB each outside the heap, the overhead is {view.overhead} MB"
    )
    fix = f"spark.executor.memoryOverhead {wanted + LEAST_OVERHEAD_MB}m"
    severity = "error" if view.overhead < wanted else "warning"
    yield view.finding(severity, "overhead too small for Python", key, what, fix)


def _worker(view: View) -> tuple[int, str]:
    if view.stage is not None:
        lang = view.lang or view.stages[view.stage].hungriest_language
        return python_megabytes(view.stages, view.stage, lang)
    if view.lang is not None:
        tools = {lang: tool for need in view.stages.values() for lang, tool in need.tools.items()}
        return python_megabytes({"words": StageNeed(tools=tools)}, "words", view.lang)
    return WORKER_MB, "bare; --stage tells what a stage needs"


def dynamic_allocation(view: View) -> Iterator[Finding]:
    """Dynamic allocation that cannot work, or whose bounds contradict each other."""
    enabled = f"{_DYNAMIC}.enabled"
    if view.profile == "full" and not view.on(enabled):
        what = "full resource profiles need dynamic allocation"
        yield view.finding(
            "error", "profile without dynamic allocation", enabled, what, f"{enabled} true, or a task profile"
        )
    if not view.on(enabled):
        return
    least, most = view.number(f"{_DYNAMIC}.minExecutors", 0), view.number(f"{_DYNAMIC}.maxExecutors", math.inf)
    first = view.number(f"{_DYNAMIC}.initialExecutors", least)
    if least <= most and not least <= first <= most:
        what = f"{first:.0f} executors at first, between {least:.0f} and {most:g}"
        yield view.finding("warning", "bounds of executors", f"{_DYNAMIC}.initialExecutors", what, "a number between")
    if view.kind == "standalone" and not view.has("spark.executor.cores"):
        what = "dynamic allocation on standalone without cores of an executor: one takes a whole worker (SPARK-30299)"
        yield view.finding("error", "no executor.cores", enabled, what, "add spark.executor.cores")
    service = view.on("spark.shuffle.service.enabled")
    tracking = view.on(f"{_DYNAMIC}.shuffleTracking.enabled", True)
    if not tracking and not service and not view.on("spark.decommission.enabled"):
        what = "nothing keeps the shuffle files of executors that go: the session does not start"
        fix = f"{_DYNAMIC}.shuffleTracking.enabled true"
        yield view.finding("error", "no shuffle tracking", f"{_DYNAMIC}.shuffleTracking.enabled", what, fix)
    if view.kind == "k8s" and service:
        what = "there is no shuffle service on Kubernetes"
        yield view.finding("error", "shuffle service", "spark.shuffle.service.enabled", what, "remove it")
    if view.has("spark.executor.instances"):
        what = "with dynamic allocation it is only the number to begin with"
        fix = f"write {_DYNAMIC}.initialExecutors and maxExecutors"
        yield view.finding("warning", "instances", "spark.executor.instances", what, fix)


def without_effect(view: View) -> Iterator[Finding]:
    """Settings of another master, or that another setting switches off."""
    if view.kind is None:
        return
    for key in view.settings:
        owner = "yarn" if key.startswith("spark.yarn.") else "k8s" if key.startswith("spark.kubernetes.") else None
        if owner and owner != view.kind:
            yield view.finding("warning", "no effect", key, f"only {owner} reads {key}", "remove it here")
        alone = view.kind == "local" and re.match(r"spark\.executor\.(memory|cores|instances|memoryOverhead)\Z", key)
        if alone:
            what = "a local master has no executors: only the driver's memory and local[N] count"
            yield view.finding("warning", "no effect", key, what, "spark.driver.memory, local[N]")
    if view.kind == "standalone" and view.has("spark.executor.memoryOverhead"):
        what = "standalone counts heaps only"
        fix = "remove it, and leave that much free beside SPARK_WORKER_MEMORY"
        yield view.finding("warning", "no effect", "spark.executor.memoryOverhead", what, fix)


def traps(view: View) -> Iterator[Finding]:
    """Single settings that cost more than they seem to."""
    if view.has("spark.python.worker.reuse") and not view.on("spark.python.worker.reuse", True):
        what = "every task starts a Python of its own, which loads its model anew"
        yield view.finding("warning", "no reuse of workers", "spark.python.worker.reuse", what, "remove it")
    extension, catalog = "spark.sql.extensions", "spark.sql.catalog.spark_catalog"
    delta = ["delta" in view.text(key).lower() for key in (extension, catalog)]
    if any(delta) and not all(delta):
        key = extension if delta[0] else catalog
        what = "Delta needs its extension and its catalog, one of them is missing"
        fix = f"add {catalog if delta[0] else extension}, as in spark-defaults/common.conf"
        yield view.finding("error", "half of Delta", key, what, fix)


CONTRADICTIONS: tuple[Rule, ...] = (
    gpu_on_local,
    gpu_amounts,
    gpu_waste,
    node_size,
    heaps,
    task_cpus,
    python_memory,
    dynamic_allocation,
    without_effect,
    traps,
)
