"""What a Kubernetes cluster says, before anything is submitted, about a job that it could never run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.cluster.submission.kubernetes import namespace_of
from mlpipeline.cluster.submission.kubernetes_api import ApiServer, connect
from mlpipeline.errors import MLPipelineError, SetupError, UsageError

_IMAGE = "spark.kubernetes.container.image"
_UPLOAD = "spark.kubernetes.file.upload.path"
_ACCOUNTS = (
    "spark.kubernetes.authenticate.driver.serviceAccountName",
    "spark.kubernetes.authenticate.serviceAccountName",
)
# What a driver does with pods and with what it makes beside them.
_NEEDED = (("create", "pods"), ("watch", "pods"), ("create", "configmaps"), ("create", "services"))
RBAC = "apply rbac.yaml of `mlpipeline submit ... --manifests DIR`"


def check_kubernetes(submission: Submission, environ: Mapping[str, str]) -> list[MLPipelineError]:
    """Find what Kubernetes would refuse or let wait for ever: settings, login, namespace, account, rights.

    What the login may not ask for is no error: then the cluster says it at the submit.
    """
    found: list[MLPipelineError] = [*_settings(submission), *_local_files(submission)]
    try:
        api = connect(submission.master, submission.settings, environ)
    except MLPipelineError as error:
        return [*found, error]
    return [*found, *_cluster(submission, api)]


def _settings(submission: Submission) -> Iterator[MLPipelineError]:
    settings = submission.settings
    both = all(settings.get(f"spark.kubernetes.{role}.container.image") for role in ("driver", "executor"))
    if not settings.get(_IMAGE) and not both:
        yield UsageError("no container image is given", fix=f"add --image REGISTRY/NAME:TAG ({_IMAGE})")
    for role in ("driver", "executor"):
        start = f"spark.{role}.resource.gpu"
        if settings.get(f"{start}.amount", "0") == "0":
            continue
        if not settings.get(f"{start}.vendor"):
            # Seen: no message, the job waits for ever.
            what = f"{start}.amount is given without a vendor: Kubernetes would never give a GPU"
            yield UsageError(what, fix=f"add --conf {start}.vendor=nvidia.com")
        if not settings.get(f"{start}.discoveryScript"):
            fix = f"add --conf {start}.discoveryScript=/opt/mlpipeline/discover-gpus.sh, which our image has"
            yield UsageError(f"{start}.amount is given without a discovery script", fix=fix)


def _local_files(submission: Submission) -> Iterator[MLPipelineError]:
    """In cluster mode files of this machine reach the driver through a shared place, or not at all."""
    if submission.deploy_mode != "cluster" or submission.settings.get(_UPLOAD):
        return
    jars = [part for part in submission.settings.get("spark.jars", "").split(",") if part]
    named = [submission.script, *submission.py_files, *submission.files, *submission.archives, *jars]
    local = [name.partition("#")[0] for name in named if "://" not in name]
    if local:
        what = "lies on this machine, where a driver in the cluster cannot read it"
        more = f" (and {len(local) - 1} more files)" if len(local) > 1 else ""
        fix = f"name it as local:///PATH in the image, or add --conf {_UPLOAD}=s3a://... (any place both can reach)"
        yield UsageError(what + more, where=local[0], fix=fix)


def _cluster(submission: Submission, api: ApiServer) -> list[MLPipelineError]:
    namespace = namespace_of(submission.settings)
    answer = api.ask("/version")
    if answer.status in (401, 403):
        what = f"the API server does not know this login ({answer.status})"
        return [SetupError(what, where=submission.master, fix="log in anew (kubectl get pods tries it)")]
    if not answer.ok:
        # Only this client cannot ask (a login by a program, a proxy of the API): spark-submit has its own ways.
        return [] if answer.trouble and "needs kubectl" in answer.trouble else [_dumb(submission, answer.trouble)]
    if api.ask(f"/api/v1/namespaces/{quote(namespace)}").status == 404:
        fix = f"kubectl create namespace {namespace}, or correct --conf spark.kubernetes.namespace"
        return [UsageError(f"the cluster has no namespace {namespace}", where=submission.master, fix=fix)]
    return [*_account(submission, api, namespace), *_rights(submission, api, namespace)]


def _dumb(submission: Submission, trouble: str) -> MLPipelineError:
    what = f"is no API server of Kubernetes{f' ({trouble})' if trouble else ''}"
    return SetupError(what, where=submission.master, fix="kubectl cluster-info names the address")


def _account_of(submission: Submission) -> str:
    return next((submission.settings[key] for key in _ACCOUNTS if submission.settings.get(key)), "default")


def _account(submission: Submission, api: ApiServer, namespace: str) -> Iterator[MLPipelineError]:
    if submission.deploy_mode != "cluster":
        return
    account = _account_of(submission)
    if api.ask(f"/api/v1/namespaces/{quote(namespace)}/serviceaccounts/{quote(account)}").status == 404:
        what = f"namespace {namespace} has no service account {account}"
        yield SetupError(what, where=submission.master, fix=f"{RBAC}, or correct --conf {_ACCOUNTS[0]}")


def _rights(submission: Submission, api: ApiServer, namespace: str) -> Iterator[MLPipelineError]:
    """May we, and in cluster mode the driver's account, do what a driver does? Asked one by one, told at once."""
    room = "/apis/authorization.k8s.io/v1"
    lacking = []
    for verb, resource in _NEEDED:
        asked = {"namespace": namespace, "verb": verb, "resource": resource}
        kinds: list[tuple[str, dict[str, object]]] = [("SelfSubjectAccessReview", {"resourceAttributes": asked})]
        if submission.deploy_mode == "cluster":
            who = f"system:serviceaccount:{namespace}:{_account_of(submission)}"
            # Only a login that may ask about others gets an answer to this one.
            kinds.append(("SubjectAccessReview", {"resourceAttributes": asked, "user": who}))
        for kind, spec in kinds:
            body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
            found = api.ask(f"{room}/{kind.lower()}s", method="POST", data=body).json()
            if isinstance(found, dict) and (found.get("status") or {}).get("allowed") is False:
                lacking.append((str(spec.get("user", "this login")), f"{verb} {resource}"))
    for who in dict.fromkeys(name for name, _ in lacking):
        what = ", ".join(text for name, text in lacking if name == who)
        yield SetupError(f"{who} may not {what} in namespace {namespace}", where=submission.master, fix=RBAC)
