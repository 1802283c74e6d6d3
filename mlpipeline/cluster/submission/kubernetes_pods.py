"""What the state of a pod means, in words: what it waits for, how it ended, what it said."""

from __future__ import annotations

import re
from typing import TypedDict, TypeVar

from mlpipeline.cluster.failures import explain
from mlpipeline.cluster.log_lines import message_of
from mlpipeline.cluster.submission.job_end import JobEnd


class Metadata(TypedDict, total=False):
    """Of a pod; the time as RFC 3339."""

    name: str
    labels: dict[str, str] | None
    creationTimestamp: str


class Resources(TypedDict, total=False):
    """Of a container."""

    limits: dict[str, str] | None


class Container(TypedDict, total=False):
    """One of a pod."""

    name: str
    image: str
    resources: Resources | None


class Waiting(TypedDict, total=False):
    """Why a container does not run yet."""

    reason: str | None
    message: str | None


class Terminated(TypedDict, total=False):
    """How a container ended."""

    reason: str | None
    exitCode: int | None


class State(TypedDict, total=False):
    """Of a container: one of these, or neither while it runs."""

    waiting: Waiting | None
    terminated: Terminated | None


class ContainerStatus(TypedDict, total=False):
    """How a container of a pod stands."""

    name: str
    state: State | None


class Condition(TypedDict, total=False):
    """A step of a pod's start, and whether it is done: `True`, `False` or `Unknown`."""

    type: str
    status: str
    reason: str | None
    message: str | None


class Status(TypedDict, total=False):
    """How a pod stands."""

    phase: str | None
    reason: str | None
    message: str | None
    conditions: list[Condition] | None
    containerStatuses: list[ContainerStatus] | None


class Spec(TypedDict, total=False):
    """What a pod was asked to be."""

    containers: list[Container] | None


class Pod(TypedDict, total=False):
    """A pod as the API server gives it: what is read of it here."""

    metadata: Metadata | None
    spec: Spec | None
    status: Status | None


DRIVER_CONTAINER = "spark-kubernetes-driver"
# A container that waits for one of these waits for ever, or until somebody mends the image or the configuration.
HOPELESS = (
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "ErrImageNeverPull",
    "CreateContainerConfigError",
    "CreateContainerError",
)
_IMAGE = HOPELESS[:4]
_OWN_LOG = re.compile(
    r"\d\d/\d\d/\d\d \d\d:\d\d:\d\d (?:TRACE|DEBUG|INFO|WARN|ERROR) |\s+at [\w.$/<>]+\(|\s+\.\.\. \d+ more|Caused by: |"
    r"WARNING: Using incub|Using Spark's default log4j|Setting default log level|To adjust logging level|"
    r"Files (?:file|local):"
)
_MODULE = re.compile(r"^ModuleNotFoundError: No module named '([\w.]+)'", re.MULTILINE)
_LAST_WORDS = re.compile(r"^(?:[\w.]+(?:Error|Exception|Exit|Interrupt)\b.*|error: .+)$", re.MULTILINE)
_SIGNAL = 128
_Named = TypeVar("_Named", Container, ContainerStatus)


def phase(pod: Pod) -> str:
    """Pending, Running, Succeeded, Failed or Unknown."""
    return str((pod.get("status") or {}).get("phase") or "Unknown")


def name_of(pod: Pod) -> str:
    """The pod's name."""
    return str((pod.get("metadata") or {}).get("name", ""))


def label(pod: Pod, name: str) -> str:
    """A label of the pod, "" when it has none."""
    return str(((pod.get("metadata") or {}).get("labels") or {}).get(name, ""))


def container(pod: Pod) -> Container:
    """The container that Spark runs in: by its name, else the first (a pod template may bring others)."""
    return _chosen(list((pod.get("spec") or {}).get("containers") or []))


def status_of(pod: Pod) -> ContainerStatus:
    """The status of that container, {} when it has none yet."""
    return _chosen(list((pod.get("status") or {}).get("containerStatuses") or []), container(pod).get("name"))


