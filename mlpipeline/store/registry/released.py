"""Which bundle answers for a bot, and what helps where none does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlpipeline.errors import StoreError, UsageError, did_you_mean
from mlpipeline.store.bundles.seals import remedy
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.moves import bundles_of, database_of, follow, is_retired
from mlpipeline.store.registry.pointers import ALIAS, DIGEST_TAG, PREVIOUS, Released, model_name
from mlpipeline.store.registry.rows import Row, read_registry


def find_released(store: Store, bot: str, version: str | None = None) -> Released:
    """The champion of a bot, or one version of it: by its number, or by an alias of the registry.

    Raises:
        StoreError: there is none; with what makes it anew where one was released.
        UsageError: the bot has others than the version that is asked for.
    """
    place = bundles_of(store, bot)
    database = database_of(store)
    if version and version != ALIAS:
        # Read without MLflow, whose import takes seconds.
        kept = read_registry(database, DIGEST_TAG)
        there = {} if kept is None else kept.versions.get(model_name(bot), {})
        names = {} if kept is None else kept.aliases.get(model_name(bot), {})
        found = _registered(place, bot, str(names.get(version, version)), there)
    else:
        version, there, names, found = None, {}, {}, follow(store, bot)
    if found is not None:
        return found
    what = f"no version {version}{did_you_mean(version, names)}" if version else "no champion"
    if place.is_dir() and not database.is_file():
        raise StoreError("the registry is missing", where=str(database), fix=remedy(place / "-"))
    if there:
        raise UsageError(what, where=bot, fix=f"its versions are: {', '.join(map(str, sorted(there)[-10:]))}")
    kept = read_registry(database, DIGEST_TAG)
    if kept is not None and not version and model_name(bot) in kept.versions:
        if is_retired(store, bot):
            back = (
                f"`mlpipeline rollback {bot}` lets version {kept.aliases.get(model_name(bot), {}).get(PREVIOUS)} answer"
            )
            raise StoreError("it was retired: no version answers", where=bot, fix=f"{back} again")
        raise StoreError(what, where=bot, fix=f"{_refused(store, bot)}: `mlpipeline show released {bot}` says more")
    known = sorted(f"{folder.parent.name}/{folder.name}" for folder in Path(store.path("bundles")).glob("*/*"))
    hint = f"released bots are: {', '.join(known[:10])}" if known else "`mlpipeline run` releases bots"
    raise StoreError(what, where=bot, fix=hint)


def _refused(store: Store, bot: str) -> str:
    """Which conditions of the gate the newest model of a bot missed, in words."""
    # Who is answered does not wait for Arrow, which only a refused bot needs.
    from mlpipeline.store.tables.datasets import read_rows

    unknown = "a gate refused its models"
    try:
        rows = read_rows(store, "released", bots=[bot], columns=["version", "gate"]).to_pylist()
        row = max(rows, key=lambda row: int(row["version"]))
        missed = [_missed(check) for check in json.loads(row["gate"]) if not check["passed"]]
    except (StoreError, ValueError, KeyError, TypeError):
        return unknown
    return f"release.gate refused version {row['version']} ({'; '.join(missed)})" if missed else unknown


def _missed(check: Mapping[str, Any]) -> str:
    value = check["value"]
    return f"{check['name']} {check['limit']:g}, found {'nothing' if value is None else f'{value:.3f}'}"


def _registered(place: Path, bot: str, version: str, there: Mapping[int, Row]) -> Released | None:
    row = there.get(int(version)) if version.isdecimal() else None
    return None if row is None else Released(bot, int(version), str(place / row.folder), row.digest, row.metrics)


def with_remedy(store: Store, bot: str, pointer: Released, error: StoreError) -> StoreError:
    """The error of a bundle that cannot be opened: only what the tables still hold can be made anew from them."""
    # Who waits for an answer does not wait for Arrow, which only a damaged bundle needs.
    from mlpipeline.store.tables.datasets import read_rows

    try:
        (row,) = read_rows(store, "released", bots=[bot], columns=["version", "bundle_digest"]).to_pylist()
    except (StoreError, ValueError):
        return error
    if row["bundle_digest"] == pointer.digest:
        return error
    fix = put_back(f"the bundle of version {pointer.version}", row["version"])
    return StoreError(error.what, where=error.where, fix=fix)


def put_back(bundle: str, version: int | None) -> str:
    """What brings back a bundle that cannot be made from the tables: they hold another `version` now, or none."""
    hold = "hold no release" if version is None else f"hold version {version}"
    return f"put {bundle} back from a copy of the store: the tables {hold} now"
