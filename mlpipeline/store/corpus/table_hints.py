"""Which columns a file has and which of them fits, for a message about a file whose rows lack something. Pure hints."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping, Sequence
from itertools import islice

import orjson

from mlpipeline.errors import InputError
from mlpipeline.store.corpus.column_map import map_words
from mlpipeline.store.corpus.columns import propose
from mlpipeline.store.corpus.csv_header import find_header
from mlpipeline.store.corpus.csv_records import lines_of, records_of
from mlpipeline.store.corpus.rows import FIELDS, Mapped, Problem, name_key

_HEAD = 1 << 20
_SAMPLE = 200


def proposed_map(path: str, kind: str, mapping: Mapped, needed: Sequence[str]) -> str:
    """What to do about a file that lacks what is needed.

    Args:
        path: of the file.
        kind: its format.
        mapping: field -> column, as it was read.
        needed: `text`, `intent` or `split`, those that every row must have.

    Returns:
        `--map text=q,intent=topic names its columns` where the content says which they are, else what there is.
    """
    header, rows = _table(path, kind, mapping)
    if not header:
        return "--map " + ",".join(f"{field}=COLUMN" for field in needed) + " names its columns"
    found = propose(header, rows)
    places = {"text": found.text, "intent": found.intent, "split": found.split}
    keys = {name_key(name): name for name in header}
    columns = {field: name for field, name in mapping.items() if name is None or name_key(name) in keys}
    for field in needed:
        known = [keys[name_key(name)] for name in FIELDS.get(field, (field,)) if name_key(name) in keys]
        place = places[field]
        if field == "text" and (known or "text" in columns):
            columns.setdefault("text", known[0] if known else "")
        elif place is not None and header[place].strip() and header[place] not in known:
            columns[field] = header[place].strip()
        else:
            there = ", ".join(name.strip()[:40] or "(no name)" for name in header[:20])
            return f"its columns are {there}: none looks like {_LIKE[field]}; add a column {field}"
    return f"{map_words({field: columns[field] for field in (*FIELDS, 'split') if field in columns})} names its columns"


_LIKE = {"text": "a text", "intent": "a label", "split": "a split (train, test)"}


def _table(path: str, kind: str, mapping: Mapped) -> tuple[list[str], list[list[str]]]:
    """Names and cells of a file's first rows; nothing where it has no columns."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(_HEAD)
            if data.startswith(b"\x1f\x8b"):
                stream.seek(0)
                data = gzip.GzipFile(fileobj=stream).read(_HEAD)
        if kind == "jsonl":
            return _objects(data)
        lines = lines_of(data)
        mark = "\t" if kind == "tsv" else None
        header = None if kind == "rasa" else find_header(lines, mapping, path, mark)
    except (OSError, EOFError, zlib.error, InputError):
        return [], []
    if header is None:
        return [], []
    records = islice(records_of(lines, header.at, header.delimiter), _SAMPLE)
    return list(header.names), [record.cells for record in records if not isinstance(record.cells, Problem)]


def _objects(data: bytes) -> tuple[list[str], list[list[str]]]:
    rows: list[Mapping[str, object]] = []
    for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:_SAMPLE]:
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(row, dict):
            rows.append(row)
    names = list(dict.fromkeys(name for row in rows for name in row))
    return names, [[_cell(row.get(name)) for name in names] for row in rows]


def _cell(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, (int, float)) else ""
