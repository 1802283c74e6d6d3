"""The files that a bot's rows come from: found, told apart, and digested without reading them twice."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from mlpipeline.errors import InputError, StoreError
from mlpipeline.store.corpus_files import format_of
from mlpipeline.store.fingerprint import file_digest
from mlpipeline.store.layout import Store

_MAGIC = "*?["


@dataclass(frozen=True)
class SourceFile:
    """One file of one bot. `path` opens it, `name` is what the recipe calls it, `source` is corpus or logs."""

    domain: str
    lang: str
    path: str
    name: str
    kind: str
    source: str
    mapping: str

    @property
    def bot(self) -> str:
        """The bot that the file belongs to."""
        return f"{self.domain}/{self.lang}"


def list_sources(
    bot: str, named: Iterable[tuple[str, str, str]], *, kind: str, mapping: Mapping[str, str]
) -> list[SourceFile]:
    """The files of one bot.

    Args:
        bot: its name.
        named: (name in the recipe, path or pattern that opens it, corpus or logs).
        kind: the recipe's `ingest.format`; `auto` goes by each file's suffix.
        mapping: the recipe's `ingest.map`.

    Raises:
        InputError: a named file is not there, is a folder, or cannot be read.
    """
    domain, lang = bot.split("/")
    found = []
    for name, path, source in named:
        for place in _matches(path) if _is_pattern(name, path) else [path]:
            shown = name if place == path else os.path.join(os.path.dirname(name), os.path.basename(place))
            if "://" not in place:
                _check_readable(place, bot, shown)
            how = format_of(place) if kind == "auto" else kind
            found.append(SourceFile(domain, lang, place, shown, how, source, json.dumps(dict(mapping), sort_keys=True)))
    if not found:
        raise InputError("no input file", where=bot, fix="name one under ingest.files in its domain.yaml")
    return found


def _is_pattern(name: str, path: str) -> bool:
    # `faq [1].jsonl` is a file where there is one, whatever its brackets could mean.
    return any(char in name for char in _MAGIC) and not os.path.exists(path)


def _matches(pattern: str) -> list[str]:
    return sorted(path for path in glob.glob(pattern, recursive=True) if not os.path.basename(path).startswith("_"))


def _check_readable(path: str, bot: str, name: str) -> None:
    if not os.path.exists(path):
        raise InputError(f"no such file: {name}", where=bot, fix="put it there or correct ingest.files")
    if os.path.isdir(path):
        raise InputError(f"{name} is a folder", where=bot, fix=f"write {name.rstrip('/')}/*.jsonl in ingest.files")
    if os.path.basename(path).startswith((".", "_")):
        # Spark takes such files for hidden ones and reads no row of them, without a word.
        raise InputError(
            f"{name} begins with {os.path.basename(path)[0]!r}", where=bot, fix="rename it: such files are hidden"
        )
    if not os.access(path, os.R_OK):
        raise InputError(f"{name} cannot be read", where=bot, fix="give this user read permission")


class SourceDigests:
    """Digests of input files, remembered by path, size and modification time beside the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._path = store.path("cache", "sources.json")
        self._known = _known(store.read(self._path))
        self._changed = False

    def digest(self, file: SourceFile) -> str:
        """16 hex characters of the file's SHA-256; a file of another system goes by its address alone."""
        if "://" in file.path:
            return f"uri:{file.path}"
        stat = os.stat(file.path)
        stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
        known = self._known.get(file.path)
        if known is None or known[:3] != stamp:
            known = [*stamp, file_digest(file.path)]
            self._known[file.path] = known
            self._changed = True
        return str(known[3])

    def keep(self) -> None:
        """Writes what was learnt, if anything was."""
        if self._changed:
            # Only time is lost where it cannot be kept: planning works on a store that is read-only.
            with suppress(StoreError):
                self._store.write(self._path, json.dumps(self._known).encode())
            self._changed = False


def _known(data: bytes | None) -> dict[str, list[object]]:
    try:
        read = json.loads(data or b"{}")
    except ValueError:
        return {}
    if not isinstance(read, dict):
        return {}
    return {path: entry for path, entry in read.items() if isinstance(entry, list) and len(entry) == 4}
