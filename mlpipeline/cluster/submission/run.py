"""Runs spark-submit in a child process, keeps its noise to itself, and returns the code the job really ended with."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import IO

from mlpipeline.cluster.cache import cache_folder, filling
from mlpipeline.cluster.environment import GATEWAY, pyspark_folder, utf8_locale
from mlpipeline.cluster.jars import proxy_options
from mlpipeline.cluster.java import find_java
from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.cluster.submission.job_end import JVM_LINE, Finished, JobEnd, Monitor, Tell, cause_of, killed_cause
from mlpipeline.errors import SetupError

_TAIL = 400
_MARK = "spark-log "
# Spark's log of the submitting JVM, marked so that it can be told from what the driver prints: what names the
# application and its state is logged, and warnings; nothing else, for a client-mode driver logs here too.
_LOG4J = """rootLogger.level = LEVEL
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = PATTERN
logger.deploy.name = org.apache.spark.deploy
logger.deploy.level = info
logger.client.name = org.apache.hadoop.yarn.client.api.impl.YarnClientImpl
logger.client.level = info
logger.gateway.name = org.apache.spark.api.python.PythonGatewayServer
logger.gateway.level = error
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
"""
# A report of many lines (YARN's, Kubernetes') becomes one, with bars. A properties file halves its backslashes.
_PATTERN = _MARK + r"%p %c{1}: %replace{%m}{\\s*\\n\\s*}{ | }%n%ex{short}"


def run_submission(
    submission: Submission,
    *,
    monitor: Monitor | None = None,
    environ: Mapping[str, str] | None = None,
    verbose: bool = False,
    tell: Tell | None = None,
    fail: Tell | None = None,
    relay: Tell | None = None,
) -> int:
    """Run a job and return its true exit code; its cause, when it failed, is told in one line.

    What the driver prints to stdout and stderr goes through; Spark's own log does only when `verbose`.

    Args:
        submission: the job.
        judge: of its master; None for masters whose spark-submit tells the truth (local, standalone in client mode).
        environ: environment variables; os.environ when None.
        verbose: show all that Spark logs.
        tell: takes lines about the run; stderr when None.
        fail: takes the line of a failure, which is said however quiet a run is to be; stderr when None.
        relay: takes lines that spark-submit and the job write to stderr; stderr when None.

    Raises:
        SetupError: no Java or no pyspark.
    """
    ours = os.environ if environ is None else environ
    child = _Child(submission, monitor, _environment(submission, ours, verbose), verbose, tell or _put, relay or _put)
    finished = child.run()
    job_end = monitor.end_of(submission, finished) if monitor else _judged(finished)
    if job_end.driver_output:
        print(job_end.driver_output, end="" if job_end.driver_output.endswith("\n") else "\n", flush=True)
    if finished.given_up and job_end.cause != finished.given_up:
        job_end = JobEnd(1, finished.given_up, "submit again when there is room, or to another queue")
    if job_end.code and job_end.cause:
        fix = f" -> {job_end.fix}" if job_end.fix else ""
        (fail or _put)(f"error: {job_end.cause}{fix}")
    elif job_end.code and not verbose:
        for line in _last_errors(finished.output_tail):
            (relay or _put)(line)
    # A signal's number as a shell gives it.
    return 128 - job_end.code if job_end.code < 0 else job_end.code


def _put(line: str) -> None:
    # In one piece: the application's watcher writes too, from its own thread.
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _judged(finished: Finished) -> JobEnd:
    known = cause_of("\n".join(finished.output_tail)) if finished.code else None
    if known is None and finished.code == -signal.SIGKILL:
        known = killed_cause("spark-submit's JVM")
    return JobEnd(finished.code, *known) if known else JobEnd(finished.code)


def _last_errors(tail: tuple[str, ...]) -> list[str]:
    """What was kept quiet and may be the cause: the driver's own traces have been seen already."""
    signs = (f"{_MARK}ERROR", "Exception in thread", "Caused by: ")
    return [line.removeprefix(_MARK) for line in tail if line.startswith(signs)][-3:]


