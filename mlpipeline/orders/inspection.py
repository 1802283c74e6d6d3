"""Every file of a store read: what is not as it was written, and what makes it anew."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mlpipeline.bots import Bot
from mlpipeline.catalog import DATASETS, KEPT, STAGES
from mlpipeline.errors import StoreError
from mlpipeline.store.bundles.content import open_bundle
from mlpipeline.store.checked import with_store
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.moves import bundles_of
from mlpipeline.store.registry.released import put_back
from mlpipeline.store.tables.appended import damages_of
from mlpipeline.store.tables.datasets import damaged_table, read_rows
from mlpipeline.store.tables.files import is_readable, look_at
from mlpipeline.store.tables.manifests import Manifest, load_manifest


@dataclass(frozen=True)
class Damage:
    """One thing that is not as it was written: whose, what, and the line that makes it anew."""

    bot: str
    what: str
    fix: str


@dataclass
class Inspection:
    """What was read, and what of it is damaged."""

    files: int = 0
    bundles: int = 0
    damages: list[Damage] = field(default_factory=list)


def inspect_store(store: Store, bots: Collection[str]) -> Inspection:
    """Reads all Parquet files, bundles, pointers and registry rows of these bots.

    A plan looks at sizes and times only; what was changed with both kept is found here.

    Args:
        store: a local one.
        bots: `domain/lang`, and `*/lang` for what all bots of a language share.

    Raises:
        StoreError: the store is elsewhere; its files have checksums of their own there.
    """
    if not store.is_local:
        raise StoreError("only a store of this machine is checked", where=store.root, fix="run this where it lies")
    found = Inspection()
    own = [bot for bot in bots if not bot.startswith("*/")]
    released = list(_releases(store, own))
    found.damages = [*_tables(store, bots, found), *released, *_bundles(store, own, found)]
    return found


def _tables(store: Store, bots: Collection[str], found: Inspection) -> Iterator[Damage]:
    for name in DATASETS:
        manifest = load_manifest(store, name)
        if manifest.damage:
            error = damaged_table(store, name, manifest.damage)
            yield Damage("", error.what, error.fix)
            continue
        for bot in sorted(set(manifest.entries) & set(bots)):
            yield from _partition(store, manifest, bot, found)
    for name in KEPT:
        yield from (Damage("", what, fix) for what, fix in damages_of(store, name))


def _partition(store: Store, manifest: Manifest, bot: str, found: Inspection) -> Iterator[Damage]:
    lang = Bot.parse(bot).lang
    select = f"lang:{lang}" if bot.startswith("*/") else bot
    run = f"`mlpipeline run --select {select}{with_store(store.base)}` makes it anew"
    for path in manifest.entries[bot].files:
        place = os.path.join(store.path("datasets", manifest.dataset), path)
        found.files += 1
        if is_readable(place):
            continue
        # A plan goes by size and time: where both were kept, only a file that is gone is missed.
        same = look_at(place) is not None and look_at(place) == manifest.written.get(path)
        what = f"{manifest.dataset}: {place} is {'damaged' if os.path.exists(place) else 'missing'}"
        yield Damage(bot, what, f"delete the file; then {run}" if same else run)


def _releases(store: Store, bots: Collection[str]) -> Iterator[Damage]:
    for stage in STAGES:
        if stage.lost is None:
            continue
        lost = stage.lost(store, thorough=True)
        for bot in sorted(bots):
            fix = f"`mlpipeline run --from-stage {stage.name} --select {bot}{with_store(store.base)}` makes it anew"
            yield from (Damage(bot, what, fix) for what in lost(bot))


def _bundles(store: Store, bots: Collection[str], found: Inspection) -> Iterator[Damage]:
    """All bundles are read. The one that the table of releases names is told of by its stage."""
    for bot in sorted(bots):
        current, version = _current_bundle(store, bot)
        home = bundles_of(store, bot)
        for folder in sorted(place for place in home.glob("[!.]*") if place.is_dir()):
            found.bundles += 1
            if folder.name == current:
                continue
            try:
                open_bundle(folder)
            except StoreError as error:
                place = os.path.relpath(error.where or folder, store.path("bundles"))
                yield Damage(bot, f"bundle {place}: {error.what}", put_back("it", version))


def _current_bundle(store: Store, bot: str) -> tuple[str, int | None]:
    """The folder and the version that the tables hold: what is lost of it can be made anew."""
    try:
        rows = read_rows(store, "released", bots=[bot], columns=["uri", "version"]).to_pylist()
    except StoreError:
        return "", None  # nothing was released yet, or the table is told of as damaged
    return (Path(rows[0]["uri"]).name, rows[0]["version"]) if rows else ("", None)
