"""The seal of a bundle: size and sha256 of every file that stands in it, in a file that tells its own damage.

A bundle's manifest lists its content, and its digest names the bundle. The seal lists that and what stands beside it:
the SavedModel, MLflow's description, the wheel. Equal bundles may differ there, but no byte of it may change.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlpipeline.errors import StoreError
from mlpipeline.store.bundles.packing import is_inside
from mlpipeline.store.bundles.signature import find_forgery, sign
from mlpipeline.store.checked import checked_bytes, plain_bytes, read_checked, understood, with_store

MANIFEST = "manifest.json"
SEAL = "seal.json"
CHANGED = "the file was changed after the release"


@dataclass(frozen=True)
class Seal:
    """The bundle's `digest`, and `files`: name -> (bytes, sha256 in hex) of all files but the seal."""

    digest: str
    files: Mapping[str, tuple[int, str]]


def remedy(folder: Path) -> str:
    """What makes the bundle in `folder` anew, as a person types it."""
    bots = folder.absolute().parent.parent.parent
    if bots.name != "bundles":
        return "copy the bundle anew, or release the bot again"
    bot = f"{folder.absolute().parent.parent.name}/{folder.absolute().parent.name}"
    return f"`mlpipeline run --from-stage release --select {bot}{with_store(bots.parent)}` makes it anew"


def write_seal(folder: Path, digest: str, names: Iterable[str]) -> None:
    """Seal the files `names` of the bundle `folder`, in one step, signed where there is a key; raises OSError."""
    files = {}
    for name in sorted(names):
        data = (folder / name).read_bytes()
        files[name] = [len(data), hashlib.sha256(data).hexdigest()]
    spare = folder / f".{SEAL}.{os.getpid()}.tmp"
    sealed: dict[str, object] = {"digest": digest, "files": files}
    signature = sign(sealed)
    spare.write_bytes(checked_bytes({**sealed, "signature": signature} if signature else sealed))
    os.replace(spare, folder / SEAL)


def read_seal(folder: Path) -> Seal:
    """The seal of the bundle `folder`.

    Raises:
        StoreError: there is none, one byte of it was changed, or a key asks for a signature that it has not.
    """
    path, fix = folder / SEAL, remedy(folder)
    if folder.is_symlink():
        raise StoreError("a link stands where a bundle was released", where=str(folder), fix=fix)
    values = read_checked(path, fix=fix)
    with understood(path, fix=fix):
        files = {str(name): (int(size), str(digest)) for name, (size, digest) in values["files"].items()}
        seal = Seal(str(values["digest"]), files)
    if forged := find_forgery({"digest": values["digest"], "files": values["files"]}, values.get("signature")):
        how = "release it where the key is set, or unset the variable to open what the store holds"
        raise StoreError(forged, where=str(folder), fix=f"{how}: {fix}")
    if files.get(MANIFEST, (0, ""))[1] != seal.digest:
        raise StoreError("the seal is not that of the manifest", where=str(path), fix=fix)
    for name in files:
        if not is_inside(name):
            raise StoreError(f"the seal names a path out of the bundle: {name!r}", where=str(folder), fix=fix)
    return seal


def sealed_bytes(folder: Path, seal: Seal, name: str) -> bytes:
    """The bytes of a sealed file; raises StoreError unless they are those that were sealed."""
    path, fix = folder / name, remedy(folder)
    for above in path.relative_to(folder).parents:
        if (folder / above).is_symlink():
            raise StoreError("a link stands where a folder was released", where=str(folder / above), fix=fix)
    data = plain_bytes(path, fix=fix)
    size, digest = seal.files[name]
    if len(data) != size or hashlib.sha256(data).hexdigest() != digest:
        raise StoreError(CHANGED, where=str(path), fix=fix)
    return data


def find_damage(folder: Path, digest: str, *, thorough: bool) -> str:
    """What is wrong with the bundle `folder`, in words; empty when nothing is.

    Args:
        folder: of the bundle.
        digest: of the bundle that should stand there.
        thorough: read every byte. Else a file of the right size that is not younger than the seal counts as whole,
            which takes a look at each file and no more.
    """
    try:
        seal = read_seal(folder)
        if seal.digest != digest:
            return f"{folder.name} holds another bundle"
        sealed = os.lstat(folder / SEAL).st_mtime_ns
        linked = {above for above in {os.path.dirname(name) for name in seal.files} if os.path.islink(folder / above)}
        for name, (size, _) in seal.files.items():
            if thorough or linked or not _looks_whole(f"{folder}/{name}", size, sealed):
                sealed_bytes(folder, seal, name)
    except StoreError as error:
        return f"{Path(error.where).name}: {error.what}"
    return ""


def _looks_whole(path: str, size: int, sealed: int) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == size and found.st_mtime_ns <= sealed
