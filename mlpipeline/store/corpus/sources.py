"""The files that a bot's rows come from: found, told apart, and digested without reading them twice."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath

from mlpipeline.bots import Bot
from mlpipeline.errors import InputError, StoreError
from mlpipeline.inputs import HEAD, check_head, is_pattern, local_path, matching, plain_file, spelled
from mlpipeline.store.corpus.files import format_of
from mlpipeline.store.elsewhere import FolderElsewhere, is_elsewhere
from mlpipeline.store.fingerprint import digest, file_digest
from mlpipeline.store.layout import Store


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
        return str(Bot(self.domain, self.lang))


def list_sources(
    bot: str,
    named: Iterable[tuple[str, str, str]],
    *,
    kind: str,
    mapping: Mapping[str, str | None],
    notes: list[str] | None = None,
) -> list[SourceFile]:
    """The files of one bot, each once.

    Args:
        bot: its name.
        named: (name in the recipe, path or pattern that opens it, corpus or logs).
        kind: the recipe's `ingest.format`; `auto` goes by each file's suffix.
        mapping: the recipe's `ingest.map`.
        notes: takes what a person should know: logs that are not there yet, a file that is named twice.

    Raises:
        InputError: a named file is not there, is no plain file, is packed in a way that nobody unpacks here, or cannot
            be read; a pattern of corpus files matches nothing, or looks at too much.
    """
    domain, lang = Bot.parse(bot)
    columns = json.dumps(dict(mapping), sort_keys=True)
    found: dict[str, SourceFile] = {}
    told = [] if notes is None else notes
    for name, path, source in named:
        for shown, place in _places(bot, local_path(name), local_path(path), source, told):
            how = format_of(place) if kind == "auto" else kind
            if place in found:
                told.append(f"{bot}: {shown} is named twice and read once, as {found[place].source}")
                continue
            found[place] = SourceFile(domain, lang, place, shown, how, source, columns)
    if not found:
        raise InputError("no input file", where=bot, fix="name one under ingest.files in its domain.yaml")
    return list(found.values())


def _places(bot: str, name: str, path: str, source: str, told: list[str]) -> Iterator[tuple[str, str]]:
    """(name for people, path) of what a name or pattern of the recipe stands for; checked, so that opening it ends."""
    key = "ingest.logs" if source == "logs" else "ingest.files"
    # `faq [1].jsonl` is a file where there is one, whatever its brackets could mean.
    if not is_pattern(name) or os.path.lexists(spelled(path)):
        yield name, _checked(bot, name, path, key)
        return
    if "://" in path:
        what = f"{name} is a pattern, and patterns are not looked up there"
        raise InputError(what, where=bot, fix=f"name each file under {key}")
    home = path.removesuffix(str(PurePath(name)))
    found = matching(name, home=home, where=bot)
    kept = [one for one in found if not os.path.basename(one).startswith("_")]
    if "**" in name:
        kept = [one for one in kept if not os.path.isdir(one)]
    for place in kept:
        shown = place.removeprefix(home)
        yield shown, _checked(bot, shown, place, key)
    if not kept and source == "logs":
        told.append(f"{bot}: no file matches {name} (ingest.logs)")
    elif not kept:
        raise InputError(f"no file matches {name}", where=bot, fix=f"put files there or correct {key}")


def _checked(bot: str, name: str, path: str, key: str) -> str:
    if "://" in path:
        return path
    place = plain_file(path, where=bot, name=name, fix=f"put it there or correct {key}")
    if os.path.basename(place).startswith((".", "_")):
        # Spark takes such files for hidden ones and reads no row of them, without a word.
        raise InputError(
            f"{name} begins with {os.path.basename(place)[0]!r}", where=bot, fix="rename it: such files are hidden"
        )
    with open(place, "rb") as stream:
        check_head(stream.read(HEAD), f"{bot}: {name}")
    return place


class SourceDigests:
    """Digests of input files, remembered by path, size and modification time beside the store.

    `untold` names the files elsewhere of which nothing could be learnt: a change in them is not seen.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._path = store.path("cache", "sources.json")
        self._known = _known(store.remembered(self._path))
        self._elsewhere: dict[str, str] = {}
        self._changed = False
        self.untold: list[str] = []

    def digest(self, file: SourceFile) -> str:
        """16 hex characters of the file's SHA-256; of a file elsewhere its address, length and time of change.

        Raises:
            InputError: there is no such file elsewhere.
        """
        return self._of_address(file) if "://" in file.path else self._of_file(file.path)

    def _of_address(self, file: SourceFile) -> str:
        if file.path not in self._elsewhere:
            told = remote_stamp(file.path, where=file.bot)
            if told is None:
                self.untold.append(file.path)
            self._elsewhere[file.path] = f"uri:{file.path}" + (f" {told}" if told else "")
        return self._elsewhere[file.path]

    def folder(self, path: str) -> str:
        """16 hex characters for all files in a folder, at any depth: names and bytes; elsewhere, lengths and times.

        Raises:
            SetupError: it lies elsewhere and cannot be read from here.
        """
        if is_elsewhere(path):
            return self._of_folder_elsewhere(path)
        path, found = local_path(path), dict[str, str]()
        for folder, _, names in os.walk(path):
            for place in (os.path.join(folder, name) for name in names):
                if os.path.isfile(place):
                    found[os.path.relpath(place, path)] = self._of_file(place)
        return digest(found)

    def _of_folder_elsewhere(self, address: str) -> str:
        if address not in self._elsewhere:
            self._elsewhere[address] = FolderElsewhere(address).stamp
        return self._elsewhere[address]

    def _of_file(self, path: str) -> str:
        stat = os.stat(path)
        stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
        known = self._known.get(path)
        if known is None or known[:3] != stamp:
            known = [*stamp, file_digest(path)]
            self._known[path] = known
            self._changed = True
        return str(known[3])

    def keep(self) -> None:
        """Writes what was learnt, if anything was."""
        if self._changed and self._store.has_begun:
            # Only time is lost where it cannot be kept: planning works on a store that is read-only.
            with suppress(StoreError):
                self._store.write(self._path, json.dumps(self._known).encode())
            self._changed = False


def remote_stamp(path: str, *, where: str) -> str | None:
    """Length in bytes and time of change of a file elsewhere, None where its file system cannot be asked from here.

    Raises:
        InputError: there is no such file.
    """
    import pyarrow.fs as pafs

    try:
        files, inner = pafs.FileSystem.from_uri(path.replace("s3a://", "s3://", 1))
        info = files.get_file_info(inner)
    except (OSError, ValueError):
        return None  # no client of HDFS here, an unknown scheme, no way there: Spark may have one
    if info.type is pafs.FileType.NotFound:
        raise InputError(f"no such file: {path}", where=where, fix="put it there or correct ingest.files")
    return f"{info.size} bytes of {info.mtime_ns}"


def _known(read: Mapping[str, object]) -> dict[str, list[object]]:
    return {path: entry for path, entry in read.items() if isinstance(entry, list) and len(entry) == 4}
