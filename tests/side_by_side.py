"""A plugin of pytest for quick tests: they are collected once, then two processes share the files among them.

    python -m pytest -p tests.side_by_side tests/house tests/unit

Each worker of pytest-xdist imports all tests and all libraries again, and every result goes over a wire: of thousands
of tests that take milliseconds, that was a third of the CPU time. Here the process is forked when everything has been
imported. What has started Spark or TensorFlow cannot be forked, so the slow tests run with xdist. Elsewhere than on
Linux, where libraries may not outlive a fork, one process runs all.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import sys
import time
import warnings
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import pytest

_PAUSE = 0.05  # seconds between two looks at what the second process has done
_BYTES = 2  # of a file's number in the queue


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Runs all tests, half of them in a second process; None leaves them to pytest."""
    if session.testsfailed or session.config.option.collectonly or not sys.platform.startswith("linux"):
        return None
    folder: Path = session.config._tmp_path_factory.mktemp("second", numbered=False)  # type: ignore[attr-defined]
    told = folder / "told.jsonl"
    told.touch()
    items = shared_items(session)
    gc.collect()
    gc.freeze()  # what was imported stays: neither process looks through it again
    gc.set_threshold(100_000, 20, 100)
    second = multiprocessing.get_context("fork").Process(target=run_second, args=(session, items, told))
    second.start()
    with told.open(encoding="utf-8") as lines:
        try:
            for _ in run(session, items):
                pass_on(session.config, lines)
            while second.is_alive():
                pass_on(session.config, lines)
                time.sleep(_PAUSE)
            pass_on(session.config, lines)
        finally:
            second.terminate()
            second.join()
    if second.exitcode:
        raise session.Failed(f"the second process ended with exit code {second.exitcode}")
    return True


def shared_items(session: pytest.Session) -> Iterator[pytest.Item]:
    """All tests; each of the processes that go through it side by side gets the files that no other has taken.

    A pipe is the queue: it holds the numbers of all files, and what one process has read is gone for the others.
    """
    files = [list(items) for _, items in groupby(session.items, key=lambda item: item.path)]
    queue, end = os.pipe()
    for number in range(len(files)):
        os.write(end, number.to_bytes(_BYTES, "big"))
    os.close(end)
    numbers = iter(lambda: os.read(queue, _BYTES), b"")
    return (item for number in numbers for item in files[int.from_bytes(number, "big")])


def run(session: pytest.Session, items: Iterator[pytest.Item]) -> Iterator[None]:
    """Runs them as pytest's own loop does; yields after each."""
    item = next(items, None)
    while item is not None:
        following = next(items, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        yield
        item = following


def run_second(session: pytest.Session, items: Iterator[pytest.Item], told: Path) -> None:
    """The second process: prints nothing, and tells the first one in a file."""
    config = session.config
    config.pluginmanager.unregister(name="terminalreporter")
    # Both would write what they capture into one file.
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    capture.stop_global_capturing()
    capture.start_global_capturing()
    capture.suspend_global_capture()
    factory: Any = config._tmp_path_factory  # type: ignore[attr-defined]
    factory._basetemp = told.parent
    with told.open("w", encoding="utf-8", buffering=1) as lines:
        config.pluginmanager.register(Telling(config, lines))
        try:
            for _ in run(session, items):
                pass
        except (session.Failed, session.Interrupted, KeyboardInterrupt):
            pass  # after failures, which are told, or by the user, who stops the first process too


class Telling:
    """Writes what happens as lines of JSON: reports of tests that say something, and warnings."""

    def __init__(self, config: pytest.Config, lines: IO[str]) -> None:
        self.config, self.lines = config, lines
        self.every = config.option.durations is not None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self.every or report.when == "call" or not report.passed:
            data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
            print(json.dumps({"report": data}), file=self.lines)

    def pytest_warning_recorded(
        self, warning_message: warnings.WarningMessage, when: str, nodeid: str, location: Any
    ) -> None:
        if when == "runtest":  # the first process has the others too
            said = [getattr(warning_message, name) for name in ("filename", "lineno")]
            kind = warning_message.category.__name__
            print(json.dumps({"warning": [str(warning_message.message), kind, *said, nodeid]}), file=self.lines)


def pass_on(config: pytest.Config, lines: IO[str]) -> None:
    """Tells the plugins of the first process what the second one has written since."""
    while line := lines.readline():
        while not line.endswith("\n"):  # it is writing it
            time.sleep(_PAUSE)
            line += lines.readline()
        event = json.loads(line)
        if "report" in event:
            report = config.hook.pytest_report_from_serializable(config=config, data=event["report"])
            if isinstance(report.longrepr, list):  # of a test that was skipped: a tuple, which JSON does not have
                report.longrepr = tuple(report.longrepr)
            config.hook.pytest_runtest_logreport(report=report)
        else:
            text, kind, filename, lineno, nodeid = event["warning"]
            message = warnings.WarningMessage(text, type(kind, (Warning,), {}), filename, lineno)
            told = {"warning_message": message, "when": "runtest", "nodeid": nodeid, "location": None}
            config.hook.pytest_warning_recorded.call_historic(kwargs=told)
