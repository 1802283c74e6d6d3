"""What spark-submit said about an application on Kubernetes, where the API server cannot be asked or need not be."""

from __future__ import annotations

import re

from mlpipeline.cluster.failures import explain
from mlpipeline.cluster.submission.job_end import Finished, JobEnd

_EXIT = re.compile(r"exit code: (-?\d+)")
_REASON = re.compile(r"termination reason: (\w+)")
_PHASE = re.compile(r"phase: (\w+)")


def by_block(finished: Finished, tail: str, reach: str) -> JobEnd:
    """Nobody to ask, or the pod is deleted: what spark-submit wrote about its containers at the end has to do."""
    codes, reasons, phases = _EXIT.findall(tail), _REASON.findall(tail), _PHASE.findall(tail)
    if codes and int(codes[-1]):
        killed = reasons and reasons[-1] == "OOMKilled"
        what = (
            "the driver was killed for its memory (OOMKilled)"
            if killed
            else f"the driver ended with exit code {codes[-1]}"
        )
        return JobEnd(int(codes[-1]), what, "raise spark.driver.memoryOverhead" if killed else reach)
    if codes or (phases and phases[-1] == "Succeeded"):
        return JobEnd(finished.code)
    what = "the driver's pod is gone, and spark-submit does not say how it ended"
    return JobEnd(finished.code or 1, what, "ask who deleted it; then submit again")


def monitored_client(finished: Finished, tail: str) -> JobEnd:
    """The exit code of a driver that ran here is its own; the cause is in what it said."""
    if not finished.code:
        return JobEnd(0)
    found = refused(finished, tail)
    if found.cause:
        return found
    error = explain(RuntimeError(tail))
    # A signal's number as a shell gives it.
    code = 128 - finished.code if finished.code < 0 else finished.code
    return JobEnd(code, error.what, error.fix) if error else JobEnd(code)


def refused(finished: Finished, tail: str) -> JobEnd:
    """What spark-submit said when no driver came about."""
    for sign, cause, fix in _REFUSALS:
        found = sign.search(tail)
        if found and finished.code:
            return JobEnd(finished.code, cause.format(*found.groups()), fix)
    error = explain(RuntimeError(tail)) if finished.code else None
    return JobEnd(finished.code, error.what, error.fix) if error else JobEnd(finished.code)


_REFUSALS = (
    (
        re.compile(r"namespaces? \\?\"([\w.-]+)\\?\" not found"),
        "the cluster has no namespace {0}",
        "kubectl create namespace, or correct --conf spark.kubernetes.namespace",
    ),
    (
        re.compile(r"(User \\?\"[^\"\\]+\\?\" cannot \w+ resource \\?\"[\w/]+\\?\")"),
        "the login may not do that: {0}",
        "give its service account our role: rbac.yaml of `mlpipeline submit ... --manifests DIR`",
    ),
    (
        re.compile(r"error looking up service account ([\w.-]+)/([\w.-]+)"),
        "namespace {0} has no service account {1}",
        "apply rbac.yaml of `mlpipeline submit ... --manifests DIR`",
    ),
    (re.compile(r"exceeded quota: ([\w.-]+)"), "the namespace's quota {0} is used up", "ask for less, or wait"),
    (
        re.compile(r"specify spark\.kubernetes\.file\.upload\.path"),
        "local files cannot reach the cluster",
        "name the script as local:///PATH in the image, or set spark.kubernetes.file.upload.path",
    ),
    (
        re.compile(r"Max number of executor failures \((\d+)\) reached"),
        "executors failed {0} times",
        "look at their end: kubectl get pods -l spark-role=executor",
    ),
    (
        re.compile(r"Message: Unauthorized|code=401"),
        "the API server does not know this login",
        "log in anew (kubectl get pods tries it)",
    ),
)
