"""A labelled file as the verbs read it: its rows, what was left out of them, and what a person should know."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from mlpipeline.cli.options import refuse_ignored
from mlpipeline.errors import InputError, UsageError
from mlpipeline.orders.file_findings import FileFindings
from mlpipeline.store.corpus.encodings import as_utf8_hint, proposed_encoding
from mlpipeline.store.corpus.files import SUFFIXES, Note, Reject, Row, format_of, read_file
from mlpipeline.store.corpus.rows import Mapped
from mlpipeline.store.corpus.table_hints import proposed_map

# Of these a file has either none or all: no other column would help.
_ENCODINGS = {"invalid_utf8", "utf16"}
# Of these, another column may be the right one.
_COLUMNS = {"no_text", "no_intent", "no_split"}


@dataclass
class LeftOut:
    """Rows of a file that nobody looks at: how many for each reason, and where the first stands and what it has."""

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, reason: str, line: int, detail: str = "") -> None:
        """One row more; `detail` says what is wrong with it."""
        self.counts[reason] += 1
        self.first.setdefault(reason, f"line {line}{f': {detail}' if detail else ''}")

    @property
    def total(self) -> int:
        """Rows, whatever the reason."""
        return self.counts.total()

    def __str__(self) -> str:
        """`2 too long (line 7: the text has 12,000 characters), 1 no intent (line 9)`; empty for none."""
        told = self.counts.most_common()
        return ", ".join(f"{count:,} {reason.replace('_', ' ')} ({self.first[reason]})" for reason, count in told)

    def refusal(self, path: str, what: str, needed: Sequence[str], mapping: Mapped) -> UsageError:
        """That no row of the file can be used, and why.

        Args:
            path: of the file.
            what: the complaint.
            needed: what every row must have: `text` and `intent` or `split`.
            mapping: field -> column, as the file was read.
        """
        if not self.counts:
            return UsageError(f"{what}: the file is empty", where=path, fix="name a file that holds rows")
        fix = "correct the rows that are named"
        if self.counts.keys() <= _ENCODINGS:
            fix = as_utf8_hint(encoding_of_file(path), path)
        elif self.counts.keys() & _COLUMNS:
            fix = proposed_map(path, format_of(path), mapping, needed)
        return UsageError(f"{what}: {self}", where=path, fix=fix)


@dataclass
class FileRows:
    """The rows that could be read, those without an intent too; what could not; and what to know of the file."""

    path: str
    mapping: Mapped
    rows: list[Row] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)
    notes: list[str] = field(default_factory=list)
    findings: FileFindings = field(default_factory=FileFindings)

    @property
    def warnings(self) -> list[str]:
        """Lines about the file as a whole: columns left out, rows without an intent, labels alike, texts misread."""
        return [*self.notes, *self.findings.lines()]

    def labelled(self) -> list[Row]:
        """The rows with an intent; the others are left out, by name.

        Raises:
            UsageError: there is none.
        """
        for row in self.rows:
            if row.intent is None:
                self.left_out.add("no_intent", row.line)
        rows = [row for row in self.rows if row.intent is not None]
        if not rows:
            raise self.left_out.refusal(self.path, "no labelled row", ("text", "intent"), self.mapping)
        return rows


def read_rows(path: str, mapping: Mapped) -> FileRows:
    """Reads a labelled file to its end.

    Args:
        path: JSONL, CSV, TSV or Rasa.
        mapping: field -> column, None for one that is not read.

    Raises:
        UsageError: there is no such file, or it cannot be used at all.
    """
    if not os.path.exists(path):
        raise UsageError("no such file", where=path, fix="give a labelled file: JSONL, CSV, TSV or Rasa nlu.yml")
    found = FileRows(path, mapping)
    try:
        for record in read_file(path, format_of(path), mapping):
            if isinstance(record, Note):
                found.notes.append(record.detail)
            elif isinstance(record, Reject):
                found.left_out.add(record.reason, record.line, record.detail)
            else:
                found.rows.append(record)
                found.findings.add(f"line {record.line}", record.text, record.intent)
    except InputError as error:
        raise UsageError(error.what, where=error.where, fix=error.fix) from error
    return found


def scored_rows(file_rows: FileRows) -> list[Row]:
    """The rows with an intent, for a verb that judges a bot by them.

    Raises:
        InputError: there is none. The command names a file that is there: what fails is the judging.
    """
    try:
        return file_rows.labelled()
    except UsageError as error:
        raise InputError(error.what, where=error.where, fix=error.fix) from error


def refuse_map(options: argparse.Namespace, path: str) -> None:
    """Raises UsageError where `--map` was given for a file that has no columns."""
    if any(path.lower().removesuffix(".gz").endswith(suffix) for suffix, kind in SUFFIXES.items() if kind == "rasa"):
        refuse_ignored(options, ("map",), "is for columns and keys, and a Rasa file has none")


def encoding_of_file(path: str) -> str | None:
    """The encoding that those lines of a file seem to have which are not UTF-8."""
    with open(path, "rb") as stream:
        return proposed_encoding(stream.read(1 << 16))