def _chosen(rows: list[_Named], name: str | None = None) -> _Named:
    for wanted in (name, DRIVER_CONTAINER, "spark-kubernetes-executor"):
        for row in rows:
            if wanted and row.get("name") == wanted:
                return row
    return rows[0] if rows else {}


def waits_for(pod: Pod) -> tuple[str, str]:
    """Why a pod has not started: Kubernetes' word (or "") and a sentence."""
    waiting = (status_of(pod).get("state") or {}).get("waiting") or {}
    word, said = str(waiting.get("reason") or ""), _brief(waiting.get("message"))
    if word in _IMAGE:
        return (
            word,
            f"the image {container(pod).get('image', '?')} cannot be pulled ({word}{': ' if said else ''}{said})",
        )
    if word in HOPELESS:
        return word, f"{word}: {said}"
    for condition in (pod.get("status") or {}).get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition.get("reason") or ""), f"no node takes it: {_brief(condition.get('message'))}"
    return word, word or "Kubernetes gives no reason yet"


def _brief(text: object) -> str:
    return " ".join(str(text or "").split())[:200]


def fix_waiting(word: str) -> str:
    """What to do about `waits_for`'s word."""
    if word in _IMAGE:
        return "correct the image's name, or give the nodes the right to pull it (imagePullSecrets)"
    if word in HOPELESS:
        return "correct the pod template: a secret, a ConfigMap or a volume is not there"
    return "ask for less, or for nodes that are there; kubectl describe pod says which request does not fit"


def ended(pod: Pod, output: str, *, reach: str = "") -> JobEnd:
    """How a driver's pod ended: the true exit code and its cause.

    Args:
        pod: in phase Succeeded or Failed.
        output: what the driver said, as far as it is known.
        reach: what to type to see the whole output.
    """
    if phase(pod) == "Succeeded":
        return JobEnd(0)
    status = pod.get("status") or {}
    end = (status_of(pod).get("state") or {}).get("terminated") or {}
    code = int(end.get("exitCode") or 0) or 1
    if end.get("reason") == "OOMKilled":
        limit = ((container(pod).get("resources") or {}).get("limits") or {}).get("memory")
        what = f"the driver was killed for its memory (OOMKilled{f', limit {limit}' if limit else ''})"
        return JobEnd(code, what, "raise spark.driver.memoryOverhead, or spark.driver.memory")
    if not end:
        word, said = str(status.get("reason") or "Failed"), _brief(status.get("message"))
        return JobEnd(code, f"the driver's pod failed before it ran: {word}{': ' if said else ''}{said}", reach or None)
    return driver_messages(code, output, str(container(pod).get("image") or ""), reach=reach)


def driver_messages(code: int, output: str, image: str, *, reach: str = "") -> JobEnd:
    """The cause of a driver's exit code, from what it said last."""
    # "  File ...worker.py" stands in the trace of an executor's worker: then it is an executor that lacks the module.
    missing = _MODULE.search(output) if "PythonException" not in output else None
    if missing:
        name = missing[1].partition(".")[0]
        fix = "build the image with our Dockerfile (`mlpipeline submit ... --manifests DIR` writes it)"
        if name == "mlpipeline":
            fix += ", or set spark.kubernetes.file.upload.path: then our code travels along"
        return JobEnd(code, f"the image {image} has no Python module {name}".replace("  ", " "), fix)
    last = _LAST_WORDS.findall("\n".join(map(message_of, output.splitlines())))
    if last and last[-1].startswith("error: "):
        # One of our own lines: cause and fix stand there already.
        return JobEnd(code, f"the driver ended with exit code {code}, for the reason above", reach or None)
    known = explain(RuntimeError(output))
    if known:
        return JobEnd(code, known.what, known.fix)
    if code > _SIGNAL:
        return JobEnd(code, f"the driver was ended by signal {code - _SIGNAL}", reach or None)
    words = f": {_brief(last[-1])}" if last else ""
    return JobEnd(code, f"the driver ended with exit code {code}{words}", reach or None)


def program_output(text: str) -> str:
    """What a driver printed, without Spark's own log and Java's frames."""
    kept = [line for line in text.splitlines() if not _OWN_LOG.match(line)]
    return "".join(f"{line}\n" for line in kept)
