"""Arrays and a few plain values as bytes: an npz file whose bytes depend on nothing but its content."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

_META = "meta.json"
# What zipfile, zlib, numpy and json raise over bytes that are cut or changed.
_NOT_WHOLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    KeyError,
    ValueError,
    TypeError,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    MemoryError,
)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # zip's own zero: no clock gets into the bytes


def pack(arrays: Mapping[str, np.ndarray], meta: Mapping[str, object]) -> bytes:
    """Arrays by name and JSON values -> the bytes of a file that `numpy.load` can read, too."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        text = json.dumps(meta, sort_keys=True, ensure_ascii=True, allow_nan=False)
        archive.writestr(zipfile.ZipInfo(_META, _EPOCH), text)
        for name in sorted(arrays):
            # Into the archive as it is written, without a copy beside it; its size decides how an entry begins.
            entry, array = zipfile.ZipInfo(f"{name}.npy", _EPOCH), np.ascontiguousarray(arrays[name])
            entry.file_size = array.nbytes
            with archive.open(entry, "w") as body:
                np.lib.format.write_array(body, array, allow_pickle=False)
    return target.getvalue()


def unpack(data: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The inverse of `pack`. Raises ValueError for bytes that are not such a file; never runs code in them."""
    return read(io.BytesIO(data))


def read(file: BinaryIO) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """As `unpack`, from an open file."""
    arrays: dict[str, np.ndarray] = {}
    try:
        with zipfile.ZipFile(file) as archive:
            meta = json.loads(archive.read(_META))
            for name in archive.namelist():
                if name.endswith(".npy"):
                    with archive.open(name) as body:
                        arrays[name[:-4]] = np.lib.format.read_array(body, allow_pickle=False)
                        body.read()  # to its end, where its checksum is looked at
    except _NOT_WHOLE as error:
        raise ValueError(f"not an archive of arrays: {error}") from error
    return arrays, meta


def digest(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 (hex) over names, types, shapes and little-endian values."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(array.reshape(-1).view(np.uint8).data)
    return total.hexdigest()
