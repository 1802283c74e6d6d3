"""What the registry's file tells of a model's versions: when each was made, its tags, its recipe; without MLflow."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from mlpipeline.errors import StoreError
from mlpipeline.store.registry.pointers import DIGEST_TAG
from mlpipeline.store.registry.rows import IS_THERE, cannot_change, connect, read_metrics


@dataclass(frozen=True)
class Version:
    """One version: its bundle's digest and folder, the metrics of its release, its tags and its run.

    `created` is the time in UTC, empty where it is not known.
    """

    number: int
    digest: str
    folder: str
    created: str
    run: str
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)


def read_versions(path: Path, model: str) -> list[Version]:
    """The versions of a model, oldest first; empty where there is no registry.

    Raises:
        StoreError: the file cannot be read.
    """
    if not path.is_file():
        return []
    tags: dict[int, dict[str, str]] = {}
    query = f"SELECT version, source, creation_time, run_id FROM model_versions v WHERE name = ? AND {IS_THERE}"
    found = []
    try:
        with closing(connect(path, "ro")) as database:
            for number, key, value in database.execute(
                "SELECT version, key, value FROM model_version_tags WHERE name = ?", (model,)
            ):
                tags.setdefault(int(number), {})[str(key)] = str(value or "")
            for number, source, created, run in database.execute(f"{query} ORDER BY version", (model,)):
                own = dict(tags.get(int(number), {}))
                digest, metrics = own.get(DIGEST_TAG, ""), read_metrics(own.pop("metrics", "{}"))
                folder = os.path.basename(str(source).rstrip("/"))
                found.append(Version(int(number), digest, folder, _time(created), str(run or ""), own, metrics))
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise _unreadable(path, error) from error
    return found


def read_params(path: Path, run: str) -> dict[str, str]:
    """The recipe that is logged with a run; empty where there is none. Raises StoreError as `read_versions` does."""
    try:
        with closing(connect(path, "ro")) as database:
            return dict(database.execute("SELECT key, value FROM params WHERE run_uuid = ?", (run,)).fetchall())
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error


def delete_versions(path: Path, model: str, numbers: list[int]) -> None:
    """Takes versions out of the registry, all or none; their runs stay as history. Raises StoreError."""
    try:
        with closing(connect(path, "rw")) as database, database:
            for table in ("model_version_tags", "registered_model_aliases", "model_versions"):
                database.executemany(
                    f"DELETE FROM {table} WHERE name = ? AND version = ?", [(model, number) for number in numbers]
                )
    except sqlite3.Error as error:
        raise cannot_change(path, error) from error


def logged_gate(version: Version) -> str:
    """What the gate said of a version: `passed`, or which conditions it missed; empty for those of earlier releases."""
    return version.tags.get("gate", "")


def _time(milliseconds: object) -> str:
    if not isinstance(milliseconds, int):
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc).isoformat(timespec="seconds")


def _unreadable(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"the registry cannot be read ({error})", where=str(path), fix="`mlpipeline plan` says what helps"
    )
