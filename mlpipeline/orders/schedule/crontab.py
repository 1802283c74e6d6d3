"""When again: the scheduled runs of a schedule, written as lines for cron."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mlpipeline.errors import UsageError
from mlpipeline.orders.schedule.cron_times import parse_time, staggered

By = Literal["bot", "domain", "lang", "all"]
# Vixie's cron cuts a command after 999 bytes without a word.
_LONGEST = 990
# What a run reads from the environment and cron does not have. Proxies are left out: their addresses carry passwords.
_VARIABLES = (
    "JAVA_HOME",
    "MLPIPELINE_CACHE",
    "MLPIPELINE_MAVEN",
    "HADOOP_CONF_DIR",
    "YARN_CONF_DIR",
    "SPARK_CONF_DIR",
    "SPARK_LOCAL_IP",
    "SSL_CERT_FILE",
    "TZ",
)
_FOLDERS = ("MLPIPELINE_STORE", "MLPIPELINE_CONF")
_PATH = ("/usr/local/bin", "/usr/bin", "/bin")


@dataclass(frozen=True)
class Schedule:
    """What is to be done again and again.

    `at` is cron's, `spread` the minutes over which the starts are spread, `home` the folder to work in; `program` are
    the words that start mlpipeline, `run` words for `mlpipeline run`,
    `scheduled_run` words for `mlpipeline scheduled-run` alone.
    """

    selections: tuple[str, ...]
    at: str
    spread: int
    home: Path
    program: tuple[str, ...]
    environ: Mapping[str, str]
    run: tuple[str, ...] = ()
    scheduled_run: tuple[str, ...] = ()
    mail: str | None = None


def selections_of(bots: Sequence[tuple[str, str]], by: By, *, named: bool = False) -> tuple[str, ...]:
    """What one scheduled run is about: a bot (`shop/ko`), a domain, a language, or everything (an empty selection).

    Args:
        bots: (domain, language) each, in their order.
        by: what makes a scheduled run.
        named: `bots` are not all there are, so each of a scheduled run's bots is named.
    """
    made = {"bot": "{0}/{1}", "domain": "domain:{0}", "lang": "lang:{1}", "all": ""}[by]
    groups: dict[str, list[str]] = {}
    for bot in bots:
        groups.setdefault(made.format(*bot), []).append("/".join(bot))
    return tuple(",".join(group) if named else scheduled_run for scheduled_run, group in groups.items())


def own_program() -> tuple[str, ...]:
    """The words that start this very mlpipeline, whatever PATH says."""
    script = Path(sys.executable).parent / "mlpipeline"
    return (str(script),) if script.is_file() else (sys.executable, "-m", "mlpipeline.cli.main")


def cron_environment(environ: Mapping[str, str], *, store: str, conf: Path) -> dict[str, str]:
    """The variables that a run needs where nobody has logged in.

    Cron starts with PATH=/usr/bin:/bin and without LANG: Java then reads file names as ASCII and is not found when it
    lies elsewhere.
    """
    java = shutil.which("java", path=environ.get("PATH"))
    folders = [str(Path(sys.executable).parent), *([os.path.dirname(java)] if java else []), *_PATH]
    given = {name: environ[name] for name in _VARIABLES if environ.get(name)}
    fixed = {"PATH": ":".join(dict.fromkeys(folders)), "LANG": _utf8(environ)}
    return {**fixed, "MLPIPELINE_STORE": store, "MLPIPELINE_CONF": os.path.abspath(conf), **given}


def _utf8(environ: Mapping[str, str]) -> str:
    lang = environ.get("LC_ALL") or environ.get("LANG") or ""
    return lang if "utf" in lang.lower() else "C.UTF-8"


def as_crontab(schedule: Schedule) -> str:
    """The text of a crontab: variables, then a line for each scheduled run; their starts are spread.

    Raises:
        UsageError: the time is none, a line would be too long for cron, or a value has a line break.
    """
    times = staggered(parse_time(schedule.at), len(schedule.selections), schedule.spread)
    variables = {name: value for name, value in schedule.environ.items() if name not in _FOLDERS}
    head = {"SHELL": "/bin/sh", **variables}
    if schedule.mail is not None:
        head["MAILTO"] = schedule.mail
    lines = [
        "# Written by `mlpipeline schedule`; write it anew after a change of the bots.",
        "# Look at `crontab -l` first: `crontab FILE` replaces all that stands there.",
        "# A scheduled run that goes well says nothing. Any other prints a few lines, which cron mails to MAILTO.",
        *(_variable(name, value) for name, value in head.items()),
        "",
    ]
    for time, selection in zip(times, schedule.selections, strict=True):
        lines.append(f"{time.text} {_escaped(run_line(schedule, selection))}")
    return "\n".join(lines) + "\n"


def run_line(schedule: Schedule, selection: str) -> str:
    """The line for a shell that does one scheduled run.

    Raises:
        UsageError: it is too long for cron.
    """
    chosen = ["--select", selection] if selection else []
    words = shlex.join(
        [*schedule.program, "scheduled-run", *chosen, *_folders(schedule), *schedule.scheduled_run, *schedule.run]
    )
    line = f"cd {shlex.quote(str(schedule.home))} && {words}"
    if len(_escaped(line).encode()) > _LONGEST:
        raise UsageError("the line is too long for cron", where=selection, fix="use shorter paths or a shorter --hook")
    if "\n" in line:
        raise UsageError("a line of cron cannot be broken", where=selection, fix="keep --hook and paths on one line")
    return line


def _folders(schedule: Schedule) -> list[str]:
    # In the line and not among the variables: busybox's crond knows none. Left out where `scheduled-run` looks anyway.
    given = (("--store", "MLPIPELINE_STORE", "store"), ("--conf", "MLPIPELINE_CONF", "conf"))
    found = [(flag, schedule.environ.get(name, ""), usual) for flag, name, usual in given]
    return [
        word for flag, path, usual in found if path not in ("", str(schedule.home / usual)) for word in (flag, path)
    ]


def _escaped(line: str) -> str:
    # To cron a bare percent sign is the end of the command.
    return line.replace("%", r"\%")


def _variable(name: str, value: str) -> str:
    if re.search(r"[\n\r\x00]", value):
        raise UsageError(f"{name} has a line break", where=name, fix="correct the variable")
    # Blanks at the ends would be lost without quotes.
    return f'{name}="{value}"' if value != value.strip() or not value else f"{name}={value}"
