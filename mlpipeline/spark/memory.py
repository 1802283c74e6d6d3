"""How much memory a session's JVM has needed so far."""

from __future__ import annotations

import re
from pathlib import Path

from pyspark.sql import SparkSession


def jvm_peak_mb(spark: SparkSession) -> float:
    """Largest resident size of the driver's JVM so far, in MB; where /proc is missing, its committed heap."""
    jvm = spark.sparkContext._jvm
    if jvm is None:
        return 0.0
    process = jvm.java.lang.ProcessHandle.current().pid()
    status = Path(f"/proc/{process}/status")
    if status.exists():
        match = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        if match:
            return int(match[1]) / 1024
    return float(jvm.java.lang.Runtime.getRuntime().totalMemory()) / 2**20
