"""What each partition of a dataset was made from.

The Delta log is the truth: every commit's `userMetadata` carries the marks of the bots that it wrote. The
manifest beside the table is a cache of that, brought up to date from newer commits when it is read, so a
run that was killed between the two loses nothing and planning needs no JVM.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypedDict
from urllib.parse import unquote

import orjson

from mlpipeline.errors import StoreError
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.files import Written, is_readable, log_damage, look_at, look_at_entry
from mlpipeline.store.tables.provenance import Provenance, as_stored, read_provenance, settings_by_digest

_COMMIT = re.compile(r"^(\d{20})\.json$")
_WATCHED = 30  # newest commits that a plan looks at again: Delta itself starts from a checkpoint of the last ten
# What orjson, and bytes that were not written by us, raise.
_NO_COMMIT = (ValueError, KeyError, TypeError, AttributeError)
_KEPT = 5  # earlier rows of one bot that are remembered: who goes back, goes back to a recent state


@dataclass
class Entry:
    """A mark, the version of the table that holds it, and the rows and files that it has."""

    provenance: Provenance
    version: int
    rows: int
    files: list[str] = field(default_factory=list)


class Earlier(NamedTuple):
    """Rows that a bot had before: what made them, the version of the table that holds them, and their files."""

    fingerprint: str
    version: int
    files: list[str]


@dataclass
class Manifest:
    """All marks of one dataset, by bot; `version` is the last commit that it knows (-1: no table).

    `earlier` has the rows that were replaced, newest last; older versions of the table still hold them. `written` has
    all these files as they were written, `log` the newest commits as they were read. `damage` says what is wrong with a
    table's log: nothing is known of it then. `changed` is true when there is more to keep than was read.
    """

    dataset: str
    version: int = -1
    entries: dict[str, Entry] = field(default_factory=dict)
    earlier: dict[str, list[Earlier]] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    log: dict[int, Written] = field(default_factory=dict)
    damage: str = ""
    changed: bool = False


def load_manifest(store: Store, dataset: str) -> Manifest:
    """Reads a dataset's manifest and adds the commits that it has not seen; writes it back when it grew."""
    log = Path(store.path("datasets", dataset, "_delta_log"))
    damage = log_damage(log) if store.is_local else ""
    if damage:
        return Manifest(dataset, damage=damage)
    manifest = _read_cache(store, dataset)
    if store.is_local and any(found != look_at_entry(log, version) for version, found in manifest.log.items()):
        manifest = Manifest(dataset)  # another table, a copy, or entries that were changed: read what is there
    newer = _commits_after(store, dataset, manifest.version)
    if newer and newer[0] != manifest.version + 1:
        # The log begins after what the cache knows (or the table was made anew): start over from what is there.
        manifest, newer = Manifest(dataset), _commits_after(store, dataset, -1)
    for version in newer:
        data = store.read(_commit_path(store, dataset, version)) or b""
        try:
            _add_commit(manifest, version, data)
        except _NO_COMMIT:
            return Manifest(dataset, damage=f"its log entry {version:020d}.json is damaged")
        manifest.log = {**dict([*manifest.log.items()][-_WATCHED:]), version: look_at_entry(log, version)}
    if newer:
        _write_cache(store, manifest)
    return manifest


def keep_manifest(store: Store, manifest: Manifest) -> None:
    """Keeps what was learnt of a table's files since it was loaded, if anything was."""
    if manifest.changed:
        _write_cache(store, manifest)
        manifest.changed = False


def _cache_path(store: Store, dataset: str) -> str:
    return store.path("datasets", f"{dataset}.manifest.json")


def _commit_path(store: Store, dataset: str, version: int) -> str:
    return store.path("datasets", dataset, "_delta_log", f"{version:020d}.json")


def _commits_after(store: Store, dataset: str, version: int) -> list[int]:
    # The usual case asks one question; only a table that moved (or went) is listed.
    if version >= 0 and store.exists(_commit_path(store, dataset, version)):
        found = version + 1
        while store.exists(_commit_path(store, dataset, found)):
            found += 1
        return list(range(version + 1, found))
    names = store.names(store.path("datasets", dataset, "_delta_log"))
    return [int(match[1]) for match in map(_COMMIT.match, names) if match]


def _read_cache(store: Store, dataset: str) -> Manifest:
    data = store.read(_cache_path(store, dataset))
    if data is None:
        return Manifest(dataset)
    try:
        kept = orjson.loads(data)
        parts = kept["parts"]
        entries = {
            bot: Entry(read_provenance(e["mark"], parts), e["version"], e["rows"], e["files"])
            for bot, e in kept["entries"].items()
        }
        earlier = {bot: [Earlier(*rows) for rows in found] for bot, found in kept["earlier"].items()}
        written = {path: Written(*found) for path, found in kept["written"].items()}
        log = {int(version): Written(*found) for version, *found in kept["log"]}
        version = int(kept["version"])
    except _NO_COMMIT:
        return Manifest(dataset)
    if not store.exists(_commit_path(store, dataset, version)):
        return Manifest(dataset)
    return Manifest(dataset, version, entries, earlier, written, log)


def _write_cache(store: Store, manifest: Manifest) -> None:
    parts = settings_by_digest(entry.provenance for entry in manifest.entries.values())
    entries = {
        bot: {
            "mark": as_stored(entry.provenance),
            "version": entry.version,
            "rows": entry.rows,
            "files": entry.files,
        }
        for bot, entry in manifest.entries.items()
    }
    earlier = {bot: [list(rows) for rows in found] for bot, found in manifest.earlier.items()}
    named = {path for entry in manifest.entries.values() for path in entry.files}
    named.update(path for found in manifest.earlier.values() for rows in found for path in rows.files)
    written = {path: list(found) for path, found in manifest.written.items() if path in named}
    kept = {"version": manifest.version, "parts": parts, "entries": entries, "earlier": earlier, "written": written}
    data = orjson.dumps({**kept, "log": [[version, *found] for version, found in manifest.log.items()]})
    # A cache that cannot be kept is read from the log again: looking at a read-only or full store still works.
    with suppress(StoreError):
        store.write(_cache_path(store, manifest.dataset), data)


