"""Finds the files of an event log and gives their lines: folders of rolled files, plain, zstd, lz4, gzip."""

from __future__ import annotations

import contextlib
import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from mlpipeline.errors import InputError

_ROLLED = re.compile(r"events_(\d+)_")
_UNREADABLE = (".lzf", ".snappy")
_CODEC_FIX = "write it with spark.eventLog.compression.codec zstd, or spark.eventLog.compress false"
_LZ4_MAGIC = b"LZ4Block"
_LZ4_HEAD = 21  # magic, token, compressed size, plain size, checksum
_LZ4_RAW = 0x10


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


def log_files(path: Path) -> list[Path]:
    """The files of one application's log, in their order.

    Args:
        path: a file, a folder `eventlog_v2_*`, or a folder with exactly one log in it.

    Raises:
        InputError: there is none, or there are several.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputError("no such file or folder", where=str(path), fix="give an event log of Spark, or a run's name")
    rolled = [(int(found[1]), file) for file in path.iterdir() if (found := _ROLLED.match(file.name))]
    if rolled:
        return [file for _, file in sorted(rolled)]
    inside = [entry for entry in path.iterdir() if not entry.name.startswith((".", "appstatus_"))]
    if len(inside) == 1:
        return log_files(inside[0])
    if not inside:
        raise InputError("the folder holds no event log", where=str(path), fix="was spark.eventLog.enabled set?")
    names = ", ".join(sorted(entry.name for entry in inside)[:5])
    raise InputError(f"{len(inside)} logs lie here: {names}", where=str(path), fix="give one of them")


def lines_of(path: Path, damage: list[str]) -> Iterator[bytes]:
    """The lines of one file, unpacked; what cannot be unpacked is added to `damage` in words and ends the file.

    Raises:
        InputError: it is packed in a way that cannot be read here.
    """
    with _opened(path) as stream:
        rest = b""
        while True:
            try:
                block = stream.read(1 << 20)
            except (OSError, EOFError, pa.ArrowInvalid, ValueError) as error:
                damage.append(f"{path.name} is cut off or damaged ({str(error)[:80]}); what stands before it is used")
                block = b""
            if not block:
                break
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            yield from lines
        if rest:
            yield rest


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[_Stream]:
    name = path.name.removesuffix(".inprogress")
    if name.endswith(_UNREADABLE):
        raise InputError(f"packed as {name.rpartition('.')[2]}", where=str(path), fix=_CODEC_FIX)
    try:
        with path.open("rb") as file:
            head = file.read(8)
            file.seek(0)
            if head.startswith(b"\x28\xb5\x2f\xfd"):
                # Arrow's own reader, one frame after another; it gives what it has before it complains.
                with pa.CompressedInputStream(pa.PythonFile(file), "zstd") as stream:
                    yield stream
            elif head.startswith(b"\x1f\x8b"):
                with gzip.GzipFile(fileobj=file) as stream:
                    yield stream
            elif head == _LZ4_MAGIC:
                yield _Lz4Blocks(file)
            else:
                yield file
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=str(path), fix="give a file") from error


class _Lz4Blocks:
    """The blocks of Spark's lz4 files (lz4-java's own framing, which no lz4 library reads) as one stream."""

    def __init__(self, file: _Stream) -> None:
        self._file = file
        self._codec = pa.Codec("lz4_raw")

    def read(self, size: int, /) -> bytes:
        """The next block that holds something, whatever its size; none at the end."""
        while head := self._file.read(_LZ4_HEAD):
            packed, plain = int.from_bytes(head[9:13], "little"), int.from_bytes(head[13:17], "little")
            body = self._file.read(packed)
            if len(head) < _LZ4_HEAD or not head.startswith(_LZ4_MAGIC) or len(body) < packed:
                raise EOFError("a block of lz4 is not whole")
            if plain:
                is_raw = head[8] & 0xF0 == _LZ4_RAW
                return body if is_raw else bytes(self._codec.decompress(body, plain, asbytes=True))
        return b""
