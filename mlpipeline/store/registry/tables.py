"""MLflow's tables, made once for a store: as a whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mlpipeline.errors import StoreError

if TYPE_CHECKING:
    from mlflow import MlflowClient


def make_tables(path: Path, connect: Callable[[str], MlflowClient]) -> None:
    """Make the sqlite file `path` with MLflow's tables; leave one that another process has made meanwhile.

    MLflow makes them in dozens of steps, of which sqlite undoes none. A process that is killed between two would leave
    a file that MLflow refuses ever after, so they are made beside it, and it gets its name when it is complete.

    Args:
        path: of the file, which is not there.
        connect: opens a client for a tracking URI.

    Raises:
        StoreError: the folder cannot be made or written.
    """
    spare = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        spare.unlink(missing_ok=True)
        spare.touch()
    except OSError as error:
        fix = "give write permission there"
        raise StoreError(f"cannot be made ({error.strerror})", where=str(path.parent), fix=fix) from error
    try:
        client = connect(f"sqlite:///{spare}")
        client.search_experiments(max_results=1)
        client.search_registered_models(max_results=1)
        with suppress(FileExistsError):
            _give_name(spare, path)
    finally:
        spare.unlink(missing_ok=True)


def _give_name(made: Path, path: Path) -> None:
    try:
        os.link(made, path)  # unlike a rename, it fails where a file is
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if not path.exists():
            made.rename(path)
