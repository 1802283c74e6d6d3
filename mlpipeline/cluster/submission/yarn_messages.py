"""What YARN says, in words: why an application waits, and what its refusals mean."""

from __future__ import annotations

import re

from mlpipeline.cluster.submission.hadoop import App, ResourceManager
from mlpipeline.cluster.submission.job_end import cause_of


def why_accepted(app: App, manager: ResourceManager) -> str:
    """Why an application stays in ACCEPTED, in words.

    Args:
        app: as the ResourceManager's REST gives it.
        manager: is asked for its sums.
    """
    metrics, said = manager.metrics(), str(app.get("diagnostics", ""))
    queue = str(app.get("queue", "")).removeprefix("root.")
    if metrics.get("activeNodes") == 0:
        return f"YARN has no node that works ({metrics.get('lostNodes', 0)} lost, {metrics.get('totalNodes', 0)} known)"
    if "AM resource limit exceeded" in said:
        share = f"the queue {queue} has used up its share for application masters"
        return f"{share}; wait, take another queue, or raise maximum-am-resource-percent"
    if "waiting for resources to be assigned for AM" in said or not said:
        needs, free = _asked_mb(app), metrics.get("availableMB")
        room = f"it needs {needs} MB, {free} MB are free in all of YARN" if needs and free is not None else ""
        others = metrics.get("appsRunning", 0)
        running = f"; {others} application{'s' if others != 1 else ''} running" if others else ""
        return f"no room for its application master{': ' if room else ''}{room}{running}"
    return " ".join(said.split())[:300]


def _asked_mb(app: App) -> int:
    rows = app.get("resourceRequests") or []
    rows = rows if isinstance(rows, list) else [rows]
    return max((int((row.get("capability") or {}).get("memory", 0)) for row in rows), default=0)


def has_no_executors(app: App) -> bool:
    """True when a running application has its application master only, and has asked for more than YARN gives."""
    return int(app.get("runningContainers", 0)) <= 1 and _pending(app) > 0


def _pending(app: App) -> int:
    rows = app.get("resourceRequests") or []
    rows = rows if isinstance(rows, list) else [rows]
    return sum(int(row.get("numContainers", 0)) for row in rows if row.get("resourceName", "*") == "*")


def why_no_executors(app: App, manager: ResourceManager) -> str:
    """Why no executor of a running application has started, in words."""
    metrics = manager.metrics()
    needs, free = _asked_mb(app), metrics.get("availableMB")
    room = f"each needs {needs} MB, {free} MB are free in all of YARN" if needs else "YARN gives none"
    return f"{_pending(app)} asked for, {room}; queue {str(app.get('queue', '')).removeprefix('root.')}"


def yarn_cause(text: str) -> tuple[str, str] | None:
    """Cause and fix that stand in what was said, in words; None when nothing of it is known."""
    for sign, cause, fix in _SIGNS:
        found = sign.search(text)
        if found:
            return cause.format(*found.groups()), fix
    return cause_of(text)


_SIGNS = (
    (re.compile(r"to unknown queue: (\S+)"), "YARN has no queue {0}", "give another --queue"),
    (re.compile(r"Queue (\S+) is STOPPED"), "the queue {0} is stopped", "take another --queue"),
    (
        re.compile(r"Required (executor|AM) memory \((\d+)[^)]*\).*?max threshold \((\d+) MB\)", re.DOTALL),
        "the {0} needs {1} MB, YARN gives at most {2} MB",
        "lower its memory",
    ),
    (
        re.compile(r"Requested resource type=\[([^\]]+)\]"),
        "a container asks for more {0} than any node has",
        "ask for less",
    ),
    (re.compile(r"(User \S+ does not have permission to submit[^\n]{0,120})"), "{0}", "take another --queue"),
    (re.compile(r"(Can't get Master Kerberos principal|GSSException[^\n]{0,120})"), "no Kerberos login: {0}", "kinit"),
    (
        re.compile(
            r"(?:beyond the '|exceeding )(physical|virtual)'? memory limits?\D*?([\d.]+ [MG]B of [\d.]+ [MG]B)", re.I
        ),
        "YARN ended a container that took more memory than it had asked for ({1}, {0})",
        "raise spark.executor.memoryOverhead or spark.driver.memoryOverhead; `mlpipeline size` says how much",
    ),
)
