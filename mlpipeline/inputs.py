"""Files that a person names: found in either Unicode form, plain, readable; patterns walked within a bound.

What is opened without this may never end (a pipe that nobody writes to, `/dev/zero`) or is not what was meant. And
addresses, as they may be told.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from fnmatch import translate
from functools import cache
from urllib.parse import unquote

from mlpipeline.errors import InputError, MLPipelineError

MOST_ENTRIES = 100_000
"""Entries of folders that one pattern may look at: a second of a local disk."""

_FILE_URI = re.compile("^file:(?://(?:localhost)?)?(?=/)")
# All up to the last @ of a word: a password may hold one, and a slash.
_LOGIN = re.compile(r"(\w[\w+.-]*://)[^\s'\"]*@")
_MAGIC = re.compile(r"[*?[]")
_KINDS = (
    (stat.S_ISFIFO, "a pipe (fifo)"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
# What files begin with that no reader here unpacks; a gzip is read wherever it is met.
_PACKED: Mapping[bytes, str] = {
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"PK\x03\x04": "zip (or a workbook)",
    b"PK\x05\x06": "zip",
    b"Rar!": "RAR",
    b"PAR1": "Parquet",
    b"\x89HDF": "HDF5",
    b"SQLite format 3\x00": "SQLite",
    b"%PDF": "PDF",
    b"\xd0\xcf\x11\xe0": "a workbook or document of old Office",
}
HEAD = max(map(len, _PACKED))
"""Bytes of a file's beginning that `check_head` wants to see."""


def local_path(name: str) -> str:
    """A path of this machine that is written as a URI (`file:///data/a.jsonl`) as a plain one; others as they are."""
    return unquote(_FILE_URI.sub("", name)) if _FILE_URI.match(name) else name


def hide_logins(text: str) -> str:
    """A text with addresses in it, without the user and password that stand in them."""
    return _LOGIN.sub(r"\1***@", text)


def is_pattern(name: str) -> bool:
    """True for a name with `*`, `?` or `[`, which may stand for several files."""
    return bool(_MAGIC.search(name))


def spelled(path: str) -> str:
    """The path as the disk spells it, where only the Unicode form differs (decomposed names come from macOS).

    What is not there in any form comes back as it is.
    """
    if "://" in path or path.isascii() or os.path.lexists(path):
        return path
    folder, name = os.path.split(path)
    above = folder if folder in ("", os.sep) else spelled(folder)
    wanted = unicodedata.normalize("NFC", name)
    try:
        alike = sorted(one for one in os.listdir(above or ".") if unicodedata.normalize("NFC", one) == wanted)
    except OSError:
        return path
    return os.path.join(above, alike[0]) if alike else path


def plain_file(
    path: str,
    *,
    where: str = "",
    name: str = "",
    fix: str = "correct the path",
    refusal: type[MLPipelineError] = InputError,
) -> str:
    """The path by which a file opens, once it is known to be a plain one (or a link to one) that may be read.

    Args:
        path: as it was named; an address (`s3a://...`) is nobody's file here and comes back as it is.
        where: what a message begins with: a bot, a key with file and line; empty: the name itself.
        name: how messages call it; the path without it.
        fix: what to do about a file that is not there.
        refusal: the error to raise: UsageError where the command line names the file.

    Raises:
        refusal: there is no such file; it is a folder, a pipe, a socket or a device; it cannot be read.
    """
    if "://" in path:
        return path
    shown = name or path
    place = spelled(path)

    def refuse(what: str, advice: str) -> MLPipelineError:
        return refusal(f"{shown} {what}", where=where, fix=advice) if where else refusal(what, where=shown, fix=advice)

    try:
        mode = os.stat(place).st_mode
    except (FileNotFoundError, NotADirectoryError):
        if os.path.islink(place):
            raise refuse(f"is a link to {os.readlink(place)}, which is not there", fix) from None
        raise (
            refusal(f"no such file: {shown}", where=where, fix=fix) if where else refuse("no such file", fix)
        ) from None
    except (OSError, ValueError) as error:  # a circle of links, a name with NUL, a folder that is shut
        raise refuse(f"cannot be read: {getattr(error, 'strerror', None) or error}", fix) from None
    if stat.S_ISDIR(mode):
        raise refuse("is a folder", f"name the files in it: {shown.rstrip('/')}/*.jsonl")
    for is_kind, words in _KINDS:
        if is_kind(mode):
            raise refuse(f"is {words}, not a file", "write its content to a file and name that")
    if not os.access(place, os.R_OK):
        raise refuse("cannot be read", "give this user read permission")
    return place


