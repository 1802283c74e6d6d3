"""Files that a verb writes for its user."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mlpipeline.errors import InputError, MLPipelineError

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@contextmanager
def written_whole(place: Path, refusal: type[MLPipelineError] = InputError) -> Iterator[Path]:
    """Gives a path beside `place` to write to: the file is there as a whole when the block ends well, or not at all.

    Args:
        place: of the file.
        refusal: what is raised when it cannot be written.
    """
    made = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        yield made
        made.replace(place)
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise refusal(what, where=str(place), fix="choose another place") from error
    finally:
        made.unlink(missing_ok=True)


def write_csv(
    place: Path, head: Sequence[str], rows: Iterable[Sequence[object]], refusal: type[MLPipelineError] = InputError
) -> None:
    """Writes a list for people, the file as a whole or not at all; a spreadsheet opens it as it is.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front: texts come from strangers (OWASP,
    "CSV Injection").

    Args:
        place: of the file.
        head: names of the columns.
        rows: the cells of each.
        refusal: what is raised when it cannot be written.
    """
    # With the mark: without it a spreadsheet takes Korean for Latin letters.
    with written_whole(place, refusal) as made, made.open("w", newline="", encoding="utf-8-sig") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(head)
        writer.writerows([_harmless(cell) for cell in row] for row in rows)


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
