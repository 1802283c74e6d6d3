"""Files that a verb writes for its user."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from mlpipeline.errors import InputError, MLPipelineError, UsageError

# What a spreadsheet takes for a formula, also in full width, after blanks, and after marks that have no width.
FORMULA = re.compile("[\\s\ufeff\u200b-\u200d\u2060]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")

# The same for Java: \s of Unicode is asked for there, and does not hold the four separators of C0.
JAVA_FORMULA = (
    r"(?U)^(?:[\s\x1c-\x1f\x{feff}\x{200b}-\x{200d}\x{2060}]*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]|[\t\r\n])"
)


def check_target(option: str, path: Path) -> Path:
    """The place of a file that a verb will write, asked before any work.

    Args:
        option: as the user wrote it, for the message.
        path: of the file.

    Raises:
        UsageError: it is a folder, lies in a folder that is not there, or may not be written.
    """
    folder = path.absolute().parent
    if path.is_dir():
        raise UsageError(f"{option} {path} is a folder", fix="name a file in it")
    if not folder.is_dir():
        raise UsageError(f"{option} {path}: there is no such folder", fix="name a file in a folder that is there")
    if not os.access(folder, os.W_OK | os.X_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise UsageError(f"{option} {path} may not be written", fix="choose another path, or correct the permissions")
    return path


@contextmanager
def named_by_user() -> Iterator[None]:
    """What is wrong with a file that the command line names is a wrong command line: exit code 2."""
    try:
        yield
    except InputError as error:
        raise UsageError(error.what, where=error.where, fix=error.fix) from error


@contextmanager
def atomic_write(path: Path, refusal: type[MLPipelineError] = InputError) -> Iterator[Path]:
    """Gives a path beside `path` to write to: the file is there as a whole when the block ends well, or not at all.

    Args:
        path: of the file.
        refusal: what is raised when it cannot be written.
    """
    made = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield made
        made.replace(path)
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise refusal(what, where=str(path), fix="choose another path") from error
    finally:
        made.unlink(missing_ok=True)


def write_csv(
    path: Path,
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    refusal: type[MLPipelineError] = InputError,
    *,
    raw: bool = False,
) -> None:
    """Writes a CSV, the file as a whole or not at all; a spreadsheet opens it as it is.

    Every cell is quoted, so that no line break of a text begins a record, however a program splits lines; None is a
    cell without anything. What a spreadsheet would take for a formula gets an apostrophe in front: texts come from
    strangers (OWASP, "CSV Injection").

    Args:
        path: of the file.
        head: names of the columns.
        rows: the cells of each.
        refusal: what is raised when it cannot be written.
        raw: for programs: texts as they are, and no byte order mark.
    """
    # With the mark: without it a spreadsheet takes Korean for Latin letters.
    encoding = "utf-8" if raw else "utf-8-sig"
    with (
        atomic_write(path, refusal) as made,
        made.open("w", newline="", encoding=encoding, errors="replace") as stream,
    ):
        stream.write(_record(head, raw))
        for cells in rows:
            stream.write(_record(cells, raw))


def _record(cells: Sequence[object], raw: bool) -> str:
    quoted = ["" if cell is None else '"{}"'.format(_text(cell, raw).replace('"', '""')) for cell in cells]
    # A record of one cell without anything would be a blank line, which is no record.
    return ",".join(quoted if quoted != [""] else ['""']) + "\n"


def _text(cell: object, raw: bool) -> str:
    if isinstance(cell, str):
        return cell if raw else harmless(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell.isoformat() if isinstance(cell, datetime) else str(cell)


def harmless(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{text}" if FORMULA.match(text) else text
