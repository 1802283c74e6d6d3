"""The node of the stand-in cluster: runs each pod as a process of this machine, by our image's own entrypoint.

An "image" is a Python and what lies on its path. A container's paths become folders below the pod's own, its service
names become 127.0.0.1, a GPU limit becomes numbers that a pretended nvidia-smi lists.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.fake_kubernetes_objects import Key, Object, Objects, now
from tests.cluster.processes import Processes

GPU = "nvidia.com/gpu"
# Writes what a command prints, each line behind its time as the kubelet does, and ends with the command's exit code.
_STAMPED = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
for line in child.stdout:
    t = time.time_ns()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(t // 10**9)) + ".%09dZ " % (t % 10**9)
    sys.stdout.buffer.write(stamp.encode() + line)
    sys.stdout.buffer.flush()
code = child.wait()
sys.exit(code if code >= 0 else 128 - code)
"""
_NVIDIA_SMI = '#!/bin/sh\nfor gpu in $(echo "$NVIDIA_VISIBLE_DEVICES" | tr , " "); do echo "0, $gpu"; done\n'


@dataclass
class Image:
    """What a container image brings.

    Args:
        python: of its driver and workers.
        variables: of its environment.
        paths: folders in the image -> where they really lie.
    """

    python: str = sys.executable
    variables: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)


@dataclass
class Orders:
    """What is to go wrong.

    Args:
        reasons: name of an application -> how its driver is said to have ended, e.g. OOMKilled.
    """

    reasons: dict[str, str] = field(default_factory=dict)


