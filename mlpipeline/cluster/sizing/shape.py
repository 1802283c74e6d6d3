"""How one node is cut: what is left of it, which executors fit, and how their memory divides."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from mlpipeline.cluster.sizing.guides import LEAST_HEAP_MB, Guide, largest_heap_mb, overhead_mb, rounded_up
from mlpipeline.cluster.sizing.needs import Need
from mlpipeline.cluster.units import as_text
from mlpipeline.errors import UsageError

_COMFORT_MB = 512  # of heap for each task: below it, shuffles of our tables spill
_FEW, _MOST_GPU_CORES = 3, 16
_TASKS_PER_GPU = (4, 3, 2, 1)


class Node(NamedTuple):
    """What a node has, or what is left of it: cores, MB, GPUs."""

    cores: int
    memory_mb: int
    gpus: int = 0


@dataclass(frozen=True)
class Ask:
    """What the user states himself; None: sizing chooses.

    Args:
        reserved_cores, reserved_mb: left to the system on each node.
        allocatable: cores and memory are what Kubernetes calls Allocatable; nothing more is left out.
        executor_cores: of every executor.
        task_cpus: of every task.
        tasks_per_gpu: tasks that share one GPU.
        deploy_mode: `cluster` (the driver runs on a node) or `client`.
        container_step_mb: YARN's yarn.scheduler.minimum-allocation-mb.
        shuffle_mb: of the largest shuffle.
        static: all executors from the start, no dynamic allocation.
    """

    reserved_cores: int | None = None
    reserved_mb: int | None = None
    allocatable: bool = False
    executor_cores: int | None = None
    task_cpus: int | None = None
    tasks_per_gpu: int | None = None
    deploy_mode: str = "cluster"
    container_step_mb: int | None = None
    shuffle_mb: int | None = None
    static: bool = False


class Shape(NamedTuple):
    """Executors of a node, cores of each, cores of a task, tasks at a time, GPUs of each, and MB."""

    per_node: int
    cores: int
    task_cpus: int
    memory: Memory
    gpus: int = 0

    @property
    def slots(self) -> int:
        """Tasks that an executor runs at a time."""
        return self.cores // self.task_cpus


class Memory(NamedTuple):
    """MB of an executor: its part of the node, heap, what is outside the heap, Python's part of that, container."""

    node_mb: int
    heap: int
    overhead: int
    python: int
    container: int


@dataclass(frozen=True)
class Cut:
    """What decides how a node is cut."""

    usable: Node
    nodes: int
    guide: Guide
    need: Need
    ask: Ask
    step_mb: int
    kept: Node

    @property
    def room(self) -> Node:
        """What executors may use of a node: all that is usable but what is kept for the driver."""
        return Node(self.usable.cores - self.kept.cores, self.usable.memory_mb - self.kept.memory_mb, self.usable.gpus)


def usable_node(node: Node, master: str, ask: Ask) -> tuple[Node, str]:
    """Return what is left of a node for Spark, and the rule in words.

    Raises:
        UsageError: nothing is left, or nothing would be left for the system.
    """
    if ask.allocatable:
        return node, "stated as Allocatable: kubelet, system and daemon sets are out already"
    cores = 1 if ask.reserved_cores is None else ask.reserved_cores
    if cores < 1:
        what = f"{node.cores} of {node.cores} cores: none is left for system, node manager and driver"
        raise UsageError(what, fix=f"leave one: executors get {node.cores - 1} of {node.cores}")
    manager = "system and node manager" if master == "yarn" else "the system and Spark's worker"
    words, kept = f"{cores} core and 1 GB left to {manager}", 1024
    if master == "k8s":
        kept = 330 + node.memory_mb // 20 + 100
        words = f"{cores} core, 330 MB + 5 % for kubelet and system, 100 MB before eviction"
    if ask.reserved_mb is not None:
        kept, words = ask.reserved_mb, f"{cores} core and {as_text(ask.reserved_mb)} left out, as stated"
    if node.cores - cores < 1 or node.memory_mb - kept < 1:
        what = f"a node of {node.cores} cores and {as_text(node.memory_mb)} has nothing left for Spark"
        raise UsageError(what, fix="use larger nodes, or --master 'local[*]' on one of them")
    return Node(node.cores - cores, node.memory_mb - kept, node.gpus), words


