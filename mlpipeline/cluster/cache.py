"""Where things live that are fetched or made once: Delta jars, a Java wrapper, a class archive."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mlpipeline.errors import SetupError

VARIABLE = "MLPIPELINE_CACHE"


def cache_folder() -> Path:
    """Return $MLPIPELINE_CACHE, else <environment>/share/mlpipeline when that can be written, else ~/.cache/mlpipeline.

    A virtual environment keeps its own, so that removing it removes everything.
    """
    stated = os.environ.get(VARIABLE, "").strip()
    if stated:
        return Path(os.path.abspath(Path(stated).expanduser()))
    inside = Path(sys.prefix) / "share" / "mlpipeline"
    if inside.is_dir() or (sys.prefix != sys.base_prefix and os.access(sys.prefix, os.W_OK)):
        return inside
    home = os.environ.get("XDG_CACHE_HOME", "").strip() or str(Path("~/.cache").expanduser())
    return Path(home) / "mlpipeline"


@contextlib.contextmanager
def filling(target: Path) -> Iterator[Path]:
    """Give an empty folder that becomes `target` when the block ends well; nothing is left behind when it does not.

    Two processes may fill the same target: the first wins, the second's work is dropped.

    Raises:
        SetupError: the cache cannot be written, or is full.
    """
    work = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
        yield work
        work.chmod(0o755)
        with contextlib.suppress(OSError):  # another process was faster: its folder stands already
            work.rename(target)
        if not target.is_dir():
            raise OSError(None, "cannot be made", str(target))
    except OSError as error:
        fix = f"set {VARIABLE} to a folder of yours with 1 GB free"
        raise SetupError(f"cannot be written: {error.strerror or error}", where=str(target.parent), fix=fix) from error
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)
