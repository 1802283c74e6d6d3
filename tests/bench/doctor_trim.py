"""Cuts a real event log down to what the doctor reads, without names of machines, people and folders.

    python -m tests.bench.doctor_trim EVENTLOG OUT.zstd

Made the logs in tests/unit/cluster/doctor_logs/; OUT ends in .zstd, .gz or nothing (plain).
"""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from mlpipeline.cluster.doctor.events import HANDLERS
from mlpipeline.cluster.doctor.files import lines_of, log_files
from mlpipeline.cluster.doctor.summary import HIDDEN, SHOWN

_KEPT = {
    "Job": {"spark.jobGroup.id", "spark.job.description", "spark.sql.execution.id"},
    "RDD": {"Name", "Scope"},
    "Task": {"Index", "Executor ID", "Launch Time", "Finish Time", "Failed", "Killed", "Accumulables"},
}
_PATH = re.compile(r"(?:file:)?/(?:tmp|work|usr|home|root|opt|var)(?:/[^\s,\"'\]\)#:\\]*)?")
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b")
_FRAMES = re.compile(r"(?:\n\s+at [^\n]*)+")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _FRAMES.sub("", _ADDRESS.sub("node", _PATH.sub("/data", value)))
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _clean(one) for key, one in value.items()}
    return value


def _only(event: dict[str, Any], *names: str) -> None:
    for name in names:
        event.pop(name, None)


def trim(event: dict[str, Any]) -> dict[str, Any] | None:
    """The event without what nobody reads; None for one that is not read at all."""
    if event["Event"] not in HANDLERS:
        return None
    _only(event, "User", "JVM Information", "Hadoop Properties", "System Properties", "Metrics Properties")
    _only(event, "Classpath Entries", "Stage Infos", "physicalPlanDescription", "details", "modifiedConfigs", "jobTags")
    if "Spark Properties" in event:
        told = dict(event["Spark Properties"])
        event["Spark Properties"] = {
            key: value
            for key, value in told.items()
            if (key.startswith(SHOWN) and not any(word in key for word in HIDDEN)) or "extraJavaOptions" in key
        }
    if event["Event"] == "SparkListenerStageSubmitted":
        event.pop("Properties", None)
    if "Properties" in event:
        event["Properties"] = {key: value for key, value in event["Properties"].items() if key in _KEPT["Job"]}
    if "Stage Info" in event:
        info = event["Stage Info"]
        _only(info, "Details", "Accumulables")
        info["RDD Info"] = [{key: rdd[key] for key in rdd if key in _KEPT["RDD"]} for rdd in info["RDD Info"]]
    if "Executor Info" in event:
        info = event["Executor Info"]
        _only(info, "Host", "Log Urls", "Attributes")
    if "Task Info" in event:
        info = {key: value for key, value in event["Task Info"].items() if key in _KEPT["Task"]}
        info["Accumulables"] = [one for one in info.get("Accumulables", []) if one.get("Metadata") == "sql"]
        event["Task Info"] = info
        peaks = event.get("Task Executor Metrics") or {}
        event["Task Executor Metrics"] = {name: size for name, size in peaks.items() if size}
    cleaned: dict[str, Any] = _clean(event)
    return cleaned


def main() -> int:
    """Reads, trims, writes."""
    target = Path(sys.argv[2])
    events = (orjson.loads(line) for file in log_files(Path(sys.argv[1])) for line in lines_of(file, []))
    kept = [orjson.dumps(trimmed) for event in events if (trimmed := trim(event)) is not None]
    text = b"\n".join(kept) + b"\n"
    if target.suffix == ".zstd":
        with pa.CompressedOutputStream(pa.OSFile(str(target), "wb"), "zstd") as out:
            out.write(text)
    else:
        target.write_bytes(gzip.compress(text, mtime=0) if target.suffix == ".gz" else text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
