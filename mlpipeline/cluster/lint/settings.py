"""What is wrong with Spark settings, before Spark ignores it, waits for ever, or dies of it an hour later."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from mlpipeline.cluster.defaults import logical_lines, split_line
from mlpipeline.cluster.lint.rules import CONTRADICTIONS
from mlpipeline.cluster.lint.start_rules import AT_START, DRIVER_HEAP
from mlpipeline.cluster.lint.startup import BOUNDS, TYPES
from mlpipeline.cluster.lint.table import Key, find_key, nearest
from mlpipeline.cluster.lint.view import NOT_THERE, Finding, Setting, View
from mlpipeline.cluster.masters import kind_of
from mlpipeline.cluster.redaction import HIDDEN, redacted
from mlpipeline.cluster.sizing.needs import StageNeeds
from mlpipeline.cluster.units import as_bytes, as_microseconds, megabytes
from mlpipeline.errors import UsageError, did_you_mean

__all__ = ["Finding", "Setting", "check_settings", "lint_files", "lint_settings", "node_of"]

_BYTES = {"BYTE": "b", "KiB": "k", "MiB": "m", "GiB": "g"}
_TIMES = {"MICROSECONDS": "us", "MILLISECONDS": "ms", "SECONDS": "s", "MINUTES": "min", "HOURS": "h", "DAYS": "d"}
_KINDS = {"local": "local[*]", "standalone": "spark://", "yarn": "yarn", "k8s": "k8s://"}


def lint_settings(
    settings: Mapping[str, str],
    *,
    master: str | None = None,
    node: tuple[int, int] | None = None,
    stage: str | None = None,
    lang: str | None = None,
    profile: str | None = None,
    running: bool = False,
    stages: StageNeeds | None = None,
) -> list[Finding]:
    """Say what is wrong with settings that are in hand as a mapping.

    Args:
        settings: key -> value, as spark-submit would get them.
        master: a Spark master, or `yarn`, `k8s`, `standalone`, `local`; None: `spark.master`, else unknown.
        node: cores and MB of a worker node.
        stage: whose Python workers must fit.
        lang: of the bots.
        profile: `task` or `full`, where the job uses stage-level resource profiles.
        running: the settings are meant for a session that runs already.
        stages: those that `stage` may name, with what each needs.
    """
    lines = [Setting(key, value) for key, value in settings.items()]
    return _lint(lines, running, view_of(lines, master, node, stage, lang, profile, stages))


def check_settings(
    stated: Mapping[str, str],
    *,
    master: str | None = None,
    under: Mapping[str, str] | None = None,
    here: bool = True,
) -> list[Finding]:
    """Refuse settings with which no session starts; give what else is to be said of them.

    Args:
        stated: what a user gave; findings about other keys are left out.
        master: as for `lint_settings`; None, or what is no master, when it is not known.
        under: settings that those given are laid over.
        here: the driver will run on this machine, and its files are looked for.

    Raises:
        UsageError: Spark would not start; all causes in one line.
    """
    known = master if master is not None and kind_of(master) is not None else None
    found = [each for each in lint_settings({**(under or {}), **stated}, master=known) if each.key in stated]
    if not here:
        found = [each for each in found if each.name != NOT_THERE]
    wrong = [each for each in found if each.stops]
    if wrong:
        # The last advice stands where every error has it.
        *others, last = wrong
        what = "; ".join([*(f"{each.what} -> {each.fix}" for each in others), last.what])
        raise UsageError(what, where="--conf", fix=last.fix)
    return found


def lint_files(
    files: Sequence[tuple[str, str]],
    *,
    master: str | None = None,
    node: tuple[int, int] | None = None,
    stage: str | None = None,
    lang: str | None = None,
    profile: str | None = None,
    running: bool = False,
    stages: StageNeeds | None = None,
) -> list[Finding]:
    """Say what is wrong with files of settings, later files laid over earlier ones.

    Args:
        files: name and text of each. A file that is called like a master or a stage is one for it.
        master, node, stage, lang, profile, running, stages: see `lint_settings`.
    """
    found: list[Finding] = []
    lines: list[Setting] = []
    for name, text in files:
        stem = PurePath(name).stem
        master = master or _KINDS.get(stem)
        stage = stage or (stem if stem in (stages or ()) else None)
        of_file, broken = _read(name, text)
        found += broken
        lines += of_file
    found += _lint(lines, running, view_of(lines, master, node, stage, lang, profile, stages))
    places = {name: place for place, (name, _) in enumerate(files)}
    return sorted(found, key=lambda each: (places.get(each.file, -1), each.line or 0))


def node_of(text: str) -> tuple[int, int]:
    """Cores and MB of a node from `16c,64g`.

    Raises:
        UsageError: it is something else.
    """
    cores, _, memory = text.partition(",")
    if not re.fullmatch(r"\d+c", cores.strip()) or not memory:
        raise UsageError(f"{text!r} is no node", fix="write cores and memory: 16c,64g")
    return int(cores.strip()[:-1]), megabytes(memory)


def _read(file: str, text: str) -> tuple[list[Setting], list[Finding]]:
    lines: list[Setting] = []
    found: list[Finding] = []
    seen: dict[str, int] = {}
    for number, line in logical_lines(text):
        key, value = split_line(line)
        setting = Setting(key, value, file, number)
        if not value:
            found.append(
                _finding("error", "no value", setting, f"no value for {key[:60]!r}", "write `spark.key value`")
            )
            continue
        if key in seen:
            what = f"{key} stands twice, first in line {seen[key]}; the last one counts"
            found.append(_finding("error", "twice", setting, what, "keep one"))
        seen[key] = number
        lines.append(setting)
    return lines, found


def view_of(
    lines: Sequence[Setting],
    master: str | None = None,
    node: tuple[int, int] | None = None,
    stage: str | None = None,
    lang: str | None = None,
    profile: str | None = None,
    stages: StageNeeds | None = None,
) -> View:
    """All lines together, as the rules see them; see `lint_settings` for the rest.

    Raises:
        UsageError: the master or the stage does not exist.
    """
    settings = {line.key: line for line in lines}
    stated = master or (settings["spark.master"].value if "spark.master" in settings else None)
    kind = None if stated is None else kind_of(_KINDS.get(stated, stated))
    if stated is not None and kind is None:
        raise UsageError(f"{stated!r} is no master", fix="local[N], spark://HOST:PORT, yarn or k8s://HOST:PORT")
    known = stages or {}
    if stage is not None and stage not in known:
        raise UsageError(f"no stage {stage!r}{did_you_mean(stage, known)}", fix=f"stages are: {', '.join(known)}")
    return View(settings, kind, node, stage, lang, profile, known)


def _lint(lines: Sequence[Setting], running: bool, view: View) -> list[Finding]:
    found = [finding for line in lines for finding in _alone(line, running)]
    for rule in (*CONTRADICTIONS, *AT_START):
        found += rule(view)
    return found


def _finding(severity: str, name: str, setting: Setting, what: str, fix: str) -> Finding:
    return Finding(severity, name, setting.key, what, fix, setting.file, setting.line)


def _alone(setting: Setting, running: bool) -> Iterator[Finding]:
    """What is wrong with one line, whatever the others say."""
    key = setting.key
    if not key.startswith("spark."):
        meant = nearest(f"spark.{key}")
        fix = f"did you mean {meant}?" if meant else "remove it, or write spark.hadoop.<key> for a key of Hadoop"
        yield _finding(
            "error", "no Spark key", setting, f"{key} does not begin with spark.: spark-submit drops it", fix
        )
        return
    known = find_key(key)
    if known is None:
        meant = nearest(key)
        if meant:
            what = f"there is no {key}: Spark ignores it without a word"
            yield _finding("error", "typo", setting, what, f"did you mean {meant}?")
        else:
            what = f"neither Spark nor Delta reads {key}"
            yield _finding("warning", "unknown key", setting, what, "remove it, unless a library of yours reads it")
        return
    if known.status.startswith("removed"):
        yield _finding("error", "removed", setting, f"{key} was {known.status}", "remove it")
    elif known.status.startswith("deprecated"):
        yield _finding("warning", "deprecated", setting, f"{key} is {known.status}", "write the new key")
    if running and (known.status == "static" or not key.startswith(("spark.sql.", "spark.databricks."))):
        what = f"{key} is fixed when a session starts: a running one refuses it"
        yield _finding("error", "static key", setting, what, "state it for spark-submit or before the session starts")
    wrong = wrong_value(with_bounds(known), setting.value)
    if wrong:
        # The value of a secret is not repeated.
        what = wrong[0] if redacted({key: setting.value})[key] != HIDDEN else "its value is not one that Spark takes"
        yield _finding("error", "wrong value", setting, f"{key}: {what}", wrong[1])
    else:
        yield from _unit(known, setting)


def wrong_value(key: Key, value: str) -> tuple[str, str] | None:
    """What is wrong with a value of a setting and how to write it; None when Spark takes it."""
    text = value.strip()
    if "#" in text and key.base != "string":
        return f"{text!r} holds a comment", "a comment needs a line of its own"
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return f"the quotation marks of {text} are part of the value", "remove them"
    if "${" in text:
        return None  # Spark puts another setting or a variable there
    try:
        number = _parsed(key, text)
    except ValueError as error:
        said = str(error) if "write" in str(error) else f"write a value of type {key.base}"
        return f"{text!r} is no {_TOLD.get(key.base, key.base)}", said
    wanted = key.wrong_number(number) if number is not None else ""
    if wanted:
        return f"{text} is too {'large' if wanted.startswith(('at most', 'less')) else 'small'}", wanted
    return None


def with_bounds(key: Key) -> Key:
    """A setting with what Spark asks of it at its start, beside what its converter does."""
    kind = TYPES.get(key.name, key.type)
    return key._replace(type=kind + BOUNDS.get(key.name, ""))


_TOLD = {"int": "whole number", "long": "whole number", "double": "number", "bytes": "amount of memory", "time": "time"}


def _parsed(key: Key, text: str) -> float | None:
    if key.base == "boolean" and text.lower() not in ("true", "false"):
        raise ValueError("write true or false")
    if key.base == "enum" and text.upper() not in (option.upper() for option in key.options):
        raise ValueError(f"write one of {', '.join(key.options)}")
    if key.base in ("int", "long"):
        return int(text)
    if key.base == "double":
        return float(text)
    if key.base == "bytes":
        unit = _BYTES.get(key.unit, "b")
        return as_bytes(text, unit) // as_bytes("1", unit)
    if key.base == "time":
        unit = _TIMES.get(key.unit, "s")
        return as_microseconds(text, unit) // as_microseconds("1", unit)
    return None


def _unit(key: Key, setting: Setting) -> Iterator[Finding]:
    """A bare number whose unit is hardly the one that was meant: `spark.executor.memory 4` is 4 MB."""
    text = setting.value.strip()
    most = 64 if key.unit == "MiB" else 1023
    # The driver's heap goes to Java as it is written: a rule of its own.
    if setting.key == DRIVER_HEAP or key.base != "bytes" or not text.isdigit() or not 0 < int(text) <= most:
        return
    what = f"{setting.key} {text} means {text} {key.unit}"
    yield _finding(
        "warning", "no unit", setting, what, f"write the unit, such as {text}{'g' if key.unit == 'MiB' else 'm'}"
    )
