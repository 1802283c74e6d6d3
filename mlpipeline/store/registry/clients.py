"""MLflow's client, opened without its telemetry and its noise."""

from __future__ import annotations

import logging
import os
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_NOISY = ("alembic", "mlflow.store.db.utils", "mlflow.store.model_registry.abstract_store")


@lru_cache(maxsize=8)
def open_client(uri: str, registry: str | None = None) -> MlflowClient:
    """A client of the tracking server at `uri`, and of a registry elsewhere; MLflow's import for it takes seconds."""
    # Before the import: MLflow reads them then, and would otherwise try to reach its makers.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    # At the end of a run it prints where that is to be seen, with the login in the address.
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    from mlflow.tracking import MlflowClient

    for noisy in _NOISY:  # once more, as the import sets them
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return MlflowClient(tracking_uri=uri, registry_uri=registry or uri)
