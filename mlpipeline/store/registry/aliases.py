"""Which version an alias of a model names, in MLflow's sqlite file: read in a millisecond, moved in one transaction."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from mlpipeline.errors import StoreError
from mlpipeline.store.registry.pointers import DIGEST_TAG
from mlpipeline.store.registry.rows import IS_THERE, Row, cannot_change, connect, read_metrics

_NAMED = f"""
    SELECT a.version, v.source, d.value, m.value FROM registered_model_aliases a
    LEFT JOIN model_versions v ON v.name = a.name AND v.version = a.version AND {IS_THERE}
    LEFT JOIN model_version_tags d ON d.name = a.name AND d.version = a.version AND d.key = ?
    LEFT JOIN model_version_tags m ON m.name = a.name AND m.version = a.version AND m.key = 'metrics'
    WHERE a.name = ? AND a.alias = ?
"""
_PATIENCE = 5.0  # seconds that a reader waits for who writes


class Named(NamedTuple):
    """What an alias names: a version, and its row; None where that version was deleted."""

    version: int
    row: Row | None


def read_alias(path: Path, model: str, alias: str, version: int = 0) -> tuple[bool, Named | None]:
    """Whether the model has a version, and which one an alias names.

    The file is not checked as a whole: whoever waits for an answer has no time for that.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        with closing(connect(path, "ro", _PATIENCE)) as database:
            versions = f"SELECT 1 FROM model_versions v WHERE name = ? AND version = ? AND {IS_THERE}"
            known = database.execute(versions, (model, version)).fetchone() is not None
            found = database.execute(_NAMED, (DIGEST_TAG, model, alias)).fetchone()
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise StoreError(f"the registry cannot be read ({error})", where=str(path)) from error
    if found is None:
        return known, None
    number, source, digest, metrics = found
    if source is None:
        return known, Named(int(number), None)
    row = Row(str(digest or ""), os.path.basename(str(source).rstrip("/")), read_metrics(str(metrics or "{}")))
    return known, Named(int(number), row)


def set_aliases(path: Path, model: str, aliases: Mapping[str, int | None]) -> None:
    """Lets each alias name its version, or nothing, all of them or none.

    Raises:
        StoreError: the file cannot be written.
    """
    try:
        with closing(connect(path, "rw", _PATIENCE)) as database, database:
            database.execute("BEGIN IMMEDIATE")
            for alias, version in aliases.items():
                database.execute("DELETE FROM registered_model_aliases WHERE name = ? AND alias = ?", (model, alias))
                if version is not None:
                    values = (alias, version, model)
                    database.execute(
                        "INSERT INTO registered_model_aliases (alias, version, name) VALUES (?, ?, ?)", values
                    )
    except sqlite3.Error as error:
        raise cannot_change(path, error) from error
