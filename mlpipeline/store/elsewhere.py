"""Folders on HDFS or in an object store: what lies in them, and their bytes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mlpipeline.errors import SetupError
from mlpipeline.store.fingerprint import digest

if TYPE_CHECKING:
    import pyarrow.fs as pafs

_SCHEMES = ("hdfs", "viewfs", "s3", "s3a", "gs", "gcs", "abfs", "abfss")  # that pyarrow opens
_BLOCK = 1 << 20


class Held(NamedTuple):
    """A file in a folder: its path below the folder, length in bytes, time of change in ns (None: not told)."""

    path: str
    size: int
    changed: int | None


def is_elsewhere(name: str) -> bool:
    """Whether a name is the address of a folder that is not this machine's: `s3a://models/e5`."""
    scheme, between, _ = name.partition("://")
    return bool(between) and scheme.lower() in _SCHEMES


class FolderElsewhere:
    """A folder by its address, as pyarrow opens it; the same addresses as those of a store."""

    def __init__(self, address: str) -> None:
        self.address = address

    @cached_property
    def files(self) -> Sequence[Held]:
        """All files in it, at any depth, by path.

        Raises:
            SetupError: it cannot be reached from here, is not there, or holds no file.
        """
        import pyarrow.fs as pafs

        try:
            system, base = self._system
            found = system.get_file_info(pafs.FileSelector(base, recursive=True))
        except FileNotFoundError as error:
            raise SetupError("is not there", where=self.address, fix="correct the address") from error
        except (OSError, ValueError) as error:
            raise self._unreachable(error) from error
        made = [
            Held(posixpath.relpath(one.path, base), one.size, one.mtime_ns)
            for one in found
            if one.type is pafs.FileType.File
        ]
        if not made:
            raise SetupError("holds no file, or is no folder", where=self.address, fix="correct the address")
        return sorted(made)

    def check(self) -> None:
        """Raises what `files` raises."""
        _ = self.files

    @property
    def stamp(self) -> str:
        """16 hex characters for what lies in it: address, paths, lengths and times, for nothing is read."""
        return digest([self.address, [list(one) for one in self.files]])

    def copy_to(self, target: Path) -> None:
        """Copies all files into an empty folder of this machine.

        Raises:
            SetupError: it cannot be reached any more, or a file changed while it was read.
            OSError: `target` cannot be written.
        """
        for held in self.files:
            place = target / held.path
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("wb") as made:
                for block in self._blocks(held.path):
                    made.write(block)
            if place.stat().st_size != held.size:
                what = f"{held.path} changed while it was copied"
                raise SetupError(what, where=self.address, fix="run again when nobody writes there")

    def _blocks(self, path: str) -> Iterator[bytes]:
        system, base = self._system
        try:
            with system.open_input_stream(posixpath.join(base, path)) as stream:
                while block := stream.read(_BLOCK):
                    yield block
        except (OSError, ValueError) as error:
            raise self._unreachable(error) from error

    @cached_property
    def _system(self) -> tuple[pafs.FileSystem, str]:
        import pyarrow.fs as pafs

        system, base = pafs.FileSystem.from_uri(self.address.replace("s3a://", "s3://", 1))
        return system, base.rstrip("/")

    def _unreachable(self, error: Exception) -> SetupError:
        # pyarrow's own reasons have several lines, some with addresses of its source.
        why = str(error).split(". Detail", 1)[0].split("\n", 1)[0]
        fix = "correct it; for hdfs:// the client of Hadoop (CLASSPATH), for s3a:// the keys must be in the environment"
        return SetupError(f"cannot be read from here: {why}", where=self.address, fix=fix)
