"""Sessions that end under the work: the system kills the JVM for its memory, or a master takes the application away."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pyspark import SparkContext
from pyspark.sql import SparkSession

from mlpipeline.cluster.failures import AGAIN, ROOM, SessionEnded

if TYPE_CHECKING:
    from pyspark.accumulators import AccumulatorTCPServer

_PATIENCE_S = 10  # for the system's word about a JVM that no longer answers


def how_it_ended() -> SessionEnded | None:
    """What has become of this process's session, in words; None while it works, or when there is none."""
    context = SparkContext._active_spark_context
    gateway = SparkContext._gateway
    if gateway is None:
        return None
    process: subprocess.Popen[bytes] | None = getattr(gateway, "proc", None)
    code = process.poll() if process is not None else None
    stopped = False
    if code is None:
        try:
            # Asked of the JVM itself: py4j's answer is the proof that it lives.
            SparkContext._jvm.java.lang.System.nanoTime()  # type: ignore[union-attr]
            stopped = context is not None and bool(context._jsc.sc().isStopped())  # type: ignore[union-attr]
        except Exception:
            return _ended(_code_of(process))
    if code is not None:
        return _ended(code)
    if stopped:
        what = "Spark's session was ended from outside: by its master, or because its executors were lost"
        return SessionEnded(what, fix=f"look at the master's log, then {AGAIN}")
    return None


def _code_of(process: subprocess.Popen[bytes] | None) -> int | None:
    if process is None:
        return None  # spark-submit's own JVM, which is not our child
    with suppress(subprocess.TimeoutExpired):
        return process.wait(_PATIENCE_S)
    return None


def _ended(code: int | None) -> SessionEnded:
    """The end of a JVM by its exit code, None where the code cannot be known."""
    if code in (-signal.SIGKILL, 128 + signal.SIGKILL):
        return SessionEnded("Spark's JVM was killed, most likely by the system for its memory", fix=ROOM)
    if code is None:
        return SessionEnded("Spark's JVM ended: it was killed, most likely for its memory, or was stopped", fix=ROOM)
    if code < 0:
        name = signal.Signals(-code).name if -code in signal.valid_signals() else f"signal {-code}"
        return SessionEnded(f"Spark's JVM was ended by {name}", fix=f"see who sends it, then {AGAIN}")
    what = f"Spark's JVM ended by itself, with exit code {code}"
    return SessionEnded(what, fix=f"its last words stand above; a larger heap (spark.driver.memory) may help; {AGAIN}")


def check_session() -> None:
    """Raise SessionEnded, from within an `except`, when the session is gone: the error in hand came of that."""
    ended = how_it_ended()
    if ended is not None:
        raise ended


@contextmanager
def session_end_reported() -> Iterator[None]:
    """Raises SessionEnded for any error of the block that came because the session is gone.

    Raises:
        SessionEnded: the JVM has ended, or the session was stopped from outside.
    """
    try:
        yield
    except SessionEnded:
        raise
    except Exception as error:
        ended = how_it_ended()
        if ended is None:
            raise
        raise ended from error


def hush_accumulators(session: SparkSession) -> None:
    """Keeps the thread that reads counters of tasks from writing a trace when the JVM at its other end is gone."""
    server: AccumulatorTCPServer | None = getattr(session.sparkContext, "_accumulatorServer", None)
    if server is None:
        return
    usual = server.handle_error

    def handle_error(request: object, address: object) -> None:
        if not isinstance(sys.exc_info()[1], EOFError | ConnectionError):
            usual(request, address)

    server.handle_error = handle_error


def forget_session() -> None:
    """Lets pyspark forget a session whose JVM is gone, so that this process can start another one."""
    SparkContext._active_spark_context = None
    SparkContext._gateway = None
    SparkContext._jvm = None
    SparkSession._instantiatedSession = None
