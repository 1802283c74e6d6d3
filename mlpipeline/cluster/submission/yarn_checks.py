"""What a YARN cluster says, before anything is submitted, about a job that it could never run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace

from mlpipeline.cluster.environment import pyspark_folder
from mlpipeline.cluster.standalone import megabytes
from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.cluster.submission.hadoop import Node, ResourceManager, hadoop_conf
from mlpipeline.cluster.submission.rest import is_this_machine
from mlpipeline.errors import MLPipelineError, SetupError, UsageError

_LEAST_OVERHEAD_MB = 384
_OVERHEAD = 0.1
# JVMs ask for these through YARN's own resource names; Spark refuses them by those.
_GPU = "yarn.io/gpu"


def check_yarn(submission: Submission, environ: Mapping[str, str]) -> list[MLPipelineError]:
    """Find what YARN would refuse or let wait for ever: configuration, login, queue, label, sizes.

    A ResourceManager whose REST cannot be asked is no error: then only the configuration is looked at.
    """
    try:
        conf = hadoop_conf(environ)
        _check_login(conf, submission.settings)
    except MLPipelineError as error:
        return [error]
    manager = ResourceManager(conf)
    if manager.get("info") is None:
        down = "does not answer" in manager.trouble
        fix = "start YARN, or correct yarn.resourcemanager.webapp.address in yarn-site.xml"
        return [SetupError(manager.trouble, fix=fix)] if down and not _only_rest(conf) else []
    return [*_queue(submission, manager), *_label(submission, manager), *_sizes(submission, manager)]


def _only_rest(conf: Mapping[str, str]) -> bool:
    # Behind a gateway the REST may be closed while the RPC port, which spark-submit uses, is open.
    return not any(key.startswith("yarn.resourcemanager.webapp") for key in conf)


def _check_login(conf: Mapping[str, str], settings: Mapping[str, str]) -> None:
    if conf.get("hadoop.security.authentication", "simple").lower() != "kerberos":
        return
    if settings.get("spark.kerberos.keytab"):
        if not os.path.isfile(settings["spark.kerberos.keytab"]):
            raise SetupError("no such keytab", where=settings["spark.kerberos.keytab"], fix="correct the path")
        return
    klist = shutil.which("klist")
    if klist and subprocess.run([klist, "-s"], check=False, timeout=10).returncode:
        fix = "run kinit, or give --conf spark.kerberos.keytab=FILE and spark.kerberos.principal=NAME"
        raise SetupError("this cluster wants a Kerberos ticket and there is none", fix=fix)


def _queue(submission: Submission, manager: ResourceManager) -> Iterator[MLPipelineError]:
    wanted = submission.settings.get("spark.yarn.queue", "default")
    queues = manager.queues()
    if queues is None:
        return
    if wanted not in queues:
        names = ", ".join(sorted(name for name in queues if "." not in name))
        yield UsageError(f"YARN has no queue {wanted}", fix=f"give --queue one of: {names}")
    elif queues[wanted].get("state", "RUNNING") != "RUNNING":
        what = f"the queue {wanted} is {queues[wanted]['state'].lower()} and takes no applications"
        yield SetupError(what, fix="take another, or ask the administrators to start it")


def _label(submission: Submission, manager: ResourceManager) -> Iterator[MLPipelineError]:
    keys = ("spark.yarn.am.nodeLabelExpression", "spark.yarn.executor.nodeLabelExpression")
    wanted = {submission.settings[key] for key in keys if submission.settings.get(key)}
    if not wanted:
        return
    found = (manager.get("get-node-labels") or {}).get("nodeLabelInfo") or []
    found = [found] if isinstance(found, dict) else found
    names = {label.get("name") for label in found}
    for label in sorted(wanted - names):
        known = ", ".join(sorted(str(name) for name in names)) or "none"
        yield UsageError(f"no node of YARN has the label {label}", fix=f"known labels: {known}")


def container_mb(settings: Mapping[str, str], role: str, *, default: str) -> int:
    """Memory of a container in MB: heap and overhead, as Spark's YARN client asks for it (before YARN rounds it up).

    Args:
        settings: of the job.
        role: `spark.executor`, `spark.driver` or `spark.yarn.am`.
        default: heap where none is set.

    Raises:
        SetupError: a value is no size.
    """
    heap = megabytes(settings.get(f"{role}.memory", default))
    factor = float(settings.get(f"{role}.memoryOverheadFactor", _OVERHEAD))
    stated = settings.get(f"{role}.memoryOverhead")
    total = heap + (megabytes(stated) if stated else max(_LEAST_OVERHEAD_MB, int(heap * factor)))
    if role == "spark.executor":
        total += megabytes(settings.get("spark.executor.pyspark.memory", "0"))
        if settings.get("spark.memory.offHeap.enabled") == "true":
            total += int(settings.get("spark.memory.offHeap.size", "0").rstrip("bB") or 0) >> 20
    return total


def _sizes(submission: Submission, manager: ResourceManager) -> Iterator[MLPipelineError]:
    nodes = manager.nodes()
    if nodes is None:
        return
    if not nodes:
        yield SetupError("YARN has no node that works", where=manager.addresses[0], fix="start a NodeManager")
        return
    largest = min(max(_amount(node, "memory-mb") for node in nodes), _limit(manager, "memory-mb", "mb"))
    settings = submission.settings
    cluster = submission.deploy_mode == "cluster"
    parts = [("an executor", "spark.executor", "1g")]
    parts += [("the driver", "spark.driver", "1g") if cluster else ("the application master", "spark.yarn.am", "512m")]
    for who, role, default in parts:
        needs = container_mb(settings, role, default=default)
        if needs > largest:
            what = f"{who} needs {needs} MB with its overhead, YARN gives at most {largest} MB on one node"
            yield UsageError(what, fix=f"lower {role}.memory or {role}.memoryOverhead")
    cores, most = int(settings.get("spark.executor.cores", "1")), _limit(manager, "vcores", "vcores")
    if cores > most:
        what = f"an executor needs {cores} cores, YARN gives at most {most} to one container"
        yield UsageError(what, fix=f"set spark.executor.cores to {most} or less")
    gpus, there = _gpus(settings), max(_amount(node, _GPU) for node in nodes)
    if gpus > there:
        what = f"an executor needs {gpus} GPUs, the best node of YARN offers {there}"
        yield UsageError(what, fix=f"lower spark.executor.resource.gpu.amount, or let nodes offer {_GPU}")


def _gpus(settings: Mapping[str, str]) -> int:
    return int(float(settings.get("spark.executor.resource.gpu.amount", "0")))


def _amount(node: Node, name: str) -> int:
    rows = ((node.get("totalResource") or {}).get("resourceInformations") or {}).get("resourceInformation") or []
    return next((int(row["value"]) for row in rows if row.get("name") == name), 0)


def _limit(manager: ResourceManager, name: str, word: str) -> int:
    stated = manager.setting(f"yarn.scheduler.maximum-allocation-{word}")
    return int(stated) if stated and re.fullmatch(r"\d+", stated) else {"memory-mb": 1 << 40, "vcores": 1 << 20}[name]


def with_spark_jars(submission: Submission, environ: Mapping[str, str]) -> Submission:
    """Where all of YARN is this one machine, let containers read pyspark's jars where they lie.

    Otherwise each submit uploads 430 MB of them, unless `spark.yarn.jars` or `spark.yarn.archive` says where they are.
    """
    folder = pyspark_folder()
    if {"spark.yarn.jars", "spark.yarn.archive"} & set(submission.settings) or folder is None:
        return submission
    try:
        nodes = ResourceManager(hadoop_conf(environ)).nodes()
    except MLPipelineError:
        return submission
    if not nodes or not all(is_this_machine(str(node.get("nodeHostName", ""))) for node in nodes):
        return submission
    return replace(submission, settings={"spark.yarn.jars": f"local:{folder}/jars/*", **submission.settings})
