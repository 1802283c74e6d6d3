"""Dynamic partition pruning, proven by what was read: the words of a plan are no proof, they stay when Spark gave up.

Proof is in the final plan's scans: the metric `static number of files read` stands there only when a filter found at
run time was really used, and `number of partitions read` and `number of files read` tell what it left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlpipeline.cluster.doctor.finding import Finding
from mlpipeline.cluster.doctor.model import AppLog, Node, Query
from mlpipeline.cluster.doctor.owner import bots_of

_PYTHON = ("MapInArrow", "MapInPandas", "FlatMapGroupsInArrow", "FlatMapGroupsInPandas", "PythonMapInArrow")
_JOINS = ("BroadcastHashJoin", "SortMergeJoin", "ShuffledHashJoin")
_COLUMN = re.compile(r"([^\s,\[\]()]+)#\d+")
_FIELD = re.compile(r"(?:^|,)([^:,<>]+):")
_GIVEN_UP = "dynamicpruningexpression(true)"


@dataclass(frozen=True)
class Scan:
    """One scan of a partitioned table.

    Args:
        partitions: read.
        files, of_files: read, and those that were left without the filter of run time; None where there was none.
        pruned: `proven`, `given up` (planned, then replaced by true), `blocked` (a Python step stands before the join).
    """

    query: int
    description: str
    columns: tuple[str, ...]
    partitions: int
    files: int
    of_files: int | None
    pruned: str
    blocked_by: str = ""


def partition_scans(app: AppLog) -> list[Scan]:
    """Every scan of a partitioned table that a join could have pruned, or did."""
    found: list[Scan] = []
    for _, query in sorted(app.queries.items()):
        if query.plan is not None:
            found += _walk(query.plan, query, app, keys=frozenset(), python="")
    return found


def pruning_findings(app: AppLog) -> Iterator[Finding]:
    """Scans that read every partition although a join would have told which are wanted."""
    for scan in partition_scans(app):
        if scan.pruned == "proven" or scan.partitions < 2:
            continue
        columns = ", ".join(scan.columns) or "its partition column"
        ours = bots_of(app, scan.description) is not None
        if ours and scan.pruned == "blocked":
            continue  # the order of steps is the stage's own
        if scan.pruned == "blocked":
            what = f"a join on {columns} could have chosen the partitions, but {scan.blocked_by} stands between"
            fix = "select, filter and join first, then run the Python step"
        else:
            what = f"the filter on {columns} was planned and given up: the other side of the join was not broadcast"
            setting = "spark.sql.optimizer.dynamicPartitionPruning.reuseBroadcastOnly"
            fix = f"set {setting} false" if ours else f"broadcast the small side (F.broadcast), or set {setting} false"
        yield Finding(
            "no-pruning",
            "moderate",
            f"query {scan.query}" + (f" ({scan.description[:60]})" if scan.description else ""),
            f"all {scan.partitions} partitions were read: {what}",
            fix,
            None,
            {"partitions": scan.partitions, "files": scan.files},
        )


def _walk(node: Node, query: Query, app: AppLog, *, keys: frozenset[str], python: str) -> list[Scan]:
    if "number of partitions read" in node.metrics and node.name.startswith(("Scan", "BatchScan")):
        scan = _scan(node, query, app, keys, python)
        return [scan] if scan is not None else []
    found: list[Scan] = []
    if node.name in _JOINS:
        # The keys of each side stand in brackets, left before right.
        sides = re.findall(r"\[([^\]]*)\]", node.text)[:2]
        for child, side in zip(node.children, sides, strict=False):
            inner = frozenset(_COLUMN.findall(side))
            found += _walk(child, query, app, keys=keys | inner if not python else inner, python="")
        return found
    if node.name in _PYTHON and keys:
        python = node.name
    for child in node.children:
        found += _walk(child, query, app, keys=keys, python=python)
    return found


def _scan(node: Node, query: Query, app: AppLog, keys: frozenset[str], python: str) -> Scan | None:
    def metric(name: str) -> int:
        number = node.metrics.get(name, -1)
        return query.driver_metrics.get(number, app.task_metrics.get(number, 0))

    static = metric("static number of files read") if "static number of files read" in node.metrics else None
    columns = tuple(sorted(keys & _partition_columns(node)))
    if static is not None:
        pruned = "proven"
    elif _GIVEN_UP in node.text:
        pruned = "given up"
    elif python and columns:
        pruned = "blocked"
    else:
        return None
    return Scan(
        query.number,
        query.description,
        columns,
        metric("number of partitions read"),
        metric("number of files read"),
        static,
        pruned,
        python,
    )


def _partition_columns(node: Node) -> set[str]:
    """Columns that the scan gives and no file holds; none where Spark cut the list of a wide table."""
    schema = node.metadata.get("ReadSchema", "")
    output = re.search(r"\[([^\]]*)\]", node.text)
    if output is None or not schema.startswith("struct<") or not schema.endswith(">"):
        return set()
    return set(_COLUMN.findall(output[1])) - set(_FIELD.findall(schema[len("struct<") : -1]))
