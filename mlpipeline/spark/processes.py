"""The processes of a session on this machine: CPU time and memory of the JVM and of its Python workers, from /proc."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py4j.java_gateway import JVMView
    from pyspark.sql import SparkSession

_PROC = Path("/proc")
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_TICKS = float(os.sysconf("SC_CLK_TCK")) if hasattr(os, "sysconf") else 100.0


@dataclass(frozen=True)
class Reading:
    """One look at the processes. Seconds since they began; None where this system does not tell.

    Args:
        cpu: of the driver's Python, the JVM and all its Python workers.
        compile, gc: of the JVM.
        jvm_mb, worker_mb: largest resident size of the JVM, of one Python worker (0.0: none lives).
    """

    cpu: float | None = None
    compile: float | None = None
    gc: float | None = None
    jvm_mb: float | None = None
    worker_mb: float | None = None

    def since(self, before: Reading) -> Reading:
        """What was used between two readings; memory is that of this one."""

        def less(now: float | None, then: float | None) -> float | None:
            return None if now is None else max(0.0, now - (then or 0.0))

        cpu, compiled, gc = less(self.cpu, before.cpu), less(self.compile, before.compile), less(self.gc, before.gc)
        return Reading(cpu, compiled, gc, self.jvm_mb, self.worker_mb)


@dataclass(frozen=True)
class ProcessTree:
    """The JVM of a session and its descendants (Spark's Python daemons and workers). `jvm` is None for a far driver."""

    jvm: int | None

    @classmethod
    def of(cls, spark: SparkSession) -> ProcessTree:
        """The tree of a session's driver."""
        machine = getattr(spark.sparkContext, "_jvm", None)
        if machine is None or not (_PROC / "self" / "stat").exists():
            return cls(None)
        return cls(int(machine.java.lang.ProcessHandle.current().pid()))

    def cpu(self) -> float | None:
        """CPU seconds of the JVM and all its descendants, those that have ended included."""
        if self.jvm is None:
            return None
        return sum(sum(_stat(number)[1]) for number in [self.jvm, *self.descendants()])

    def descendants(self) -> list[int]:
        """All processes below the JVM."""
        if self.jvm is None:
            return []
        children: dict[int, list[int]] = {}
        for number in _numbers():
            children.setdefault(_stat(number)[0], []).append(number)
        found, left = [], [self.jvm]
        while left:
            below = children.get(left.pop(), [])
            found += below
            left += below
        return found

    def forget_peaks(self) -> None:
        """Lets the peaks of memory start anew from what is held now, where the kernel allows it."""
        for number in [self.jvm, *self.descendants()] if self.jvm is not None else []:
            with contextlib.suppress(OSError):
                (_PROC / str(number) / "clear_refs").write_text("5")

    def peaks_mb(self) -> tuple[float | None, float | None]:
        """Largest resident MB of the JVM, and of the largest of its descendants."""
        if self.jvm is None:
            return None, None
        return _peak_mb(self.jvm), max((_peak_mb(number) for number in self.descendants()), default=0.0)


def read_session(spark: SparkSession | None) -> Reading:
    """Looks at the driver's processes; before the session starts, at this process alone."""
    own = time.process_time()
    if spark is None:
        return Reading(cpu=own)
    tree = ProcessTree.of(spark)
    below = tree.cpu()
    jvm_mb, worker_mb = tree.peaks_mb()
    compiled, gc, heap_mb = _jvm_figures(spark)
    jvm_mb = heap_mb if jvm_mb is None else jvm_mb
    return Reading(None if below is None else own + below, compiled, gc, jvm_mb, worker_mb)


def _jvm_figures(spark: SparkSession) -> tuple[float | None, float | None, float | None]:
    """Seconds of compiling and of collecting, and MB of heap (where /proc is missing, they stand for resident ones)."""
    machine: JVMView | None = getattr(spark.sparkContext, "_jvm", None)
    if machine is None:
        return None, None, None
    heap_mb = machine.java.lang.Runtime.getRuntime().totalMemory() / 2**20
    factory = machine.java.lang.management.ManagementFactory
    compiler = factory.getCompilationMXBean()
    compiled = None if compiler is None else compiler.getTotalCompilationTime() / 1e3
    collected = sum(bean.getCollectionTime() for bean in factory.getGarbageCollectorMXBeans()) / 1e3
    return compiled, collected, heap_mb


def _numbers() -> Iterator[int]:
    with contextlib.suppress(OSError):
        for entry in os.scandir(_PROC):
            if entry.name.isdigit():
                yield int(entry.name)


def _stat(number: int) -> tuple[int, tuple[float, float]]:
    """Parent of a process, and its CPU seconds: its own, and those of its children that have ended."""
    try:
        # The name stands in brackets and may hold anything.
        words = (_PROC / str(number) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        own, ended = int(words[11]) + int(words[12]), int(words[13]) + int(words[14])
        return int(words[1]), (own / _TICKS, ended / _TICKS)
    except (OSError, IndexError, ValueError):
        return -1, (0.0, 0.0)


def _peak_mb(number: int) -> float:
    try:
        found = _PEAK.search((_PROC / str(number) / "status").read_text(errors="replace"))
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0
