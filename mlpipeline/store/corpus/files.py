"""What lies in a labelled file: JSONL, CSV, TSV or Rasa's nlu.yml in, rows and rejected rows out. Pure, no Spark.

A bad row never stops a file; only a file that cannot be read at all (no columns, no YAML) raises InputError.
"""

from __future__ import annotations

import gzip
import io
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import IO, Literal, cast

import orjson

from mlpipeline.errors import InputError
from mlpipeline.inputs import HEAD, check_head, plain_file
from mlpipeline.store.corpus.column_map import parse_map
from mlpipeline.store.corpus.csv_files import read_csv
from mlpipeline.store.corpus.encodings import ForeignLines, as_utf8_hint, seems_to_be, wide_encoding
from mlpipeline.store.corpus.lost_columns import with_lost_columns_left_out
from mlpipeline.store.corpus.rasa_files import read_rasa
from mlpipeline.store.corpus.rows import (
    MAX_TEXT,
    Keys,
    Mapped,
    Note,
    Problem,
    Reject,
    Row,
    checked_annotator,
    checked_intent,
    checked_parent,
    checked_source,
    checked_text,
    checked_ts,
    checked_verified,
    keys_of,
    plain_ts,
    shown,
)

__all__ = [
    "Kind",
    "Note",
    "Reject",
    "Row",
    "format_of",
    "is_gzip",
    "lost_columns",
    "parse_map",
    "read_document",
    "read_file",
    "read_jsonl_lines",
]

Kind = Literal["jsonl", "csv", "tsv", "rasa"]

MAX_LINE = 1_000_000
"""Bytes of one JSONL line; a longer one is not even parsed."""

MAX_DOCUMENT = 1 << 30
"""Bytes of a document that is read as a whole, unpacked."""

SUFFIXES: Mapping[str, Kind] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".yml": "rasa",
    ".yaml": "rasa",
}

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_plain = re.compile(r"[A-Za-z0-9_/.:+-]{1,200}").fullmatch


def format_of(path: str) -> Kind:
    """The format by the file's suffix, before a ``.gz``. Raises InputError that names what is supported."""
    name = path.lower().removesuffix(".gz")
    for suffix, kind in SUFFIXES.items():
        if name.endswith(suffix):
            return kind
    hint = "write one JSON object a line and call it .jsonl" if name.endswith(".json") else "rename it or convert it"
    raise InputError(
        f"the suffix says no format that is read here ({', '.join(SUFFIXES)}; each also with .gz)",
        where=path,
        fix=f"{hint}, or name the format (jsonl, csv, tsv, rasa) in the recipe's ingest.format",
    )


def read_jsonl_lines(lines: Iterable[tuple[int, bytes]], mapping: Mapped) -> Iterator[Row | Reject]:
    """Rows of numbered JSONL lines, in order; blank lines are no rows. Raises InputError only for a wrong mapping.

    Args:
        lines: (line number from 1, bytes of the line with or without its line end).
        mapping: field -> key, where the file's keys are not the usual ones.
    """
    keys = keys_of(mapping)
    text_key = keys.text[0]
    intent_key, ts_key = ((*names, "")[0] for names in (keys.intent, keys.ts))
    # a set, so that the few keys of a row are looked up in it and not its many names in the row
    others = frozenset((*keys.intent[1:], *keys.ts[1:], *(name for names in keys[3:] for name in names)))
    others |= {unicodedata.normalize("NFD", name) for names in keys for name in names if not name.isascii()}
    foreign = ForeignLines()
    loads = orjson.loads
    for number, line in lines:
        try:
            row = loads(line) if len(line) <= MAX_LINE else {}
            text, intent, ts = row[text_key], row.get(intent_key), row.get(ts_key)
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            row, text, intent, ts = {}, None, None, None  # the slow path says what is wrong, if anything is
        # a plain text with a plain intent or none: most rows of most corpora, and no call is needed for them
        if (
            type(text) is str
            and 0 < len(text) <= MAX_TEXT
            and (intent is None or (type(intent) is str and _plain(intent)))
            and (ts is None or (type(ts) is str and (ts := plain_ts(ts))))
            and row.keys().isdisjoint(others)
            and "\0" not in text
            and not text.isspace()
        ):
            yield Row(text, intent, ts, None, number)
            continue
        if not row:
            line = line.strip().removeprefix(_BOM).strip()
        if line:
            try:
                yield _row_of(row or _object_of(line, foreign), keys, number)
            except Problem as problem:
                yield problem.as_reject(number, line)


def read_document(
    data: bytes, kind: Kind | Literal["auto"], mapping: Mapped, name: str
) -> Iterator[Row | Reject | Note]:
    """Rows of a whole document that was read already; a zipped one is unzipped here.

    A column that is not needed and would cost all rows is left out, and a note says so.

    Args:
        data: bytes of the document.
        kind: format; ``auto`` takes it from the name's suffix.
        mapping: field -> column or key, None for what is not read.
        name: file name for messages.

    Raises:
        InputError: the document cannot be read at all: no text column, broken YAML, UTF-16.
    """
    kind = format_of(name) if kind == "auto" else kind
    check_head(data[:HEAD], name)
    if kind == "jsonl":
        return with_lost_columns_left_out(lambda asked: read_jsonl_lines(_numbered(name, data), asked), mapping)
    if data.startswith(_GZIP):
        try:
            data = _unpacked(_opened(name, data), name)
        except (OSError, EOFError, zlib.error) as error:
            raise _unreadable(name, error) from error
    if wide := wide_encoding(data):
        what = f"the file is {wide}, not UTF-8"
        raise InputError(what, where=name, fix=as_utf8_hint(wide, name))
    if kind == "rasa":
        return read_rasa(data, name)
    mark = "\t" if kind == "tsv" else None
    return with_lost_columns_left_out(lambda asked: read_csv(data, asked, name, delimiter=mark), mapping)


