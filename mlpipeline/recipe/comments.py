"""The comments of conf/base.yaml are the descriptions of the fields: `python -m mlpipeline.recipe.comments FILE`.

What a key does is written once, in fields.py. Values, their notation and their order stay as they are in the file.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from mlpipeline.errors import MLPipelineError, RecipeError, did_you_mean
from mlpipeline.recipe.fields import SECTIONS, Recipe

_KEY = re.compile(r"(?P<indent> *)(?P<name>[a-z0-9_]+):(?P<value>.*?)(?:\s+#.*)?\Z")
_COMMENT = re.compile(r"\s+#")
_COLUMN = 30  # of the comments
_WIDTH = 120


def descriptions() -> dict[str, str]:
    """Dotted key -> what it does, in the order of the sections; a section is a key too ("train", "train.epochs")."""
    return {key: text for name in SECTIONS for key, text in _described(Recipe, name, "")}


def _described(model: type[BaseModel], name: str, prefix: str) -> Iterator[tuple[str, str]]:
    field = model.model_fields[name]
    yield prefix + name, field.description or ""
    below = inner_model(field.annotation)
    for key in below.model_fields if below else ():
        yield from _described(below or model, key, f"{prefix}{name}.")


def inner_model(annotation: object) -> type[BaseModel] | None:
    """The model among the types of a field (`Gate` of `Gate | None`); None for a plain value."""
    kinds = [annotation, *get_args(annotation)]
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def with_comments(text: str, name: str = "base.yaml") -> str:
    """The text of a base.yaml with the description of each key behind it, in lines of at most 120 characters.

    Args:
        text: one key a line; comments that begin a line without indent stay, all others are replaced.
        name: what messages call the file.

    Raises:
        RecipeError: a line has no key, a key is unknown, or one is missing.
    """
    known = descriptions()
    stack: list[tuple[int, str]] = []
    seen: list[str] = []
    lines: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            lines.append(line)
        elif not _COMMENT.match(line):
            lines += _commented(line, f"{name}:{number}", known, stack)
            seen.append(".".join(word for _, word in stack))
    missing = [key for key in known if key not in seen and key.split(".")[0] != "language"]
    if missing:
        raise RecipeError(f"{missing[0]} has no line", where=name, fix="write the key with its default value")
    return "\n".join(lines)


def _commented(line: str, where: str, known: Mapping[str, str], stack: list[tuple[int, str]]) -> Iterator[str]:
    """The lines of one key; brings `stack` (indent and name of the keys above it, and its own) up to date."""
    found = _KEY.match(line)
    if found is None:
        raise RecipeError("is no line `key: value`", where=where, fix="write one key a line")
    indent = len(found["indent"])
    while stack and stack[-1][0] >= indent:
        stack.pop()
    stack.append((indent, found["name"]))
    dotted = ".".join(word for _, word in stack)
    if dotted not in known:
        raise RecipeError(f"unknown key {dotted}{did_you_mean(dotted, known)}", where=where, fix="correct the key")
    bare = f"{found['indent']}{found['name']}:{found['value'].rstrip()}"
    column = max(_COLUMN, len(bare) + 2)
    for text in textwrap.wrap(known[dotted], _WIDTH - column - 2, break_on_hyphens=False, break_long_words=False):
        yield f"{bare.ljust(column)}# {text}"
        bare = ""


def main(arguments: list[str]) -> int:
    """Renews the comments of the files that are named; gives the exit code."""
    try:
        for name in arguments:
            file = Path(name)
            text = file.read_text("utf-8")
            file.write_text(with_comments(text, name), "utf-8", newline="\n")
    except MLPipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