class _FileAction(TypedDict, total=False):
    """A line `add` or `remove` of Delta's log."""

    path: str
    partitionValues: dict[str, str | None]
    dataChange: bool
    size: int
    modificationTime: int
    stats: str | None


class _CommitInfo(TypedDict, total=False):
    """What a commit of Delta's log says of itself; `userMetadata` is ours, as JSON."""

    userMetadata: str | None
    operationMetrics: dict[str, str] | None


def _add_commit(manifest: Manifest, version: int, data: bytes) -> None:
    actions = [orjson.loads(line) for line in data.splitlines() if line.strip()]
    told: _CommitInfo | None = next((action["commitInfo"] for action in actions if "commitInfo" in action), None)
    info: _CommitInfo = {} if told is None else told
    manifest.version = version
    try:
        ours = orjson.loads(info.get("userMetadata") or "null")
    except orjson.JSONDecodeError:
        ours = None
    adds = [action["add"] for action in actions if "add" in action]
    announced = (info.get("operationMetrics") or {}).get("numFiles")
    if announced is not None and int(announced) != len(adds):
        raise ValueError("lines of the entry are gone")
    for add in adds:
        stamp = Written(int(add.get("size", -1)), int(add.get("modificationTime", -1)))
        manifest.written[unquote(add["path"])] = stamp
    if not isinstance(ours, dict) or ours.get("mlpipeline") != 1:
        _follow_foreign(manifest, adds, [action["remove"] for action in actions if "remove" in action])
        return
    for bot, provenance in ours["marks"].items():
        kept = read_provenance(provenance, ours["parts"])
        _remember(manifest, bot, kept.fingerprint)
        manifest.entries[bot] = Entry(kept, version, 0, [])
    for add in adds:
        entry = manifest.entries.get(_bot_of(add))
        if entry is not None:
            entry.files.append(unquote(add["path"]))
            entry.rows += int(orjson.loads(add.get("stats") or "{}").get("numRecords", 0))


def _remember(manifest: Manifest, bot: str, fingerprint: str) -> None:
    """Keeps the rows that a bot had until now among its earlier ones; those of `fingerprint` come anew."""
    replaced = manifest.entries.get(bot)
    if replaced is None:
        return
    now = Earlier(replaced.provenance.fingerprint, replaced.version, replaced.files)
    known = [*manifest.earlier.get(bot, ()), now]
    last = {rows.fingerprint: rows for rows in known if rows.fingerprint != fingerprint}
    manifest.earlier[bot] = sorted(last.values(), key=lambda rows: rows.version)[-_KEPT:]


def version_holding(store: Store, manifest: Manifest, bot: str, fingerprint: str) -> int | None:
    """The version of a table in which a bot's rows have this fingerprint, None where the store holds none any more."""
    now = manifest.entries.get(bot)
    newest = [Earlier(now.provenance.fingerprint, now.version, now.files)] if now else []
    known = [*manifest.earlier.get(bot, ()), *newest]
    for rows in known:
        if rows.fingerprint == fingerprint and not _gone(store, manifest, rows.files):
            returned: int | None = rows.version
            return returned
    return None


def _follow_foreign(manifest: Manifest, adds: Sequence[_FileAction], removes: Sequence[_FileAction]) -> None:
    # OPTIMIZE and its kind move rows to other files (dataChange false): the mark stays, the file list follows.
    # A commit that changed data and carries no mark makes its bots' marks void.
    for action in [*removes, *adds]:
        if action.get("dataChange", True):
            manifest.entries.pop(_bot_of(action), None)
    for gone in removes:
        entry = manifest.entries.get(_bot_of(gone))
        if entry is not None:
            entry.files = [path for path in entry.files if path != unquote(gone["path"])]
    for add in adds:
        entry = manifest.entries.get(_bot_of(add))
        if entry is not None:
            entry.files.append(unquote(add["path"]))


def _bot_of(action: _FileAction) -> str:
    values = action.get("partitionValues") or {}
    return f"{values.get('domain')}/{values.get('lang')}"


def missing_files(store: Store, manifest: Manifest, bot: str) -> list[str]:
    """What the table names of a bot's partition and is gone or not as it was written (local stores only)."""
    if manifest.damage:
        return [f"_delta_log ({manifest.damage})"]
    entry = manifest.entries.get(bot)
    return [] if entry is None else _gone(store, manifest, entry.files)


def _gone(store: Store, manifest: Manifest, files: Iterable[str]) -> list[str]:
    if not store.is_local:
        return []
    folder = store.path("datasets", manifest.dataset)
    return [path for path in files if not _as_written(manifest, path, f"{folder}/{path}")]


def _as_written(manifest: Manifest, path: str, place: str) -> bool:
    """True for a file of the size and time that it was written with; one of another time is read, once."""
    wanted, found = manifest.written.get(path, Written(-1, -1)), look_at(place)
    if found is None or wanted.size not in (-1, found.size):
        return False
    if wanted.changed in (-1, found.changed):
        return True
    if not is_readable(place):
        return False
    manifest.written[path] = found  # a copy of the store, or a touched file: the next plan need not read it
    manifest.changed = True
    return True
