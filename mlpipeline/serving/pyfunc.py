"""The door through which MLflow loads a bundle: `mlflow.pyfunc.load_model("models:/shop.ko@champion")`.

The bundle's MLmodel names this module as its loader, so nothing is pickled and the bundle stays readable without
MLflow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mlpipeline.errors import InputError
from mlpipeline.serving.answer import Answerer
from mlpipeline.serving.bundle import load_bundle

if TYPE_CHECKING:
    import pandas as pd


class BundleModel:
    """What MLflow calls: a table of messages in, a table of answers out."""

    def __init__(self, folder: Path) -> None:
        self._answerer = Answerer(load_bundle(folder))

    def predict(
        self, model_input: pd.DataFrame | Iterable[str], params: dict[str, object] | None = None
    ) -> pd.DataFrame:
        """Answer each message.

        Args:
            model_input: a DataFrame with a column `text`, or a list of texts.
            params: not used; MLflow passes it.

        Returns:
            A DataFrame, one row a message: text, intent, score, zone, answer, nearest (JSON), read_as,
            bundle_digest.

        Raises:
            InputError: there is no column `text`.
        """
        import pandas as pd

        rows = self._answerer.answer(_texts(model_input))
        columns = ["text", "intent", "score", "zone", "answer", "nearest", "read_as", "bundle_digest"]
        table = pd.DataFrame([row.to_dict() for row in rows], columns=columns)
        table["nearest"] = [json.dumps(near, ensure_ascii=False) for near in table["nearest"]]
        return table


def _texts(model_input: pd.DataFrame) -> list[str]:
    columns = getattr(model_input, "columns", None)
    if columns is None:
        return [str(text) for text in model_input]
    if "text" not in columns:
        found = ", ".join(map(str, columns)) or "none"
        raise InputError(f"the table has no column `text` (it has: {found})", fix="name the messages' column `text`")
    return [text if isinstance(text, str) else "" for text in model_input["text"]]  # a missing text is None or NaN


def _load_pyfunc(data_path: str) -> BundleModel:
    """Called by MLflow with the folder of the bundle."""
    return BundleModel(Path(data_path))
