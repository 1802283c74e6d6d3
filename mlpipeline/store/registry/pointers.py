"""`champion.json`: which of a bot's bundles answers, beside them, for those who cannot wait for MLflow.

It names the bundle's folder and the digest of its manifest, and tells its own damage by a checksum.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from mlpipeline.bots import Bot
from mlpipeline.errors import StoreError
from mlpipeline.store.bundles.seals import remedy
from mlpipeline.store.checked import checked_bytes, read_checked, understood
from mlpipeline.store.layout import cannot_write

POINTER = "champion.json"
ALIAS, PREVIOUS, CANDIDATE = "champion", "previous", "candidate"
"""The aliases of a bot's versions: what answers, what answered before it, and what the last release made."""
DIGEST_TAG = "bundle_digest"
"""The tag of a version by which its bundle is known, here and in a team's registry."""


@dataclass(frozen=True)
class Released:
    """One registered version of a bot; `folder` is its bundle, `metrics` are those it was registered with."""

    bot: str
    version: int
    folder: str
    digest: str
    metrics: Mapping[str, float]

    @property
    def uri(self) -> str:
        """How MLflow names this version: `models:/shop.ko/3`."""
        return f"models:/{model_name(self.bot)}/{self.version}"


def model_name(bot: str) -> str:
    """`shop/ko` -> `shop.ko`: MLflow's names hold neither `/` nor `:`."""
    domain, lang = Bot.parse(bot)
    return f"{domain}.{lang}"


def read_pointer(folder: Path, bot: str | None = None) -> Released | None:
    """What `champion.json` in `folder` (the folder of a bot's bundles) says; None without one. Needs no MLflow.

    Raises:
        StoreError: it was changed, cannot be understood, or is another bot's than `bot`.
    """
    path = folder / POINTER
    if not os.path.lexists(path):
        return None
    fix = remedy(folder / "-")
    values = read_checked(path, fix=fix)
    with understood(path, fix=fix):
        if Path(str(values["folder"])).name != values["folder"]:
            raise ValueError("its folder is no plain name")
        found = Released(
            bot=str(values["bot"]),
            version=int(str(values["version"])),
            folder=str(folder / str(values["folder"])),
            digest=str(values["digest"]),
            metrics=dict(values["metrics"]),
        )
        if bot is not None and found.bot != bot:
            raise ValueError(f"it is that of {found.bot}")
    return found


def write_pointer(released: Released) -> None:
    """Beside the bundle, by the folder's name only, so that a store may be moved; raises StoreError."""
    folder, path = Path(released.folder), Path(released.folder).parent / POINTER
    spare = path.with_name(f".{POINTER}.{os.getpid()}.tmp")
    try:
        spare.write_bytes(checked_bytes({**asdict(released), "folder": folder.name}))
        os.replace(spare, path)
    except OSError as error:
        what = f"cannot be written ({error.strerror})"
        raise StoreError(what, where=str(path), fix="check the permissions") from error


def drop_pointer(folder: Path) -> None:
    """Removes the pointer in a bot's folder of bundles; raises StoreError where it cannot be."""
    try:
        (folder / POINTER).unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(str(folder / POINTER), error) from error
