"""Reads the files of spark-defaults/ as spark-submit would: "key value", "key=value", # comments, continued lines."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from mlpipeline._packaged import packaged
from mlpipeline.cluster.cache import cache_folder, filling
from mlpipeline.errors import SetupError

_FOLDER = "spark_defaults"
_FOR_GPUS = (".resource.gpu.", "spark.excludeOnFailure.")
_LINE = re.compile(r"([^\s=:]+)(?:\s*[=:]\s*|\s+|\Z)(.*)\Z", re.DOTALL)


# What a kind of master is called elsewhere: the word before the colon of its address.
_ALSO_CALLED = {"spark": "standalone"}


def read_defaults(names: Sequence[str], *, gpus: bool = False) -> dict[str, str]:
    """Return the settings of spark-defaults/<name>.conf for each name, later files over earlier ones.

    A name without a file adds nothing: a stage or a kind of master has a file only where it differs.

    Args:
        names: of files without `.conf`; `spark` is `standalone`.
        gpus: keep what is for GPUs. A cluster without them refuses such a job or lets it wait for ever, so the
            lines count only where somebody said that there are some.

    Raises:
        SetupError: a line is no setting, or a key stands twice in one file.
    """
    settings: dict[str, str] = {}
    for name in names:
        file = packaged(_FOLDER, f"{_ALSO_CALLED.get(name, name)}.conf")
        if file.is_file():
            settings.update(parse_defaults(file.read_text(encoding="utf-8"), f"spark-defaults/{file.name}"))
    return {key: value for key, value in settings.items() if gpus or not any(one in key for one in _FOR_GPUS)}


def parse_defaults(text: str, name: str) -> dict[str, str]:
    """Read the text of a .conf file. `name` is for messages.

    Raises:
        SetupError: a line is no setting, or a key stands twice.
    """
    settings: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in logical_lines(text):
        key, value = split_line(line)
        where = f"{name}:{number}"
        if not key.startswith("spark.") or not value:
            raise SetupError(f"no setting: {line[:80]!r}", where=where, fix="write `spark.key value`")
        if key in settings:
            raise SetupError(f"{key} stands twice, first in line {lines[key]}", where=where, fix="keep one")
        settings[key] = value
        lines[key] = number
    return settings


def split_line(line: str) -> tuple[str, str]:
    """Return key and value of one logical line as spark-submit cuts it; "" for what is not there."""
    found = _LINE.match(line)
    return (found[1], found[2].strip()) if found else ("", "")


def logical_lines(text: str) -> list[tuple[int, str]]:
    """Join lines that end in a backslash, drop empty lines and comments (# and !), keep the first line's number."""
    found: list[tuple[int, str]] = []
    begun: tuple[int, str] | None = None
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if begun is None and (not line or line[0] in "#!"):
            continue
        start, before = begun or (number, "")
        if line.endswith("\\"):
            begun = (start, before + line[:-1])
            continue
        found.append((start, before + line))
        begun = None
    return [*found, begun] if begun else found


def defaults_file(name: str) -> Path:
    """Return a file of spark-defaults/ as a file on disk (copied to the cache when the package lies in a zip)."""
    place = packaged(_FOLDER, name)
    if isinstance(place, Path):
        return place
    with resources.as_file(place) as file:
        content = file.read_bytes()
    folder = cache_folder() / f"defaults-{hashlib.sha256(content).hexdigest()[:12]}"
    if not (folder / name).is_file():
        with filling(folder) as work:
            (work / name).write_bytes(content)
    return folder / name
