"""Writes what a job needs in a cluster: the folder of an image, accounts, pod templates, an application, a cron job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from mlpipeline.cluster.kubernetes.accounts import ACCOUNT, accounts
from mlpipeline.cluster.kubernetes.applications import object_name, scheduled_application, spark_application
from mlpipeline.cluster.kubernetes.images import write_image
from mlpipeline.cluster.kubernetes.pods import Toleration, pod_template
from mlpipeline.cluster.kubernetes.schema import check_manifest
from mlpipeline.cluster.kubernetes.secrets import guarded, secret_name
from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.errors import SetupError

_EVERY_NIGHT = "30 2 * * *"


def as_yaml(manifests: Sequence[Mapping[str, object]]) -> str:
    """Manifests as the documents of one YAML file."""

    class Plain(yaml.SafeDumper):
        """Without anchors: kubectl reads them, people do not."""

        def ignore_aliases(self, data: object) -> bool:
            return True

    return yaml.dump_all(manifests, Dumper=Plain, sort_keys=False, allow_unicode=True, width=120, explicit_start=True)


def write_manifests(
    folder: Path,
    submission: Submission,
    *,
    name: str,
    stages: tuple[str, ...],
    at: str = _EVERY_NIGHT,
    time_zone: str | None = None,
    tolerations: Sequence[Toleration] = (),
) -> list[Path]:
    """Write `image/` (for docker build) and the manifests of one job, all checked, into a folder.

    Args:
        folder: is made; files of the same names are replaced.
        submission: the job, its script one that the cluster can read. Its secrets are left to a Secret.
        name: of the application.
        stages: whose scripts the image gets.
        at: when the scheduled forms run, in five fields of cron.
        time_zone: of `at`.
        tolerations: beside the one for GPUs.

    Returns:
        What was written: rbac.yaml, driver-pod.yaml, executor-pod.yaml, application.yaml, scheduled.yaml, image/.

    Raises:
        UsageError: the job cannot run in a cluster, or a manifest is not what its kind allows.
        SetupError: the folder cannot be written, or what the image needs is not here.
    """
    submission = guarded(submission, secret_name(object_name(name)))
    namespace = submission.settings.get("spark.kubernetes.namespace") or "default"
    account = submission.settings.get("spark.kubernetes.authenticate.driver.serviceAccountName", ACCOUNT)
    application = spark_application(submission, name=object_name(name), namespace=namespace, tolerations=tolerations)
    documents: Mapping[str, Sequence[Mapping[str, object]]] = {
        "rbac.yaml": accounts(namespace, account),
        "driver-pod.yaml": [pod_template(submission.settings, "driver", tuple(tolerations))],
        "executor-pod.yaml": [pod_template(submission.settings, "executor", tuple(tolerations))],
        "application.yaml": [application],
        "scheduled.yaml": [scheduled_application(application, at, time_zone=time_zone)],
    }
    for manifest in (manifest for found in documents.values() for manifest in found):
        check_manifest(manifest)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, found in documents.items():
            (folder / file).write_text(as_yaml(found), encoding="utf-8")
        write_image(folder / "image", stages)
    except OSError as error:
        what = f"cannot be written: {error.strerror}"
        raise SetupError(what, where=str(folder), fix="give another --manifests") from error
    return [*(folder / file for file in documents), folder / "image"]
