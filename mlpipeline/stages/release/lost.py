"""What a release made outside of its table and is no longer there as it was: a plan makes it anew, without training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mlpipeline.bots import Bot
from mlpipeline.errors import StoreError
from mlpipeline.store.bundles.seals import find_damage
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.moves import bundles_of, database_of, follow, is_retired
from mlpipeline.store.registry.pointers import ALIAS, DIGEST_TAG, POINTER, model_name, read_pointer
from mlpipeline.store.registry.rows import Registry, read_registry
from mlpipeline.store.tables.datasets import read_rows

_COLUMNS = ["domain", "lang", "version", "bundle_digest", "uri", "alias"]


def find_lost(store: Store, *, thorough: bool) -> Callable[[str], list[str]]:
    """A function that tells for a bot whose release is up to date what of it is missing or damaged.

    Registry and table are read once for all bots, with neither MLflow nor a JVM.

    Args:
        store: of the bots.
        thorough: read every byte of the bundles; else sizes and times of their files must do, for hundreds of bots.
    """
    if not store.is_local:
        return lambda bot: []
    try:
        released = read_rows(store, "released", columns=_COLUMNS).to_pylist()
    except StoreError:
        return lambda bot: []  # a table that cannot be read is made anew first: the plan sees its files
    rows = {str(Bot(row["domain"], row["lang"])): row for row in released}
    try:
        registry = read_registry(database_of(store), DIGEST_TAG)
        damaged = "" if registry else "registry missing: mlflow/mlflow.db"
    except StoreError as error:
        registry, damaged = None, error.what

    def lost(bot: str) -> list[str]:
        row = rows.get(bot)
        if row is None:
            return []
        folder = Path(store.path(row["uri"]))
        found = find_damage(folder, row["bundle_digest"], thorough=thorough)
        causes = [f"bundle damaged: {found}"] if found else []
        if registry is None:
            return [*causes, damaged]
        return causes + _unregistered(store, registry, bot, row) + _misled(store, registry, bot)

    return lost


def _unregistered(store: Store, registry: Registry, bot: str, row: dict[str, object]) -> list[str]:
    name, version = model_name(bot), int(str(row["version"]))
    kept = registry.versions.get(name, {}).get(version)
    if kept is None or kept.digest != row["bundle_digest"] or not str(row["uri"]).endswith(f"/{kept.folder}"):
        return [f"registry has not version {version} of this bundle"]
    # An alias that names another version was moved by a person, and stays; so does a bot that was retired.
    champion = registry.aliases.get(name, {}).get(ALIAS)
    is_gone = champion is None or champion not in registry.versions[name]
    if row["alias"] and is_gone and not is_retired(store, bot):
        return [f"registry has no alias {ALIAS}"]
    return []


def _misled(store: Store, registry: Registry, bot: str) -> list[str]:
    """The pointer must say what the alias says: one that was moved elsewhere is followed, if its bundle is there."""
    name, place = model_name(bot), bundles_of(store, bot)
    champion = registry.aliases.get(name, {}).get(ALIAS)
    kept = registry.versions.get(name, {}).get(champion) if champion is not None else None
    if kept is None:
        return []
    try:
        pointer = read_pointer(place, bot)
    except StoreError as error:
        return [f"{POINTER}: {error.what}"]
    if pointer is None:
        return [f"{POINTER} missing"]
    if (pointer.version, pointer.digest, Path(pointer.folder).name) == (champion, kept.digest, kept.folder):
        return []
    try:
        follow(store, bot)
    except StoreError as error:
        return [error.what]
    return []
