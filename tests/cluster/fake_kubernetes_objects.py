"""What the stand-in for the Kubernetes API keeps: objects by namespace and kind, and what happened to them."""

from __future__ import annotations

import copy
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

Object = dict[str, Any]
Key = tuple[str, str, str]  # namespace, kind in the plural ("pods"), name

KINDS = {
    "pods": "Pod",
    "configmaps": "ConfigMap",
    "services": "Service",
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "serviceaccounts": "ServiceAccount",
    "secrets": "Secret",
}
_LABEL_IN = re.compile(r"(\S+) (in|notin) \((.*)\)")


def now() -> str:
    """The time as Kubernetes writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Objects:
    """All objects; every change gets the next resource version and wakes the watches."""

    def __init__(self) -> None:
        self.lock = threading.Condition(threading.RLock())
        self.namespaces: set[str] = set()
        self._held: dict[Key, Object] = {}
        self._events: list[tuple[int, str, str, str, Object]] = []
        self._version = 100
        self.removed: Callable[[Key], None] = lambda key: None

    @property
    def version(self) -> int:
        """The resource version of the last change."""
        return self._version

    def get(self, namespace: str, kind: str, name: str) -> Object | None:
        """A copy of an object."""
        with self.lock:
            found = self._held.get((namespace, kind, name))
            return copy.deepcopy(found) if found is not None else None

    def find(self, namespace: str, kind: str, labels: str = "", fields: str = "") -> list[Object]:
        """Copies of the objects that the selectors choose."""
        with self.lock:
            rows = [value for key, value in self._held.items() if key[:2] == (namespace, kind)]
            return [copy.deepcopy(row) for row in rows if chosen(row, labels, fields)]

    def add(self, namespace: str, kind: str, value: Object) -> Object | None:
        """A new object; None when there is one of its name."""
        meta = value.setdefault("metadata", {})
        name = meta.get("name") or meta.get("generateName", "x-") + uuid.uuid4().hex[:5]
        with self.lock:
            if (namespace, kind, name) in self._held:
                return None
            born = {"name": name, "namespace": namespace, "uid": str(uuid.uuid4()), "creationTimestamp": now()}
            value["metadata"] = {**meta, **born}
            value.setdefault("kind", KINDS.get(kind, kind))
            value.setdefault("apiVersion", "v1")
            if kind == "pods":
                value["status"] = {"phase": "Pending"}
            self._held[(namespace, kind, name)] = value
            self._happened("ADDED", namespace, kind, value)
            return copy.deepcopy(value)

    def change(self, namespace: str, kind: str, name: str, how: Callable[[Object], None]) -> Object | None:
        """Changes an object in place; None when it is not there (any more)."""
        with self.lock:
            value = self._held.get((namespace, kind, name))
            if value is None:
                return None
            how(value)
            self._happened("MODIFIED", namespace, kind, value)
            return copy.deepcopy(value)

    def remove(self, namespace: str, kind: str, name: str = "", labels: str = "") -> list[Object]:
        """Removes one object, or all that the labels choose; gives what was there."""
        with self.lock:
            rows = [value for key, value in self._held.items() if key[:2] == (namespace, kind)]
            gone = [row for row in rows if (row["metadata"]["name"] == name if name else chosen(row, labels, ""))]
            for row in gone:
                key = (namespace, kind, row["metadata"]["name"])
                del self._held[key]
                self._happened("DELETED", namespace, kind, row)
                self.removed(key)
            return gone

    def _happened(self, what: str, namespace: str, kind: str, value: Object) -> None:
        self._version += 1
        value["metadata"]["resourceVersion"] = str(self._version)
        self._events.append((self._version, what, namespace, kind, copy.deepcopy(value)))
        self.lock.notify_all()

    def watch(self, namespace: str, kind: str, labels: str, fields: str, since: int) -> Iterator[Object | None]:
        """What happens from `since` on, as a watch tells it; None every second, so that the server notices an end."""
        if since == 0:
            with self.lock:
                since, rows = self._version, self.find(namespace, kind, labels, fields)
            yield from ({"type": "ADDED", "object": row} for row in rows)
        while True:
            with self.lock:
                if not self._events or self._events[-1][0] <= since:
                    self.lock.wait(1.0)
                fresh = [event for event in self._events if event[0] > since]
            for version, what, where, which, value in fresh:
                since = version
                if (where, which) == (namespace, kind) and chosen(value, labels, fields):
                    yield {"type": what, "object": value}
            if not fresh:
                yield None


def chosen(value: Object, labels: str, fields: str) -> bool:
    """True when a label selector and a field selector (metadata.name only) choose an object."""
    for part in filter(None, fields.split(",")):
        key, _, wanted = part.partition("=")
        if key == "metadata.name" and value["metadata"]["name"] != wanted.lstrip("="):
            return False
    found = value["metadata"].get("labels") or {}
    return all(_has(found, part.strip()) for part in re.split(r",(?![^(]*\))", labels) if part.strip())


def _has(labels: dict[str, str], part: str) -> bool:
    group = _LABEL_IN.match(part)
    if group:
        inside = labels.get(group[1]) in [word.strip() for word in group[3].split(",")]
        return inside == (group[2] == "in")
    if "!=" in part:
        key, _, value = part.partition("!=")
        return labels.get(key) != value
    if "=" in part:
        key, _, value = part.partition("=")
        return labels.get(key) == value.lstrip("=")
    return part[1:] not in labels if part.startswith("!") else part in labels


def merge(into: Object, patch: Object) -> None:
    """A JSON merge patch, in place."""
    for key, value in patch.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value
