"""Personal data goes before a record becomes a row: nothing that is kept, dead letters included, has ever held it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from mlpipeline.methods.personal_data.scan import masked
from mlpipeline.store.corpus.files import Row
from mlpipeline.store.corpus.rows import Reject

Hide = Callable[[Iterable[object]], Iterable[object]]
_ID = re.compile("[0-9a-f]{8,}")


def as_delivered(records: Iterable[object]) -> Iterable[object]:
    """The records with all that is in them."""
    return records


def as_masked(records: Iterable[object]) -> Iterator[object]:
    """The records with what is personal in their texts replaced by its kind, such as `<PHONE>`; anything else as is.

    A parent is a text or the id of a row: an id stays, that of a text which is masked now is no longer one.
    """
    for record in records:
        if isinstance(record, Row):
            text = _plain(record.text)
            parent = record.parent if record.parent is None or _ID.fullmatch(record.parent) else _plain(record.parent)
            same = text == record.text and parent == record.parent
            yield record if same else record._replace(text=text, parent=parent)
        elif isinstance(record, Reject):
            yield record._replace(detail=_plain(record.detail), raw=_plain(record.raw)[:200])
        else:
            yield record


def _plain(text: str) -> str:
    return masked(text)[0]
