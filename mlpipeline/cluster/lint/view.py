"""Lines of settings, findings about them, and all of them together with what they are for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlpipeline.cluster.masters import Kind
from mlpipeline.cluster.sizing.guides import LEAST_OVERHEAD_MB
from mlpipeline.cluster.sizing.needs import StageNeeds
from mlpipeline.cluster.units import as_bytes


@dataclass(frozen=True)
class Setting:
    """One line: key, value, and where it stands."""

    key: str
    value: str
    file: str = ""
    line: int | None = None


NOT_THERE = "no such file"
# Names of findings with which no session starts. The rest is ignored by Spark, or costs, or kills a task later.
_STOPS = frozenset(
    (
        "wrong value",
        "heap too small",
        "heap as Java writes it",
        "-Xmx",
        "order of settings",
        "switch alone",
        "class",
        "port",
        "image",
        NOT_THERE,
        "task larger than an executor",
        "bounds of executors",
        "no shuffle tracking",
    )
)


@dataclass(frozen=True)
class Finding:
    """Something wrong with settings.

    Args:
        severity: `error` (refused, ignored, hangs or dies) or `warning` (works, and wastes or misleads).
        name: of the kind of mistake, a few words.
        key: the setting.
        what: what is wrong, one sentence.
        fix: what to do.
        file: where it stands, "" for settings from elsewhere.
        line: where it stands, from 1.
    """

    severity: str
    name: str
    key: str
    what: str
    fix: str
    file: str = ""
    line: int | None = None

    @property
    def stops(self) -> bool:
        """Whether Spark itself does not start with it, or never comes to a first task."""
        return self.severity == "error" and self.name in _STOPS

    @property
    def where(self) -> str:
        """`FILE:LINE`, or what of it is known."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class View:
    """All settings together, and what they are for."""

    settings: Mapping[str, Setting]
    kind: Kind | None
    node: tuple[int, int] | None
    stage: str | None
    lang: str | None
    profile: str | None
    stages: StageNeeds = field(default_factory=dict)

    def has(self, key: str) -> bool:
        """Whether it is stated."""
        return key in self.settings

    def text(self, key: str, default: str = "") -> str:
        """Its value."""
        return self.settings[key].value.strip() if key in self.settings else default

    def on(self, key: str, default: bool = False) -> bool:
        """Whether a switch is on."""
        return self.text(key, str(default)).lower() == "true"

    def number(self, key: str, default: float) -> float:
        """Its value as a number; the default when it is none (that is said elsewhere)."""
        try:
            return float(self.text(key, str(default)))
        except ValueError:
            return default

    def megabytes(self, key: str, default: str) -> int:
        """Its value as MB; the default when it is no amount."""
        try:
            return as_bytes(self.text(key, default), "m") // 2**20
        except ValueError:
            return as_bytes(default, "m") // 2**20

    @property
    def cores(self) -> int:
        """Cores of an executor; Spark's default is 1, and on standalone all of a worker."""
        return int(self.number("spark.executor.cores", 1))

    @property
    def slots(self) -> int:
        """Tasks at a time in an executor."""
        return max(1, int(self.cores // max(1.0, self.number("spark.task.cpus", 1))))

    @property
    def heap(self) -> int:
        """Heap of an executor, MB."""
        return self.megabytes("spark.executor.memory", "1g")

    @property
    def overhead(self) -> int:
        """What is counted outside the heap of an executor, MB."""
        # Kubernetes takes four times as much for Python, but in cluster mode only.
        far = self.kind == "k8s" and self.text("spark.submit.deployMode") == "cluster"
        share = self.number("spark.executor.memoryOverheadFactor", 0.4 if far else 0.1)
        least = self.megabytes("spark.executor.minMemoryOverhead", f"{LEAST_OVERHEAD_MB}m")
        return self.megabytes("spark.executor.memoryOverhead", f"{max(least, int(self.heap * share))}m")

    @property
    def driver_is_here(self) -> bool:
        """Whether the driver's JVM is one of this machine, not one that a cluster starts."""
        return self.text("spark.submit.deployMode", "client") != "cluster"

    def finding(self, severity: str, name: str, key: str, what: str, fix: str) -> Finding:
        """A finding at the line where the key stands."""
        place = self.settings.get(key)
        return Finding(severity, name, key, what, fix, place.file if place else "", place.line if place else None)
