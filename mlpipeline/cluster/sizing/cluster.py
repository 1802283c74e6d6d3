"""How many executors of which size a cluster takes: pure arithmetic, each number with its rule and its source."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from mlpipeline.cluster.masters import kind_of
from mlpipeline.cluster.sizing.guides import GUIDES, Guide, overhead_mb, rounded_up
from mlpipeline.cluster.sizing.needs import Need, StageNeeds, need_of, python_megabytes
from mlpipeline.cluster.sizing.shape import Ask, Cut, Node, Shape, choose_shape, gpu_amount, usable_node
from mlpipeline.cluster.sizing.words import SPARK, Line, as_conf, memory_lines, notes, settings, shape_lines
from mlpipeline.cluster.units import as_text
from mlpipeline.errors import UsageError

__all__ = [
    "Ask", "Line", "Need", "Sizing", "as_conf", "gpu_amount", "need_of", "python_megabytes", "size_cluster",
    "stage_overhead_mb",
]  # fmt: skip

# A run's driver holds 2 GB of heap (spark-defaults/local.conf) and, in `release`, 570 MB of Python (measured).
_DRIVER_HEAP_MB, _DRIVER_PYTHON_MB = 2048, 768
_AM_HEAP_MB = 512


@dataclass(frozen=True)
class Sizing:
    """Executors for a cluster.

    Args:
        executors: of the whole cluster, without the places that the driver takes.
        per_node: executors of a node.
        cores: of an executor.
        slots: tasks at a time in an executor.
        heap_mb: of an executor.
        overhead_mb: outside the heap: the JVM's own, pinned memory, Python workers.
        container_mb: what the manager gives to an executor for both.
        driver_mb: container of the driver, or of YARN's application master in client mode; 0: it runs elsewhere.
        shuffle_partitions: tasks of a shuffle.
        waste: `cores`, `memory`: share of what is usable that neither tasks nor driver can reach, 0 to 1.
        settings: for spark-defaults.
        lines: every number with its rule and source.
        notes: what a person should know beside the numbers.
    """

    executors: int
    per_node: int
    cores: int
    slots: int
    heap_mb: int
    overhead_mb: int
    container_mb: int
    driver_mb: int
    shuffle_partitions: int
    waste: dict[str, float]
    settings: dict[str, str]
    lines: list[Line]
    notes: list[str] = field(default_factory=list)


class _Driver(NamedTuple):
    places: int
    container: int
    heap: int
    overhead: int
    line: Line

    @property
    def counted_mb(self) -> int:
        """What a manager counts outside the driver's heap; nobody counts that of one which runs elsewhere."""
        return self.overhead if self.line.name == "driver" and self.container else 0


def size_cluster(
    nodes: int,
    cores: int,
    memory_mb: int,
    gpus: int = 0,
    master: str = "yarn",
    need: Need | None = None,
    *,
    guide: Guide | None = None,
    ask: Ask | None = None,
) -> Sizing:
    """Cut a cluster of equal nodes into executors.

    Args:
        nodes: worker nodes.
        cores: of a node.
        memory_mb: of a node, MB of 1024 * 1024 bytes.
        gpus: of a node.
        master: `yarn`, `k8s`, `standalone`, or the address of one.
        need: what a task needs outside the heap; None: nothing.
        guide, ask: whose rules to follow (ours when None), and what the user states himself.

    Raises:
        UsageError: the cluster takes no executor that works, or what was stated would waste or break.
    """
    need, guide, ask = need or Need(), guide or GUIDES["ours"], ask or Ask()
    _check_counts(nodes=nodes, cores=cores, memory=memory_mb)
    manager, stated_gpus, gpus = _manager(master), gpus, gpus if need.gpu or need.stage is None else 0
    usable, left = usable_node(Node(cores, memory_mb, gpus), manager, ask)
    step = ask.container_step_mb or (1024 if manager == "yarn" else 1)
    cut = Cut(usable, nodes, guide, need, ask, step, _kept_for_driver(usable, manager, guide, ask, step))
    shape = choose_shape(cut)
    driver = _driver(manager, cut, shape)
    executors = _executors(cut, shape, driver)
    partitions, why = _partitions(executors * shape.slots, guide, ask)
    waste = _waste(cut, shape, executors, driver)
    lines = [
        _usable_line(usable, left, manager, guide),
        *shape_lines(cut, shape),
        *memory_lines(cut, shape, manager),
        driver.line,
        Line("executors", str(executors), _count(cut, shape, driver), "arithmetic"),
        Line("shuffle partitions", str(partitions), why, "Spark tuning guide: 2 to 3 tasks a core; 128 to 200 MB each"),
        *_waste_lines(waste),
    ]
    chosen = settings(manager, cut, shape, executors, partitions, (driver.heap, driver.counted_mb))
    return Sizing(
        executors, shape.per_node, shape.cores, shape.slots, *shape.memory[1:3], shape.memory.container,
        driver.container, partitions, waste, chosen, lines, notes(manager, cut, shape, stated_gpus),
    )  # fmt: skip


