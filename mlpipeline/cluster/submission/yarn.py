"""YARN: what an application waits for, what its driver prints, and how it really ended."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.cluster.submission.hadoop import App, ResourceManager, hadoop_conf
from mlpipeline.cluster.submission.job_end import Finished, JobEnd, Tell, without_frames
from mlpipeline.cluster.submission.rest import ask
from mlpipeline.cluster.submission.yarn_messages import has_no_executors, why_accepted, why_no_executors, yarn_cause
from mlpipeline.errors import MLPipelineError

_ID = re.compile(r"\bapplication_\d+_\d+\b")
_SUBMITTED = re.compile(r"Submitted application (application_\d+_\d+)")
_TAIL = 50_000  # characters
# The NodeManager's own words before and behind what a driver has written so far; their lengths change.
_HEAD, _REMARK = b"LogContents:\n", b"End of LogType:stdout"
_EXITED = re.compile(r"exited with (?:status|exitCode:?) ?(\d+)")
_WAITING = ("NEW", "NEW_SAVING", "SUBMITTED", "ACCEPTED")
_ENDED = ("FINISHED", "FAILED", "KILLED")


@dataclass
class _Printed:
    """Where the driver's output lies, how many bytes of it have been shown, their end, and when to look again."""

    address: str = ""
    shown: int = 0
    tail: str = ""
    after: float = 0.0


class Yarn:
    """Watches and judges applications on the YARN of `environ`'s HADOOP_CONF_DIR.

    Args:
        environ: environment variables of spark-submit.
        accepted_after: seconds in ACCEPTED (or without executors) after which the reason is told.
        accepted_timeout: seconds in ACCEPTED after which the application is killed; None: never.
        poll: seconds between two questions.
        verbose: show the frames of Java in what a driver prints.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        accepted_after: float = 20.0,
        accepted_timeout: float | None = None,
        poll: float = 1.0,
        verbose: bool = False,
    ) -> None:
        try:
            self._manager = ResourceManager(hadoop_conf(environ))
        except MLPipelineError:  # told by the check before; here it only means that nothing can be asked
            self._manager = ResourceManager({})
        # Who gives up early wants to hear why before that.
        self._after = accepted_after if accepted_timeout is None else min(accepted_after, accepted_timeout / 2)
        self._timeout = accepted_timeout
        self._poll = poll
        self._verbose = verbose
        self._printed = _Printed()

    def find_application(self, line: str) -> str | None:
        """The id, when YARN has taken the application in."""
        found = _SUBMITTED.search(line)
        return found[1] if found else None

    def watch(self, submission: Submission, application_id: str, tell: Tell, stop: threading.Event) -> str | None:
        """Tells once why an application waits, shows what a driver on the cluster prints, gives up when asked to."""
        began = time.monotonic()
        running: float | None = None
        told: set[str] = set()
        while not stop.wait(self._poll):
            app = self._manager.app(application_id)
            state, now = app.get("state"), time.monotonic()
            if "queue" not in told and app.get("queue"):
                told.add("queue")
                self._tell_other_queue(submission, str(app["queue"]), tell)
            if state in _WAITING:
                if now - began > self._after and "accepted" not in told:
                    told.add("accepted")
                    tell(f"waiting: {application_id} is not started: {why_accepted(app, self._manager)}")
                if self._timeout is not None and now - began > self._timeout:
                    return self._given_up(app, application_id)
            elif state == "RUNNING":
                running = running or now
                if submission.deploy_mode == "cluster":
                    self._show(application_id)
                if now - running > self._after and "executors" not in told and has_no_executors(app):
                    told.add("executors")
                    tell(f"waiting: {application_id} has no executor: {why_no_executors(app, self._manager)}")
            elif state in _ENDED:
                return None
        return None

    def _tell_other_queue(self, submission: Submission, queue: str, tell: Tell) -> None:
        # A FairScheduler may put an application with an unknown queue into `default`, without a word.
        wanted = submission.settings.get("spark.yarn.queue")
        if wanted and wanted.rpartition(".")[2] != queue.rpartition(".")[2]:
            tell(f"note: YARN runs it in the queue {queue.removeprefix('root.')}, not in {wanted}")

    def _given_up(self, app: App, application_id: str) -> str:
        why = why_accepted(app, self._manager)
        killed = self._manager.kill(application_id)
        end = "killed" if killed else f"still there: yarn application -kill {application_id}"
        return f"not started after {self._timeout:.0f} s ({why}); {end}"

    def _show(self, application_id: str) -> None:
        text = self._driver_output(application_id)
        if text:
            print(text, end="", flush=True)

    def _driver_output(self, application_id: str, *, ended: bool = False) -> str:
        """What the driver has printed since the last call: whole lines of its container's stdout, or all at its end."""
        attempts = self._manager.attempts(application_id)
        if attempts:
            last = attempts[-1]
            node = last.get("nodeHttpAddress", "")
            scheme = self._manager.addresses[0].partition(":")[0]  # nodes speak what the manager speaks
            address = f"{scheme}://{node}/ws/v1/node/containerlogs/{last.get('containerId', '')}/stdout"
            if node and address != self._printed.address:
                self._printed = _Printed(address)
        now = time.monotonic()
        if not self._printed.address or (now < self._printed.after and not ended):
            return ""
        answer = ask(self._printed.address, timeout=30 if ended else 5)
        # The whole of it comes each time: of 1 MB every 10 s.
        self._printed.after = now + len(answer.body) / 100_000
        if not answer.ok:
            return ""
        body = _written(answer.body)[self._printed.shown :]
        whole = body if ended else body[: body.rfind(b"\n") + 1]
        self._printed.shown += len(whole)
        text = whole.decode("utf-8", errors="replace")
        self._printed.tail = (self._printed.tail + text)[-_TAIL:]
        return text if self._verbose else without_frames(text)

    def end_of(self, submission: Submission, finished: Finished) -> JobEnd:
        """The true exit code: the script's own in client mode unless YARN says killed, YARN's word in cluster mode."""
        tail = "\n".join(finished.output_tail)
        if finished.application_id is None:
            return _refused(finished, tail)
        app = self._ended(finished.application_id)
        if submission.deploy_mode == "client":
            return _judged_client(finished, app, tail)
        printed = self._driver_output(finished.application_id, ended=True)
        job_end = _judged_cluster(finished, app, f"{tail}\n{self._printed.tail}")
        if job_end.code and not self._printed.shown:
            fix = f"{job_end.fix}; " if job_end.fix else ""
            look = f"{fix}its output: yarn logs -applicationId {finished.application_id} -log_files stdout"
            return JobEnd(job_end.code, job_end.cause, look)
        return JobEnd(job_end.code, job_end.cause, job_end.fix, printed or None)

    def _ended(self, application_id: str) -> App:
        """The application once YARN has written its end down, which may take a moment longer than its driver's."""
        app: App = {}
        for _ in range(20):
            app = self._manager.app(application_id)
            if not app or app.get("state") in _ENDED:
                return app
            time.sleep(0.25)
        return app


