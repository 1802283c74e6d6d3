"""Processes that a test starts: each in a session of its own, and none outlives the test run, however that ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# Reads the leaders of sessions from its input, one a line, "-N" for one that has ended. When the input closes, because
# the test run ended or was killed, it kills what is left. It must outlive Ctrl-C and the terminal.
_GUARD = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
sys.path.insert(0, sys.argv[1])
from tests.cluster.processes import end_session
alive = set()
for line in sys.stdin:
    leader = int(line)
    alive.add(leader) if leader > 0 else alive.discard(-leader)
for leader in alive:
    end_session(leader, patience=0)
"""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def end_session(leader: int, *, patience: float = 5.0) -> None:
    """Ends a process and everything that it started, also what moved to another process group (Python daemons do).

    Args:
        leader: id of a process that was started with `start_new_session`.
        patience: seconds between asking (SIGTERM) and killing; 0 kills at once.
    """
    if patience > 0:
        _signal(leader, signal.SIGTERM)
        wait_for(lambda: not members(leader), patience, step=0.05)
    for _ in range(20):  # what is being forked while we look is found the next time
        if not members(leader):
            return
        _signal(leader, signal.SIGKILL)
        time.sleep(0.05)


def _signal(leader: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
    for process in members(leader):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def members(leader: int) -> list[int]:
    """The living processes of a session; zombies do not count."""
    said = subprocess.run(["ps", "-A", "-o", "pid=,sess=,stat="], capture_output=True, text=True, check=False).stdout
    rows = [line.split() for line in said.splitlines()]
    return [int(row[0]) for row in rows if len(row) > 2 and row[1] == str(leader) and not row[2].startswith("Z")]


def wait_for(ready: Callable[[], object], patience: float, *, step: float = 0.1) -> bool:
    """Asks again and again until `ready` gives something true; False when `patience` (seconds) is over."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if ready():
            return True
        time.sleep(step)
    return False


def read_url(url: str, timeout: float = 5.0) -> bytes:
    """What a local server answers; b"" when it does not (yet)."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=timeout) as answer:
            return bytes(answer.read())
    except (OSError, urllib.error.URLError):
        return b""


class Processes:
    """Starts processes and ends all of them; a guard process ends them when the test run itself is killed."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[bytes]] = []
        root = str(Path(__file__).parents[2])
        self._guard = subprocess.Popen(
            [sys.executable, "-c", _GUARD, root],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def start(
        self, command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Starts a command in a session of its own; stdout and stderr go to `log`."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as stream:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                start_new_session=True,
            )
        self._started.append(process)
        self._tell(process.pid)
        return process

    def end(self, process: subprocess.Popen[bytes], *, patience: float = 5.0) -> None:
        """Ends one of them with everything that it started."""
        end_session(process.pid, patience=patience)
        process.wait(10)
        self._tell(-process.pid)

    def end_all(self) -> None:
        """Ends all of them, the last started first, then the guard."""
        for process in reversed(self._started):
            self.end(process, patience=2.0)
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        self._guard.wait(30)

    def _tell(self, number: int) -> None:
        assert self._guard.stdin is not None
        self._guard.stdin.write(f"{number}\n".encode())
        self._guard.stdin.flush()
