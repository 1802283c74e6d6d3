"""The two kinds of the Spark operator, SparkApplication and ScheduledSparkApplication, from a job of spark-submit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypedDict

from mlpipeline.cluster.environment import PYSPARK
from mlpipeline.cluster.kubernetes.accounts import ACCOUNT
from mlpipeline.cluster.kubernetes.pods import Role, Toleration, node_selector, pod_template
from mlpipeline.cluster.kubernetes.schema import OPERATOR
from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.cluster.time_zones import check_zone
from mlpipeline.cluster.units import as_microseconds
from mlpipeline.errors import UsageError

_IMAGE = "spark.kubernetes.container.image"
_ACCOUNT = "spark.kubernetes.authenticate.driver.serviceAccountName"
_DYNAMIC = "spark.dynamicAllocation."
# What has a field of its own in the operator's kinds, or is the operator's to say.
_OWN_FIELDS = (
    "spark.driver.cores",
    "spark.driver.memory",
    "spark.driver.memoryOverhead",
    "spark.executor.cores",
    "spark.executor.memory",
    "spark.executor.memoryOverhead",
    "spark.executor.instances",
    "spark.kubernetes.namespace",
    _IMAGE,
    _ACCOUNT,
    "spark.jars",
    f"{_DYNAMIC}enabled",
    f"{_DYNAMIC}initialExecutors",
    f"{_DYNAMIC}minExecutors",
    f"{_DYNAMIC}maxExecutors",
    f"{_DYNAMIC}shuffleTracking.enabled",
    f"{_DYNAMIC}shuffleTracking.timeout",
)
# Of this machine, or of a driver that runs here: they mean nothing in the cluster.
_NOT_THERE = ("spark.pyspark.driver.python", "spark.kubernetes.file.upload.path", "spark.driver.host")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_LONGEST = 63


def object_name(text: str) -> str:
    """A name that Kubernetes takes, of any text: small letters, digits and hyphens, 63 at most."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_LONGEST].strip("-")
    if not _NAME.fullmatch(name):
        raise UsageError(f"{text!r} makes no name for Kubernetes", fix="give a --name with letters a-z")
    return name


class Application(TypedDict):
    """A manifest of the operator."""

    apiVersion: str
    kind: str
    metadata: dict[str, str]
    spec: dict[str, object]


def spark_application(
    submission: Submission, *, name: str, namespace: str, tolerations: Sequence[Toleration] = ()
) -> Application:
    """A SparkApplication that does what the submission does, with its driver in the cluster.

    Args:
        submission: of a script that the cluster can read (`local://` in the image, or an address).
        name: of the application.
        namespace: where it runs.
        tolerations: beside the one for GPUs.

    Raises:
        UsageError: no image, or a file of this machine.
    """
    spec = application_spec(submission, tolerations)
    return {
        "apiVersion": OPERATOR,
        "kind": "SparkApplication",
        "metadata": {"name": object_name(name), "namespace": namespace},
        "spec": spec,
    }


def scheduled_application(application: Application, at: str, *, time_zone: str | None = None) -> dict[str, object]:
    """The same application again and again; a scheduled run is left out while the last one still runs.

    Args:
        application: as `spark_application` gives it.
        at: when, in five fields of cron.
        time_zone: such as Asia/Seoul; the operator's own when None.

    Raises:
        UsageError: there is no such time zone.
    """
    check_zone(time_zone, "--time-zone")
    return {
        "apiVersion": OPERATOR,
        "kind": "ScheduledSparkApplication",
        "metadata": dict(application["metadata"]),
        "spec": {
            "schedule": at,
            **({"timeZone": time_zone} if time_zone else {}),
            "concurrencyPolicy": "Forbid",
            "successfulRunHistoryLimit": 3,
            "failedRunHistoryLimit": 7,
            "template": application["spec"],
        },
    }


