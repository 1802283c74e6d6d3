"""Where the folder of an encoder lies: on this machine, or elsewhere and copied into the cache once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mlpipeline.cluster.cache import cache_folder, filling
from mlpipeline.cluster.device import CPU, Device
from mlpipeline.errors import SetupError
from mlpipeline.inputs import local_path
from mlpipeline.networks.encoders.folder import FolderEncoder, load_folder
from mlpipeline.store.elsewhere import FolderElsewhere, is_elsewhere


def open_address(name: str, device: Device = CPU) -> FolderEncoder:
    """The encoder in a folder, under the name that the recipe gives it.

    Args:
        name: a path of this machine, or an address as of a store: `hdfs://…`, `s3a://…`.
        device: what it is to compute on.

    Raises:
        SetupError: see `load_folder` and `local_copy`.
    """
    folder = local_copy(FolderElsewhere(name)) if is_elsewhere(name) else Path(local_path(name))
    return replace(load_folder(folder, device), name=name)


def local_copy(folder: FolderElsewhere) -> Path:
    """The copy of a folder as it is now; made when there is none, one for each state of it.

    Raises:
        SetupError: the folder cannot be read, the cache cannot be written, or the copy is damaged.
    """
    target = cache_folder() / "encoders" / f"copy-{folder.stamp}"
    if not target.is_dir():
        with filling(target) as work:
            folder.copy_to(work)
    for held in folder.files:
        place = target / held.path
        if not place.is_file() or place.stat().st_size != held.size:
            fix = f"rm -r {target}: the next call copies it anew"
            raise SetupError(f"{held.path} is damaged", where=str(target), fix=fix)
    return target
