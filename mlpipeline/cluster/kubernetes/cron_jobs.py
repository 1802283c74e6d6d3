"""CronJobs of plain Kubernetes, without an operator: a run's pod is the driver, so its exit code is the run's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from mlpipeline.cluster.defaults import read_defaults
from mlpipeline.cluster.kubernetes.accounts import ACCOUNT, accounts
from mlpipeline.cluster.kubernetes.applications import object_name
from mlpipeline.cluster.kubernetes.pods import USER, Toleration, node_selector, volumes
from mlpipeline.cluster.kubernetes.schema import check_manifest
from mlpipeline.cluster.kubernetes.secrets import secrets_of, without_values
from mlpipeline.cluster.time_zones import check_zone
from mlpipeline.cluster.units import as_bytes
from mlpipeline.errors import UsageError

IN_CLUSTER = "k8s://https://kubernetes.default.svc"
# Of all scheduled runs: they are given the same settings.
SECRET = "mlpipeline-secrets"
_LABELS = {"app.kubernetes.io/part-of": "mlpipeline"}
# CronJob adds 11 characters to its name for a Job's, and a pod's label takes 63.
_LONGEST = 52


@dataclass(frozen=True)
class ScheduledRun:
    """What one CronJob does.

    Args:
        name: of the CronJob; any text, such as `shop/ko`.
        at: when, in five fields of cron.
        words: behind `mlpipeline submit ...`: a stage or `run` and its arguments, or a script and its arguments.
    """

    name: str
    at: str
    words: tuple[str, ...]


class _Metadata(TypedDict):
    name: str
    namespace: str
    labels: dict[str, str]


class _CronJob(TypedDict):
    apiVersion: str
    kind: str
    metadata: _Metadata
    spec: dict[str, object]


def cron_manifests(
    scheduled_runs: Sequence[ScheduledRun],
    *,
    settings: Mapping[str, str],
    time_zone: str | None = None,
    tolerations: Sequence[Toleration] = (),
    deadline: int | None = None,
) -> list[Mapping[str, object]]:
    """Everything that scheduled runs need in the cluster: account, role, binding and a CronJob each; all of it checked.

    Args:
        scheduled_runs: in their order.
        settings: of Spark; image, namespace, service account, volumes and node selectors among them. Volumes of the
            driver are mounted in the CronJob's pod, which is the driver.
        time_zone: such as Asia/Seoul; the cluster's own when None.
        tolerations: for the driver's pod.
        deadline: seconds after which a scheduled run is ended; None: never.

    Raises:
        UsageError: no image, no such time zone, two scheduled runs with one name, or a manifest that Kubernetes would
            not take.
        SetupError: the models to check with are not installed.
    """
    check_zone(time_zone, "--time-zone")
    namespace = settings.get("spark.kubernetes.namespace") or "default"
    account = settings.get("spark.kubernetes.authenticate.driver.serviceAccountName", ACCOUNT)
    made: list[Mapping[str, object]] = [*accounts(namespace, account)]
    names: set[str] = set()
    for scheduled_run in scheduled_runs:
        job = _cron_job(scheduled_run, settings, namespace, account, tolerations, time_zone, deadline)
        if job["metadata"]["name"] in names:
            raise UsageError(
                f"two scheduled runs are called {job['metadata']['name']}", where=scheduled_run.name, fix="rename one"
            )
        names.add(job["metadata"]["name"])
        made.append(job)
    for manifest in made:
        check_manifest(manifest)
    return made


def _cron_job(
    scheduled_run: ScheduledRun,
    settings: Mapping[str, str],
    namespace: str,
    account: str,
    tolerations: Sequence[Toleration],
    time_zone: str | None,
    deadline: int | None,
) -> _CronJob:
    name = object_name(f"mlpipeline-{scheduled_run.name}")[:_LONGEST].rstrip("-")
    pod = _pod(scheduled_run, settings, account, tolerations)
    job = {
        "template": {"metadata": {"labels": {**_LABELS, "app.kubernetes.io/component": "driver"}}, "spec": pod},
        # The next scheduled run does what this one left: a failed driver is not started again at once.
        "backoffLimit": 0,
        **({"activeDeadlineSeconds": deadline} if deadline else {}),
    }
    spec = {
        "schedule": scheduled_run.at,
        **({"timeZone": time_zone} if time_zone else {}),
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 3600,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 7,
        "jobTemplate": {"spec": job},
    }
    meta: _Metadata = {"name": name, "namespace": namespace, "labels": dict(_LABELS)}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta, "spec": spec}


def _pod(
    scheduled_run: ScheduledRun, settings: Mapping[str, str], account: str, tolerations: Sequence[Toleration]
) -> dict[str, object]:
    image = settings.get("spark.kubernetes.container.image")
    if not image:
        fix = "add --image REGISTRY/NAME:TAG (spark.kubernetes.container.image)"
        raise UsageError("no container image is given", fix=fix)
    held, mounts = volumes(settings, "driver")
    secrets = secrets_of(settings, SECRET)
    container = {
        "name": "driver",
        "image": image,
        "args": _words(scheduled_run, without_values(settings, secrets, roles=("executor",))),
        # Executors call the driver by its pod's address, and go when its pod goes.
        "env": [
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            *secrets.env(),
        ],
        "resources": _resources({**read_defaults(["common", "k8s"]), **settings}),
        **({"volumeMounts": mounts} if mounts else {}),
    }
    chosen = node_selector(settings, "driver")
    return {
        "serviceAccountName": account,
        "restartPolicy": "Never",
        "securityContext": {"runAsUser": USER, "fsGroup": USER, "runAsNonRoot": True},
        "containers": [container],
        **({"volumes": held} if held else {}),
        **({"nodeSelector": chosen} if chosen else {}),
        **({"tolerations": [toleration.as_dict() for toleration in tolerations]} if tolerations else {}),
    }


def _words(scheduled_run: ScheduledRun, settings: Mapping[str, str]) -> list[str]:
    """The container's arguments: a submit in client mode, from inside the cluster, with every setting given."""
    own = {
        **settings,
        "spark.driver.host": "$(POD_IP)",
        "spark.driver.bindAddress": "$(POD_IP)",
        "spark.kubernetes.driver.pod.name": "$(POD_NAME)",
    }
    words = ["mlpipeline", "submit", "--master", IN_CLUSTER]
    for key, value in sorted(own.items()):
        words += ["--conf", f"{key}={value}"]
    return [*words, *scheduled_run.words]


def _resources(settings: Mapping[str, str]) -> dict[str, dict[str, str]]:
    heap = as_bytes(settings.get("spark.driver.memory", "1g"), "m")
    # Spark's own rule for a Python driver on Kubernetes, which nobody applies to a pod that is not Spark's.
    share = max(int(heap * 0.4), as_bytes("384m"))
    overhead = (
        as_bytes(settings["spark.driver.memoryOverhead"], "m") if "spark.driver.memoryOverhead" in settings else share
    )
    amount = f"{-(-(heap + overhead) // 1024**2)}Mi"
    return {
        "requests": {"cpu": settings.get("spark.driver.cores", "1"), "memory": amount},
        "limits": {"memory": amount},
    }
