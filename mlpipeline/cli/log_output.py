"""Messages of the package on stderr: standard `logging`, as lines for a person, with times for a scheduler, or JSON."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType

from mlpipeline.cli.terminal_text import visible, visible_json
from mlpipeline.errors import UsageError

FORMS = ("text", "timed", "json")
VARIABLE = "MLPIPELINE_LOG_FORMAT"
# Whoever starts us there keeps stderr as a log: Airflow, containers of YARN, driver pods of Kubernetes.
_LOGS = ("AIRFLOW_CTX_DAG_ID", "CONTAINER_ID", "SPARK_APPLICATION_ID")
_PACKAGE = "mlpipeline"
_ABOUT = ("bot", "stage")  # `extra` of a record
_LEVELS = (
    ("warning: ", logging.WARNING),
    ("waiting: ", logging.WARNING),
    ("failed: ", logging.ERROR),
    ("refused: ", logging.ERROR),
    ("error: ", logging.ERROR),
)

Trace = tuple[type[BaseException], BaseException, TracebackType | None]


def log_options(group: argparse._ArgumentGroup) -> None:
    """Adds how much is told on stderr, and in which form."""
    group.add_argument("--quiet", action="store_true", help="no progress on stderr")
    group.add_argument("-v", "--verbose", action="store_true", help="more progress on stderr, and traces of failures")
    group.add_argument(
        "--log-format",
        choices=FORMS,
        default=os.environ.get(VARIABLE) or None,
        help=f"lines on stderr: text, timed (time, level, module) or json (default: ${VARIABLE}, else "
        "timed within Airflow, YARN and pods of drivers, else text)",
    )


def log_words(options: argparse.Namespace) -> list[str]:
    """These options for a command that is to tell as much, in the same form."""
    flags = (("--quiet", options.quiet), ("--verbose", options.verbose))
    return [flag for flag, on in flags if on] + form_words(options)


def form_words(options: argparse.Namespace) -> list[str]:
    """`--log-format` for a command that is to write in the same form; none where nobody has said which."""
    return ["--log-format", options.log_format] if options.log_format else []


def form_of(stated: str | None) -> str:
    """The form that was asked for, else the one that fits where we are.

    Raises:
        UsageError: there is no such form; the environment has it, as the parser refuses it in a command line.
    """
    if stated and stated not in FORMS:
        raise UsageError(f"{stated!r} is none of {', '.join(FORMS)}", where=VARIABLE, fix="correct it, or unset it")
    return stated or ("timed" if any(name in os.environ for name in _LOGS) else "text")


def early_form(words: Sequence[str]) -> str:
    """The form that a command line seems to ask for, before anything has parsed it; nothing is refused here."""
    ours = list(words[: words.index("--")] if "--" in words else words)
    stated = os.environ.get(VARIABLE)
    for word, following in zip(ours, [*ours, ""][1:], strict=True):
        flag, equals, value = word.partition("=")
        if flag == "--log-format":
            stated = value if equals else following
    return form_of(stated if stated in FORMS else None)


def level_of(text: str) -> int:
    """The level of a line by the word that it begins with: `failed: ` is an error, other lines inform."""
    return next((level for word, level in _LEVELS if text.startswith(word)), logging.INFO)


@contextmanager
def logging_to(handler: LineHandler, options: argparse.Namespace) -> Iterator[None]:
    """While the block runs, the package's loggers write by this handler, as much as the options say.

    Raises:
        UsageError: the environment names a form that there is not.
    """
    handler.form = form_of(options.log_format)
    # Of the handler: others may listen too. What ends a verb is written in any case.
    handler.setLevel(logging.CRITICAL + 1 if options.quiet else logging.NOTSET)
    loggers = [logging.getLogger(_PACKAGE), *([] if handler.form == "text" else [logging.getLogger("py.warnings")])]
    before = [(logger, logger.level, logger.propagate) for logger in loggers]
    logging.captureWarnings(len(loggers) > 1)
    for logger in loggers:
        logger.addHandler(handler)
        # A library that gives the root logger a handler must not have our lines written twice.
        logger.propagate = False
    loggers[0].setLevel(logging.DEBUG if options.verbose else logging.INFO)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        for logger, level, propagates in before:
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagates


def line_handler() -> LineHandler:
    """The handler of the command line at work; where there is none, one that writes plain text."""
    handlers = logging.getLogger(_PACKAGE).handlers
    return next((handler for handler in handlers if isinstance(handler, LineHandler)), None) or LineHandler()


class LineHandler(logging.Handler):
    """Writes each message as whole lines to whatever stderr is now, from any thread.

    `before` is called before each, for whoever has drawn something on the terminal that a line must not be mixed with.
    """

    def __init__(self, form: str = "text") -> None:
        super().__init__()
        self.form = form
        self.before: Callable[[], None] = lambda: None
        self.write_lock = threading.RLock()

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one message. A stream that is closed ends nothing."""
        try:
            self._write(self.line(record))
        except BrokenPipeError:
            raise
        except Exception:
            self.handleError(record)

    def put(self, text: str, trace: Trace | None = None) -> None:
        """Writes a line however quiet the verb is to be, such as the error that ends it."""
        self._write(self.line(_record(f"{_PACKAGE}.cli", level_of(text), text, trace)))

    def relay(self, line: str) -> None:
        """Writes a line of another program as it came; where all lines are JSON, as one of them."""
        # Of the settings of jobs, and therefore not for verbs that answer a person at once.
        from mlpipeline.cluster.log_lines import json_fields

        is_ours = self.form != "json" or json_fields(line)
        self._write(line if is_ours else self.line(_record("spark-submit", level_of(line), line, None)))

    def line(self, record: logging.LogRecord) -> str:
        """The message in the handler's form; other people's text cannot steer the terminal, or break the line."""
        text, trace = record.getMessage(), ""
        if record.exc_info and record.exc_info[0]:
            import traceback

            trace = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        when = f"{second}.{int(record.msecs):03d}+00:00"
        if self.form == "json":
            fields = {"time": when, "level": record.levelname, "logger": record.name, "message": text}
            fields |= {name: getattr(record, name) for name in _ABOUT if getattr(record, name, None)}
            return visible_json(fields | ({"traceback": trace} if trace else {}), indent=None)
        # The trace first: the last line of a terminal is the one that is read.
        whole = visible(f"{trace}\n{text}" if trace else text, lines=True)
        return whole if self.form == "text" else f"{when} {record.levelname:<7} {record.name}: {whole}"

    def _write(self, text: str) -> None:
        with self.write_lock:
            self.before()
            # In one piece: what watches an application tells from its own thread.
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()


def _record(name: str, level: int, text: str, trace: Trace | None) -> logging.LogRecord:
    return logging.LogRecord(name, level, __file__, 0, "%s", (text,), trace)