def _environment(submission: Submission, environ: Mapping[str, str], verbose: bool) -> dict[str, str]:
    """The variables of the spark-submit process: this environment's Spark and Java, and a log that we can read."""
    home = pyspark_folder()
    if home is None:
        raise SetupError("pyspark is not installed", fix="pip install mlpipeline")
    given = environ.get("SPARK_SUBMIT_OPTS", "")
    options = [given, *proxy_options(environ)]
    if "log4j2.configurationFile" not in given:
        options.append(f"-Dlog4j2.configurationFile={_log4j(verbose)}")
    found = {
        **environ,
        **utf8_locale(environ),
        "JAVA_HOME": str(find_java(environ).home),
        "SPARK_HOME": str(home),
        "SPARK_SUBMIT_OPTS": " ".join(option for option in options if option),
    }
    found.setdefault("PYSPARK_PYTHON", sys.executable)
    if submission.kind in ("local", "local-cluster"):
        found.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        found.setdefault("SPARK_LOCAL_HOSTNAME", "localhost")
    # Set by a spark-submit that started us: a child would take its JVM for its own.
    for name in (GATEWAY, "PYSPARK_GATEWAY_SECRET"):
        found.pop(name, None)
    return found


def _log4j(verbose: bool) -> str:
    text = _LOG4J.replace("LEVEL", "info" if verbose else "warn").replace("PATTERN", _PATTERN)
    folder = cache_folder() / f"log4j-submit-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    file = folder / "log4j2.properties"
    if not file.is_file():
        with filling(folder) as work:
            (work / file.name).write_text(text, encoding="utf-8")
    return file.as_uri()


class _Child:
    """One spark-submit process, its stderr read line by line, its application watched in a thread."""

    def __init__(
        self,
        submission: Submission,
        monitor: Monitor | None,
        environ: dict[str, str],
        verbose: bool,
        say: Tell,
        relay: Tell,
    ) -> None:
        self._submission = submission
        self._judge = monitor
        self._environ = environ
        self._verbose = verbose
        self._say, self._relay = say, relay
        self._tail: deque[str] = deque(maxlen=_TAIL)
        self._application: str | None = None
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None
        self._given_up: str | None = None

    def run(self) -> Finished:
        """Start it, follow it to its end."""
        words = self._submission.command()
        command = [os.path.join(self._environ["SPARK_HOME"], "bin", words[0]), *words[1:]]
        began = time.monotonic()
        try:
            with _started(command, self._environ) as process:
                assert process.stderr is not None
                self._read(process, process.stderr)
                code = process.wait()
        except KeyboardInterrupt:
            if self._application and self._submission.deploy_mode == "cluster":
                self._say(f"{self._application} goes on in the cluster")
            raise
        finally:
            self._stop.set()
        if self._watcher is not None:
            self._watcher.join(10)
        return Finished(code, tuple(self._tail), self._application, time.monotonic() - began, self._given_up)

    def _read(self, process: subprocess.Popen[bytes], stream: IO[bytes]) -> None:
        for raw in stream:
            line = raw.decode("utf-8", errors="replace").rstrip("\n")
            self._tail.append(line)
            if self._judge is not None and self._application is None:
                self._application = self._judge.find_application(line)
                if self._application is not None:
                    self._say(f"application {self._application}")
                    self._watch(process, self._judge, self._application)
            if self._verbose or not (line.startswith(_MARK) or JVM_LINE.match(line)):
                self._relay(line.removeprefix(_MARK))

    def _watch(self, process: subprocess.Popen[bytes], monitor: Monitor, application: str) -> None:
        def watch() -> None:
            try:
                self._given_up = monitor.watch(self._submission, application, self._say, self._stop)
            except Exception as error:  # the job does not depend on being watched
                self._say(f"note: {application} is no longer watched: {error}")
            if self._given_up:
                process.terminate()

        self._watcher = threading.Thread(target=watch, daemon=True)
        self._watcher.start()


@contextlib.contextmanager
def _started(command: Sequence[str], environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Starts the child; passes a SIGTERM (cron, a timeout) on to it, and lets it not outlive an error of ours."""
    held: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def passed_on(number: int, frame: FrameType | None) -> None:
        early.append(number)
        for process in held:
            process.send_signal(number)

    main = threading.current_thread() is threading.main_thread()
    # Before the child is there: one that came between would end us and leave the child behind.
    before = signal.signal(signal.SIGTERM, passed_on) if main else None
    try:
        held.append(subprocess.Popen(command, env=environ, stderr=subprocess.PIPE))
        for number in early:  # what came while it was being started
            held[0].send_signal(number)
        yield held[0]
    except BaseException:
        # Ctrl-C reached the child too: it stops the application in client mode and leaves it running in cluster mode.
        for process in held:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
        raise
    finally:
        if main:
            signal.signal(signal.SIGTERM, before)
