"""Whether the files of a Delta table are those that were written: its log by a look, its rows by size and time."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

_ENTRY = re.compile(r"^(\d{20})\.(json|checkpoint\..*parquet|checkpoint\.parquet)$")
_TAIL = 64


class Written(NamedTuple):
    """A file as the log has it: bytes, and milliseconds of its last change; -1 where the log does not say."""

    size: int
    changed: int


def log_damage(log: Path) -> str:
    """What is wrong with the entries of the `_delta_log` in `log` that are still needed; empty when nothing is.

    Asks for names, sizes and both ends of each entry since the last checkpoint: an entry is lines of JSON objects.
    """
    try:
        entries = sorted(os.scandir(log), key=lambda entry: entry.name)
    except OSError:
        return ""  # no table here
    found = [(int(match[1]), entry) for entry in entries if (match := _ENTRY.match(entry.name))]
    checkpoints = [number for number, entry in found if not entry.name.endswith(".json")]
    first = max(checkpoints, default=-1)
    for number, entry in found:
        if number == first and not entry.name.endswith(".json") and not _has_ends(entry.path, b"PAR1", b"PAR1"):
            return f"its checkpoint {entry.name} is damaged"
    needed = [(number, entry) for number, entry in found if number >= first and entry.name.endswith(".json")]
    for number, entry in needed:
        if number > first and not _has_ends(entry.path, b"{", b"}"):
            return f"its log entry {entry.name} is damaged"
    numbers = [number for number, _ in needed if number > first]
    if numbers and numbers != list(range(first + 1, numbers[-1] + 1)):
        return f"its log lacks the entry {next(n for n in range(first + 1, numbers[-1]) if n not in numbers):020d}.json"
    return ""


def _has_ends(path: str, begin: bytes, end: bytes) -> bool:
    try:
        with open(path, "rb") as stream:
            head = stream.read(len(begin))
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - _TAIL))
            return head == begin and stream.read().rstrip().endswith(end)
    except OSError:
        return False


def look_at(path: str) -> Written | None:
    """A file as it lies there; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return Written(found.st_size, found.st_mtime_ns // 1_000_000)


def look_at_entry(log: Path, version: int) -> Written:
    """A log entry as it lies there (local stores; of another system, or where there is none, nothing is known)."""
    return look_at(f"{log}/{version:020d}.json") or Written(-1, -1)


def is_readable(path: str) -> bool:
    """True when all pages of a Parquet file have the checksums that they were written with; reads the whole of it."""
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for _ in file.iter_batches():
                pass
    except Exception:  # Arrow's own kinds, and OSError, and ValueError: it is not what was written
        return False
    return True
