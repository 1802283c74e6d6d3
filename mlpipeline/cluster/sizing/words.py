"""What sizing says: every number with its rule and source, the settings that follow, and notes beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mlpipeline.cluster.sizing.shape import Cut, Shape, gpu_amount
from mlpipeline.cluster.units import as_text

SPARK = "Spark 4.1, configuration"


class Line(NamedTuple):
    """One number of a sizing: its name, its value, the rule in words, and who says so."""

    name: str
    value: str
    rule: str
    source: str


def shape_lines(cut: Cut, shape: Shape) -> list[Line]:
    """Cores, tasks and GPUs of an executor."""
    source = cut.guide.source
    if cut.ask.executor_cores:
        rule = "as stated"
    elif shape.gpus:
        rule = "one executor a GPU, the node's cores shared among them, at most 16"
        source = "RAPIDS Accelerator, tuning guide"
    elif cut.guide.most_cores is None:
        rule = "all that the node has left"
    elif shape.cores < min(3, cut.usable.cores):
        rule = "memory, not cores, is what this node lacks"
    else:
        rule = f"at most {cut.guide.most_cores} for the throughput of HDFS clients, fewest cores idle"
    if shape.gpus:
        per_node = f"one for each of {shape.per_node} GPUs"
    elif shape.per_node < cut.usable.cores // shape.cores:
        per_node = "as many as the memory holds"
    else:
        per_node = f"{cut.usable.cores} cores / {shape.cores}"
    if cut.ask.task_cpus:
        cpus = "as stated"
    else:
        cpus = "the executor's cores shared among the tasks of its GPU" if shape.gpus else "what one task can use"
    slots = f"{shape.cores} cores / {shape.task_cpus}, each one Python worker"
    lines = [
        Line("cores of an executor", str(shape.cores), rule, source),
        Line("executors of a node", str(shape.per_node), per_node, source),
        Line("cores of a task", str(shape.task_cpus), cpus, SPARK),
        Line("tasks at a time", str(shape.slots), slots, SPARK),
    ]
    if shape.gpus:
        words = f"1 / {shape.slots} tasks, so that cores and GPU allow equally many; Spark counts floor(1 / amount)"
        lines.append(
            Line("GPU of a task", gpu_amount(shape.slots), words, "RAPIDS Accelerator; Spark, custom resources")
        )
    return lines


def memory_lines(cut: Cut, shape: Shape, manager: str) -> list[Line]:
    """Heap, overhead and container of an executor."""
    memory, guide = shape.memory, cut.guide
    room = as_text(cut.usable.memory_mb)
    if cut.kept.memory_mb:
        room = f"({room} - {as_text(cut.kept.memory_mb)} kept for the driver)"
    words = f"{room} / {shape.per_node}" + (", in whole GB" if guide.rounds_to_gb else "")
    if guide.heap == "solve":
        rule = f"largest heap with which heap + overhead <= {as_text(memory.node_mb // cut.step_mb * cut.step_mb)}"
        if guide.most_heap_mb and memory.heap == guide.most_heap_mb:
            rule = "below 32 GB, where object pointers still take 4 bytes; what is left serves the page cache"
    else:
        rule = f"{memory.node_mb // 1024}g x (1 - {guide.share:g}), rounded down to GB"
    own = memory.overhead - memory.python - cut.need.pinned_mb * bool(shape.gpus)
    parts = f"max(384 MB, {guide.share:.4g} of heap) = {own}"
    if shape.gpus and cut.need.pinned_mb:
        parts += f", + {cut.need.pinned_mb} pinned for the GPU"
    if memory.python:
        parts += f", + {shape.slots} Python workers x {cut.need.python_mb}"
    lines = [
        Line("part of an executor", as_text(memory.node_mb), words, "arithmetic"),
        Line("heap", as_text(memory.heap), rule, "arithmetic" if guide.heap == "solve" else guide.source),
        Line("overhead", as_text(memory.overhead), parts, SPARK),
    ]
    if memory.python:
        lines.append(Line("Python, each worker", as_text(cut.need.python_mb), cut.need.reason, "measured"))
    if manager == "yarn":
        rounding = f"{memory.heap} + {memory.overhead} rounded up to {cut.step_mb} MB"
        lines.append(
            Line("container", as_text(memory.container), rounding, "YARN: yarn.scheduler.minimum-allocation-mb")
        )
    elif manager == "k8s":
        pods = "Spark on Kubernetes"
        lines.append(Line("pod", as_text(memory.container), "heap + overhead; request = limit", pods))
        if shape.gpus:
            words = "the pods ask for nvidia.com/gpu; without a vendor they wait for ever"
            lines.append(Line("GPU vendor", "nvidia.com", words, pods))
    return lines


def notes(manager: str, cut: Cut, shape: Shape, gpus: int) -> list[str]:
    """What a person should know beside the numbers."""
    found = []
    memory, need = shape.memory, cut.need
    idle = cut.usable.cores - shape.per_node * shape.slots * shape.task_cpus
    if idle > 1 and memory.heap and shape.per_node * memory.container > 0.8 * cut.usable.memory_mb and not shape.gpus:
        found.append(f"memory fills up before the cores: {idle} cores of each node have nothing to do")
    if cut.guide.heap != "solve" and need.python_mb:
        wanted = shape.slots * need.python_mb
        if wanted > memory.overhead:
            found.append(
                f"this guide forgets Python: {shape.slots} workers need {wanted} MB, the overhead holds "
                f"{memory.overhead}: executors will be killed"
            )
    if cut.guide.most_heap_mb and memory.heap == cut.guide.most_heap_mb:
        rest = cut.usable.memory_mb - shape.per_node * memory.container
        found.append(f"{as_text(rest)} of each node stay free: the page cache uses them, and so can larger models")
    if gpus and not cut.usable.gpus:
        found.append(f"{need.stage} computes on the CPU: the {gpus} GPUs of each node are left alone")
    if need.gpu and need.stage and not gpus:
        found.append(f"{need.stage} can use a GPU; none was stated (--gpus), so it is sized for the CPU")
    if manager == "standalone":
        cores, heaps = shape.per_node * shape.cores, as_text(shape.per_node * memory.heap)
        found.append(
            f"start each worker with SPARK_WORKER_CORES={cores} SPARK_WORKER_MEMORY={heaps}: standalone counts heaps "
            f"only, and {as_text(shape.per_node * memory.overhead)} must stay free beside them"
        )
    if manager == "k8s" and not cut.ask.allocatable:
        found.append(
            "better: give what `kubectl describe node` calls Allocatable, less your daemon sets, with --allocatable"
        )
    return found


def settings(
    manager: str, cut: Cut, shape: Shape, executors: int, partitions: int, driver: tuple[int, int]
) -> dict[str, str]:
    """The settings for spark-defaults; `driver`: its heap and overhead in MB, the overhead 0 where nobody counts it."""
    memory = shape.memory
    found = {"spark.executor.cores": str(shape.cores), "spark.executor.memory": as_text(memory.heap)}
    if manager != "standalone":
        found["spark.executor.memoryOverhead"] = as_text(memory.overhead)
    found["spark.task.cpus"] = str(shape.task_cpus)
    if shape.gpus:
        found["spark.executor.resource.gpu.amount"] = "1"
        found["spark.task.resource.gpu.amount"] = gpu_amount(shape.slots)
        if manager == "k8s":
            found["spark.executor.resource.gpu.vendor"] = "nvidia.com"
    if cut.ask.static:
        found["spark.dynamicAllocation.enabled"] = "false"
        found["spark.executor.instances"] = str(executors)
    else:
        found["spark.dynamicAllocation.enabled"] = "true"
        found["spark.dynamicAllocation.maxExecutors"] = str(executors)
    if manager == "standalone":
        found["spark.cores.max"] = str(executors * shape.cores)
    heap, overhead = driver
    found["spark.driver.memory"] = as_text(heap)
    if overhead:
        found["spark.driver.memoryOverhead"] = as_text(overhead)
    found["spark.sql.shuffle.partitions"] = str(partitions)
    return found


# Why each setting stands in a file that `mlpipeline size --to` writes.
_REASONS: Mapping[str, str] = {
    "spark.executor.cores": "cores of an executor",
    "spark.executor.memory": "heap",
    "spark.executor.memoryOverhead": "overhead",
    "spark.task.cpus": "cores of a task",
    "spark.executor.resource.gpu.amount": "executors of a node",
    "spark.executor.resource.gpu.vendor": "GPU vendor",
    "spark.task.resource.gpu.amount": "GPU of a task",
    "spark.dynamicAllocation.enabled": "executors",
    "spark.dynamicAllocation.maxExecutors": "executors",
    "spark.executor.instances": "executors",
    "spark.cores.max": "executors",
    "spark.driver.memory": "driver",
    "spark.driver.memoryOverhead": "driver",
    "spark.sql.shuffle.partitions": "shuffle partitions",
}


def as_conf(chosen: Mapping[str, str], lines: list[Line], title: str) -> str:
    """Settings as the text of a spark-defaults file, each under the rule that it comes from."""
    rules = {line.name: line for line in lines}
    text, before = [f"# {title}"], ""
    for key, value in chosen.items():
        line = rules.get(_REASONS[key]) or rules.get("application master")
        reason = f"# {line.name}: {line.rule} ({line.source})" if line else ""
        if reason and reason != before:
            text += ["", reason]
        before = reason
        text.append(f"{key:<55} {value}")
    return "\n".join(text) + "\n"
