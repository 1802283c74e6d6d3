"""What a core is given, whatever runs it: n-gram ids, and vectors where it reads them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

_ROWS = 256
_NUMBERS = 1 << 22  # that a runtime holds at a time: rows x n-grams of a text x the model's width, 16 MB


def core_inputs(ids: np.ndarray, dims: int, vectors: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """What a core is given, by the names of its inputs.

    Args:
        ids: int32 (n, max_ids).
        dims: length of the vectors that it reads; 0 for none.
        vectors: float32 (n, dims); None stands for zeros, a text of which nothing but its n-grams is known.
    """
    if not dims:
        return {"ids": ids}
    return {"ids": ids, "vector": np.zeros((len(ids), dims), np.float32) if vectors is None else vectors}


def blocks(inputs: Mapping[str, np.ndarray], width: int) -> list[dict[str, np.ndarray]]:
    """Rows that are asked together: fewer of a model of very many intents, which gathers `width` numbers an n-gram.

    Args:
        inputs: as `core_inputs` gives them.
        width: numbers that the model holds for an n-gram, about.
    """
    ids = inputs["ids"]
    step = min(_ROWS, max(_NUMBERS // max(ids.shape[1] * width, 1), 1))
    starts = range(0, len(ids), step)
    return [{name: rows[start : start + step] for name, rows in inputs.items()} for start in starts]
