"""How many rows of each bot have a value in a column, from the footers of Parquet files: no row is read."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from mlpipeline.store.layout import Store
from mlpipeline.store.tables.manifests import load_manifest


def count_filled(store: Store, dataset: str, column: str, bots: Iterable[str]) -> dict[str, int]:
    """Bot -> rows whose `column` is not null; bots that are not there, or whose files do not say, are left out."""
    entries = load_manifest(store, dataset).entries
    counted: dict[str, int] = {}
    for bot in bots:
        if bot not in entries:
            continue
        paths = [store.path("datasets", dataset, name) for name in entries[bot].files]
        found = [_filled(store, path, column) for path in paths]
        if None not in found:
            counted[bot] = sum(number or 0 for number in found)
    return counted


def _filled(store: Store, path: str, column: str) -> int | None:
    import pyarrow.parquet as pq

    try:
        with store.open(path) as stream:
            footer = pq.read_metadata(stream)
    except (OSError, pa.ArrowException):
        return None
    names = footer.schema.names
    if column not in names:
        return None
    chunks = [footer.row_group(group).column(names.index(column)) for group in range(footer.num_row_groups)]
    nulls = [chunk.statistics.null_count if chunk.is_stats_set else None for chunk in chunks]
    return None if None in nulls else footer.num_rows - sum(number or 0 for number in nulls)
