"""What Spark's errors mean: one line with cause and fix instead of a page of Java and Python frames."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from mlpipeline.cluster.setting_failures import SIGNS
from mlpipeline.errors import Failure, MLPipelineError, SetupError, StageError, StoreError

_Told = Callable[["re.Match[str]"], MLPipelineError]
_LONGEST = 500  # characters of a library's own words
_CALLS = 20
AGAIN = "run again to go on from here"
ROOM = (
    f"give it fewer cores (--master 'local[1]') or a smaller heap (spark.driver.memory), or free memory; then {AGAIN}"
)
_EVERY_NODE = "install it for the executors' Python on every node, or submit with an archive of this environment"


class SessionEnded(SetupError):
    """Spark is gone: nothing more can be done in this process, and all that was committed stays."""


def explain(error: BaseException) -> MLPipelineError | None:
    """The cause of an error of Spark in words, None when it is none that is known.

    A SetupError is the machines' fault and hits every bot; memory may be one large bot's, and is a StageError.

    Args:
        error: as Spark, py4j or a Python worker raised it.
    """
    if isinstance(error, MLPipelineError):
        return error
    # As a traceback shows it: in a task the error is Python's own, on the driver it stands inside Spark's words.
    text = f"{type(error).__name__}: {error}"
    for sign, told in _CAUSES:
        found = sign.search(text)
        if found:
            return told(found)
    return None


@contextmanager
def known_causes() -> Iterator[None]:
    """Raises the known cause of an error of the block in its place; what is not known stays as it is."""
    try:
        yield
    except MLPipelineError:
        raise
    except Exception as error:
        known = explain(error)
        if known is None:
            raise
        raise known from error


def as_failure(error: BaseException, stage: str = "") -> Failure:
    """What is kept of an error that cost a bot its stage.

    The trace is that of the error and of all that it was raised from, the innermost calls of each.
    """
    known = explain(error)
    raised = error.__traceback__ is not None
    trace = "".join(traceback.format_exception(error, limit=-_CALLS)) if raised else ""
    if known is not None:
        return Failure(known.what, known.where, known.fix, trace, stage)
    text = str(error).strip().splitlines() or [""]
    what = f"{type(error).__name__}: {text[0][:_LONGEST]}"
    return Failure(what, "", "-v prints the trace, and run.json has it", trace, stage)


class TaskTrace(Exception):
    """Stands in front of an error of the driver, with the trace of what was raised in a task."""


def _no_module(found: re.Match[str]) -> SetupError:
    name = found[1].partition(".")[0]
    if name == "mlpipeline":
        return SetupError("an executor cannot import mlpipeline", fix="submit with `mlpipeline submit`, which sends it")
    return SetupError(f"an executor cannot import {name}", fix=f"{_EVERY_NODE}; `mlpipeline doctor env` compares them")


def _no_program(found: re.Match[str]) -> SetupError:
    fix = "set PYSPARK_PYTHON or spark.pyspark.python to a Python that every node has"
    return SetupError(f"an executor cannot run {found[1]}: {found[2]}", fix=fix)


def _other_python(found: re.Match[str]) -> SetupError:
    fix = "set PYSPARK_PYTHON to the same version on every node, or submit with an archive of this environment"
    return SetupError(f"executors have Python {found[1]}, the driver has {found[2]}", fix=fix)


def _port(found: re.Match[str]) -> SetupError:
    fix = "free the port, or leave the setting out: Spark then takes a free one"
    return SetupError(f"a port is in use: {found[1]} could not be bound", fix=fix)


def _address(found: re.Match[str]) -> SetupError:
    fix = "correct SPARK_LOCAL_IP or spark.driver.bindAddress to an address that this machine has"
    return SetupError(f"this machine does not have the address that Spark is to listen on ({found[0]})", fix=fix)


def _host(found: re.Match[str]) -> SetupError:
    fix = "correct the name, or add it to /etc/hosts; for this machine's own name set SPARK_LOCAL_IP"
    return SetupError(f"the host name {found[1]} cannot be resolved", fix=fix)


def _no_master(found: re.Match[str]) -> SetupError:
    return SetupError("the master does not answer", fix="is it up, and of this Spark's version? look at its log")


def _damaged(found: re.Match[str]) -> StoreError:
    place = unquote(re.sub("^file:/+", "/", found[1]))
    return StoreError("the file is damaged or missing", where=place, fix="delete the file; then `mlpipeline run` again")


def _memory(found: re.Match[str]) -> StageError:
    return StageError(f"a heap was too small ({found[0]})", fix="raise spark.executor.memory or spark.driver.memory")


def _killed(found: re.Match[str]) -> StageError:
    what = "a Python worker died without a word: most likely the system killed it for its memory"
    return StageError(what, fix="raise spark.executor.memoryOverhead, or lower spark.executor.cores")


def _profile(found: re.Match[str]) -> SetupError:
    what = "a stage asks for resources of its own, which this master does not give"
    return SetupError(what, fix="use a cluster, with spark.dynamicAllocation.enabled for executors of another kind")


def _gateway(found: re.Match[str]) -> SetupError:
    fix = f"its own words, if it had any, stand above; check JAVA_HOME and memory, then {AGAIN}"
    return SessionEnded("Spark's JVM ended before it was up", fix=fix)


def _script(found: re.Match[str]) -> SetupError:
    return SetupError(f"the discovery script {found[1]} cannot be run", fix=f"chmod +x {found[1]} on every node")


# The first that fits counts: what a library or a node lacks, before how Spark calls the task that died of it.
_CAUSES: tuple[tuple[re.Pattern[str], _Told], ...] = (
    (re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'"), _no_module),
    (re.compile(r"Cannot run program \"([^\"]+discover[^\"]*|[^\"]+\.sh)\".*(?:Permission denied)"), _script),
    (re.compile(r"Cannot run program \"([^\"]+)\".*?: (?:error=\d+, )?([\w ]+)"), _no_program),
    (re.compile(r"PYTHON_VERSION_MISMATCH.*?(\d+\.\d+).*?(\d+\.\d+)", re.DOTALL), _other_python),
    (re.compile(r"Cannot assign requested address[^\n]*"), _address),
    (re.compile(r"BindException: [^\n]*?(Service '\w+'|[\w.]+:\d+)?[^\n]*(?:failed|in use)"), _port),
    (re.compile(r"UnknownHostException: ([\w.-]+)"), _host),
    (re.compile(r"FAILED_READ_FILE[^\n]*?while reading file ([^\n]+?\.parquet)"), _damaged),
    (re.compile(r"All masters are unresponsive"), _no_master),
    (re.compile(r"java\.lang\.OutOfMemoryError: [^\n]*"), _memory),
    (re.compile(r"Python worker exited unexpectedly \(crashed\)(?!.*Fatal Python error)", re.DOTALL), _killed),
    (re.compile(r"(?:Task)?ResourceProfiles are only supported"), _profile),
    *((sign.text, sign.error_of) for sign in SIGNS),
    (re.compile(r"JAVA_GATEWAY_EXITED"), _gateway),
)