def packed_as(head: bytes) -> str | None:
    """What a file is packed as, by its first bytes, where no reader here unpacks it; None for text and for gzip."""
    return next((name for sign, name in _PACKED.items() if head.startswith(sign)), None)


def check_head(head: bytes, shown: str, refusal: type[MLPipelineError] = InputError) -> None:
    """Raise `refusal` when a file of text begins as an archive, a workbook or a table does.

    Args:
        head: its first HEAD bytes.
        shown: how messages call it.
    """
    kind = packed_as(head)
    if kind is not None:
        fix = "unpack or export it as UTF-8 text; of what is packed only gzip is read"
        raise refusal(f"its content is {kind}, whatever its name says", where=shown, fix=fix)


def matching(pattern: str, *, home: str = "", where: str, most: int = MOST_ENTRIES) -> list[str]:
    """The paths that a pattern stands for, sorted: `*`, `?` and `[...]` in any part, `**` for folders below folders.

    Names are compared in NFC. Hidden names want a pattern that begins with a dot; `**` follows no links, so that no
    circle of them is walked.

    Args:
        pattern: an absolute path, or one below `home`.
        home: a folder, taken as it is written: its brackets are brackets. Empty: the current one.
        where: what a message begins with.
        most: entries of folders to look at.

    Raises:
        InputError: it looks at more entries than `most`, or at a folder that is shut.
    """
    walk = _Walk(pattern, where, most)
    head = os.sep if pattern.startswith(os.sep) else home
    return sorted(set(walk.below(head, [part for part in pattern.split(os.sep) if part not in ("", os.curdir)])))


class _Walk:
    def __init__(self, pattern: str, where: str, most: int) -> None:
        self._pattern = pattern
        self._where = where
        self._most = most
        self._seen = 0
        self._listed: dict[str, list[os.DirEntry[str]]] = {}

    def below(self, folder: str, parts: list[str]) -> Iterator[str]:
        """The paths below a folder that the parts of a pattern match."""
        if not parts:
            if folder:
                yield folder
            return
        part, rest = parts[0], parts[1:]
        if part == "**":
            yield from self.below(folder, rest)
            for entry in self._entries(folder):
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
                    yield from self.below(os.path.join(folder, entry.name), parts)
                elif not rest and not entry.name.startswith("."):
                    yield os.path.join(folder, entry.name)
        elif is_pattern(part):
            wanted, hidden = _compiled(unicodedata.normalize("NFC", part)), part.startswith(".")
            for entry in self._entries(folder):
                name = unicodedata.normalize("NFC", entry.name)
                if wanted.match(name) and name.startswith(".") == hidden and (not rest or entry.is_dir()):
                    yield from self.below(os.path.join(folder, entry.name), rest)
        else:
            place = spelled(os.path.join(folder, part))
            if os.path.lexists(place):
                yield from self.below(place, rest)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        if folder in self._listed:
            return self._listed[folder]
        entries = self._listed[folder] = []
        try:
            with os.scandir(folder or ".") as found:
                for entry in found:
                    self._seen += 1
                    if self._seen > self._most:
                        what = f"the pattern {self._pattern} looks at more than {self._most:,} files and folders"
                        fix = "let it begin in a folder that holds corpora only, such as corpora/*.jsonl"
                        raise InputError(what, where=self._where, fix=fix)
                    entries.append(entry)
        except PermissionError:
            what = f"the pattern {self._pattern} leads into {folder}, which cannot be read"
            raise InputError(what, where=self._where, fix="give this user permission, or a narrower pattern") from None
        except OSError:  # gone meanwhile, or a file where the pattern has a folder
            entries.clear()
        return entries


@cache
def _compiled(part: str) -> re.Pattern[str]:
    return re.compile(translate(part))
