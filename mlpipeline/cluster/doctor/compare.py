"""Driver against executors: a tiny job looks around on each of them, and what differs is told with its fix."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlpipeline.cluster.doctor.finding import Finding, Severity, amount
from mlpipeline.cluster.doctor.probe import Probe

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Libraries whose minor versions must agree: their objects and formats travel between driver and executors.
_STRICT = ("mlpipeline", "pyspark", "numpy", "pyarrow", "pandas")
_NEEDED = ("pyspark", "numpy", "pyarrow", "pandas", "mlpipeline")
_TEMP_LEAST = 2 << 30
_MEMORY_LEAST = 1 << 30
_CLOCK_S = 2.0
_SHIP = "install it for the executors' Python on every node, or submit with an archive of this environment"


def look_around(spark: SparkSession, tasks: int | None = None) -> tuple[Probe, list[Probe], tuple[float, float]]:
    """Runs the probe here and as tasks.

    Args:
        spark: a session.
        tasks: how many; None: four a core.

    Returns:
        The driver's probe, one probe for each executor that got a task, and when the job began and ended.
    """
    import pyspark.cloudpickle as cloudpickle

    from mlpipeline.cluster.doctor import probe as sent

    # By value: the executors may have no mlpipeline, or another one.
    cloudpickle.register_pickle_by_value(sent)
    try:
        context = spark.sparkContext
        count = tasks or 4 * max(1, context.defaultParallelism)
        began = time.time()
        found = context.parallelize(range(count), count).mapPartitions(sent.probe_partition).collect()
        ended = time.time()
    finally:
        cloudpickle.unregister_pickle_by_value(sent)
    return sent.probe(), list({(one["host"], one["parent"]): one for one in found}.values()), (began, ended)


def differences(
    driver: Probe, executors: Sequence[Probe], span: tuple[float, float], *, is_local: bool
) -> list[Finding]:
    """What of the executors would break or change a run, each kind once with the hosts it is on."""
    found: dict[tuple[str, Severity, str, str], list[str]] = {}
    for one in executors:
        for told in [*_libraries(driver, one), *_place(driver, one, span)]:
            found.setdefault(told, []).append(str(one["host"]))
    if not driver["host_resolves"] and not is_local:
        what = f"the driver's own name {driver['host']} cannot be resolved: executors cannot call it back"
        found[("host-name", "severe", what, "set SPARK_LOCAL_IP, or add the name to /etc/hosts")] = ["driver"]
    return [
        Finding(name, severity, ", ".join(sorted(set(hosts))), what, fix, None, {"executors": len(hosts)})
        for (name, severity, what, fix), hosts in found.items()
    ]


def _libraries(driver: Probe, one: Probe) -> list[tuple[str, Severity, str, str]]:
    told: list[tuple[str, Severity, str, str]] = []
    if one["python"].split(".")[:2] != driver["python"].split(".")[:2]:
        fix = "set PYSPARK_PYTHON (or spark.pyspark.python) to the same version on every node"
        told.append(("python", "critical", f"Python {one['python']}, the driver has {driver['python']}", fix))
    for name, why in one["broken"].items():
        told.append(("library-broken", "critical", f"cannot import {name}: {why}", f"install {name} anew there"))
    for name, version in driver["versions"].items():
        there = one["versions"].get(name)
        if there is None and name not in one["broken"]:
            severity: Severity = "critical" if name in _NEEDED else "severe"
            told.append(
                ("library-missing", severity, f"cannot import {name}; the driver can (it has {version})", _SHIP)
            )
        elif there is not None and there != version:
            told.append(_other_version(name, there, version))
    return told


def _other_version(name: str, there: str, version: str) -> tuple[str, Severity, str, str]:
    alike = there.split(".")[:2] == version.split(".")[:2]
    severity: Severity = "low" if alike else "severe" if name in _STRICT else "moderate"
    return "library-version", severity, f"{name} {there}, the driver has {version}", f"install {name}=={version} there"


def _place(driver: Probe, one: Probe, span: tuple[float, float]) -> list[tuple[str, Severity, str, str]]:
    told: list[tuple[str, Severity, str, str]] = []
    for encoding, what in ((one["encoding"], "text files"), (one["file_names"], "file names")):
        if "utf" not in str(encoding).lower():
            fix = "set spark.executorEnv.LC_ALL=C.UTF-8"
            told.append(("locale", "severe", f"{what} are {encoding}, not UTF-8: other scripts break", fix))
    if not one["host_resolves"]:
        fix = "add it to /etc/hosts of that node"
        told.append(("host-name", "moderate", f"its own name {one['host']} cannot be resolved", fix))
    if one["temp_free"] < _TEMP_LEAST:
        what = f"{amount(one['temp_free'])} free in {one['temp']}, where shuffles and spills go"
        told.append(("temp-space", "severe", what, "free space, or set spark.local.dir to another disk"))
    free = [size for size in (one["memory_free"], one["memory_limit"]) if size is not None]
    if free and min(free) < _MEMORY_LEAST:
        what = f"{amount(min(free))} of memory free: one Python worker with a model needs about as much"
        told.append(("memory", "severe", what, "lower spark.executor.cores, or take nodes with more memory"))
    off = max(span[0] - one["time"], one["time"] - span[1], 0.0)
    if off > _CLOCK_S:
        told.append(("clock", "moderate", f"its clock is off by {off:.0f} s or more", "let NTP set the clock there"))
    if one["system"] != driver["system"]:
        fix = "ship an environment that was built on the executors' system"
        told.append(("system", "severe", f"{one['system']}, the driver is {driver['system']}", fix))
    return told
