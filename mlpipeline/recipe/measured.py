"""The measured layer of a recipe: what verbs found out about one bot, beside its file, above it and below `--set`.

`conf/domains/<domain>/<lang>.measured.yaml` holds `augment: {disabled: [...]}` and nothing else. Its list adds to
those of the layers below: what a person switched off stays off. Whoever removes the file, or one line, takes it back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from mlpipeline.errors import RecipeError
from mlpipeline.recipe.atomic import replace_text
from mlpipeline.recipe.names import operators
from mlpipeline.recipe.origins import Layer

SUFFIX = ".measured.yaml"
_SECTION, _KEY = "augment", "disabled"
OFF = f"{_SECTION}.{_KEY}"
_KEYS: Mapping[str, tuple[str, ...]] = {_SECTION: (_KEY,)}
_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")
_LINE = re.compile(r"\s*- (?P<name>[A-Za-z0-9_-]+)\s*(?:# ?(?P<why>.*))?\Z")
_HEAD = """\
# Operators that make rows for {bot} and do more harm than good there; the figures stand beside each.
# Written by `mlpipeline augment report`, last on {when}. The list adds to `{key}` of the other files.
# To take one back, remove its line; to take all back, remove this file.
"""


def check_measured(layer: Layer) -> None:
    """Raise RecipeError when a measured file holds what no verb measures, or something else than a list of names."""
    for section, value in layer.data.items():
        if section not in _KEYS:
            fix = f"use one of {', '.join(_KEYS)}, or write it to the bot's own file"
            raise RecipeError(f"unknown key {section}: nothing measures it", where=layer.where(section), fix=fix)
        if value is None:
            continue
        if not isinstance(value, dict):
            raise RecipeError(
                f"{section} should be a mapping", where=layer.where(section), fix=f"{_SECTION}: {{{_KEY}: []}}"
            )
        for key in value:
            if key not in _KEYS[section]:
                dotted = f"{section}.{key}"
                fix = f"use one of {', '.join(_KEYS[section])}, or write it to the bot's own file"
                raise RecipeError(f"unknown key {dotted}: nothing measures it", where=layer.where(dotted), fix=fix)
    if not all(isinstance(name, str) for name in _off(layer)):
        raise RecipeError(f"{OFF} should be a list of names", where=layer.where(OFF), fix="remove what is no name")


class Measured(NamedTuple):
    """What a measured file adds to the layers below: the layer with the list of all, the names, and their origin.

    `unknown` are names of operators that are no more: nobody wrote them, so they are told and left out.
    """

    layer: Layer
    names: tuple[str, ...]
    origin: str
    unknown: tuple[str, ...] = ()


def added_to(layer: Layer, below: Sequence[Layer]) -> Measured | None:
    """The measured layer with the union of its list and that of the layers below; None where it adds nothing.

    Args:
        layer: of the measured file, checked.
        below: lowest first.
    """
    under = next((one for one in reversed(below) if _holds(one)), None)
    given = _off(under) if under is not None else []
    added = [name for name in _off(layer) if name not in given]
    if not added:
        return None
    names = [name for name in added if name in operators()]
    unknown = tuple(name for name in added if name not in names)
    origin = layer.where(OFF) + (f", with {under.where(OFF)}" if under is not None and given else "")
    return Measured(Layer(layer.name, {_SECTION: {_KEY: [*given, *names]}}, layer.lines), tuple(names), origin, unknown)


def _holds(layer: Layer) -> bool:
    section = layer.data.get(_SECTION)
    return isinstance(section, dict) and isinstance(section.get(_KEY), list)


def _off(layer: Layer) -> list[str]:
    section = layer.data.get(_SECTION)
    value = section.get(_KEY) if isinstance(section, dict) else None
    if value is None:
        return []
    if not isinstance(value, list):
        raise RecipeError(f"{OFF} should be a list", where=layer.where(OFF), fix=f"{_KEY}: [name, other_name]")
    return value


def measured_file(conf: Path, domain: str, lang: str) -> Path:
    """Where the measured layer of a bot stands; `lang` is its canonical tag."""
    return Path(conf) / "domains" / domain / f"{lang}{SUFFIX}"


def read_reasons(file: Path) -> dict[str, str]:
    """Operators of a measured file -> the figures that stand beside each; empty where there is no such file."""
    try:
        lines = file.read_text("utf-8").split("\n")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot be read: {error}", where=str(file), fix="make it readable, or remove it") from None
    return {found["name"]: (found["why"] or "").strip() for line in lines if (found := _LINE.match(line))}


def write_measured(file: Path, bot: str, off: Mapping[str, str], now: datetime | None = None) -> None:
    """Write the operators that are off by measurement; without any the file goes.

    Args:
        file: see `measured_file`.
        bot: its name, for the head of the file.
        off: operator -> the figures beside it, one line.
        now: when; the present without it.

    Raises:
        RecipeError: the folder cannot be written to; the file is then as it was.
    """
    names = sorted(off)
    wrong = [name for name in names if not _NAME.match(name)]
    if wrong:
        raise RecipeError(f"{wrong[0]!r} names no operator", where=str(file), fix="use letters, digits, _ and -")
    when = (now or datetime.now(timezone.utc)).strftime("%Y-%m-%d %H:%M UTC")
    lines = [f"    - {name}  # {' '.join(off[name].split())}" for name in names]
    text = _HEAD.format(bot=bot, when=when, key=OFF) + "\n".join([f"{_SECTION}:", f"  {_KEY}:", *lines]) + "\n"
    try:
        if not names:
            file.unlink(missing_ok=True)
            return
        replace_text(file, text, 0o644)
    except OSError as error:
        fix = f"write it yourself: {_SECTION}: {{{_KEY}: [{', '.join(names)}]}}"
        raise RecipeError(f"cannot be written: {error.strerror}", where=str(file), fix=fix) from None
