"""Digests that decide what must run again."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata


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
