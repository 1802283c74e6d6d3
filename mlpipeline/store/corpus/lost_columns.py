"""Columns that nobody needs must not cost a file: a time in a local form, a `verified` in other words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from mlpipeline.store.corpus.column_map import map_words, recipe_map
from mlpipeline.store.corpus.rows import Mapped, Note, Reject, Row

_FIELDS = {
    "bad_timestamp": "ts",
    "bad_source": "source",
    "bad_annotator": "annotator",
    "bad_verified": "verified",
    "bad_parent": "parent",
}

# rows in a row without a good one, after which a file is judged: no more are held in memory
_ENOUGH = 100_000


def with_lost_columns_left_out(
    read: Callable[[Mapped], Iterator[Row | Reject | Note]], mapping: Mapped
) -> Iterator[Row | Reject | Note]:
    """The records of a file, and where one optional column would cost all its rows, those without it and a note.

    Args:
        read: gives the records under a mapping, from the file's beginning at each call.
        mapping: field -> column; a field that is None is not read.
    """
    rejects: list[Reject | Note] = []
    records = read(mapping)
    for record in records:
        if isinstance(record, Row):
            yield from rejects
            yield record
            yield from records
            return
        rejects.append(record)
        if len(rejects) == _ENOUGH:
            break
    lost = Counter(record.reason for record in rejects if record.reason in _FIELDS)
    if not lost:
        yield from rejects
        yield from records
        return
    reason, count = lost.most_common(1)[0]
    first = next(record for record in rejects if record.reason == reason)
    left_out = {_FIELDS[reason]: None}
    head = "all" if len(rejects) < _ENOUGH else "the first"
    told = f"{head} {count:,} rows have a {_FIELDS[reason]} that cannot be read ({first.detail.partition(';')[0]})"
    how = f"{recipe_map(left_out)} in the recipe, or {map_words(left_out)}, says so for good"
    yield Note(first.line, "column_left_out", f"{told}; read without that column: {how}", _FIELDS[reason])
    yield from with_lost_columns_left_out(read, {**mapping, **left_out})
