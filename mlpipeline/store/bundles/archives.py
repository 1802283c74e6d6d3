"""Folders as bytes and back: zip archives that are equal for equal contents and never unpack outside their folder."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from mlpipeline.errors import StoreError
from mlpipeline.store.bundles.packing import is_inside
from mlpipeline.store.checked import understood

_EPOCH = (1980, 1, 1, 0, 0, 0)
_BLOCK = 1 << 20


def pack_files(files: Mapping[str, bytes]) -> bytes:
    """A zip of named bytes, in name order and without times; stored as they are, because weights hardly get smaller."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), files[name])
    return buffer.getvalue()


def pack_folder(folder: Path) -> bytes:
    """As `pack_files`, of all files below a folder, named relative to it."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.file_size = files[name].stat().st_size
            # Into the archive as it is read: a file of a large model is not held beside it.
            with files[name].open("rb") as source, archive.open(entry, "w") as body:
                shutil.copyfileobj(source, body, _BLOCK)
    return buffer.getvalue()


def unpack_files(data: bytes) -> dict[str, bytes]:
    """The files of a zip by name.

    Raises:
        StoreError: it is no archive, or an entry would lie outside the folder that it is unpacked to.
    """
    with understood("an archive", fix="make it anew"), zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        for name in names:
            if not is_inside(name):
                raise StoreError(f"archive entry {name!r} points outside its folder", fix="do not use this archive")
        return {name: archive.read(name) for name in names}
