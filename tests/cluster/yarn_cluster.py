"""A real one-machine YARN: Hadoop's ResourceManager and NodeManager as two processes on 127.0.0.1, in one folder.

No HDFS, no Hadoop installation, no fixed port.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from mlpipeline.cluster.java import find_java
from tests.cluster.conftest import FAST_JVM, job_environ
from tests.cluster.processes import Processes, free_port, read_url, wait_for
from tests.cluster.yarn_jars import yarn_jars_or_skip

MEMORY_MB, CORES, GPUS = 6144, 8, 2  # what the one node offers, not what the machine has
_SERVER = "org.apache.hadoop.yarn.server"
_SERVERS = {
    "rm": f"{_SERVER}.resourcemanager.ResourceManager",
    "nm": f"{_SERVER}.nodemanager.NodeManager",
}
_OPENED = [f"--add-opens=java.base/java.{part}=ALL-UNNAMED" for part in ("lang", "util", "io")]


@dataclass
class Yarn:
    """A running cluster.

    Args:
        folder: holds its configuration, logs and local files.
        manager: web address of the ResourceManager.
        node: web address of the NodeManager.
    """

    folder: Path
    manager: str
    node: str

    @property
    def environ(self) -> dict[str, str]:
        """For a process that submits to this cluster."""
        return {**job_environ(), "HADOOP_CONF_DIR": str(self.folder / "conf")}

    @property
    def properties(self) -> Path:
        """What every application here needs, for `--properties-file`."""
        return self.folder / "spark.conf"

    def get(self, path: str) -> Any:
        """The JSON of the ResourceManager's /ws/v1/cluster/<path>."""
        return json.loads(read_url(f"{self.manager}/ws/v1/cluster/{path}") or b"null")

    def apps(self, **wanted: str) -> list[dict[str, Any]]:
        """Applications, the newest first; `apps(name="x", state="RUNNING")`."""
        found = ((self.get("apps") or {}).get("apps") or {}).get("app", [])
        chosen = [app for app in found if all(app[key] == value for key, value in wanted.items())]
        return sorted(chosen, key=lambda app: str(app["id"]), reverse=True)

    def log(self, application: str, stream: str = "stderr") -> str:
        """What all containers of an application wrote to one stream."""
        files = sorted((self.folder / "logs" / application).glob(f"container_*/{stream}"))
        return "\n".join(file.read_text("utf-8", "replace") for file in files)


@contextlib.contextmanager
def running_yarn(
    folder: Path, processes: Processes, *, memory_mb: int = MEMORY_MB, queues: Mapping[str, str] | None = None
) -> Iterator[Yarn]:
    """Start a cluster in `folder` and end it, whatever its applications have left behind included.

    Args:
        folder: must not hold a cluster yet.
        processes: starts and ends them.
        memory_mb: of the node.
        queues: settings of capacity-scheduler.xml that win, without `yarn.scheduler.capacity.`.
    """
    jars = yarn_jars_or_skip()
    yarn = _written(folder, memory_mb, queues or {})
    with guarded(folder / "local"):
        yield from _served(yarn, jars, processes)


def _served(yarn: Yarn, jars: Path, processes: Processes) -> Iterator[Yarn]:
    folder = yarn.folder
    started = []
    try:
        for name, server in _SERVERS.items():
            command = [str(find_java().command), "-Xmx256m", *FAST_JVM.split(), *_OPENED]
            command += ["-Djava.net.preferIPv4Stack=true", f"-Dhadoop.tmp.dir={folder / 'tmp'}"]
            command += ["-cp", f"{folder / 'conf'}:{jars}/*", server]
            log = folder / f"{name}.log"
            started.append(processes.start(command, log=log, env=yarn.environ, cwd=folder))
        ready = wait_for(lambda: _is_up(yarn) or any(one.poll() is not None for one in started), 90, step=0.2)
        told = "".join((folder / f"{name}.log").read_text("utf-8", "replace")[-1500:] for name in _SERVERS)
        assert ready and all(one.poll() is None for one in started), f"YARN did not start:\n{told}"
        yield yarn
    finally:
        for process in reversed(started):
            processes.end(process, patience=1.0)


def _is_up(yarn: Yarn) -> bool:
    nodes = ((yarn.get("nodes") or {}).get("nodes") or {}).get("node", [])
    return any(node["state"] == "RUNNING" for node in nodes)


def end_containers(local: Path) -> None:
    """Ends what works in a folder below `local`: the NodeManager starts each container in a session of its own."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(process / "cwd").startswith(f"{local}/"):
                os.kill(int(process.name), signal.SIGKILL)


# Ends the containers when its input closes, also because the test run was killed; once more for what was just starting.
_GUARD = """
import pathlib, signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
sys.path.insert(0, sys.argv[1])
from tests.cluster.yarn_cluster import end_containers
sys.stdin.read()
for _ in range(2):
    end_containers(pathlib.Path(sys.argv[2]))
    time.sleep(0.5)
