"""Kubernetes: what a driver's pod waits for, what it prints, and how it really ended.

spark-submit ends with 0 when the pod of a cluster-mode driver has failed (SPARK-26365): the API server knows better.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mlpipeline.cluster.submission import kubernetes_pods as words
from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.cluster.submission.job_end import Finished, JobEnd, Tell
from mlpipeline.cluster.submission.kubernetes_api import ApiServer, connect
from mlpipeline.cluster.submission.kubernetes_messages import by_block, monitored_client, refused
from mlpipeline.errors import MLPipelineError

_SUBMITTED = re.compile(r"submission ID ([a-z0-9.-]+:[a-z0-9.-]+)")
_STARVED = "Initial job has not accepted any resources"


@dataclass
class _Printed:
    """How far the driver's output has been shown (the time of the last line), and its last lines."""

    until: str = ""
    text: str = ""


class Kubernetes:
    """Watches and judges applications on the Kubernetes of a submission.

    Args:
        submission: the job, for its master, namespace and login.
        environ: environment variables of spark-submit.
        verbose: show all that the driver prints, Spark's log among it.
        pending_after: seconds in Pending after which the reason is told.
        hopeless_after: seconds after which a driver is given up whose image or configuration is wrong.
        pending_timeout: seconds in Pending, for any reason, after which it is given up; None: never.
        poll: seconds between two questions.
    """

    def __init__(
        self,
        submission: Submission,
        environ: Mapping[str, str],
        *,
        verbose: bool = False,
        pending_after: float = 20.0,
        hopeless_after: float = 120.0,
        pending_timeout: float | None = None,
        poll: float = 1.0,
    ) -> None:
        self._namespace = namespace_of(submission.settings)
        try:
            self._api: ApiServer | None = connect(submission.master, submission.settings, environ)
        except MLPipelineError:  # told by the check before; here it only means that nothing can be asked
            self._api = None
        self._cluster = submission.deploy_mode == "cluster"
        self._verbose = verbose
        self._after, self._hopeless, self._timeout, self._poll = pending_after, hopeless_after, pending_timeout, poll
        self._printed = _Printed()
        self._killed: dict[str, str] = {}  # executors that were killed for their memory, with their limits
        self._told: set[str] = set()
        self._executors_since = 0.0  # when executors were first seen waiting
        self._fix = ""  # what to do about what a driver was given up for

    def find_application(self, line: str) -> str | None:
        """The driver's pod as NAMESPACE:POD in cluster mode; in client mode the id, once it waits for executors."""
        if self._cluster:
            found = _SUBMITTED.search(line)
            return found[1] if found else None
        if _STARVED not in line or self._api is None:
            return None
        waiting = [
            pod for pod in self._api.pods(self._namespace, "spark-role=executor") if words.phase(pod) == "Pending"
        ]
        newest = sorted(waiting, key=lambda pod: str((pod.get("metadata") or {}).get("creationTimestamp", "")))
        return words.label(newest[-1], "spark-app-selector") if newest else None

    def watch(self, submission: Submission, application_id: str, tell: Tell, stop: threading.Event) -> str | None:
        """Tells once why pods wait, shows what a driver on the cluster prints, gives up what can never start."""
        if self._api is None:
            return None
        began = time.monotonic()
        while not stop.wait(self._poll):
            if not self._cluster:
                self._tell_of_executors(self._api, application_id, 0.0, tell)
                continue
            pod = self._api.pod(*_parts(application_id))
            waited = time.monotonic() - began
            if pod is None:
                continue
            if words.phase(pod) == "Pending":
                given_up = self._pending(self._api, pod, waited, tell)
                if given_up:
                    return given_up
                continue
            self._show(self._api, pod)
            if words.phase(pod) in ("Succeeded", "Failed"):
                return None
            self._tell_of_executors(self._api, words.label(pod, "spark-app-selector"), self._after, tell)
        return None

    def _pending(self, api: ApiServer, pod: words.Pod, waited: float, tell: Tell) -> str | None:
        """Tells what the driver's pod waits for; the reason to give it up, when there is one."""
        word, why = words.waits_for(pod)
        hopeless = word in words.HOPELESS
        if (hopeless or waited > self._after) and why not in self._told:
            self._told.add(why)
            tell(f"waiting: {words.name_of(pod)} has not started: {why}")
        limit = min(
            value for value in (self._timeout, self._hopeless if hopeless else None, float("inf")) if value is not None
        )
        if waited <= limit:
            return None
        self._fix = words.fix_waiting(word)
        gone = api.delete_pod(self._namespace, words.name_of(pod))
        end = (
            "its pod is deleted"
            if gone
            else f"still there: kubectl delete pod -n {self._namespace} {words.name_of(pod)}"
        )
        return f"not started after {limit:.0f} s: {why}; {end}"

    def _tell_of_executors(self, api: ApiServer, application: str, after: float, tell: Tell) -> None:
        """Tells once why executors have not started, and remembers those that were killed for their memory."""
        pods = api.pods(self._namespace, f"spark-role=executor,spark-app-selector={application}")
        waiting = [pod for pod in pods if words.phase(pod) == "Pending"]
        if not waiting:
            self._executors_since = 0.0
        elif "executors" not in self._told:
            self._executors_since = self._executors_since or time.monotonic()
            word, why = words.waits_for(waiting[0])
            if word in words.HOPELESS or time.monotonic() - self._executors_since > after:
                self._told.add("executors")
                count = f"{len(waiting)} of {len(pods)} executors"
                tell(f"waiting: {count} have not started: {why} -> {words.fix_waiting(word)}")
        for pod in pods:
            end = (words.status_of(pod).get("state") or {}).get("terminated") or {}
            name = words.name_of(pod)
            if end.get("reason") == "OOMKilled" and name not in self._killed:
                limits = (words.container(pod).get("resources") or {}).get("limits") or {}
                self._killed[name] = str(limits.get("memory", "unknown"))
                tell(f"{name} was killed for its memory (OOMKilled, limit {self._killed[name]})")

    def _show(self, api: ApiServer, pod: words.Pod) -> None:
        text = self._driver_output(api, pod)
        if text:
            print(text, end="", flush=True)

    def _driver_output(self, api: ApiServer, pod: words.Pod) -> str:
        """What the driver has printed since the last call, for people; all of it is kept for the verdict."""
        raw = api.log(
            self._namespace, words.name_of(pod), str(words.container(pod).get("name", "")), self._printed.until
        )
        fresh = []
        for line in raw.decode("utf-8", errors="replace").splitlines():
            stamp, _, text = line.partition(" ")
            # The server cuts `since` to whole seconds, so lines come again; stamps of the same length sort as text.
            if stamp > self._printed.until:
                fresh.append((stamp, text))
        if not fresh:
            return ""
        self._printed.until = fresh[-1][0]
        new = "".join(f"{text}\n" for _, text in fresh)
        self._printed.text = (self._printed.text + new)[-200_000:]
        return new if self._verbose else words.program_output(new)

    def end_of(self, submission: Submission, finished: Finished) -> JobEnd:
        """The true exit code: the script's own in client mode, the one of the driver's container in cluster mode."""
        tail = "\n".join(finished.output_tail)
        if not self._cluster:
            return self._with_killed(monitored_client(finished, tail))
        if finished.application_id is None:
            return refused(finished, tail)
        if finished.given_up:
            return JobEnd(1, finished.given_up, self._fix)
        if submission.settings.get("spark.kubernetes.submission.waitAppCompletion") == "false":
            return JobEnd(finished.code)
        namespace, name = _parts(finished.application_id)
        reach = f"its output: kubectl logs -n {namespace} {name}"
        pod = self._ended(namespace, name)
        if pod is None:
            return by_block(finished, tail, reach)
        printed = self._driver_output(self._api, pod) if self._api else ""
        if words.phase(pod) not in ("Succeeded", "Failed"):
            what = f"spark-submit ended while the driver's pod is {words.phase(pod)}"
            return JobEnd(finished.code or 1, what, f"kubectl get pod -n {namespace} {name}", printed or None)
        job_end = words.ended(pod, self._printed.text, reach=reach)
        return self._with_killed(replace(job_end, driver_output=printed or None))

    def _ended(self, namespace: str, name: str) -> words.Pod | None:
        """The pod once Kubernetes has written its end down; None when it is gone or cannot be asked for."""
        pod: words.Pod | None = None
        for _ in range(20):
            pod = self._api.pod(namespace, name) if self._api else None
            if pod is None or words.phase(pod) in ("Succeeded", "Failed"):
                return pod
            time.sleep(0.25)
        return pod

    def _with_killed(self, job_end: JobEnd) -> JobEnd:
        if not job_end.code or not self._killed:
            return job_end
        limit = next(iter(self._killed.values()))
        what = f"{len(self._killed)} executors were killed for their memory (OOMKilled, limit {limit})"
        cause = f"{what}; {job_end.cause}" if job_end.cause else what
        return replace(job_end, cause=cause, fix="raise spark.executor.memoryOverhead, or lower spark.executor.cores")


def namespace_of(settings: Mapping[str, str]) -> str:
    """The namespace that a job runs in."""
    return settings.get("spark.kubernetes.namespace") or "default"


def _parts(application_id: str) -> tuple[str, str]:
    namespace, _, name = application_id.partition(":")
    return namespace, name
