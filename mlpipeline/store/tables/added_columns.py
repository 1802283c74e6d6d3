"""Columns that tables made by older versions lack, and the value that stands for them in rows without one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.errors import StoreError
from mlpipeline.store.checked import with_store
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.pieces import PIECE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_ONE_PIECE = MappingProxyType({PIECE: 0})  # older versions cut nothing: what they wrote is one piece, the first
ADDED_COLUMNS: Mapping[str, Mapping[str, int]] = {"model": _ONE_PIECE, "exported": _ONE_PIECE}
"""By dataset, 32-bit integer columns. Older rows hold null where a newer commit gave their table the column."""


def added_columns(dataset: str) -> Mapping[str, int]:
    """Column -> what stands for it in the rows of older versions; most datasets have none."""
    return ADDED_COLUMNS.get(dataset, {})


def with_added(rows: pa.Table, dataset: str, columns: Collection[str] | None = None) -> pa.Table:
    """Rows as this version would have written them; `columns` are those that are wanted, None: all."""
    for name, value in added_columns(dataset).items():
        if name in rows.column_names:
            at = rows.column_names.index(name)
            rows = rows.set_column(at, name, pc.fill_null(rows[name], value))
        elif columns is None or name in columns:
            rows = rows.append_column(name, pa.array([value] * rows.num_rows, pa.int32()))
    return rows


def with_added_in_spark(frame: DataFrame, dataset: str) -> DataFrame:
    """The same for a frame of Spark, with all columns."""
    added = added_columns(dataset)
    if not added:
        return frame
    others = [name for name in added if name not in frame.columns]
    known = [f"CAST(coalesce({name}, {added[name]}) AS INT) AS {name}" if name in added else f"`{name}`"
             for name in frame.columns]  # fmt: skip
    return frame.selectExpr(*known, *(f"CAST({added[name]} AS INT) AS {name}" for name in others))


def column_names(store: Store, dataset: str) -> list[str]:
    """The columns that the rows of a dataset have when they are read, whichever version made the table."""
    from deltalake import DeltaTable

    names = [field.name for field in DeltaTable(store.table_path(dataset)).schema().fields]
    return [*names, *(name for name in added_columns(dataset) if name not in names)]


def check_columns(store: Store, dataset: str, there: Sequence[str], columns: Iterable[str]) -> None:
    """Raises StoreError where a table lacks a wanted column; `there` are those that it has."""
    missing = sorted(set(columns) - {*there, *added_columns(dataset)})
    if missing:
        run = f"`mlpipeline run{with_store(store.base)}` makes it anew"
        fix = f"it has {', '.join(there)}; where an older version made it, {run}"
        raise StoreError(f"{dataset} has no column {', '.join(missing)}", where=store.root, fix=fix)
