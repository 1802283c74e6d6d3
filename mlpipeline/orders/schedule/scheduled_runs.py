"""A scheduled run: nobody watches it, so it has a lock, a dated log, and one word about how it ended."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO

from mlpipeline.cluster.log_lines import message_of
from mlpipeline.cluster.redaction import redacted_words
from mlpipeline.errors import SetupError

# What sendmail calls "temporary failure, try later": no other code of ours.
SKIPPED = 75
_WORDS: Mapping[int, str] = {0: "ok", 1: "failed", 2: "usage", 4: "refused", SKIPPED: "skipped", 130: "interrupted"}
_TOLD: Mapping[str, str] = {
    "failed": "something failed; a rerun does only what is missing",
    "usage": "the command line or a recipe is wrong; nothing was run",
    "refused": "a gate refused the new model; the old champion stays in production",
    "interrupted": "interrupted; the next scheduled run goes on from there",
    "killed": "the run was killed; the next scheduled run goes on from there",
}
_DATED = re.compile(r"\.(\d{4}-\d{2}-\d{2})\.log\Z")
_LINES = 10
_LONGEST = 80
_HOOK_SECONDS = 60


@dataclass(frozen=True)
class ScheduleRules:
    """How scheduled runs are started. Times in minutes, `keep` in days; `hook` is a line for `sh`, empty for none."""

    logs: Path
    keep: int = 30
    at_once: int = 1
    wait: float = 240
    hook: str = ""


@dataclass(frozen=True)
class ScheduledRunEnd:
    """How a scheduled run ended: the exit code, its word, what to say (empty when all is well), and the log."""

    code: int
    word: str
    message: str
    log: Path | None


def run_name(selection: str) -> str:
    """A selection as a file can be called: `shop/ko` is `shop.ko`, every bot is `all`."""
    name = re.sub(r"[^\w-]+", ".", selection).strip(".") or "all"
    if len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}.{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return name


def run_scheduled(selection: str, command: Sequence[str], rules: ScheduleRules) -> ScheduledRunEnd:
    """Runs `command` once, unless the same selection is still at work.

    Args:
        selection: what the run is about; names lock and log.
        command: of the run; its output goes to `<logs>/<name>.<date>.log`.
        rules: folder, days to keep, how many scheduled runs at once, the hook.

    Raises:
        SetupError: the folder of the logs cannot be written.
    """
    name = run_name(selection)
    try:
        rules.logs.mkdir(parents=True, exist_ok=True)
        lock = open(rules.logs / f"{name}.lock", "a+")  # noqa: SIM115 - closed below
    except OSError as error:
        raise SetupError(f"no log can be kept: {error.strerror}", where=str(rules.logs), fix="give --logs") from error
    with lock:
        if not _taken(lock):
            end = ScheduledRunEnd(
                SKIPPED, "skipped", f"skipped: the scheduled run before it still works ({_holder(lock)})", None
            )
        else:
            with _slot(rules) as slot:
                if slot is None:
                    told = f"skipped: no slot was free for {rules.wait:g} minutes ({rules.at_once} at once)"
                    end = ScheduledRunEnd(SKIPPED, "skipped", told, None)
                else:
                    end = _run(name, command, rules, (lock, slot))
    if end.code and rules.hook:
        end = _with_hook(end, selection, rules.hook)
    return end


def prune_logs(logs: Path, name: str, keep: int, today: date) -> list[Path]:
    """Removes the logs of `name` that are older than `keep` days by the date in their name; gives them."""
    gone = []
    for path in sorted(logs.glob("*.log")):
        found = _DATED.search(path.name)
        if found is None or path.name[: found.start()] != name:
            continue
        try:
            dated = date.fromisoformat(found[1])
        except ValueError:
            continue
        if dated < today - timedelta(days=keep):
            path.unlink(missing_ok=True)
            gone.append(path)
    return gone


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    lock.seek(0)
    lock.truncate()
    lock.write(f"process {os.getpid()}, since {datetime.now().strftime('%Y-%m-%d %H:%M')}")
    lock.flush()
    return True


def _holder(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read() or "just begun"


@contextmanager
def _slot(rules: ScheduleRules) -> Iterator[IO[str] | None]:
    """A slot for a scheduled run, None when none became free in time."""
    until = time.monotonic() + rules.wait * 60
    while True:
        for number in range(max(rules.at_once, 1)):
            place = open(rules.logs / f"place.{number}.lock", "w")  # noqa: SIM115 - closed below
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                place.close()
                continue
            with place:
                yield place
            return
        if time.monotonic() >= until:
            yield None
            return
        time.sleep(1)


def _run(name: str, command: Sequence[str], rules: ScheduleRules, locks: Sequence[IO[str]]) -> ScheduledRunEnd:
    began = datetime.now().astimezone()
    log = rules.logs / f"{name}.{began.date()}.log"
    prune_logs(rules.logs, name, rules.keep, began.date())
    with open(log, "ab") as out:
        start = out.tell()
        out.write(f"== {began.isoformat(timespec='seconds')} {' '.join(redacted_words(command))}\n".encode())
        out.flush()
        # The run inherits the locks: when this process is killed, they are held until the run itself ends.
        running = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=out, stderr=out, pass_fds=[one.fileno() for one in locks]
        )
        before = signal.signal(signal.SIGTERM, lambda number, frame: running.send_signal(number))
        try:
            code = running.wait()
        finally:
            signal.signal(signal.SIGTERM, before)
        seconds = (datetime.now().astimezone() - began).total_seconds()
        out.write(f"== exit {code} after {seconds:.0f} s\n".encode())
    word = "killed" if code < 0 or code > 130 else _WORDS.get(code, "failed")
    code = 128 - code if code < 0 else code
    told = "" if code == 0 else f"{_TOLD.get(word, word)} (exit {code}, {log})\n{_telling(log, start)}"
    return ScheduledRunEnd(code, word, told.rstrip(), log)


def _telling(log: Path, start: int) -> str:
    """What this scheduled run's log says about the failure: its own words first, else its last lines."""
    with open(log, "rb") as stream:
        stream.seek(start)
        lines = stream.read().decode("utf-8", "replace").removesuffix("\n").split("\n")[1:-1]
    messages = map(message_of, lines)
    said = [text for text in messages if text.startswith(("failed:", "refused:", "error:", "warning:"))]
    return "\n".join(said[:_LINES] or lines[-_LINES:])


def _with_hook(end: ScheduledRunEnd, selection: str, hook: str) -> ScheduledRunEnd:
    about = {
        "MLPIPELINE_SELECTION": selection,
        "MLPIPELINE_EXIT": str(end.code),
        "MLPIPELINE_WORD": end.word,
        "MLPIPELINE_LOG": str(end.log or ""),
    }
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", hook],
            env={**os.environ, **about},
            input=end.message,
            text=True,
            timeout=_HOOK_SECONDS,
            check=False,
        )
        trouble = f"exit {done.returncode}" if done.returncode else ""
    except subprocess.TimeoutExpired:
        trouble = f"no end after {_HOOK_SECONDS} s"
    return (
        end
        if not trouble
        else ScheduledRunEnd(end.code, end.word, f"{end.message}\nthe hook failed: {trouble}", end.log)
    )
