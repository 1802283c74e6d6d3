"""What `mlpipeline submit --manifests DIR` does: writes files for a cluster of Kubernetes instead of submitting."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from mlpipeline.errors import UsageError
from mlpipeline.orders.schedule.cron_times import parse_time

if TYPE_CHECKING:
    from mlpipeline.cli.context import CommandContext
    from mlpipeline.cluster.submission.compose import Submission

_NIGHTLY = "30 2 * * *"
_UPLOAD = "spark.kubernetes.file.upload.path"


def manifest_options(add: Callable[..., object]) -> None:
    """The options of `submit` that are about Kubernetes manifests; `add` is a parser's `add_argument`."""
    add(
        "--manifests",
        metavar="DIR",
        help="write Kubernetes manifests (image, role, pod templates, the operator's kinds); submit nothing",
    )
    add("--at", metavar="TIME", help=f'with --manifests: when it runs, as cron writes it (default "{_NIGHTLY}")')
    add("--time-zone", metavar="ZONE", help="with --manifests: of --at, such as Asia/Seoul")
    add("--tolerate", action="append", metavar="TAINT", help="with --manifests: KEY[=VALUE][:EFFECT] of nodes to use")


def runs_from_image(options: argparse.Namespace, settings: dict[str, str]) -> bool:
    """True when a stage's script has to be the image's: nothing of this machine reaches a driver in the cluster."""
    options_given = vars(options)
    far = options_given.get("deploy_mode") == "cluster" and options_given.get("master", "").startswith("k8s://")
    return bool(options_given.get("manifests")) or (far and _UPLOAD not in settings)


def write_for(
    context: CommandContext, options: argparse.Namespace, submission: Submission, stages: tuple[str, ...]
) -> int:
    """Writes the Kubernetes manifests of a job and says what to type next.

    Raises:
        UsageError: the master is no Kubernetes, or the job cannot run in a cluster.
        SetupError: the folder cannot be written.
    """
    from mlpipeline.cluster.kubernetes.applications import object_name
    from mlpipeline.cluster.kubernetes.manifests import write_manifests
    from mlpipeline.cluster.kubernetes.pods import parse_toleration
    from mlpipeline.cluster.kubernetes.secrets import secret_name, secrets_of

    options_given = vars(options)
    if submission.kind != "k8s":
        raise UsageError("--manifests are for Kubernetes", fix="add --master k8s://https://HOST:PORT")
    at = options_given.get("at", _NIGHTLY)
    parse_time(at)
    folder = Path(options_given["manifests"])
    name = submission.name or f"mlpipeline-{Path(submission.script).stem}"
    written = write_manifests(
        folder,
        submission,
        name=name,
        stages=stages,
        at=at,
        time_zone=options_given.get("time_zone"),
        tolerations=tuple(parse_toleration(text) for text in options_given.get("tolerate") or []),
    )
    image = submission.settings.get("spark.kubernetes.container.image", "")
    secrets = secrets_of(submission.settings, secret_name(object_name(name)))
    namespace = submission.settings.get("spark.kubernetes.namespace") or "default"
    steps = [
        f"docker build --tag {image} {quote(str(folder / 'image'))} && docker push {image}",
        *([secrets.command(namespace)] if secrets.keys else []),
        f"kubectl apply -f {quote(str(folder / 'rbac.yaml'))}",
        f"kubectl apply -f {quote(str(folder / 'application.yaml'))}    # once; scheduled.yaml: by the clock",
    ]
    text = "\n".join([*(str(path) for path in written), "", "next:", *(f"  {step}" for step in steps)])
    context.print_result({"written": [str(path) for path in written], "next": steps}, text)
    return 0
