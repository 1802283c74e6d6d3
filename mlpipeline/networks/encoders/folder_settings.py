"""What the folder of an encoder declares beside its weights: pooling, prefix, length of a vector and of a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from mlpipeline.errors import SetupError
from mlpipeline.networks.encoders.contract import Vectors

_MODES = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "first",
    "pooling_mode_max_tokens": "greatest",
    "pooling_mode_lasttoken": "last",
}
_IN_GRAPH = ("Transformer", "Pooling", "Normalize")  # modules of sentence-transformers that are done here


@dataclass(frozen=True)
class Declared:
    """Settings as sentence-transformers keeps them; what a folder does not say is as most models have it.

    Attributes:
        pooling: how token vectors become one: `mean`, `first`, `greatest` or `last`.
        prefix: stands before each text.
        dims: length of a token's vector; None: not said.
        tokens: of a text, at most; None: not said.
        module: one that comes after pooling and that only the graph itself can hold; empty: none.
    """

    pooling: str = "mean"
    prefix: str = ""
    dims: int | None = None
    tokens: int | None = None
    module: str = ""


def read_declared(folder: Path) -> Declared:
    """What the settings in a folder say.

    Raises:
        SetupError: a file is no JSON of the right shape, or wants a pooling that is not done here.
    """
    prompts = _object(folder / "config_sentence_transformers.json")
    place, module = _modules(folder)
    pooling = _object(folder / place / "config.json") if place else {}
    wanted = [name for name, on in pooling.items() if name.startswith("pooling_mode_") and on is True]
    if len(wanted) > 1 or any(name not in _MODES for name in wanted):
        what = f"its pooling is {' and '.join(wanted)}, which is not done here"
        raise SetupError(what, where=str(folder / place / "config.json"), fix="export the graph with its pooling")
    known, name = prompts.get("prompts"), prompts.get("default_prompt_name")
    prefix = known.get(name) if isinstance(known, dict) and isinstance(name, str) else None
    return Declared(
        _MODES[wanted[0]] if wanted else "mean",
        prefix if isinstance(prefix, str) else "",
        _count(pooling.get("word_embedding_dimension")),
        _count(_object(folder / "sentence_bert_config.json").get("max_seq_length")),
        module,
    )


def pooled(raw: Vectors, mask: NDArray[np.int64], how: str) -> Vectors:
    """Token vectors (n, tokens, dims) and which tokens are real (n, tokens) -> (n, dims); pooled output stays."""
    if raw.ndim != 3:
        return raw
    if how in ("first", "last"):
        turned = mask if how == "first" else mask[:, ::-1]
        places = (turned > 0).argmax(axis=1)
        places = places if how == "first" else mask.shape[1] - 1 - places
        chosen: Vectors = raw[np.arange(len(raw)), places]
        return chosen
    if how == "greatest":
        return np.asarray(np.where(mask[:, :, None] > 0, raw, np.float32(-1e9)).max(axis=1), np.float32)
    weight = mask[:, :, None].astype(np.float32)
    return np.asarray((raw * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1.0), np.float32)


def _modules(folder: Path) -> tuple[str, str]:
    """The folder of the pooling, empty where there is none, and a module that is not done here."""
    listed = _read(folder / "modules.json")
    kinds = {}
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            kinds[str(one.get("type", "")).rpartition(".")[2]] = str(one.get("path", ""))
    if not kinds:
        return ("1_Pooling" if (folder / "1_Pooling").is_dir() else ""), ""
    return kinds.get("Pooling", ""), next((kind for kind in kinds if kind not in _IN_GRAPH), "")


def _object(path: Path) -> Mapping[str, object]:
    found = _read(path)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise SetupError("is no JSON object", where=str(path), fix="export it anew")
    return found


def _read(path: Path) -> object:
    if not path.is_file():
        return None
    try:
        return orjson.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SetupError(f"cannot be read as JSON ({error})", where=str(path), fix="export it anew") from error


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
