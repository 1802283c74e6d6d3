"""The files that travel in the package: `conf` and `spark_defaults`, symlinks in the repository, copies in the wheel.

They are read with importlib.resources: found in a checkout, in an installed wheel and in a zip on an executor.
"""

from __future__ import annotations

from importlib import resources
from importlib.abc import Traversable


def packaged(*parts: str) -> Traversable:
    """Return the packaged file or folder at `parts`, e.g. packaged("conf", "base.yaml"); it need not exist."""
    place: Traversable = resources.files(__name__)
    for part in parts:
        place = place.joinpath(part)
    return place
