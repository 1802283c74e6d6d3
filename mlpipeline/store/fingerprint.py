"""Digests that decide what must run again."""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata, resources
from importlib.abc import Traversable


def digest(value: object) -> str:
    """16 hex characters of the SHA-256 of a value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_digest(path: str) -> str:
    """16 hex characters of the SHA-256 of a local file's bytes."""
    with open(path, "rb") as stream:
        state = hashlib.sha256()
        while block := stream.read(1 << 20):
            state.update(block)
    return state.hexdigest()[:16]


def code_digest(modules: Iterable[str]) -> str:
    """Digest of what the named modules and packages below `mlpipeline` do.

    `room.*` is a package without those in it. Comments, layout and docstrings do not count, so explaining a stage
    better retrains nothing; a word list (.tsv) in a package counts as it is.
    """
    return digest({name: _module_digest(name) for name in modules})


@cache
def _module_digest(name: str) -> str:
    place = resources.files("mlpipeline")
    *rooms, last = name.split(".")
    for room in rooms:
        place = place.joinpath(room)
    if place.joinpath(f"{last}.py").is_file():
        return _source_digest(place.joinpath(f"{last}.py"))
    flat = last == "*"
    files = _sources(place if flat else place.joinpath(last))
    return digest({path: _source_digest(file) for path, file in files if not (flat and "/" in path)})


def _sources(folder: Traversable, under: str = "") -> list[tuple[str, Traversable]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _sources(entry, f"{under}{entry.name}/")
        elif entry.name.endswith((".py", ".tsv")):
            found.append((under + entry.name, entry))
    return sorted(found, key=lambda pair: pair[0])


def _source_digest(file: Traversable) -> str:
    if not file.name.endswith(".py"):
        return hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    tree = ast.parse(file.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]


@cache
def library_version(name: str) -> str:
    """Version of an installed distribution, or `missing`; `python` is the interpreter's, with its Unicode tables."""
    if name == "python":
        return f"{sys.version_info.major}.{sys.version_info.minor}"
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def library_versions(names: Iterable[str]) -> Mapping[str, str]:
    """Versions of the distributions that a stage uses."""
    return {name: library_version(name) for name in names}
