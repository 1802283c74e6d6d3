"""What Hadoop's configuration and the ResourceManager's REST tell about a YARN cluster."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict
from xml.etree import ElementTree

from mlpipeline.cluster.submission.rest import Answer, ask
from mlpipeline.errors import SetupError

_FILES = ("core-site.xml", "yarn-site.xml")
_REFERENCE = re.compile(r"\$\{([^}]+)\}")
_FIX = "export HADOOP_CONF_DIR=/etc/hadoop/conf, or wherever yarn-site.xml of your cluster lies"


def hadoop_conf(environ: Mapping[str, str]) -> dict[str, str]:
    """Read core-site.xml and yarn-site.xml of HADOOP_CONF_DIR or YARN_CONF_DIR, references filled in.

    Raises:
        SetupError: neither is set, the folder is missing, or holds no yarn-site.xml that can be read.
    """
    names = [name for name in ("HADOOP_CONF_DIR", "YARN_CONF_DIR") if environ.get(name, "").strip()]
    if not names:
        raise SetupError("HADOOP_CONF_DIR is not set, so nobody knows where YARN is", fix=_FIX)
    found: dict[str, str] = {}
    for name in names:
        folder = Path(environ[name])
        if not folder.is_dir():
            raise SetupError(f"{name} names a folder that is not there", where=str(folder), fix=_FIX)
        for file in (folder / part for part in _FILES):
            if file.is_file():
                found.update(_read(file))
    if not any((Path(environ[name]) / "yarn-site.xml").is_file() for name in names):
        raise SetupError(f"{names[0]} holds no yarn-site.xml", where=environ[names[0]], fix=_FIX)
    return {key: _filled(value, found) for key, value in found.items()}


def _read(file: Path) -> dict[str, str]:
    try:
        root = ElementTree.parse(file).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise SetupError(f"cannot be read: {error}", where=str(file), fix="copy it from the cluster again") from error
    rows = [(item.findtext("name", "").strip(), item.findtext("value", "").strip()) for item in root.iter("property")]
    return {name: value for name, value in rows if name}


def _filled(value: str, settings: Mapping[str, str]) -> str:
    for _ in range(20):
        made = _REFERENCE.sub(lambda found: settings.get(found[1], os.environ.get(found[1], found[0])), value)
        if made == value:
            break
        value = made
    return value


class Capability(TypedDict, total=False):
    """What one container is asked for; memory in MB."""

    memory: int


class ResourceRequest(TypedDict, total=False):
    """Containers that an application waits for, on one node, one rack or (`*`) anywhere."""

    resourceName: str
    numContainers: int
    capability: Capability | None


class App(TypedDict, total=False):
    """An application, as the REST gives it; one request for containers stands there without a list."""

    state: str
    finalStatus: str
    diagnostics: str
    queue: str
    runningContainers: int
    resourceRequests: list[ResourceRequest] | ResourceRequest | None


class ResourceInformation(TypedDict):
    """How much of one resource there is: `memory-mb`, `vcores`, `yarn.io/gpu`."""

    name: str
    value: int


class ResourceInformations(TypedDict, total=False):
    """The list of them, as the REST wraps it."""

    resourceInformation: list[ResourceInformation] | None


class TotalResource(TypedDict, total=False):
    """All that a node has."""

    resourceInformations: ResourceInformations | None


class Node(TypedDict, total=False):
    """A node of the cluster."""

    state: str
    totalResource: TotalResource | None


class Queues(TypedDict, total=False):
    """The queues below one, as the REST wraps them."""

    queue: list[Queue] | None


class Queue(TypedDict, total=False):
    """A queue of the capacity scheduler; `type` stands in the root's only."""

    type: str
    queueName: str
    state: str
    queues: Queues | None


