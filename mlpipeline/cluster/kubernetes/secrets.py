"""Secrets of a job in a cluster: its manifests name a Secret of Kubernetes and hold none of the values."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mlpipeline.cluster.redaction import rule_of
from mlpipeline.cluster.submission.compose import Submission

_LONGEST = 55  # of 63 characters
_HADOOP = "spark.hadoop."
# Keys that the rule finds and that hold no secret: switches, files, names of classes, references.
_NO_SECRET = re.compile(
    r"(\.provider|ProviderName|\.enabled|\.mapping|[fF]ile|\.path|Ratio|Wait|Interval|BitLength|Regex|\.count|\.days|[.-]name|"
    r"\.itemKey|dt-secret-key|pullSecrets|renewal\.credentials)\Z"
    r"|\.secretKeyRef\.|\.secrets\.|\A" + re.escape("spark.redaction.")
)
_PLAIN = re.compile(r"(?:true|false|-?\d+[a-z]{0,3}|\$\{.*\})\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Secrets:
    """Settings whose values a Secret holds: its name, and the keys, which are the settings' own."""

    name: str
    keys: tuple[str, ...]

    def env(self) -> list[dict[str, object]]:
        """The variables of a container that is to read them."""
        return [
            {"name": variable(key), "valueFrom": {"secretKeyRef": {"name": self.name, "key": key}}} for key in self.keys
        ]

    def command(self, namespace: str) -> str:
        """The line that makes the Secret, with the values to be filled in; "" without any."""
        if not self.keys:
            return ""
        words = ["kubectl", "create", "secret", "generic", self.name, "--namespace", namespace]
        return " ".join([*map(shlex.quote, words), *(f"--from-literal={shlex.quote(key)}=..." for key in self.keys)])


def secret_name(job: str) -> str:
    """The name of the Secret of a job, whose own name Kubernetes takes."""
    return f"{job[:_LONGEST].rstrip('-')}-secrets"


def variable(key: str) -> str:
    """The variable in which driver and executors find a setting."""
    return re.sub(r"\W", "_", key.upper())


def secrets_of(settings: Mapping[str, str], name: str) -> Secrets:
    """The settings that hold secrets, by Spark's rule for their keys.

    Args:
        settings: of Spark.
        name: of the Secret.
    """
    rule = rule_of(settings)
    found = (
        key
        for key, value in settings.items()
        if rule.search(key) and not _NO_SECRET.search(key) and not _PLAIN.match(value)
    )
    return Secrets(name, tuple(sorted(found)))


def without_values(settings: Mapping[str, str], secrets: Secrets, *, roles: tuple[str, ...]) -> dict[str, str]:
    """The settings with each secret read from a variable, and the variables filled from the Secret.

    Hadoop puts in variables by `${env.X}`, Spark by `${env:X}`.

    Args:
        settings: of Spark.
        secrets: as `secrets_of` found them.
        roles: whose pods Spark makes (`driver`, `executor`), and so fills the variables of.
    """
    made = dict(settings)
    for key in secrets.keys:
        mark = "." if key.startswith(_HADOOP) else ":"
        made[key] = f"${{env{mark}{variable(key)}}}"
        for role in roles:
            made[f"spark.kubernetes.{role}.secretKeyRef.{variable(key)}"] = f"{secrets.name}:{key}"
    return made


def guarded(submission: Submission, name: str) -> Submission:
    """A job whose driver and executors are Spark's own pods, its secrets left to a Secret of that name."""
    secrets = secrets_of(submission.settings, name)
    return replace(submission, settings=without_values(submission.settings, secrets, roles=("driver", "executor")))