def choose_shape(cut: Cut) -> Shape:
    """Return how each node is cut: the most tasks at a time, then the larger executors.

    Raises:
        UsageError: no executor fits, or what was stated would waste cores.
    """
    check_stated(cut)
    shapes = list(_gpu_shapes(cut) if cut.usable.gpus else _shapes(cut))
    for least in (_COMFORT_MB, 0):
        fitting = [each for each in shapes if each.memory.heap >= max(LEAST_HEAP_MB, least * each.slots)]
        if fitting:
            return max(fitting, key=lambda each: (_used(each), each.cores if cut.usable.gpus == 0 else each.slots))
    if not shapes:
        what = f"{cut.room.cores // cut.usable.gpus} cores for each GPU hold no such tasks"
        raise UsageError(what, fix="fewer --tasks-per-gpu or --task-cpus")
    raise UsageError(_no_heap(cut, shapes), fix="fewer tasks an executor, a smaller model, or more memory a node")


def _used(shape: Shape) -> int:
    return shape.per_node * shape.slots * shape.task_cpus


def _no_heap(cut: Cut, shapes: list[Shape]) -> str:
    best = max((each.memory.heap for each in shapes), default=0)
    python = f" beside {cut.need.python_mb} MB for each Python worker" if cut.need.python_mb else ""
    found = f"at most {best} MB" if best > 0 else "nothing"
    return f"{found} is left for the heap of an executor{python}, Spark wants {LEAST_HEAP_MB}"


def check_stated(cut: Cut) -> None:
    """Raise UsageError for stated cores of executors and tasks that do not fit the node or each other."""
    cores, cpus, usable = cut.ask.executor_cores, cut.ask.task_cpus, cut.usable.cores
    if cores is not None and not 1 <= cores <= usable:
        what = f"executors of {cores} cores on nodes that have {usable} for them"
        if cores == usable + (cut.ask.reserved_cores or 1) and not cut.ask.allocatable:
            what = f"{cores} of {cores} cores: none is left for system, node manager and driver"
        raise UsageError(what, fix=f"--executor-cores {min(5, usable)}")
    if cpus is not None and not 1 <= cpus <= (cores or usable):
        raise UsageError(f"tasks of {cpus} cores, executors have at most {cores or usable}", fix="fewer --task-cpus")
    if cores and cpus and cores % cpus:
        what = f"{cores} cores in tasks of {cpus}: {cores % cpus} would always stand idle"
        raise UsageError(what, fix=f"--executor-cores {cores - cores % cpus}")
    gpus, tasks = cut.usable.gpus, cut.ask.tasks_per_gpu
    if gpus < 0 or (tasks is not None and tasks < 1):
        raise UsageError("less than one GPU or task makes no sense", fix="correct --gpus or --tasks-per-gpu")
    if gpus * (cores or 1) > usable:
        what = f"{gpus} GPUs with an executor of {cores or 1} cores each on nodes that have {usable} for them"
        raise UsageError(what, fix=f"--executor-cores {max(1, usable // gpus)}, or nodes with more cores")


def _shapes(cut: Cut) -> Iterator[Shape]:
    cpus = cut.ask.task_cpus or _wished_cpus(cut)
    usable, most = cut.usable.cores, min(cut.guide.most_cores or cut.usable.cores, cut.usable.cores)
    if cut.ask.executor_cores:
        sizes = [cut.ask.executor_cores]
    elif cut.guide.fixed_cores:
        sizes = [most]
    else:
        sizes = list(range(1, most + 1))
    if cut.ask.executor_cores is None and cpus > 1:
        sizes = [size for size in sizes if size % cpus == 0] or [cpus]
    # Small executors only where large ones do not fit: each is one more JVM, and one more copy of what is broadcast.
    few = [size for size in sizes if size >= min(_FEW, usable)] or sizes
    found = [shape for size in few for shape in _of_size(cut, size, cpus)]
    if not any(shape.memory.heap >= LEAST_HEAP_MB for shape in found):
        found += [shape for size in sizes for shape in _of_size(cut, size, cpus)]
    yield from found