def stage_overhead_mb(
    stages: StageNeeds, stage: str | None, lang: str | None, cores: int, heap_mb: int, task_cpus: int = 1
) -> int:
    """Return what `spark.executor.memoryOverhead` must be for a stage: the JVM's own MB and its Python workers.

    Raises:
        UsageError: there is no such stage.
    """
    python = max(1, cores // task_cpus) * python_megabytes(stages, stage, lang)[0]
    return overhead_mb(heap_mb, python_mb=python)


def _usable_line(usable: Node, left: str, manager: str, guide: Guide) -> Line:
    who = "Google Cloud: resources available to pods" if manager == "k8s" else guide.source
    return Line("usable of a node", f"{usable.cores} cores, {as_text(usable.memory_mb)}", left, who)


def _check_counts(**counts: int) -> None:
    for name, value in counts.items():
        if value < 1:
            raise UsageError(f"a cluster with {value} {name}", fix=f"state --{name} of the worker nodes")


def _waste_lines(waste: dict[str, float]) -> list[Line]:
    words = "of what is usable, neither tasks nor driver can reach"
    return [Line(f"wasted {name}", f"{part:.1%}", words, "arithmetic") for name, part in waste.items()]


def _manager(master: str) -> str:
    kind = master if master in ("yarn", "k8s", "standalone") else kind_of(master)
    if kind in (None, "local", "local-cluster"):
        what = f"{master!r} has no executors to size" if kind else f"{master!r} is no master"
        raise UsageError(what, fix="one of yarn, k8s, standalone; local[*] uses spark-defaults/local.conf as it is")
    return str(kind)


def _kept_for_driver(usable: Node, manager: str, guide: Guide, ask: Ask, step: int) -> Node:
    """On nodes with GPUs a driver that takes an executor's place takes a GPU: one core and some memory are kept."""
    ours = guide is GUIDES["ours"] and manager != "standalone" and ask.deploy_mode == "cluster"
    container = rounded_up(_DRIVER_HEAP_MB + overhead_mb(_DRIVER_HEAP_MB, python_mb=_DRIVER_PYTHON_MB), step)
    if not (ours and usable.gpus and usable.cores > usable.gpus and usable.memory_mb > 4 * container):
        return Node(0, 0)
    return Node(1, container)


def _executors(cut: Cut, shape: Shape, driver: _Driver) -> int:
    if cut.guide.pooled:
        return max(1, min((cut.usable.cores * cut.nodes - 1) // shape.cores, shape.per_node * cut.nodes))
    executors = shape.per_node * cut.nodes - driver.places
    if executors < 1:
        raise UsageError("the driver takes the only place of an executor", fix="--deploy-mode client, or one more node")
    return executors


def _driver(manager: str, cut: Cut, shape: Shape) -> _Driver:
    """What driver or application master takes from the executors."""
    source = "Cloudera 2015: one executor's place for the application master"
    spare = Node(
        cut.usable.cores - shape.per_node * shape.cores, cut.usable.memory_mb - shape.per_node * shape.memory.container
    )
    if manager == "standalone" or (manager == "k8s" and cut.ask.deploy_mode == "client"):
        rule = "runs where you start it, outside these nodes" + (
            "; standalone takes no Python driver" if manager == "standalone" else ""
        )
        return _Driver(0, 0, _DRIVER_HEAP_MB, 0, Line("driver", as_text(_DRIVER_HEAP_MB), rule, SPARK))
    if cut.ask.deploy_mode == "client":
        heap, beside = _AM_HEAP_MB, 0
        name, what = "application master", "512 MB and 384 MB beside; the driver runs where you start it"
    else:
        heap, beside = _DRIVER_HEAP_MB, _DRIVER_PYTHON_MB
        name, what = "driver", f"heap {as_text(heap)}, its own Python {beside} MB, 10 % or 384 MB beside"
    overhead = overhead_mb(heap, python_mb=beside)
    container = rounded_up(heap + overhead, cut.step_mb)
    driver_heap = heap if cut.ask.deploy_mode != "client" else _DRIVER_HEAP_MB
    follows_us = cut.guide is GUIDES["ours"]
    if cut.guide.pooled:
        line = Line(name, "1 core, 1g", "taken from the pool of all nodes", cut.guide.source)
        return _Driver(0, 1024, driver_heap, overhead, line)
    if follows_us and spare.cores >= 1 and spare.memory_mb >= container:
        line = Line(name, as_text(container), f"{what}; fits beside the executors of a node", "arithmetic")
        return _Driver(0, container, driver_heap, overhead, line)
    places = math.ceil(container / shape.memory.container) if follows_us else 1
    if places > shape.per_node:
        raise UsageError(
            f"no node has room for a {name} of {as_text(container)}", fix="--deploy-mode client, or larger nodes"
        )
    line = Line(name, as_text(container), f"{what}; takes the place of {places}", source)
    return _Driver(places, container, driver_heap, overhead, line)


def _partitions(slots: int, guide: Guide, ask: Ask) -> tuple[int, str]:
    by_slots = guide.waves * slots
    by_size = math.ceil((ask.shuffle_mb or 0) / 128)
    if by_size > by_slots:
        return by_size, f"{as_text(ask.shuffle_mb or 0)} of shuffle in pieces of 128 MB"
    return by_slots, f"{guide.waves} x {slots} tasks at a time"


def _waste(cut: Cut, shape: Shape, executors: int, driver: _Driver) -> dict[str, float]:
    cores, memory = cut.usable.cores * cut.nodes, cut.usable.memory_mb * cut.nodes
    used = executors * shape.slots * shape.task_cpus + driver.places * shape.cores
    taken = executors * shape.memory.container + max(driver.container, driver.places * shape.memory.container)
    return {"cores": max(0.0, 1 - used / cores), "memory": max(0.0, 1 - taken / memory)}


def _count(cut: Cut, shape: Shape, driver: _Driver) -> str:
    if cut.guide.pooled:
        return f"({cut.usable.cores} x {cut.nodes} - 1) cores / {shape.cores}"
    return f"{shape.per_node} a node x {cut.nodes} nodes" + (f" - {driver.places}" if driver.places else "")