class Node:
    """Runs the pods of `objects`.

    Args:
        objects: where pods appear and their states are written.
        folder: for the pods' files and outputs.
        processes: starts and surely ends them.
        environ: of every container.
        entrypoint: of every image.
        images: by name; a pod of another image waits with ErrImagePull, as it would for ever.
        gpus: how many this node has.
    """

    def __init__(
        self,
        objects: Objects,
        folder: Path,
        processes: Processes,
        environ: Mapping[str, str],
        entrypoint: Path,
        images: Mapping[str, Image],
        gpus: int = 4,
    ) -> None:
        self.orders = Orders()
        self.server = ""  # address of the API server, for what pods call kubernetes.default.svc
        self.images = dict(images)
        self._objects, self._folder, self._processes = objects, folder, processes
        self._environ, self._entrypoint = dict(environ), entrypoint
        self._running: dict[Key, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._gpus: dict[int, Key | None] = dict.fromkeys(range(gpus))
        self._tools = folder / "tools"
        self._tools.mkdir(parents=True)
        (self._tools / "nvidia-smi").write_text(_NVIDIA_SMI)
        (self._tools / "nvidia-smi").chmod(0o755)
        objects.removed = self._removed
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        namespaces = sorted(self._objects.namespaces)
        for namespace in namespaces:
            threading.Thread(target=self._watch_one, args=(namespace,), daemon=True).start()

    def _watch_one(self, namespace: str) -> None:
        for event in self._objects.watch(namespace, "pods", "", "", 0):
            if event is not None and event["type"] == "ADDED":
                threading.Thread(target=self._run, args=(namespace, event["object"]), daemon=True).start()

    def log_of(self, namespace: str, name: str) -> bytes:
        """What a pod has printed so far, each line behind its time."""
        file = self._folder / namespace / name / "output"
        return file.read_bytes() if file.is_file() else b""

    def _removed(self, key: Key) -> None:
        process = self._running.get(key) if key[1] == "pods" else None
        if process is not None:
            # Executors get no time to say goodbye here: a test deletes them to see a loss.
            threading.Thread(target=self._end, args=(process,), daemon=True).start()

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            if process.poll() is None:
                self._processes.end(process, patience=0.0)

    def _run(self, namespace: str, pod: Object) -> None:
        name, container = pod["metadata"]["name"], pod["spec"]["containers"][0]
        key = (namespace, "pods", name)
        image = self.images.get(container.get("image", ""))
        if image is None:
            waiting = {"reason": "ErrImagePull", "message": f"{container.get('image')}: not found"}
            self._set(key, "Pending", container, {"waiting": waiting})
            return
        devices = self._take_gpus(key, container)
        if devices is None:
            told = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
            conditions = [{**told, "message": f"0/1 nodes are available: 1 Insufficient {GPU}."}]
            self._objects.change(*key, lambda value: value["status"].update(conditions=conditions))
            return
        translate = self._mount(namespace, pod, container, image)
        env = self._variables(namespace, pod, container, image, translate)
        if devices:
            env["NVIDIA_VISIBLE_DEVICES"] = ",".join(map(str, devices))
        words = [
            _filled(translate(str(word)), env) for word in [*container.get("command", []), *container.get("args", [])]
        ]
        command = [sys.executable, "-c", _STAMPED, "bash", str(self._entrypoint), *words]
        home = self._folder / namespace / name
        if self._objects.get(*key) is None:
            return
        with self._lock:
            process = self._processes.start(command, log=home / "output", env=env, cwd=home)
        self._running[key] = process
        self._set(key, "Running", container, {"running": {"startedAt": now()}})
        code = process.wait()
        self._gpus = {number: None if owner == key else owner for number, owner in self._gpus.items()}
        self._ended(key, pod, container, code)

    def _ended(self, key: Key, pod: Object, container: Object, code: int) -> None:
        labels = pod["metadata"].get("labels") or {}
        ordered = (
            self.orders.reasons.get(labels.get("spark-app-name", "")) if labels.get("spark-role") == "driver" else ""
        )
        reason = ordered or ("Completed" if code == 0 else "Error")
        code = {"OOMKilled": 137}.get(reason, code if code >= 0 else 128 - code)
        end = {"exitCode": code, "reason": reason, "startedAt": now(), "finishedAt": now()}
        self._set(key, "Succeeded" if code == 0 else "Failed", container, {"terminated": end})

    def _set(self, key: Key, phase: str, container: Object, state: Object) -> None:
        ready = "True" if phase == "Running" else "False"
        row = {"name": container["name"], "image": container.get("image", ""), "imageID": "", "restartCount": 0}
        status = {
            "phase": phase,
            "podIP": "127.0.0.1",
            "podIPs": [{"ip": "127.0.0.1"}],
            "hostIP": "127.0.0.1",
            "startTime": now(),
            "conditions": [{"type": kind, "status": ready} for kind in ("Ready", "ContainersReady")],
            "containerStatuses": [{**row, "ready": phase == "Running", "state": state}],
        }
        self._objects.change(*key, lambda value: value.update(status=status))

    def _take_gpus(self, key: Key, container: Object) -> list[int] | None:
        """The numbers of the GPUs that a container's limit gets; None when there are not enough."""
        wanted = int(((container.get("resources") or {}).get("limits") or {}).get(GPU, 0))
        with self._lock:
            free = [number for number, owner in self._gpus.items() if owner is None][:wanted]
            if len(free) < wanted:
                return None
            self._gpus.update(dict.fromkeys(free, key))
            return free

    def _mount(self, namespace: str, pod: Object, container: Object, image: Image) -> Callable[[str], str]:
        """Makes the pod's volumes as folders; gives what turns a container's paths and service names into ours."""
        home = self._folder / namespace / pod["metadata"]["name"]
        paths = {mount["name"]: mount["mountPath"] for mount in container.get("volumeMounts", [])}
        places = {**image.paths, **{path: str(home / name) for name, path in paths.items()}}

        def translate(text: str) -> str:
            for path in sorted(places, key=len, reverse=True):
                text = text.replace(path, places[path])
            text = text.replace("https://kubernetes.default.svc", self.server)  # as a CronJob's driver calls it
            for service in self._objects.find(namespace, "services"):
                text = text.replace(f"{service['metadata']['name']}.{namespace}.svc", "127.0.0.1")
            return text

        for volume in pod["spec"].get("volumes", []):
            place = home / volume["name"]
            place.mkdir(parents=True, exist_ok=True)
            if "configMap" in volume:
                for name, text in self._config_map(namespace, volume["configMap"]["name"]).items():
                    (place / name).write_text(translate(text))
        home.mkdir(parents=True, exist_ok=True)
        return translate

    def _config_map(self, namespace: str, name: str) -> dict[str, str]:
        """Its data, once it is there: spark-submit makes the pod first, and a real kubelet waits as well."""
        for _ in range(100):
            found = self._objects.get(namespace, "configmaps", name)
            if found is not None:
                return dict(found.get("data") or {})
            time.sleep(0.1)
        return {}

    def _variables(
        self, namespace: str, pod: Object, container: Object, image: Image, translate: Callable[[str], str]
    ) -> dict[str, str]:
        fields = {
            "status.podIP": "127.0.0.1",
            "metadata.name": pod["metadata"]["name"],
            "metadata.namespace": namespace,
        }
        home = str(self._folder / namespace / pod["metadata"]["name"])
        env = {**self._environ, "HOME": home, **image.variables}
        path = [str(Path(image.python).parent), str(self._tools), self._environ.get("PATH", os.defpath)]
        env["PATH"] = os.pathsep.join(path)
        for entry in container.get("env", []):
            source: dict[str, Any] = (entry.get("valueFrom") or {}).get("fieldRef") or {}
            value = entry.get("value") if "value" in entry else fields.get(source.get("fieldPath", ""), "")
            env[entry["name"]] = translate(str(value or ""))
        return env


def _filled(text: str, env: Mapping[str, str]) -> str:
    """$(NAME) of the container's variables, as a kubelet puts them into arguments."""
    return re.sub(r"\$\((\w+)\)", lambda found: env.get(found[1], found[0]), text)