def _written(page: bytes) -> bytes:
    place = page.find(_HEAD, 0, 2000)
    body = page[place + len(_HEAD) :] if place >= 0 else page
    end = body.rfind(_REMARK)
    return body[:end] if end >= 0 else body


def _refused(finished: Finished, tail: str) -> JobEnd:
    known = yarn_cause(tail) if finished.code else None
    return JobEnd(finished.code, *known) if known else JobEnd(finished.code)


def _judged_client(finished: Finished, app: App, tail: str) -> JobEnd:
    # The ResourceManager calls every client-mode driver that went away a success: only these two words of it count.
    code = finished.code
    if app.get("finalStatus") == "KILLED":
        return JobEnd(code or 1, *_KILLED)
    if app.get("finalStatus") == "FAILED" and code == 0:
        return JobEnd(1, f"the application master failed: {_brief(app)}", "look at its log")
    known = yarn_cause(tail) if code else None
    return JobEnd(code, *known) if known else JobEnd(code)


_KILLED = ("the application was killed through YARN", "ask who did; then submit again")


def _judged_cluster(finished: Finished, app: App, output: str) -> JobEnd:
    status = app.get("finalStatus")
    if status == "SUCCEEDED":
        return JobEnd(0)
    if status == "KILLED":
        return JobEnd(finished.code or 1, *_KILLED)
    if status == "FAILED":
        said = str(app.get("diagnostics", ""))
        found = _EXITED.search(said)
        code = int(found[1]) if found and int(found[1]) else (finished.code or 1)
        known = yarn_cause(f"{output}\n{said}")
        return JobEnd(code, *known) if known else JobEnd(code, _brief(app) or "the application failed")
    if not app:
        # Nobody to ask: spark-submit's own word is all there is.
        return JobEnd(finished.code)
    return JobEnd(finished.code or 1, f"spark-submit ended while the application is {app.get('state')}", "see YARN")


def _brief(app: App) -> str:
    lines = [line.strip() for line in str(app.get("diagnostics", "")).splitlines() if line.strip()]
    return lines[0][:300] if lines else ""
