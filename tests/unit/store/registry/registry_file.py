"""A registry as MLflow makes it, as far as we read it, in milliseconds."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

_TABLES = """
    CREATE TABLE model_versions (name, version INTEGER, source, storage_location, run_id,
        creation_time INTEGER DEFAULT 1764500000000, current_stage DEFAULT 'None');
    CREATE TABLE params (key, value, run_uuid);
    CREATE TABLE model_version_tags (key, value, name, version INTEGER);
    CREATE TABLE registered_model_aliases (alias, version INTEGER, name);
    CREATE TABLE experiments (experiment_id INTEGER, name, artifact_location);
    CREATE TABLE runs (run_uuid, artifact_uri, experiment_id INTEGER);
    INSERT INTO experiments VALUES (0, 'Default', '/elsewhere/mlruns/0'),
        (1, 'releases', 'file:///elsewhere/store/mlflow/artifacts'), (2, 'mine', 's3://mine');
    INSERT INTO runs VALUES ('r1', 'file:///elsewhere/store/mlflow/artifacts/r1/artifacts', 1);
    INSERT INTO runs VALUES ('r2', 's3://mine/r2', 2);
"""
_VERSION = "INSERT INTO model_versions (name, version, source, storage_location, run_id) VALUES (?, ?, ?, ?, ?)"


def write_registry(
    path: Path, versions: Mapping[str, Mapping[int, str]], champions: Mapping[str, int], *, root: Path
) -> None:
    """Versions by model and number with the digests of their bundles, whose folders lie below `root`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as opened:
        opened.executescript(_TABLES)
        for name, numbers in versions.items():
            for number, digest in numbers.items():
                source = str(root / "bundles" / name.replace(".", "/") / digest[:16])
                opened.execute(_VERSION, (name, number, source, source, f"run{number}"))
                opened.execute(
                    "INSERT INTO model_version_tags VALUES ('bundle_digest', ?, ?, ?)", (digest, name, number)
                )
        for name, number in champions.items():
            opened.execute("INSERT INTO registered_model_aliases VALUES ('champion', ?, ?)", (number, name))
    opened.close()
