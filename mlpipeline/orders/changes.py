"""How many rows of a changed file are new or gone."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

import pyarrow.compute as pc

from mlpipeline.errors import MLPipelineError
from mlpipeline.store.corpus.files import Kind, Row, read_file
from mlpipeline.store.corpus.sources import SourceFile
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows
from mlpipeline.store.tables.manifests import Entry
from mlpipeline.store.tables.provenance import Provenance

# Larger files are not read only to say how much of them changed.
_READABLE = 64 << 20


def row_changes(
    store: Store, bot: str, sources: Sequence[SourceFile], recorded: Entry, planned: Provenance
) -> dict[str, str]:
    """For each changed file of a bot: `312 rows new, 3 gone in corpus.jsonl`; files that cannot be told are absent."""
    old, new = _files(recorded.provenance), _files(planned)
    changed = [file for file in sources if file.name in old and old[file.name] != new.get(file.name)]
    told = {}
    for file in changed:
        try:
            told[file.name] = _told(file, *_difference(store, bot, file))
        except (MLPipelineError, OSError, ValueError):
            continue
    return told


def _files(made_from: Provenance) -> Mapping[str, object]:
    found = made_from.inputs.get("source_file")
    return found if isinstance(found, Mapping) else {}


def _difference(store: Store, bot: str, file: SourceFile) -> tuple[int, int]:
    if "://" in file.path or os.path.getsize(file.path) > _READABLE:
        raise ValueError("too large to compare")
    rows = read_rows(store, "utterance", bots=[bot], columns=["intent", "text", "origin_file"])
    mine = rows.filter(pc.equal(rows["origin_file"], file.name))
    before = Counter(zip(mine["intent"].to_pylist(), mine["text"].to_pylist(), strict=True))
    now = Counter(
        (record.intent, record.text)
        for record in read_file(file.path, cast(Kind, file.kind), json.loads(file.mapping))
        if isinstance(record, Row)
    )
    return (now - before).total(), (before - now).total()


def _told(file: SourceFile, new: int, gone: int) -> str:
    if not new and not gone:
        return f"no row differs, but {file.name} does"
    words = [
        f"{count} row{'s' if count != 1 else ''} {what}" for count, what in ((new, "new"), (gone, "gone")) if count
    ]
    return f"{', '.join(words)} in {file.name}"
