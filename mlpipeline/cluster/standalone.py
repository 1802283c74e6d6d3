"""What a standalone master knows of its workers, and whether an executor of ours can ever start on one of them.

Spark itself waits for ever when no worker is large enough ("Initial job has not accepted any resources").
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict
from urllib.parse import urlsplit

from mlpipeline.errors import SetupError

_MB = {"b": 1 / 2**20, "k": 1 / 1024, "m": 1, "g": 1024, "t": 1024**2}
_UI_PORT = "8080"


@dataclass(frozen=True)
class Worker:
    """One worker: what it has and what is free; memory in MB, gpus counted."""

    name: str
    cores: int
    memory_mb: int
    gpus: int = 0
    cores_free: int = 0
    memory_free_mb: int = 0
    gpus_free: int = 0


@dataclass(frozen=True)
class Cluster:
    """A master's living workers, and the names of the applications that hold cores."""

    url: str
    workers: tuple[Worker, ...]
    applications: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ask:
    """What each executor needs: heap in MB, cores (None: all of a worker), GPUs."""

    memory_mb: int = 1024
    cores: int | None = None
    gpus: int = 0


def ask_of(settings: Mapping[str, str]) -> Ask:
    """What the settings ask of a worker for one executor; a standalone worker counts the heap only, no overhead."""
    cores = settings.get("spark.executor.cores")
    return Ask(
        megabytes(settings.get("spark.executor.memory", "1g")),
        int(cores) if cores else None,
        int(float(settings.get("spark.executor.resource.gpu.amount", "0"))),
    )


def megabytes(text: str) -> int:
    """Return 1024 for "1g", 512 for "512m" or "512" (MB), as Spark reads an executor's memory.

    Raises:
        SetupError: it is no size.
    """
    found = re.fullmatch(r"\s*(\d+)\s*([bkmgt]?)b?\s*", text.lower())
    if not found:
        raise SetupError(f"{text!r} is no size", fix="write 512m or 4g")
    return int(int(found[1]) * _MB[found[2] or "m"])


def read_master(master: str, settings: Mapping[str, str], *, timeout: float = 2.0) -> Cluster | None:
    """What the master's web page says, None when it does not answer.

    Args:
        master: spark://host:port, or several hosts with commas.
        settings: `spark.master.ui.port` says where the page is; 8080 by default.
        timeout: seconds for each host.
    """
    for host in master.removeprefix("spark://").split(","):
        name = urlsplit(f"//{host}").hostname or ""
        told = read_page(f"http://{_bracketed(name)}:{settings.get('spark.master.ui.port', _UI_PORT)}/json/", timeout)
        if told and (told.get("status") == "ALIVE" or "," not in master):
            return as_cluster(told)
    return None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class Gpus(TypedDict, total=False):
    """Addresses of a worker's GPUs."""

    addresses: list[str]


class Resources(TypedDict, total=False):
    """What a worker has besides cores and memory."""

    gpu: Gpus


class _WorkerRow(TypedDict):
    host: str
    port: int
    cores: int
    memory: int
    coresfree: int
    memoryfree: int
    state: str


class WorkerRow(_WorkerRow, total=False):
    """A worker on the master's page; memory in MB."""

    resources: Resources | None
    resourcesfree: Resources | None


class AppRow(TypedDict, total=False):
    """An application on the master's page."""

    name: str
    cores: int


class _Workers(TypedDict):
    workers: list[WorkerRow]


class MasterPage(_Workers, total=False):
    """The master's page as JSON."""

    url: str
    activeapps: list[AppRow]


def read_page(url: str, timeout: float) -> MasterPage | None:
    """The JSON of a master's page; None when nothing answers there in `timeout` seconds, or something else."""
    # A cluster's own address is never asked through a proxy.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=timeout) as answer:
            told = json.loads(answer.read())
    except (OSError, ValueError):
        return None
    is_page = isinstance(told, dict) and "workers" in told
    return told if is_page else None


def as_cluster(answer: MasterPage) -> Cluster:
    """Reads the master's JSON."""
    workers = [
        Worker(
            name=f"{row['host']}:{row['port']}",
            cores=row["cores"],
            memory_mb=row["memory"],
            gpus=_gpus(row.get("resources")),
            cores_free=row["coresfree"],
            memory_free_mb=row["memoryfree"],
            gpus_free=_gpus(row.get("resourcesfree")),
        )
        for row in answer["workers"]
        if row["state"] == "ALIVE"
    ]
    holding = [row["name"] for row in answer.get("activeapps", []) if row.get("cores", 0) > 0]
    return Cluster(answer.get("url", ""), tuple(workers), tuple(holding))


def _gpus(resources: Resources | None) -> int:
    return len((resources or {}).get("gpu", {}).get("addresses", []))


def check_fits(cluster: Cluster, ask: Ask) -> None:
    """Raise SetupError when no executor of this size can ever start on these workers."""
    if not cluster.workers:
        raise SetupError("the master has no worker", where=cluster.url, fix="start one: start-worker.sh <master>")
    largest = max(worker.memory_mb for worker in cluster.workers)
    if ask.memory_mb > largest:
        what = (
            f"no worker is large enough: an executor asks for {ask.memory_mb} MB, the largest worker has {largest} MB"
        )
        raise SetupError(what, where=cluster.url, fix=f"set spark.executor.memory to {largest}m or less")
    most = max(worker.cores for worker in cluster.workers if worker.memory_mb >= ask.memory_mb)
    if ask.cores is not None and ask.cores > most:
        what = f"no worker has enough cores: an executor asks for {ask.cores}, at most {most} are there"
        raise SetupError(what, where=cluster.url, fix=f"set spark.executor.cores to {most} or less")
    gpus = max(worker.gpus for worker in cluster.workers)
    if ask.gpus > gpus:
        what = f"no worker has enough GPUs: an executor asks for {ask.gpus}, at most {gpus} are there"
        fix = "set spark.worker.resource.gpu.amount and its discoveryScript on the workers, or ask for fewer"
        raise SetupError(what, where=cluster.url, fix=fix)
    if not any(_fits(worker, ask) for worker in cluster.workers):
        what = f"no single worker has {ask.memory_mb} MB, {ask.cores or 1} cores and {ask.gpus} GPUs together"
        raise SetupError(what, where=cluster.url, fix="ask for less of one of them")


def _fits(worker: Worker, ask: Ask) -> bool:
    return worker.memory_mb >= ask.memory_mb and worker.cores >= (ask.cores or 1) and worker.gpus >= ask.gpus


def why_waiting(cluster: Cluster, ask: Ask, own: str) -> str:
    """Why an executor that would fit has not started yet, in one line.

    Args:
        cluster: as it is now.
        ask: of an executor.
        own: name of our own application.
    """
    if not cluster.workers:
        return "the master has lost its workers"
    cores = max(worker.cores_free for worker in cluster.workers)
    memory = max(worker.memory_free_mb for worker in cluster.workers)
    others = ", ".join(name for name in cluster.applications if name != own)
    taken = f"; cores are held by {others}" if others else ""
    free = f"at most {cores} cores and {memory} MB are free on one worker"
    return f"an executor needs {ask.cores or 1} cores and {ask.memory_mb} MB, {free}{taken}"