class ResourceManager:
    """The REST of one ResourceManager, or of a pair of them (the one in charge answers)."""

    def __init__(self, conf: Mapping[str, str]) -> None:
        self.addresses = list(_addresses(conf))
        self.trouble = ""

    def get(self, path: str) -> Any:
        """The JSON at /ws/v1/cluster/<path>; None when there is none, with the reason in `trouble`."""
        for address in list(self.addresses):
            answer = ask(f"{address}/ws/v1/cluster/{path}")
            if answer.ok and answer.json() is not None:
                self._prefer(address)
                return answer.json()
            self.trouble = _trouble(address, answer)
            if answer.status in (400, 404):
                return None
        return None

    def app(self, application_id: str) -> App:
        """One application; {} when it is not known or cannot be asked for."""
        found: App | None = (self.get(f"apps/{application_id}") or {}).get("app")
        return found or {}

    def attempts(self, application_id: str) -> list[dict[str, object]]:
        """The attempts of an application, the newest last."""
        found = (self.get(f"apps/{application_id}/appattempts") or {}).get("appAttempts") or {}
        return sorted(found.get("appAttempt") or [], key=lambda attempt: int(attempt.get("id", 0)))

    def nodes(self) -> list[Node] | None:
        """The nodes that work; None when nobody answers."""
        answer = self.get("nodes")
        if answer is None:
            return None
        return [node for node in (answer.get("nodes") or {}).get("node", []) if node.get("state") == "RUNNING"]

    def queues(self) -> dict[str, Queue] | None:
        """Leaf queues by full and by short name; None when nobody answers or the scheduler is another than Capacity."""
        info: Queue | None = ((self.get("scheduler") or {}).get("scheduler") or {}).get("schedulerInfo")
        if info is None or info.get("type") != "capacityScheduler":
            return None
        return {name: queue for path, queue in _leaves(info, "root") for name in (path, path.rpartition(".")[2])}

    def setting(self, key: str) -> str | None:
        """A setting as the ResourceManager itself has it."""
        for address in self.addresses:
            found = ask(f"{address}/conf?name={key}&format=json").json()
            if isinstance(found, dict):
                return (found.get("property") or {}).get("value")
        return None

    def metrics(self) -> dict[str, object]:
        """The cluster's sums: availableMB, pendingMB, activeNodes; {} when nobody answers."""
        return dict((self.get("metrics") or {}).get("clusterMetrics") or {})

    def kill(self, application_id: str) -> bool:
        """Ask for the application's end; True when that was accepted."""
        path = f"ws/v1/cluster/apps/{application_id}/state"
        return any(ask(f"{base}/{path}", method="PUT", data={"state": "KILLED"}).ok for base in self.addresses)

    def _prefer(self, address: str) -> None:
        self.addresses.remove(address)
        self.addresses.insert(0, address)
        self.trouble = ""


def _addresses(conf: Mapping[str, str]) -> Iterator[str]:
    secure = conf.get("yarn.http.policy") == "HTTPS_ONLY"
    key = "yarn.resourcemanager.webapp.https.address" if secure else "yarn.resourcemanager.webapp.address"
    port = 8090 if secure else 8088
    ids = [name.strip() for name in conf.get("yarn.resourcemanager.ha.rm-ids", "").split(",") if name.strip()]
    for suffix in [f".{name}" for name in ids] or [""]:
        host = conf.get(f"yarn.resourcemanager.hostname{suffix}") or conf.get("yarn.resourcemanager.hostname")
        stated = conf.get(f"{key}{suffix}") or conf.get(key) or (f"{host}:{port}" if host else "")
        if stated and not stated.startswith("0.0.0.0"):
            yield f"{'https' if secure else 'http'}://{stated}"


def _trouble(address: str, answer: Answer) -> str:
    if answer.status == 401:
        return f"{address} wants a Kerberos login over HTTP, which this program does not do"
    return f"{address} answers {answer.status}" if answer.status else f"{address} does not answer: {answer.trouble}"


def _leaves(queue: Queue, path: str) -> Iterator[tuple[str, Queue]]:
    children = (queue.get("queues") or {}).get("queue") or []
    if not children:
        yield path, queue
    for child in children:
        yield from _leaves(child, f"{path}.{child['queueName'].rpartition('.')[2]}")
