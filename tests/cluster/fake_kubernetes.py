"""A stand-in for Kubernetes on this machine: an API server on 127.0.0.1 and one node that runs pods as processes.

Real: Spark's own Kubernetes client and scheduler, our entrypoint, drivers and executors. Pretended: the API server (the
part that Spark uses), images (a Python and a path each), the network (all pods are 127.0.0.1), GPUs (numbers).
"""

from __future__ import annotations

import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mlpipeline.cluster.environment import pyspark_folder
from mlpipeline.cluster.jars import delta_jars
from mlpipeline.cluster.submission.packing import gpu_script
from tests.cluster.conftest import FAST_JVM, job_environ
from tests.cluster.fake_kubernetes_api import Api, serve
from tests.cluster.fake_kubernetes_objects import Object, Objects
from tests.cluster.fake_kubernetes_pods import Image, Node
from tests.cluster.processes import Processes, free_port

REPOSITORY = Path(__file__).parents[2]
IMAGE = "registry.example/mlpipeline:1"
BARE = "registry.example/python-only:1"
NAMESPACE, ACCOUNT = "ml", "mlpipeline"


@dataclass
class Cluster:
    """A running stand-in.

    Args:
        master: its address, for Spark.
        api: what the server knows; `denied` and `objects` may be changed.
        node: `orders` may be given, `images` changed.
        folder: outputs of pods, and a place that pods and this machine share.
    """

    master: str
    api: Api
    node: Node
    folder: Path

    @property
    def scripts(self) -> Path:
        """What both images have as /opt/scripts."""
        return self.folder / "scripts"

    @property
    def discovery(self) -> Path:
        """The image's discovery script, where it really lies: executors are told its path by their driver."""
        return self.folder / "image" / "mlpipeline" / "discover-gpus.sh"

    @property
    def shared(self) -> Path:
        """For spark.kubernetes.file.upload.path."""
        return self.folder / "shared"

    def pods(self, role: str = "") -> list[Object]:
        """The pods that are there, of a role (`driver`, `executor`) or all."""
        return self.api.objects.find(NAMESPACE, "pods", f"spark-role={role}" if role else "")

    def output(self, pod: str) -> str:
        """What a pod has printed, Spark's log among it."""
        return self.node.log_of(NAMESPACE, pod).decode("utf-8", errors="replace")

    def settings(self, **more: str) -> dict[str, str]:
        """Settings that every application here needs; `more` without `spark.` and with `__` for dots."""
        found = {
            "spark.kubernetes.namespace": NAMESPACE,
            "spark.kubernetes.container.image": IMAGE,
            "spark.kubernetes.authenticate.driver.serviceAccountName": ACCOUNT,
            # Without a name server, pods are told the API server's address.
            "spark.kubernetes.driver.master": self.node.server,
            # One address for all pods: each driver needs ports of its own.
            "spark.driver.port": str(free_port()),
            "spark.driver.blockManager.port": str(free_port()),
            "spark.dynamicAllocation.enabled": "false",
            "spark.executor.instances": "1",
            "spark.executor.cores": "1",
            "spark.executor.memory": "512m",
            "spark.driver.memory": "600m",
            "spark.sql.shuffle.partitions": "2",
            "spark.kubernetes.allocation.batch.delay": "200ms",
            "spark.driver.extraJavaOptions": FAST_JVM,
            "spark.executor.extraJavaOptions": FAST_JVM,
        }
        return {**found, **{f"spark.{key.replace('__', '.')}": value for key, value in more.items()}}


@contextmanager
def kubernetes_cluster(folder: Path, processes: Processes, *, token: str = "") -> Iterator[Cluster]:
    """A stand-in with one namespace (NAMESPACE), one service account (ACCOUNT) and two images (IMAGE, BARE)."""
    objects = Objects()
    objects.namespaces |= {NAMESPACE}
    objects.add(NAMESPACE, "serviceaccounts", {"metadata": {"name": ACCOUNT}})
    (folder / "shared").mkdir(parents=True)
    environ = job_environ()
    # Images have a python3 on their path and jars in a folder of their own, and that is all Spark is told.
    for name in ("PYSPARK_PYTHON", "SPARK_SUBMIT_OPTS"):
        environ.pop(name)
    entrypoint = REPOSITORY / "mlpipeline" / "cluster" / "kubernetes" / "image" / "entrypoint.sh"
    node = Node(objects, folder / "pods", processes, environ, entrypoint, _images(folder))
    api = Api(objects, node.log_of, token)
    with serve(api) as node.server:
        try:
            yield Cluster(f"k8s://{node.server}", api, node, folder)
        finally:
            for pod in objects.find(NAMESPACE, "pods"):
                objects.remove(NAMESPACE, "pods", pod["metadata"]["name"])


def _images(folder: Path) -> dict[str, Image]:
    """IMAGE is laid out as our Dockerfile does it; BARE has Spark and a Python without a single package."""
    spark = folder / "image" / "spark"
    (spark / "jars").mkdir(parents=True)
    pyspark = pyspark_folder()
    assert pyspark is not None
    for name in ("bin", "python"):
        (spark / name).symlink_to(pyspark / name)
    for jar in [*(pyspark / "jars").iterdir(), *delta_jars()]:
        (spark / "jars" / jar.name).symlink_to(jar)
    ours = folder / "image" / "mlpipeline"
    ours.mkdir()
    (ours / "discover-gpus.sh").symlink_to(gpu_script())
    (ours / "jobs").symlink_to(REPOSITORY / "jobs")
    bare = folder / "bare"
    venv.create(bare, with_pip=False, symlinks=True)
    (folder / "scripts").mkdir()
    paths = {"/opt/mlpipeline": str(ours), "/opt/scripts": str(folder / "scripts")}
    home = {"SPARK_HOME": str(spark)}
    return {
        IMAGE: Image(sys.executable, {**home, "PYTHONPATH": str(REPOSITORY)}, paths),
        BARE: Image(str(bare / "bin" / "python"), home, paths),
    }