def read_file(
    path: str, kind: Kind | Literal["auto"] = "auto", mapping: Mapped | None = None
) -> Iterator[Row | Reject | Note]:
    """Rows of a local file, ``.gz`` too, as `read_document` gives them; JSONL is streamed, the others are read whole.

    Raises:
        InputError: no such file, no permission, broken gzip, or a document that cannot be read at all.
    """
    chosen = format_of(path) if kind == "auto" else kind
    try:
        with _opened(path) as stream:
            if chosen != "jsonl":
                return read_document(_unpacked(stream, path), chosen, mapping or {}, path)
        return with_lost_columns_left_out(lambda asked: read_jsonl_lines(_numbered(path), asked), mapping or {})
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error


def _unpacked(stream: IO[bytes], name: str) -> bytes:
    """The whole of a document; a small archive of many zeros must not fill the memory."""
    data = stream.read(MAX_DOCUMENT + 1)
    if len(data) > MAX_DOCUMENT:
        what = f"the document has more than {MAX_DOCUMENT >> 20:,} MB"
        raise InputError(what, where=name, fix="write it as JSONL, which is read line by line, or in several files")
    return data


def is_gzip(path: str) -> bool:
    """Whether a local file is a gzip, by its content: files lose and gain their .gz on the way through browsers."""
    with open(path, "rb") as stream:
        return stream.read(len(_GZIP)) == _GZIP


def lost_columns(path: str, mapping: Mapped) -> list[Note]:
    """The columns of a JSONL file that would cost all its rows; read up to its first good row, so mostly one line."""
    found: list[Note] = []
    with suppress(InputError):  # who reads the file says it
        for record in read_file(path, "jsonl", mapping):
            if not isinstance(record, Note):
                break
            found.append(record)
    return found


def _opened(path: str, data: bytes | None = None) -> IO[bytes]:
    """The content of a file, or of a document that was read already, unpacked where it is a gzip."""
    if data is not None:
        stream: IO[bytes] = io.BytesIO(data)
        return cast("IO[bytes]", gzip.GzipFile(fileobj=stream)) if data.startswith(_GZIP) else stream
    place = plain_file(path)
    with open(place, "rb") as beginning:
        head = beginning.read(HEAD)
    check_head(head, path)
    return cast("IO[bytes]", gzip.open(place, "rb")) if head.startswith(_GZIP) else open(place, "rb")


def _numbered(path: str, data: bytes | None = None) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers; of a line longer than MAX_LINE only its beginning, so that memory stays small."""
    try:
        with _opened(path, data) as stream:
            number = 0
            while line := stream.readline(MAX_LINE + 1):
                number += 1
                yield number, line
                while len(line) > MAX_LINE and not line.endswith(b"\n"):
                    line = stream.readline(MAX_LINE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: Exception) -> InputError:
    return InputError(f"the file cannot be read ({error})", where=path, fix="copy or pack it anew; it looks damaged")


def _object_of(line: bytes, foreign: ForeignLines) -> dict[str, object]:
    """The JSON object of one line. Raises Problem."""
    if len(line) > MAX_LINE:
        raise Problem("too_long", f"the line has more than {MAX_LINE:,} bytes")
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _not_json(line, str(error), foreign) from None
    if not isinstance(value, dict):
        raise Problem("not_an_object", 'a line must be one JSON object such as {"text": "...", "intent": "..."}')
    return value


def _not_json(line: bytes, message: str, foreign: ForeignLines) -> Problem:
    if wide_encoding(line):
        return Problem("utf16", "the file is UTF-16, not UTF-8: save it as UTF-8")
    if b"\0" in line:
        return Problem("nul_character", f"NUL at byte {line.index(0) + 1} of the line")
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        return Problem(
            "invalid_utf8",
            f"byte 0x{line[error.start]:02x} at position {error.start + 1} is not UTF-8{seems_to_be(foreign(line))}: "
            "save the file as UTF-8",
        )
    return Problem("not_json", shown(message))


def _row_of(value: Mapping[str, object], keys: Keys, line: int) -> Row:
    """One row from a parsed object. Raises Problem."""
    text, intent, ts, source, annotator, verified, parent = (_first(value, names) for names in keys)
    if text is None:
        there = ", ".join(str(key)[:40] for key in list(value)[:10]) or "none"
        raise Problem("no_text", f"no key {' or '.join(keys[0])}; keys here: {there}")
    return Row(
        checked_text(text),
        checked_intent(intent),
        checked_ts(ts),
        checked_source(source),
        line,
        checked_annotator(annotator),
        checked_verified(verified),
        checked_parent(parent),
    )


def _first(value: Mapping[str, object], names: tuple[str, ...]) -> object:
    """The first of the named values that is there and not null; a key may have another Unicode form than its name."""
    for name in names:
        if (found := value.get(name)) is not None:
            return found
        if not name.isascii() and (found := value.get(unicodedata.normalize("NFD", name))) is not None:
            return found
    return None
