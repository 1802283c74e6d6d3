"""What a folder with a model may hold: weights as safetensors and settings as JSON. Nothing in it may be run."""

from __future__ import annotations

from pathlib import Path

import orjson

from mlpipeline.errors import SetupError

# torch, pickle and Keras run what these say when they are read.
_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".dill", ".h5", ".keras")
_OPENVINO = "openvino"  # its .bin are plain numbers
_OWN = "sentence_transformers."
_FIX = "save it as safetensors (model.save(folder, safe_serialization=True)), and put nothing else there"


def check_sentence_transformer(folder: Path) -> None:
    """Refuses a folder that sentence-transformers would read anything but numbers and settings from.

    Raises:
        SetupError: pickled weights, code, modules of another package, settings that name code, or no safetensors.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        if path.suffix.lower() in _PICKLED and path.parent.name != _OPENVINO:
            raise SetupError("pickled weights may run code when they are read", where=str(path), fix=_FIX)
        if path.suffix.lower() in (".py", ".pyc", ".so", ".zip", ".egg"):
            raise SetupError("code in a folder with an encoder is not run", where=str(path), fix=_FIX)
        if path.suffix.lower() == ".json":
            _check_settings(path)
    if not any(path.suffix == ".safetensors" for path in files):
        raise SetupError("weights are read as safetensors only, and there are none", where=str(folder), fix=_FIX)


def _check_settings(path: Path) -> None:
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SetupError(f"cannot be read as JSON ({error})", where=str(path), fix="export it anew") from error
    if path.name == "modules.json":
        _check_modules(path, found)
    elif path.name.endswith("config.json") and isinstance(found, dict):
        for key in ("auto_map", "custom_pipelines"):
            if found.get(key):
                raise SetupError(f"`{key}` names code, which is not run", where=str(path), fix=_FIX)


def _check_modules(path: Path, found: object) -> None:
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise SetupError("is no list of modules", where=str(path), fix="export it anew")
    for one in found:
        kind, place = one.get("type"), one.get("path", "")
        if not isinstance(kind, str) or not kind.startswith(_OWN):
            raise SetupError(f"the module {kind!r} is no part of sentence-transformers", where=str(path), fix=_FIX)
        if not isinstance(place, str) or place.startswith(("/", "\\")) or ".." in place.replace("\\", "/").split("/"):
            raise SetupError(f"the module's path {place!r} leaves the folder", where=str(path), fix=_FIX)
