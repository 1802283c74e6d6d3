"""A session whose JVM is gone: told apart from other errors, in one line that says what to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark import SparkContext

from mlpipeline.cluster.failures import SessionEnded, as_failure, explain
from mlpipeline.errors import StoreError
from mlpipeline.spark.ended import forget_session, how_it_ended, hush_accumulators, session_end_reported


class _Jvm:
    """Answers like a JVM that lives, or not at all."""

    def __init__(self, process: subprocess.Popen[bytes] | None, alive: bool) -> None:
        self._process, self._alive = process, alive

    def __getattr__(self, name: str) -> Any:
        if not self._alive:
            raise ConnectionRefusedError(111, "Connection refused")
        return _Jvm(self._process, True)

    def __call__(self) -> int:
        return 1


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Gives a function that makes pyspark's gateway one with such a process."""

    def make(process: subprocess.Popen[bytes] | None, *, alive: bool = False) -> None:
        monkeypatch.setattr(SparkContext, "_gateway", SimpleNamespace(proc=process))
        monkeypatch.setattr(SparkContext, "_jvm", _Jvm(process, alive))
        monkeypatch.setattr(SparkContext, "_active_spark_context", None)

    yield make


def child(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code])


def test_a_killed_jvm_is_told_with_what_to_change(gateway: Any) -> None:
    process = child("import time; time.sleep(60)")
    gateway(process, alive=True)
    assert how_it_ended() is None
    process.kill()
    process.wait()
    gateway(process)
    with (
        pytest.raises(SessionEnded, match="most likely by the system for its memory") as caught,
        session_end_reported(),
    ):
        raise ConnectionRefusedError(111, "Connection refused")
    assert all(words in caught.value.fix for words in ("local[1]", "spark.driver.memory", "run again"))
    assert caught.value.exit_code == 1 and isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_the_system_may_need_a_moment_to_say_so(gateway: Any) -> None:
    gateway(child("import os, time; time.sleep(0.3); os._exit(3)"))
    ended = how_it_ended()
    assert ended is not None and "exit code 3" in ended.what


def test_one_that_is_not_our_child_is_known_by_its_silence(gateway: Any) -> None:
    gateway(None)
    ended = how_it_ended()
    assert ended is not None and "killed" in ended.what


def test_other_errors_stay_what_they_are(gateway: Any) -> None:
    gateway(None, alive=True)
    with pytest.raises(StoreError, match="full"), session_end_reported():
        raise StoreError("the disk is full")
    forget_session()
    assert how_it_ended() is None, "without a session nothing has ended"


def test_a_jvm_that_never_came_up_is_one_too() -> None:
    known = explain(RuntimeError("[JAVA_GATEWAY_EXITED] Java gateway process exited before sending its port number."))
    assert isinstance(known, SessionEnded) and as_failure(known).what == "Spark's JVM ended before it was up"


def test_the_thread_that_reads_counters_says_nothing_when_the_jvm_is_gone() -> None:
    told: list[str] = []
    server = SimpleNamespace(handle_error=lambda request, address: told.append(address))
    hush_accumulators(SimpleNamespace(sparkContext=SimpleNamespace(_accumulatorServer=server)))  # type: ignore[arg-type]
    for error in (EOFError(), ConnectionResetError(), ValueError()):
        try:
            raise error
        except Exception as caught:
            server.handle_error(None, type(caught).__name__)
    assert told == ["ValueError"]
