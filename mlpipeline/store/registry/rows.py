"""MLflow's sqlite file, read and put right without MLflow: importing that takes seconds, and a plan has none."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mlpipeline.errors import StoreError
from mlpipeline.store.checked import with_store

IS_THERE = "(v.current_stage IS NULL OR v.current_stage != 'Deleted_Internal')"
"""Of a version `v`: MLflow keeps the rows of those that it has deleted."""
_VERSIONS = f"""
    SELECT v.name, v.version, v.source, t.value, m.value FROM model_versions v
    LEFT JOIN model_version_tags t ON t.name = v.name AND t.version = v.version AND t.key = ?
    LEFT JOIN model_version_tags m ON m.name = v.name AND m.version = v.version AND m.key = 'metrics'
    WHERE {IS_THERE}
"""
_OURS = "(SELECT name || '/' || version FROM model_version_tags WHERE key = ?)"


@dataclass(frozen=True)
class Row:
    """One version: the digest of its bundle, the name of the folder that the bundle lies in, and its metrics."""

    digest: str
    folder: str
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Registry:
    """All versions by model and number, and which of them each model's aliases name."""

    versions: dict[str, dict[int, Row]] = field(default_factory=dict)
    aliases: dict[str, dict[str, int]] = field(default_factory=dict)


def read_registry(path: Path, digest_tag: str) -> Registry | None:
    """What the file says; None where there is none.

    Raises:
        StoreError: it is damaged.
    """
    if not path.is_file():
        return None
    found = Registry()
    with _opened(path, "ro") as database:
        for name, version, source, digest, metrics in database.execute(_VERSIONS, (digest_tag,)):
            rows = found.versions.setdefault(str(name), {})
            rows[int(version)] = Row(
                str(digest or ""), os.path.basename(str(source).rstrip("/")), read_metrics(str(metrics or "{}"))
            )
        for name, alias, version in database.execute("SELECT name, alias, version FROM registered_model_aliases"):
            found.aliases.setdefault(str(name), {})[str(alias)] = int(version)
    return found


def read_metrics(text: str) -> dict[str, float]:
    """What the tag `metrics` of a version holds; empty where somebody wrote something else into it."""
    try:
        return {str(key): float(value) for key, value in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        return {}  # the version is still what its digest says


def check_registry(path: Path) -> None:
    """Raises StoreError when the file is there and damaged: MLflow would tell it in a page of its own."""
    if path.is_file():
        with _opened(path, "ro") as database:
            database.execute("SELECT count(*) FROM model_versions").fetchone()


def set_aside(path: Path) -> Path | None:
    """Moves a damaged registry out of the way, so that a new one can be made; gives its new name, None if it is whole.

    Raises:
        StoreError: it cannot be moved.
    """
    try:
        check_registry(path)
        return None
    except StoreError:
        place = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%dT%H%M%S')}")
        try:
            path.rename(place)
            path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
        except OSError as error:
            fix = "give write permission there"
            raise StoreError(f"cannot be moved ({error.strerror})", where=str(path), fix=fix) from error
        return place


def bring_home(path: Path, digest_tag: str) -> None:
    """Lets every path that MLflow keeps of our bundles and runs lead into the store that `path` stands in.

    MLflow keeps absolute paths. In a store that was copied or moved they still lead to where it was before.

    Raises:
        StoreError: the file is damaged or cannot be written.
    """
    root = path.absolute().parent.parent
    artifacts = (path.absolute().parent / "artifacts").as_uri()
    with _opened(path, "rw") as database, database:
        ours = f"SELECT name, version, source FROM model_versions WHERE name || '/' || version IN {_OURS}"
        for name, version, source in database.execute(ours, (digest_tag,)).fetchall():
            domain, _, lang = str(name).rpartition(".")
            place = str(root / "bundles" / domain / lang / os.path.basename(str(source)))
            if place != source:
                values = (place, place, name, version)
                database.execute(
                    "UPDATE model_versions SET source = ?, storage_location = ? WHERE name = ? AND version = ?", values
                )
        # `Default` is MLflow's own, and would put its artefacts into the folder that a command was typed in.
        database.execute("UPDATE experiments SET artifact_location = ? WHERE name = 'releases'", (artifacts,))
        database.execute("UPDATE experiments SET artifact_location = ? || '/0' WHERE name = 'Default'", (artifacts,))
        database.execute(
            "UPDATE runs SET artifact_uri = ? || '/' || run_uuid || '/artifacts' WHERE experiment_id IN"
            " (SELECT experiment_id FROM experiments WHERE name = 'releases')",
            (artifacts,),
        )


def connect(path: Path, mode: str, patience: float = 30.0) -> sqlite3.Connection:
    """Opens the file, which must be there, to read ("ro") or to write ("rw").

    Args:
        path: the file.
        mode: what for; a process that was killed while it wrote leaves a journal, which only a reader that may write
            can play back.
        patience: seconds to wait for who writes there.
    """
    if path.with_name(f"{path.name}-journal").exists() and os.access(path, os.W_OK):
        mode = "rw"
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=patience)


def cannot_change(path: Path, error: sqlite3.Error) -> StoreError:
    """The error of a file that took no change."""
    fix = "wait for who writes there, or give write permission and room"
    return StoreError(f"the registry cannot be written ({error})", where=str(path), fix=fix)


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    try:
        with closing(connect(path, mode)) as database:
            said = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if said != "ok":
                raise sqlite3.DatabaseError(said)
            yield database
    except (sqlite3.Error, TypeError, ValueError, UnicodeDecodeError) as error:
        fix = f"`mlpipeline run --from-stage release{with_store(path.absolute().parent.parent)}` makes it anew"
        what = f"the registry is damaged ({' '.join(str(error).split())})"
        raise StoreError(what, where=str(path), fix=fix) from error
