"""Where a run goes when there is a cluster: what a session costs there is measured once and kept in the store."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TypedDict

from mlpipeline.catalog import STAGES
from mlpipeline.cluster.environment import check_master, is_submitted
from mlpipeline.errors import SetupError, UsageError
from mlpipeline.orders.plan import Plan
from mlpipeline.orders.target_choice import Load, Seen, Site, choose, in_words, seconds_of
from mlpipeline.store.layout import Store
from mlpipeline.store.runs import run_names
from mlpipeline.store.tables.manifests import load_manifest

_log = logging.getLogger(__name__)

VARIABLE = "MLPIPELINE_CLUSTER"
AUTO = "auto"
LOCAL = "local[*]"
_KEPT = timedelta(days=30)
_PATIENCE_S = 180
_RUNS = 20
_BYTES_A_ROW = 100


def where_to_run(
    plan: Plan, store: Store, master: str | None, cluster: str | None, settings: Mapping[str, str]
) -> str | None:
    """The master for a run: the one that was asked for, else the quicker of here and the cluster.

    Args:
        plan: what is to be done.
        store: keeps what earlier runs took and what sessions cost.
        master: as asked for; `auto` or None: to be chosen where there is a cluster.
        cluster: a master of a cluster, None when there is none.
        settings: of Spark.

    Raises:
        UsageError: `auto` without a cluster, or a cluster that is no Spark master.
    """
    if master == AUTO and not cluster:
        raise UsageError("--master auto has nothing to choose from", fix=f"give --cluster, or set {VARIABLE}")
    if (master and master != AUTO) or not cluster or is_submitted():
        return master
    try:
        check_master(cluster)
    except SetupError as error:
        # It may have been up when it was measured.
        _log.warning("on %s: %s; --master overrules", LOCAL, error.what)
        return LOCAL
    here = site_of(store, LOCAL, {})
    there = site_of(store, cluster, settings)
    if here is None or there is None:
        _log.warning("on %s: no session starts on %s; --master overrules", LOCAL, cluster)
        return LOCAL
    seen, runs = earlier(store)
    choice = choose(loads_of(plan, store), seen, here, there, runs=runs)
    _log.info("%s", choice.reason)
    return choice.master


class Measured(TypedDict):
    """What a session costs at a place: seconds until its first task is done, tasks at once, and the day of that."""

    seconds: float
    slots: int
    measured: str


class StageRow(TypedDict):
    """What is read of a stage of an earlier run: `rows` had been delivered of its bots."""

    stage: str
    bots: int
    rows: int
    seconds: float


class DeliveredBot(TypedDict, total=False):
    """What is read of a bot of an earlier run."""

    rows: dict[str, int | None]
    causes: dict[str, str]


def site_of(store: Store, master: str, settings: Mapping[str, str]) -> Site | None:
    """What a session costs at a place: as kept, or measured now and kept with its date; None when none starts."""
    path = store.path("cache", "sessions.json")
    kept = store.remembered(path)
    entry: Measured | None = kept.get(master)
    if entry is None or date.fromisoformat(entry["measured"]) + _KEPT < date.today():
        _log.info("measuring once what a session on %s costs", master)
        entry = measure(master, settings)
        if entry is None:
            return None
        # Read again: another run may have measured another place meanwhile.
        kept = {**store.remembered(path), master: entry}
        store.write(path, json.dumps(kept, indent=1).encode())
        until = in_words(entry["seconds"])
        _log.info("%s until the first task is done, %s tasks at once", until, entry["slots"])
    return Site(master, entry["seconds"], entry["slots"])


def measure(master: str, settings: Mapping[str, str]) -> Measured | None:
    """Seconds of a session from nothing to its first Python task, in a process of its own, and its slots."""
    command = [sys.executable, "-m", "mlpipeline.spark.overhead", master, json.dumps(dict(settings))]
    began = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        _log.warning("no task was done on %s in %d s", master, _PATIENCE_S)
        return None
    for line in done.stderr.decode("utf-8", errors="replace").splitlines():
        _log.info("%s", line)
    if done.returncode:
        return None
    told = json.loads(done.stdout.splitlines()[-1])
    # The end of the process costs too, but no later run waits for it.
    return {"seconds": round(min(told["seconds"], time.monotonic() - began), 1), "slots": told["slots"],
            "measured": date.today().isoformat()}  # fmt: skip


def loads_of(plan: Plan, store: Store) -> list[Load]:
    """Rows of each stage that is to run: as the store knows them, else by the size of the files."""
    known = load_manifest(store, "utterance").entries
    loads = []
    for stage in STAGES:
        orders = plan.to_run(stage.name)
        if not orders:
            continue
        rows = 0
        for bot, order in orders.items():
            files = plan.orders.get("ingest", {}).get(bot, order).job.sources
            size = sum(os.path.getsize(file.path) for file in files if "://" not in file.path)
            rows += known[bot].rows if bot in known else size // _BYTES_A_ROW
        loads.append(Load(stage.name, rows, widest(stage.name, len(orders)), stage.work))
    return loads


def widest(stage: str, bots: int) -> int | None:
    """How many tasks can share a stage: one a bot where a model is a task, one where the driver works, else any."""
    found = next(one for one in STAGES if one.name == stage)
    if found.driver is not None:
        return 1
    return bots if found.by_bot else None


def expected_seconds(plan: Plan, store: Store, slots: int) -> dict[str, float]:
    """Seconds that each stage of a plan is expected to take on so many slots, in their order."""
    seen, _ = earlier(store)
    return {load.stage: seconds_of(load, seen, slots) for load in loads_of(plan, store)}


def earlier(store: Store) -> tuple[list[Seen], int]:
    """What the stages of the last runs took, and how many runs that were; a record that tells nothing is left out."""
    seen: list[Seen] = []
    runs = 0
    for name in run_names(store)[-_RUNS:]:
        slots, stages = _told(store.read(store.path("runs", name, "run.json")))
        if not slots or not stages:
            continue
        runs += 1
        for row in stages:
            load = Load(row["stage"], row["rows"], widest(row["stage"], row["bots"]))
            seen.append(Seen(load, row["seconds"], slots))
    return seen, runs


def _told(text: bytes | None) -> tuple[int, list[StageRow]]:
    """The slots of a run, and its stages that did something, with `rows`: what had been delivered of their bots.

    `rows_in` of a stage are rows of its first table, of `evaluate` one a model: no measure for another run's bots.
    """
    names = {stage.name for stage in STAGES}
    try:
        told = json.loads(text or b"{}")
        bots = told.get("bots", [])
        rows: list[StageRow] = [
            {
                "stage": row["stage"],
                "bots": row["bots"],
                "rows": _delivered(bots, row["stage"]) or row["rows_in"],
                "seconds": row["seconds"],
            }
            for row in told.get("stages", [])
            if row["bots"] and row["stage"] in names
        ]
        return int(told.get("slots") or 0), [row for row in rows if row["rows"] >= 0 and row["seconds"] >= 0]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return 0, []


def _delivered(bots: Sequence[DeliveredBot], stage: str) -> int:
    """Rows that were delivered of the bots that a stage worked on."""
    return sum(bot["rows"].get("in") or 0 for bot in bots if stage in bot.get("causes", {}))
