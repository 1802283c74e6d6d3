"""A run at work: one line that lives on a terminal, and a line now and then where there is none."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import TextIO

from mlpipeline.cli.log_output import LineHandler
from mlpipeline.cli.tables import cut
from mlpipeline.cli.terminal_text import visible
from mlpipeline.spark.progress import Progress, Reading, TextsRead, left

_log = logging.getLogger(__name__)
Expect = Callable[[int], Mapping[str, float]]
_STEP_S = 0.5
_PLAIN_S = 30.0
_ERASE = "\r\x1b[K"


class Live:
    """While the block runs: how far the stage is, and when the run is expected to end.

    Args:
        progress: of the run.
        expect: gives the seconds expected of each stage on so many slots, in their order; asked once, in another
            thread, when the session has started.
        quiet: nothing at all is told.
        stream: where to; stderr.
        handler: of the package's messages, which must not be mixed with the line that lives; None: there are none.
    """

    def __init__(
        self,
        progress: Progress,
        expect: Expect,
        *,
        quiet: bool,
        stream: TextIO | None = None,
        handler: LineHandler | None = None,
    ) -> None:
        self._progress, self._expect, self._quiet = progress, expect, quiet
        self._stream = stream or sys.stderr
        self._handler = handler
        self._is_live = is_live(self._stream) and (handler is None or handler.form == "text")
        self._expected: Mapping[str, float] = {}
        self._drawn = False
        self._noted: set[tuple[str, str]] = set()
        self._told = ("", 0.0)  # the stage, and when it was told of last
        self._lock = handler.write_lock if handler is not None else threading.RLock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="live line", daemon=True)

    def __enter__(self) -> Live:
        if self._handler is not None:
            self._handler.before = self._erase
        if not self._quiet:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(2)
        with self._lock, suppress(OSError, ValueError):
            self._erase()
            if self._handler is not None:
                self._handler.before = lambda: None

    def say(self, text: str, *, bot: str = "", stage: str = "") -> None:
        """A line that stays, above the one that lives; `bot` and `stage` are for logs that programs read."""
        if self._quiet:
            return
        if self._handler is not None:
            _log.info("%s", text, extra={"bot": bot, "stage": stage})
            return
        with self._lock:
            self._erase()
            self._stream.write(f"{visible(text, lines=True)}\n")
            self._stream.flush()

    def _watch(self) -> None:
        is_asked = False
        while not self._over.wait(_STEP_S):
            # What cannot be expected, and a line that cannot be drawn, are no reason to end a run.
            if self._progress.slots and not is_asked:
                is_asked = True
                with suppress(Exception):
                    self._expected = self._expect(self._progress.slots)
            with suppress(Exception):
                self._say_notes()
                self._draw() if self._is_live else self._tell()

    def _say_notes(self) -> None:
        for bot, text in self._progress.notes().items():
            if (bot, text) not in self._noted:
                self._noted.add((bot, text))
                self.say(f"note: {bot}: {text}", bot=bot, stage=self._progress.stage)

    def _draw(self) -> None:
        reading = self._progress.read()
        line = line_of(reading, self._expected) if reading else ""
        with self._lock:
            if self._over.is_set():
                return
            self._erase()
            if line:
                self._stream.write(cut(line, _cells(self._stream) - 1))
                self._stream.flush()
                self._drawn = True

    def _tell(self) -> None:
        stage, began = self._progress.stage, self._progress.began
        last = self._told[1] if self._told[0] == stage else began
        if not stage or time.monotonic() - last < _PLAIN_S:
            return
        self._told = (stage, time.monotonic())
        reading = self._progress.read()
        if reading is not None:
            self.say(line_of(reading, self._expected), stage=stage)

    def _erase(self) -> None:
        if self._drawn:
            self._drawn = False
            self._stream.write(_ERASE)
            self._stream.flush()


def is_live(stream: TextIO) -> bool:
    """True where a line can be drawn again: a terminal that is none of a log, and nobody who wants plain text."""
    if not stream.isatty() or os.environ.get("TERM", "dumb") in ("", "dumb"):
        return False
    return not os.environ.get("NO_COLOR") and os.environ.get("CI", "").lower() in ("", "0", "false")


def line_of(reading: Reading, expected: Mapping[str, float], *, now: float | None = None) -> str:
    """` 6 of 10  denoise    3 of 9 bots, 12 of 20 tasks, 0:14, about 1:40 left (done 14:32)`.

    Args:
        reading: of the stage at work.
        expected: seconds of the stages of the run, in their order.
        now: seconds since the epoch.
    """
    if not reading.number:
        return f"{reading.stage}, {clock(reading.seconds)}"
    words = [f"{reading.bots} bot{'s' if reading.bots != 1 else ''}"]
    if reading.is_starting:
        words = ["starting Spark"]
    elif reading.bots_done is not None:
        words = [f"{reading.bots_done} of {reading.bots} bots"]
    words += [f"{name} {done} of {count}" for name, done, count in reading.steps if done < count]
    if reading.texts is not None:
        words += _of_texts(reading.texts)
    if reading.tasks:
        words.append(f"{reading.tasks_done} of {reading.tasks} tasks")
    words.append(clock(reading.seconds))
    still = left(expected, reading)
    if still is not None and still[1]:
        words.append(f"more than {clock(still[0])} left" if still[0] >= 1 else "longer than expected")
    elif still is not None:
        end = time.localtime((time.time() if now is None else now) + still[0])
        words.append(f"about {clock(still[0])} left (done {time.strftime('%H:%M', end)})")
    count = str(reading.count)
    return f"{reading.number:>{len(count)}} of {count}  {reading.stage:<9}  {', '.join(words)}"


def _of_texts(texts: TextsRead) -> list[str]:
    """`12,000 of 30,000 texts at 2,700 a second`, `70% were in the store`."""
    words = [f"{min(texts.done, texts.missing):,} of {texts.missing:,} texts"]
    if texts.done and texts.seconds >= 1:
        words = [f"{words[0]} at {texts.done / texts.seconds:,.0f} a second"]
    if texts.stored:
        words.append(f"{int(100 * texts.stored / (texts.stored + texts.missing))}% were in the store")
    return words


def clock(seconds: float) -> str:
    """75 -> `1:15`, 4000 -> `1:06:40`."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def _cells(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