def application_spec(submission: Submission, tolerations: Sequence[Toleration] = ()) -> dict[str, object]:
    """The `spec` of both kinds; see `spark_application`.

    Raises:
        UsageError: there is no image, or the script lies where no pod can read it.
    """
    settings = submission.settings
    image = settings.get(_IMAGE)
    if not image:
        raise UsageError("no container image is given", fix=f"add --image REGISTRY/NAME:TAG ({_IMAGE})")
    if "://" not in submission.script:
        fix = "name it as local:///PATH in the image, or by an address such as s3a://"
        raise UsageError("lies on this machine, where the operator cannot read it", where=submission.script, fix=fix)
    kept = {
        key: value
        for key, value in sorted(settings.items())
        if key not in (*_OWN_FIELDS, *_NOT_THERE) and not _selects(key)
    }
    account = settings.get(_ACCOUNT, ACCOUNT)
    spec: dict[str, object] = {
        "type": "Python",
        "mode": "cluster",
        "pythonVersion": "3",
        "sparkVersion": PYSPARK,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "mainApplicationFile": submission.script,
        "arguments": list(submission.arguments),
        "sparkConf": kept,
        # A run that failed is taken up by the next one, which does only what is missing. A pod that could not even be
        # submitted is worth another try.
        "restartPolicy": {"type": "Never"},
        "driver": {"serviceAccount": account, **_role(settings, "driver", tolerations)},
        "executor": {**_role(settings, "executor", tolerations), **_instances(settings)},
    }
    deps = _deps(submission, settings)
    dynamic = _dynamic(settings)
    return {**spec, **({"deps": deps} if deps else {}), **({"dynamicAllocation": dynamic} if dynamic else {})}


def _selects(key: str) -> bool:
    return ".node.selector." in key


def _role(settings: Mapping[str, str], role: Role, tolerations: Sequence[Toleration]) -> dict[str, object]:
    start = f"spark.{role}"
    found: dict[str, object] = {}
    if f"{start}.cores" in settings:
        found["cores"] = int(settings[f"{start}.cores"])
    for field, key in (("memory", f"{start}.memory"), ("memoryOverhead", f"{start}.memoryOverhead")):
        if key in settings:
            found[field] = settings[key]
    chosen = node_selector(settings, role)
    # A template is what spark-submit merges as well, so both ways give the same pod. GPUs stay settings of Spark: the
    # operator's own `gpu` field sets the limit, but no task is told which GPU is its own.
    template = pod_template(settings, role, tuple(tolerations))
    spec = {**template["spec"], **({"nodeSelector": chosen} if chosen else {})}
    return {**found, "template": {"metadata": template["metadata"], "spec": spec}}


def _instances(settings: Mapping[str, str]) -> dict[str, int]:
    if settings.get(f"{_DYNAMIC}enabled") == "true" and "spark.executor.instances" not in settings:
        return {}
    return {"instances": int(settings.get("spark.executor.instances", "2"))}


def _dynamic(settings: Mapping[str, str]) -> dict[str, object]:
    if settings.get(f"{_DYNAMIC}enabled") != "true":
        return {}
    found: dict[str, object] = {"enabled": True}
    for field in ("initialExecutors", "minExecutors", "maxExecutors"):
        if f"{_DYNAMIC}{field}" in settings:
            found[field] = int(settings[f"{_DYNAMIC}{field}"])
    if f"{_DYNAMIC}shuffleTracking.enabled" in settings:
        found["shuffleTrackingEnabled"] = settings[f"{_DYNAMIC}shuffleTracking.enabled"] == "true"
    if f"{_DYNAMIC}shuffleTracking.timeout" in settings:
        # The operator takes milliseconds.
        found["shuffleTrackingTimeout"] = as_microseconds(settings[f"{_DYNAMIC}shuffleTracking.timeout"]) // 1000
    return found


def _deps(submission: Submission, settings: Mapping[str, str]) -> dict[str, list[str]]:
    given = {
        "jars": [part for part in settings.get("spark.jars", "").split(",") if part],
        "pyFiles": list(submission.py_files),
        "files": list(submission.files),
        "archives": list(submission.archives),
    }
    local = [value for values in given.values() for value in values if "://" not in value]
    if local:
        what = "lies on this machine, where the operator cannot read it"
        raise UsageError(
            what, where=local[0], fix="put it into the image (local:///PATH), or where the cluster can read it"
        )
    return {field: values for field, values in given.items() if values}
