"""A standalone master and its workers as processes of this machine, with GPUs that a script pretends."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlpipeline.cluster.environment import pyspark_folder
from tests.cluster.conftest import job_environ, spark_jvm
from tests.cluster.processes import Processes, free_port, members, read_url, wait_for

PATIENCE = 90


@dataclass
class StandaloneCluster:
    """A running cluster: `master` is for Spark, the page answers at `ui`."""

    home: Path
    processes: Processes
    port: int
    ui_port: int
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def master(self) -> str:
        return f"spark://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """What a job here needs: small executors that start quickly."""
        return {
            "spark.master.ui.port": str(self.ui_port),
            "spark.executor.memory": "512m",
            "spark.executor.extraJavaOptions": spark_jvm(),
            "spark.driver.memory": "1g",
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "4",
            "spark.databricks.delta.snapshotPartitions": "1",
        }

    def page(self) -> dict[str, Any]:
        """What the master says of workers and applications; {} when it does not answer."""
        return dict(json.loads(read_url(f"http://127.0.0.1:{self.ui_port}/json/") or b"{}"))

    def add_worker(self, *, cores: int = 2, memory: str = "2g", gpus: int = 0) -> subprocess.Popen[bytes]:
        """Starts one worker and waits until the master has it."""
        name = f"worker{len(self.workers) + 1}"
        script = gpu_script(self.home / f"{name}-gpus.sh", gpus)
        found = [f"-Dspark.worker.resource.gpu.{key}" for key in (f"amount={gpus}", f"discoveryScript={script}")]
        environ = {"SPARK_WORKER_OPTS": " ".join(found) if gpus else ""}
        known = self.page().get("aliveworkers", 0)
        words = ["--host", "127.0.0.1", "--cores", str(cores), "--memory", memory, "--webui-port", str(free_port())]
        words += ["--work-dir", str(self.home / name), self.master]
        started = self._start("org.apache.spark.deploy.worker.Worker", words, name, environ)
        assert wait_for(lambda: self.page().get("aliveworkers", 0) > known, PATIENCE), self.log(name)
        self.workers.append(started)
        return started

    def start_master(self) -> None:
        """Starts the master and waits for its page."""
        words = ["--host", "127.0.0.1", "--port", str(self.port), "--webui-port", str(self.ui_port)]
        self._start("org.apache.spark.deploy.master.Master", words, "master", {})
        assert wait_for(lambda: self.page().get("status") == "ALIVE", PATIENCE), self.log("master")

    def executors(self) -> list[int]:
        """Process ids of the executors' JVMs below all workers."""
        found = [process for worker in self.workers for process in members(worker.pid)]
        return [process for process in found if b"CoarseGrainedExecutorBackend" in command_line(process)]

    def log(self, name: str) -> str:
        return (self.home / f"{name}.log").read_text("utf-8", "replace")[-3000:]

    def _start(self, main: str, words: list[str], name: str, more: Mapping[str, str]) -> subprocess.Popen[bytes]:
        folder = pyspark_folder()
        assert folder is not None
        environ = {
            **job_environ(),
            "SPARK_HOME": str(folder),
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_DAEMON_JAVA_OPTS": spark_jvm(),
            **more,
        }
        command = [str(folder / "bin" / "spark-class"), main, *words]
        return self.processes.start(command, log=self.home / f"{name}.log", env=environ, cwd=self.home)


def command_line(process: int) -> bytes:
    """The words that a process was started with."""
    said = subprocess.run(["ps", "-o", "args=", "-ww", "-p", str(process)], capture_output=True, check=False)
    return said.stdout


def gpu_script(path: Path, gpus: int) -> Path:
    """A discovery script that pretends `gpus` GPUs."""
    addresses = ", ".join(f'"{number}"' for number in range(gpus))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho \'{{"name": "gpu", "addresses": [{addresses}]}}\'\n', "utf-8")
    path.chmod(0o755)
    return path


def start_standalone(processes: Processes, home: Path) -> StandaloneCluster:
    """A master without workers."""
    home.mkdir(parents=True, exist_ok=True)
    cluster = StandaloneCluster(home, processes, free_port(), free_port())
    cluster.start_master()
    return cluster
