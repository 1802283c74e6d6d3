"""Personal data in files of any kind: which file, which kind of data and how often; never the value."""

from __future__ import annotations

import html
import json
import os
import re
import sqlite3
import stat
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mlpipeline.errors import UsageError
from mlpipeline.methods.personal_data.scan import spans

_PIECE, _OVERLAP = 100_000, 200  # characters of a line that are looked at together, and shared by two pieces
_SQLITE = b"SQLite format 3\0"
_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5": "zstd"}
_IN_ZIP = 64 << 20  # bytes of an entry of an archive that are read, at most
# Digests, counters of time and numbers of machines: what programs write of themselves.
_MACHINE = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9a-f]*[a-f])[0-9a-f-]{16,}(?![0-9A-Za-z])|[0-9]+\.[0-9]{5,}(?:[eE][+-]?[0-9]+)?"
    r"|(?:[0-9]+, )+4294967296(?:, [0-9]+)*|/_HOST@[A-Z.]+"  # bounds of a histogram; a name of Kerberos in a setting
    r"|(?<![0-9])(?:127|0)\.0\.0\.[0-9]+|(?<![0-9])1[5-9][0-9]{11}(?![0-9])"
)
_UNSEEN = re.compile(r"<(script|style)\b.*?</\1>|<[^>]{1,20000}>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """What a file holds: a kind of personal data and how often, or why it could not be looked at (`count` 0)."""

    file: str
    kind: str
    count: int


@dataclass(frozen=True)
class Audit:
    """What was looked at and found; `skipped` counts files without texts (weights, arrays, checksums)."""

    files: int
    skipped: int
    findings: list[Finding]


def audit(path: str) -> Audit:
    """Looks at a file, or at all files of a folder: tables, texts, JSON, html, SQLite and zipped ones.

    Of a table of Delta all files are looked at, those of earlier versions too, and its log. Links are not followed.

    Raises:
        UsageError: nothing is there.
    """
    root = Path(path)
    if not root.exists():
        raise UsageError(f"{path}: no such file or folder", fix="name what is to be looked at, such as the store")
    files = skipped = 0
    findings: list[Finding] = []
    for file in sorted(_files(root)):
        shown = file.relative_to(root).as_posix() if root.is_dir() else str(file)
        try:
            texts = _texts(file)
            found = None if texts is None else _count(texts)
        except (OSError, ValueError, pa.ArrowException, sqlite3.Error, zipfile.BadZipFile, RuntimeError) as error:
            findings.append(Finding(shown, f"unreadable ({type(error).__name__})", 0))
            continue
        skipped += found is None
        files += found is not None
        findings.extend(Finding(shown, kind, count) for kind, count in sorted((found or {}).items()))
    return Audit(files, skipped, findings)


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for folder, _, names in os.walk(root):
        for name in names:
            file = Path(folder, name)
            if stat.S_ISREG(file.lstat().st_mode):
                yield file


def _count(texts: Iterable[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    known: dict[int, tuple[str, ...]] = {}
    for text in texts:
        # Logs say the same over and over.
        key = hash(text)
        if key not in known:
            known[key] = tuple(_kinds(text))
        found.update(known[key])
    return found


def _kinds(text: str) -> Iterator[str]:
    plain = _MACHINE.sub(" ", text)
    for start in range(0, len(plain), _PIECE):
        # What begins in what the next piece has again is counted there.
        piece = plain[start : start + _PIECE + _OVERLAP]
        yield from (span.kind for span in spans(piece) if span.start < _PIECE)


def _texts(file: Path) -> Iterator[str] | None:
    """The texts of a file; None where it holds none."""
    with file.open("rb") as opened:
        head = opened.read(4096)
    if head[:4] == b"PAR1":
        return _of_parquet(file)
    if head[:16] == _SQLITE:
        return _of_sqlite(file)
    if head[:4] == b"PK\x03\x04":
        return None if file.suffix in (".npz", ".whl", ".pyz") else _of_zip(file)
    packed = _PACKED.get(head[:2])
    if packed is None and not _is_text(head):
        return None
    with pa.input_stream(str(file), compression=packed) as stream:
        data = stream.read()
    return _of_text(data, file.suffix) if _is_text(data[:4096]) else None


def _is_text(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A letter may be cut at the end of what was read; other encodings of texts have no zero bytes either.
        return error.start > len(head) - 4 or (b"\0" not in head and head.count(b"\n") * 400 > len(head))
    return b"\0" not in head


def _of_text(data: bytes, suffix: str) -> Iterator[str]:
    text = data.decode("utf-8", errors="replace")
    if suffix in (".html", ".htm"):
        yield from html.unescape(_UNSEEN.sub("\n", text)).splitlines()
        return
    whole = _parsed(text) if suffix == ".json" else None
    for line in [text] if whole is not None else text.splitlines():
        held = _parsed(line) if line[:1] in ("{", "[") else None
        yield from [line] if held is None else _strings(held)


def _parsed(text: str) -> object:
    try:
        held: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return held if isinstance(held, dict | list) else None


def _strings(held: object) -> Iterator[str]:
    """All texts of a JSON value, keys and JSON within texts included."""
    if isinstance(held, str):
        inner = _parsed(held) if held[:1] in ("{", "[") else None
        yield from [held] if inner is None else _strings(inner)
    elif isinstance(held, dict):
        for key, value in held.items():
            yield key
            yield from _strings(value)
    elif isinstance(held, list):
        for value in held:
            yield from _strings(value)


def _of_parquet(file: Path) -> Iterator[str]:
    with pq.ParquetFile(file) as opened:
        names = [field.name for field in opened.schema_arrow if _holds_texts(field.type)]
        for group in range(opened.num_row_groups if names else 0):
            for column in opened.read_row_group(group, columns=names).columns:
                kind = column.type
                cells = pc.value_counts(column) if pa.types.is_string(kind) or pa.types.is_large_string(kind) else None
                rows = [(cell, 1) for cell in column.to_pylist()] if cells is None else _counted(cells)
                for cell, times in rows:
                    yield from list(_strings(cell)) * times


def _counted(cells: pa.StructArray) -> list[tuple[object, int]]:
    return [(one["values"], one["counts"]) for one in cells.to_pylist()]


def _holds_texts(kind: pa.DataType) -> bool:
    if pa.types.is_nested(kind):
        return any(_holds_texts(kind.field(position).type) for position in range(kind.num_fields))
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind))


def _of_sqlite(file: Path) -> Iterator[str]:
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
        names = [row[0] for row in database.execute("select name from sqlite_master where type = 'table'")]
        for name in names:
            quoted = name.replace('"', '""')
            for row in database.execute(f'select * from "{quoted}"'):
                for cell in row:
                    yield from _strings(cell)


def _of_zip(file: Path) -> Iterator[str]:
    """Texts of the entries of an archive, such as a workbook or a notebook's export."""
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            if entry.file_size > _IN_ZIP:
                raise ValueError(f"{entry.filename}: {entry.file_size} bytes unpacked")
            data = archive.read(entry)
            if _is_text(data[:4096]):
                suffix = Path(entry.filename).suffix
                yield from _of_text(data, ".html" if suffix == ".xml" else suffix)