def _wished_cpus(cut: Cut) -> int:
    """Cores that a task of the stage can use, as far as executors and nodes have them."""
    stated = cut.ask.executor_cores
    wish = min(cut.need.task_cpus, cut.room.cores)
    return next(cpus for cpus in range(wish, 0, -1) if stated is None or stated % cpus == 0)


def _of_size(cut: Cut, size: int, cpus: int) -> Iterator[Shape]:
    most = cut.usable.cores // size
    for per_node in [most] if cut.guide.fixed_cores else range(1, most + 1):
        yield Shape(per_node, size, cpus, memory_of(cut, per_node, size // cpus))


def _gpu_shapes(cut: Cut) -> Iterator[Shape]:
    """One executor a GPU; its tasks share the GPU, and as many fit by cores as by GPU."""
    each = min(cut.room.cores // cut.usable.gpus, _MOST_GPU_CORES)
    ask = cut.ask
    for tasks in [ask.tasks_per_gpu] if ask.tasks_per_gpu else _TASKS_PER_GPU:
        cores = ask.executor_cores or each
        cpus = ask.task_cpus or max(cut.need.task_cpus, cores // tasks)
        if ask.executor_cores is None:
            cores = tasks * cpus
        elif ask.tasks_per_gpu is None and ask.task_cpus is not None:
            tasks = cores // cpus
        if cores > each:
            continue
        if cores // cpus != tasks or cores % cpus:
            idle = cores - tasks * cpus
            if ask.executor_cores and ask.tasks_per_gpu:
                what = f"{tasks} tasks a GPU with {cpus} cores each leave {idle} of {cores} cores idle"
                raise UsageError(what, fix=f"--executor-cores {tasks * cpus}, or --task-cpus {cores // tasks}")
            continue
        yield Shape(cut.usable.gpus, cores, cpus, memory_of(cut, cut.usable.gpus, tasks), gpus=1)


def memory_of(cut: Cut, per_node: int, slots: int) -> Memory:
    """Return how the memory of one of `per_node` executors with `slots` tasks divides; the heap may be too small."""
    guide, part = cut.guide, cut.room.memory_mb // per_node
    if guide.pooled:
        part = min(part, (cut.usable.memory_mb * cut.nodes - 1024) // max(1, per_node * cut.nodes))
    python = slots * cut.need.python_mb if guide.heap == "solve" else 0
    pinned = cut.need.pinned_mb * bool(cut.usable.gpus)
    if guide.heap == "solve":
        room = part // cut.step_mb * cut.step_mb
        heap = largest_heap_mb(room, guide.share, beside_mb=python + pinned)
        heap = min(heap, guide.most_heap_mb or heap)
        heap -= heap % (1024 if heap >= 4096 else 64) if heap > 0 else 0
        overhead = overhead_mb(heap, guide.share, pinned_mb=pinned, python_mb=python)
        return Memory(part, heap, overhead, python, rounded_up(heap + overhead, cut.step_mb))
    whole = part // 1024
    heap = int(whole * (1 - guide.share)) * 1024
    while heap > 0:
        overhead = -int(-whole * guide.share // 1) * 1024 if guide.overhead_gb else overhead_mb(heap, guide.share)
        container = rounded_up(heap + overhead, cut.step_mb)
        if container <= part:
            return Memory(part, heap, overhead, 0, container)
        heap -= 1024
    return Memory(part, 0, 0, 0, 0)


def gpu_amount(tasks: int) -> str:
    """Return `spark.task.resource.gpu.amount` for so many tasks on one GPU, such that Spark counts exactly as many.

    Spark counts floor(1 / amount), so a rounded-up third (0.3334) would give two tasks.
    """
    for digits in range(4, 12):
        amount = math.floor(10**digits / tasks) / 10**digits
        if amount and math.floor(1 / amount) == tasks:
            return f"{amount:.{digits}f}".rstrip("0").rstrip(".")
    raise UsageError(f"{tasks} tasks on one GPU", fix="fewer")
