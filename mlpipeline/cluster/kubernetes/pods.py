"""Pod templates: what Spark has no setting for (tolerations, user), and how its settings look as fields of a pod."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypedDict

from mlpipeline.errors import UsageError

Role = Literal["driver", "executor"]
# Spark's own images run as this user; the group owns mounted volumes, so that it can write there.
USER = 185
_SELECTOR = re.compile(r"spark\.kubernetes\.(?:(driver|executor)\.)?node\.selector\.(.+)")
_VOLUME = re.compile(r"spark\.kubernetes\.(driver|executor)\.volumes\.(\w+)\.([\w-]+)\.(mount|options)\.(\w+)")
_SOURCES = {
    "persistentVolumeClaim": {"claimName": "claimName"},
    "hostPath": {"path": "path", "type": "type"},
    "emptyDir": {"medium": "medium", "sizeLimit": "sizeLimit"},
    "nfs": {"server": "server", "path": "path"},
}


@dataclass(frozen=True)
class Toleration:
    """A taint of nodes that a pod may go to all the same."""

    key: str
    value: str = ""
    effect: str = "NoSchedule"

    def as_dict(self) -> dict[str, str]:
        """As Kubernetes writes it."""
        how = {"operator": "Equal", "value": self.value} if self.value else {"operator": "Exists"}
        return {"key": self.key, **how, "effect": self.effect}


def parse_toleration(text: str) -> Toleration:
    """Read KEY, KEY:EFFECT or KEY=VALUE:EFFECT, as `kubectl taint` writes them.

    Raises:
        UsageError: it is none of these.
    """
    found = re.fullmatch(r"([\w./-]+)(?:=([\w.-]*))?(?::(NoSchedule|PreferNoSchedule|NoExecute))?", text)
    if not found:
        raise UsageError(f"{text!r} is no taint", fix="write KEY, KEY:NoSchedule or KEY=VALUE:NoSchedule")
    return Toleration(found[1], found[2] or "", found[3] or "NoSchedule")


def gpus(settings: Mapping[str, str], role: Role) -> tuple[str, int]:
    """The name of the resource and how many of it a pod of this role gets; ("", 0) without GPUs."""
    start = f"spark.{role}.resource.gpu"
    amount = int(settings.get(f"{start}.amount", "0") or 0)
    return (f"{settings.get(f'{start}.vendor', 'nvidia.com')}/gpu", amount) if amount else ("", 0)


def node_selector(settings: Mapping[str, str], role: Role) -> dict[str, str]:
    """Labels that a node has to have, of `spark.kubernetes[.ROLE].node.selector.*`."""
    found: dict[str, str] = {}
    for key, value in settings.items():
        named = _SELECTOR.fullmatch(key)
        if named and named[1] in (None, role):
            found[named[2]] = value
    return dict(sorted(found.items()))


class PodSpec(TypedDict, total=False):
    """The parts of a pod's spec that are written here; a user adds others to the file."""

    securityContext: dict[str, object]
    containers: list[dict[str, object]]
    tolerations: list[dict[str, str]]
    nodeSelector: dict[str, str]
    volumes: list[dict[str, object]]


class PodTemplate(TypedDict):
    """What Spark merges into a pod: its labels, and the parts of its spec that Spark has no settings for."""

    apiVersion: str
    kind: str
    metadata: dict[str, dict[str, str]]
    spec: PodSpec


def volumes(settings: Mapping[str, str], role: Role) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Volumes and mounts, of `spark.kubernetes.ROLE.volumes.TYPE.NAME.{mount,options}.*`.

    Raises:
        UsageError: a volume's type is none that Spark has, or it is mounted nowhere.
    """
    parts: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
    for key, value in sorted(settings.items()):
        named = _VOLUME.fullmatch(key)
        if named and named[1] == role:
            parts.setdefault((named[2], named[3]), {"mount": {}, "options": {}})[named[4]][named[5]] = value
    held, mounts = list[dict[str, object]](), list[dict[str, object]]()
    for (kind, name), part in parts.items():
        if kind not in _SOURCES:
            raise UsageError(f"{kind} is no type of volume", where=name, fix=f"one of {', '.join(_SOURCES)}")
        if "path" not in part["mount"]:
            key = f"spark.kubernetes.{role}.volumes.{kind}.{name}.mount.path"
            raise UsageError(f"the volume {name} is mounted nowhere", fix=f"add --conf {key}=/PATH")
        known = _SOURCES[kind]
        held.append({"name": name, kind: {known[key]: value for key, value in part["options"].items() if key in known}})
        read_only = {"readOnly": True} if part["mount"].get("readOnly", "false") == "true" else {}
        sub = {"subPath": part["mount"]["subPath"]} if "subPath" in part["mount"] else {}
        mounts.append({"name": name, "mountPath": part["mount"]["path"], **sub, **read_only})
    return held, mounts


def pod_template(settings: Mapping[str, str], role: Role, tolerations: tuple[Toleration, ...] = ()) -> PodTemplate:
    """A template that Spark merges into each pod of a role; what Spark has settings for is left to those.

    Nodes with GPUs are usually tainted with the name of the resource: pods that ask for GPUs tolerate that.
    """
    resource, _ = gpus(settings, role)
    asked = ((Toleration(resource),) if resource else ()) + tolerations
    spec: PodSpec = {
        "securityContext": {"runAsUser": USER, "fsGroup": USER, "runAsNonRoot": True},
        # Spark finds its container by this name.
        "containers": [{"name": container_name(role), "securityContext": {"allowPrivilegeEscalation": False}}],
    }
    if asked:
        spec["tolerations"] = [toleration.as_dict() for toleration in dict.fromkeys(asked)]
    labels = {"app.kubernetes.io/part-of": "mlpipeline", "app.kubernetes.io/component": role}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": labels}, "spec": spec}


def container_name(role: Role) -> str:
    """The name of the container that Spark runs in."""
    return f"spark-kubernetes-{role}"
