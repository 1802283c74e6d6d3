"""The folders of a store, and the few file operations that they need."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from mlpipeline.errors import StoreError
from mlpipeline.inputs import local_path

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.fs as pafs


_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")


@dataclass(frozen=True)
class Store:
    """A store: one root, a local folder or a URI that pyarrow and Spark both read (`hdfs://`, `s3a://`)."""

    root: str

    def __post_init__(self) -> None:
        # A folder of this machine, written as Spark writes it: it has locks and bundles like any other.
        object.__setattr__(self, "root", local_path(self.root))

    @cached_property
    def _files(self) -> pafs.FileSystem:
        # Imported when first asked: a person who waits for one answer reads the bundle without it.
        import pyarrow.fs as pafs

        return pafs.LocalFileSystem() if self.is_local else self._remote[0]

    @cached_property
    def _remote(self) -> tuple[pafs.FileSystem, str]:
        import pyarrow.fs as pafs

        try:
            returned: tuple[pafs.FileSystem, str] = pafs.FileSystem.from_uri(self.root.replace("s3a://", "s3://", 1))
            return returned
        except (OSError, ValueError) as error:
            raise StoreError(
                f"no such store: {error}", where=self.root, fix="give a folder or a reachable URI"
            ) from error

    @property
    def is_local(self) -> bool:
        """True when the root is a folder of this machine."""
        return "://" not in self.root

    @cached_property
    def base(self) -> str:
        """The root as this process opens it: an absolute path for a local store."""
        return os.path.abspath(os.path.expanduser(self.root)) if self.is_local else self._remote[1]

    def path(self, *parts: str) -> str:
        """A path below the root, for `read`, `write` and (local stores) for `open`."""
        return "/".join([self.base.rstrip("/"), *parts])

    def table_path(self, dataset: str) -> str:
        """Where Spark and delta-rs find a dataset's Delta table."""
        if self.is_local:
            return self.path("datasets", dataset)
        return "/".join([self.root.rstrip("/"), "datasets", dataset])

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None where there is none."""
        try:
            with self._files.open_input_stream(path) as stream:
                returned: bytes | None = stream.read()
                return returned
        except FileNotFoundError:
            return None

    def open(self, path: str) -> pa.NativeFile:
        """A file to read from at any place; raises OSError where there is none."""
        return self._files.open_input_file(path)

    def remembered(self, path: str) -> dict[str, Any]:
        """The JSON object in a file that is only kept to save work; empty where there is none, or a damaged one."""
        try:
            found = orjson.loads(self.read(path) or b"{}")
        except (ValueError, OSError):
            return {}
        return found if isinstance(found, dict) else {}

    def _is_private(self, path: str) -> bool:
        """Whether only their owner reads it: what is kept of runs quotes customers' texts, and the command."""
        return self.is_local and path.startswith(f"{self.path('runs')}/")

    def write(self, path: str, data: bytes) -> None:
        """Writes a file in one step: readers see the old bytes or the new ones.

        Raises:
            StoreError: the store is read-only or full.
        """
        files = self._files
        made = f"{path}.{os.getpid()}.partial"
        try:
            if self._is_private(path):
                _write_private(Path(made), data, Path(self.path("runs")))
            else:
                files.create_dir(os.path.dirname(path), recursive=True)
                with files.open_output_stream(made) as stream:
                    stream.write(data)
            files.move(made, path)
        except OSError as error:
            with suppress(OSError):
                files.delete_file(made)
            raise cannot_write(path, error) from error

    def names(self, path: str) -> list[str]:
        """Names of the entries of a folder, sorted; empty where there is no folder."""
        import pyarrow.fs as pafs

        selector = pafs.FileSelector(path, allow_not_found=True)
        return sorted(info.base_name for info in self._files.get_file_info(selector))

    def exists(self, path: str) -> bool:
        """True when a file or folder lies there."""
        if self.is_local:
            return os.path.exists(path)
        return bool(self._files.get_file_info(path).type)  # NotFound is 0

    @property
    def has_begun(self) -> bool:
        """True when a run has worked here: looking at a store that no run has begun leaves nothing there."""
        return any(self.exists(self.path(name)) for name in ("datasets", "locks"))

    def check_writable(self) -> None:
        """Fails before any work when nothing could be kept.

        Raises:
            StoreError: the folder cannot be made or written, or its path cannot be read again.
        """
        if self.is_local and _ESCAPE.search(self.base):
            # delta-rs takes %20 in a path for a space and then finds no table.
            raise StoreError("its path has a percent sign and two digits", where=self.base, fix="give another --store")
        probe = self.path(f".probe-{os.getpid()}")
        self.write(probe, b"")
        self._files.delete_file(probe)


def _write_private(path: Path, data: bytes, top: Path) -> None:
    """Writes a file for its owner alone, and makes its folders so, from `top` on; those that are there stay so."""
    top.parent.mkdir(parents=True, exist_ok=True)
    for folder in reversed([path.parent, *path.parent.parents]):
        if folder == top or top in folder.parents:
            folder.mkdir(mode=0o700, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(data)


def cannot_write(path: str, error: OSError) -> StoreError:
    """The one message for every failed write, told apart by its cause."""
    text = str(error)
    if "No space left" in text or getattr(error, "errno", None) == 28:
        return StoreError("the disk is full", where=path, fix="free space or give another --store; then run again")
    if "Read-only" in text or "Permission denied" in text or getattr(error, "errno", None) in (13, 30):
        return StoreError("the store cannot be written", where=path, fix="give a --store that you may write to")
    return StoreError(f"writing failed: {text}", where=path, fix="check the store's file system; then run again")