"""


@contextlib.contextmanager
def guarded(local: Path) -> Iterator[None]:
    """While the block runs, a process of its own stands by to end the containers, however the test run ends."""
    command = [sys.executable, "-c", _GUARD, str(Path(__file__).parents[2]), str(local)]
    guard = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield
    finally:
        assert guard.stdin is not None
        guard.stdin.close()
        guard.wait(30)


def _written(folder: Path, memory_mb: int, queues: Mapping[str, str]) -> Yarn:
    conf = folder / "conf"
    for name in ("conf", "local", "logs", "staging", "tmp"):
        (folder / name).mkdir(parents=True)
    manager, node = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    _write_xml(conf / "core-site.xml", {"fs.defaultFS": "file:///", "hadoop.http.staticuser.user": getpass.getuser()})
    _write_xml(conf / "yarn-site.xml", _site(folder, memory_mb, manager, node))
    _write_xml(conf / "capacity-scheduler.xml", _capacity(queues))
    _write_xml(conf / "resource-types.xml", {"yarn.resource-types": "yarn.io/gpu"})
    _write_xml(conf / "node-resources.xml", {"yarn.nodemanager.resource-type.yarn.io/gpu": str(GPUS)})
    logging = ["log4j.rootLogger=INFO,console", "log4j.appender.console=org.apache.log4j.ConsoleAppender"]
    logging += ["log4j.appender.console.layout=org.apache.log4j.PatternLayout"]
    logging += ["log4j.appender.console.layout.ConversionPattern=%d %p %c{1}: %m%n", ""]
    (conf / "log4j.properties").write_text("\n".join(logging), "utf-8")
    (folder / "spark.conf").write_text("".join(f"{key}  {value}\n" for key, value in _spark(folder).items()), "utf-8")
    return Yarn(folder, f"http://{manager}", f"http://{node}")


def _write_xml(file: Path, settings: Mapping[str, str]) -> None:
    rows = [f"<property><name>{key}</name><value>{escape(value)}</value></property>" for key, value in settings.items()]
    file.write_text("\n".join(['<?xml version="1.0"?>', "<configuration>", *rows, "</configuration>", ""]), "utf-8")


def _site(folder: Path, memory_mb: int, manager: str, node: str) -> dict[str, str]:
    ports = {
        f"yarn.resourcemanager{part}.address": f"127.0.0.1:{free_port()}"
        for part in ("", ".scheduler", ".resource-tracker", ".admin")
    }
    ports |= {
        f"yarn.nodemanager{part}.address": f"127.0.0.1:{free_port()}"
        for part in ("", ".localizer", ".collector-service")
    }
    return {
        "yarn.resourcemanager.hostname": "127.0.0.1",
        "yarn.resourcemanager.bind-host": "127.0.0.1",
        "yarn.nodemanager.hostname": "127.0.0.1",
        "yarn.nodemanager.bind-host": "127.0.0.1",
        "yarn.resourcemanager.webapp.address": manager,
        "yarn.nodemanager.webapp.address": node,
        **ports,
        "yarn.nodemanager.local-dirs": str(folder / "local"),
        "yarn.nodemanager.log-dirs": str(folder / "logs"),
        "yarn.log-aggregation-enable": "false",
        "yarn.nodemanager.delete.debug-delay-sec": "3600",  # logs of ended applications stay for the tests to read
        "yarn.nodemanager.resource.memory-mb": str(memory_mb),
        "yarn.nodemanager.resource.cpu-vcores": str(CORES),
        "yarn.nodemanager.vmem-check-enabled": "false",
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "100",
        "yarn.nodemanager.env-whitelist": "JAVA_HOME,HADOOP_CONF_DIR,PATH,LANG,TZ",
        "yarn.scheduler.minimum-allocation-mb": "128",
        "yarn.scheduler.maximum-allocation-mb": str(memory_mb),
        "yarn.scheduler.maximum-allocation-vcores": str(CORES),
        "yarn.nm.liveness-monitor.expiry-interval-ms": "20000",
        "yarn.resourcemanager.nodemanagers.heartbeat-interval-ms": "200",
    }


def _capacity(queues: Mapping[str, str]) -> dict[str, str]:
    shares = {"default": 30, "prod": 50, "adhoc": 20}
    found = {
        "root.queues": ",".join(shares),
        "maximum-am-resource-percent": "1.0",
        "node-locality-delay": "-1",
        "resource-calculator": "org.apache.hadoop.yarn.util.resource.DominantResourceCalculator",
    }
    for name, share in shares.items():
        found |= {f"root.{name}.capacity": str(share), f"root.{name}.maximum-capacity": "100"}
        found |= {f"root.{name}.user-limit-factor": "10", f"root.{name}.ordering-policy": "fair"}
    return {f"yarn.scheduler.capacity.{key}": value for key, value in {**found, **queues}.items()}


def _spark(folder: Path) -> dict[str, str]:
    java = FAST_JVM
    return {
        "spark.yarn.stagingDir": f"file://{folder}/staging",
        "spark.yarn.appMasterEnv.SPARK_LOCAL_IP": "127.0.0.1",
        "spark.executorEnv.SPARK_LOCAL_IP": "127.0.0.1",
        "spark.driver.memory": "512m",
        "spark.yarn.am.memory": "512m",
        "spark.executor.memory": "512m",
        "spark.driver.memoryOverhead": "384m",  # spark-defaults/yarn.conf makes room for TensorFlow
        "spark.executor.memoryOverhead": "640m",
        "spark.dynamicAllocation.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.executor.cores": "1",
        "spark.driver.extraJavaOptions": java,
        "spark.yarn.am.extraJavaOptions": java,
        "spark.executor.extraJavaOptions": java,
        "spark.ui.enabled": "false",
    }


def words(yarn: Yarn, *more: str) -> Sequence[str]:
    """The options of `mlpipeline submit` for this cluster."""
    return ("--master", "yarn", "--properties-file", str(yarn.properties), *more)
