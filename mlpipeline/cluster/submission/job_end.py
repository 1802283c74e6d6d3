"""What is known when spark-submit has ended, and what it means."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mlpipeline.cluster.failures import ROOM, explain

if TYPE_CHECKING:
    from mlpipeline.cluster.submission.compose import Submission

Tell = Callable[[str], None]

# What a JVM prints beside its log: traces, and remarks at its start.
JVM_LINE = re.compile(
    r"\s+at [\w.$/<>]+\(|Caused by: |\s+\.\.\. \d+ more|Exception in thread |WARNING: Using incubator|"
    r"Using Spark's default log4j|Setting default log level|To adjust logging level|Picked up _?JAVA"
)


def without_frames(text: str) -> str:
    """Lines of text without the frames of Java among them: a Python trace of a failed task has a page of those."""
    return "".join(line for line in text.splitlines(keepends=True) if not JVM_LINE.match(line))


@dataclass(frozen=True)
class Finished:
    """The end of a spark-submit process.

    Args:
        code: its exit code; negative when a signal ended it.
        output_tail: its last lines, stdout and stderr as they came, Spark's own log among them.
        application_id: what the master calls the application, None when it was never accepted.
        seconds: how long it ran.
        given_up: why the watch ended it before its time, None when it did not.
    """

    code: int
    output_tail: tuple[str, ...] = ()
    application_id: str | None = None
    seconds: float = 0.0
    given_up: str | None = None


@dataclass(frozen=True)
class JobEnd:
    """How a job really ended.

    Args:
        code: the job's true exit code.
        cause: one line in words, None when all is well or nothing is known.
        fix: what to do next.
        driver_output: what the driver printed far away (cluster mode) and has not been shown yet; printed to stdout.
    """

    code: int
    cause: str | None = None
    fix: str | None = None
    driver_output: str | None = None


class Monitor(Protocol):
    """What a kind of master adds to a run; yarn.py and kubernetes.py have one each, others need none."""

    def find_application(self, line: str) -> str | None:
        """The application's id, when this line of spark-submit's output (its own log included) names it."""

    def watch(self, submission: Submission, application_id: str, tell: Tell, stop: threading.Event) -> str | None:
        """Runs in a thread from the moment the id is known until `stop` is set; tells what the user should know.

        Returns:
            A cause to give up: spark-submit is ended, and that cause is told. None when `stop` was set.
        """

    def end_of(self, submission: Submission, finished: Finished) -> JobEnd:
        """The true exit code and its cause."""


_NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
# Frames of an executor's Python, as Spark hands them to the driver.
_ON_EXECUTOR = ("worker.py", "PythonException")


def killed_cause(who: str) -> tuple[str, str]:
    """Cause and fix of a JVM on this machine that was killed."""
    return f"{who} was killed, most likely by the system for its memory", ROOM


def cause_of(text: str) -> tuple[str, str] | None:
    """Cause and fix that stand in the output of spark-submit or of a driver, in words.

    Returns:
        None when nothing of it is known.
    """
    missing = _NO_MODULE.search(text)
    if missing and not any(sign in text for sign in _ON_EXECUTOR):
        return (
            f"the driver cannot import {missing[1]}",
            "install it where the driver runs, or send it: --env, --py-files",
        )
    error = explain(RuntimeError(text))
    return (error.what, error.fix) if error else None
