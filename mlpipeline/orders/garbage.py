"""Bundles that nobody needs any more: old versions beyond those to be kept, and what killed releases left behind."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mlpipeline.errors import StoreError
from mlpipeline.orders.models import folder_bytes
from mlpipeline.store.layout import Store, cannot_write
from mlpipeline.store.registry.moves import bundles_of, database_of, move_lock, registered
from mlpipeline.store.registry.pointers import model_name, read_pointer
from mlpipeline.store.registry.versions import delete_versions
from mlpipeline.store.tables.datasets import bot_locks, read_rows


@dataclass(frozen=True)
class Garbage:
    """A folder of a bundle that can go: of an old `version`, or None for what no version names; `size` in bytes."""

    bot: str
    version: int | None
    folder: str
    size: int
    why: str


def collect_garbage(store: Store, bots: Sequence[str], keep: int, *, dry_run: bool) -> tuple[list[Garbage], list[str]]:
    """Removes the old versions of bots, and left-overs; gives what went (or would), and what was left alone.

    A version stays that an alias names, that the table of releases holds, or that is among the newest of its bot.

    Args:
        store: a local one.
        bots: DOMAIN/LANG each.
        keep: how many of the newest versions of a bot stay, at least 1.
        dry_run: remove nothing.

    Raises:
        StoreError: the registry is missing or damaged: then nothing tells what is needed.
    """
    gone: list[Garbage] = []
    with bot_locks(store, bots) as (ours, busy):
        notes = [f"{bot}: a run works on it: left alone" for bot in busy]
        for bot in ours:
            with move_lock(store, bot):
                rows, _ = registered(store, bot)
                if not rows:
                    notes.append(f"{bot}: the registry has no version of it: left alone")
                    continue
                found = list(_garbage_of(store, bot, keep))
                if not dry_run:
                    _remove(store, bot, found)
                gone += found
    return gone, notes


def _garbage_of(store: Store, bot: str, keep: int) -> Iterator[Garbage]:
    rows, aliases = registered(store, bot)
    place = bundles_of(store, bot)
    held = _held(store, bot)
    needed = {*aliases.values(), *sorted(rows)[-keep:], *(one for one, row in rows.items() if row.folder in held)}
    stays = {rows[version].folder for version in needed if version in rows} | held
    for version, row in sorted(rows.items()):
        if version not in needed:
            size = 0 if row.folder in stays else folder_bytes(place / row.folder)
            yield Garbage(bot, version, row.folder, size, f"older than the newest {keep}")
    known = stays | {row.folder for row in rows.values()}
    for folder in sorted(entry.name for entry in os.scandir(place) if entry.is_dir(follow_symlinks=False)):
        if folder not in known:
            hidden = folder.startswith(".")
            why = "left by a release that was killed" if hidden else "no version names it"
            yield Garbage(bot, None, folder, folder_bytes(place / folder), why)


def _held(store: Store, bot: str) -> set[str]:
    """Folders that answer, or that the table of releases names."""
    found = set()
    with suppress(StoreError):  # nothing was released yet
        rows = read_rows(store, "released", bots=[bot], columns=["uri"]).to_pylist()
        found |= {Path(row["uri"]).name for row in rows}
    with suppress(StoreError):  # what a damaged pointer names, the alias names too
        pointer = read_pointer(bundles_of(store, bot), bot)
        found |= set() if pointer is None else {Path(pointer.folder).name}
    return found


def _remove(store: Store, bot: str, garbage: Sequence[Garbage]) -> None:
    """The registry forgets first: a process that is killed then leaves folders that no version names."""
    versions = [one.version for one in garbage if one.version is not None]
    if versions:
        delete_versions(database_of(store), model_name(bot), versions)
    stays = {row.folder for row in registered(store, bot)[0].values()}
    for one in garbage:
        folder = bundles_of(store, bot) / one.folder
        if one.folder in stays or not folder.is_dir():
            continue
        try:
            aside = folder.with_name(f".{one.folder.lstrip('.')}.{uuid.uuid4().hex}.old")
            os.rename(folder, aside)
            shutil.rmtree(aside)
        except OSError as error:
            raise cannot_write(str(folder), error) from error
