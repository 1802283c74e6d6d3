"""Small JSON files that tell their own damage, and what is said of a file that cannot be understood."""

from __future__ import annotations

import hashlib
import os
import shlex
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from mlpipeline.errors import StoreError

_SUM = "checksum"
# What libraries raise over bytes that are not what they were: numpy, zipfile, JSON and Arrow (whose errors are these).
_DAMAGE = (
    ValueError,
    OSError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    RuntimeError,
    NotImplementedError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
)


@contextmanager
def understood(path: Path | str, *, fix: str) -> Iterator[None]:
    """Whatever a library raises over the damaged file `path` becomes one StoreError that names it, and its `fix`."""
    try:
        yield
    except _DAMAGE as error:
        said = " ".join(str(error).split())[:160]
        raise StoreError(f"cannot be understood ({said or type(error).__name__})", where=str(path), fix=fix) from error


def as_object(data: bytes, path: Path | str, *, fix: str) -> dict[str, Any]:
    """The JSON object in `data`; `path` is named in the StoreError if there is none."""
    with understood(path, fix=fix):
        value = orjson.loads(data)  # unlike json, it refuses what is nested too deeply with a plain error
    if not isinstance(value, dict):
        raise StoreError("not a JSON object", where=str(path), fix=fix)
    return value


def checked_bytes(values: Mapping[str, object]) -> bytes:
    """JSON with a checksum of its own; equal values give equal bytes."""
    kept = {key: value for key, value in values.items() if key != _SUM}
    text = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)
    summed = {**kept, _SUM: hashlib.sha256(text).hexdigest()}
    return orjson.dumps(summed, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_checked(path: Path, *, fix: str) -> dict[str, Any]:
    """The values that `checked_bytes` made the bytes of.

    Raises:
        StoreError: it is a link, cannot be read, or one byte differs from what was written.
    """
    data = plain_bytes(path, fix=fix)
    values = as_object(data, path, fix=fix)
    if _SUM not in values:
        raise StoreError("another version of mlpipeline wrote it, or it was changed", where=str(path), fix=fix)
    if checked_bytes(values) != data:
        raise StoreError("the file was changed after the release", where=str(path), fix=fix)
    values.pop(_SUM)
    return values


def plain_bytes(path: Path, *, fix: str) -> bytes:
    """The bytes of a plain file; a link is refused, because what it names may lie outside of the store.

    Raises:
        StoreError: nothing is there, or something that is no plain file, or it cannot be read.
    """
    if path.is_symlink():
        raise StoreError("a link stands where a file was released", where=str(path), fix=fix)
    if not path.is_file():
        raise StoreError("the file is missing", where=str(path), fix=fix)
    try:
        return path.read_bytes()
    except OSError as error:
        what = f"cannot be read ({error.strerror or error})"
        raise StoreError(what, where=str(path), fix="check its permissions") from error


def with_store(root: Path | str) -> str:
    """` --store ROOT` as a shell takes it, or nothing where the command line looks there anyway."""
    usual = os.path.abspath(os.path.expanduser(os.environ.get("MLPIPELINE_STORE") or "store"))
    return "" if os.path.abspath(root) == usual else f" --store {shlex.quote(str(root))}"
