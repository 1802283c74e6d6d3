"""Encoders that came from elsewhere, in a local folder; nothing is ever fetched."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlpipeline.cluster.device import CPU, Device
from mlpipeline.errors import MLPipelineError, SetupError
from mlpipeline.networks.encoders.contract import Vectors, unit
from mlpipeline.networks.encoders.folder_settings import pooled, read_declared
from mlpipeline.networks.gpu import fault_of, on_device, open_session, torch_device
from mlpipeline.networks.untrusted import check_sentence_transformer

_BATCH = 64  # with texts sorted by length the fastest on one thread (32 to 64 alike, 256 slower)
_MOST_TOKENS = 128  # where neither the tokenizer nor the folder's settings say
_SHORT, _LONG = "a", "what a longer text " * 4  # golden texts: together the first is padded
_SAME = 0.99  # cosine; int8 models round each batch in its own way
_FIX = "pip install 'torch>=2.4' 'sentence-transformers>=3.3' 'tokenizers>=0.20', which is the extra `encoders`"


@dataclass(frozen=True)
class FolderEncoder:
    """An encoder whose weights lie in a folder; `predict` turns at most 64 texts of like length into raw vectors."""

    name: str
    dims: int
    digest: str
    predict: Callable[[list[str]], Vectors]
    device: Device = CPU

    def to_bytes(self) -> bytes | None:
        """None: the folder is not copied, and found again by its name."""
        return None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Normalised texts -> float32 (n, dims), rows of unit length; shortest first, so that little is padded."""
        result = np.zeros((len(texts), self.dims), np.float32)
        order = sorted(range(len(texts)), key=lambda place: (len(texts[place]), texts[place]))
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            result[places] = self.predict([texts[place] for place in places])
        returned: Vectors = result / np.maximum(np.linalg.norm(result, axis=1, keepdims=True), 1e-12)
        return returned


def load_folder(folder: Path, device: Device = CPU) -> FolderEncoder:
    """The encoder in `folder`: `model.onnx` (or `onnx/model.onnx`) with `tokenizer.json`, or sentence-transformers.

    Args:
        folder: on this machine.
        device: what it is to compute on; `FolderEncoder.device` says what it does compute on.

    Raises:
        StageError: the GPU is gone or full.
        SetupError: the folder holds neither, pickled weights or code; its vectors are none, or not of the length that
            its settings say; or a library of `[encoders]` is missing.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise SetupError("there is no such folder with an encoder", where=str(folder), fix="correct embed.encoder")
    model = next((path for path in (folder / "model.onnx", folder / "onnx" / "model.onnx") if path.is_file()), None)
    if model is not None and (folder / "tokenizer.json").is_file():
        return _onnx_encoder(folder, model, device)
    if (folder / "modules.json").is_file():
        return _sentence_transformer(folder, device)
    if model is not None:
        what = f"{model.name} is there, and no tokenizer.json beside the folder's settings"
        raise SetupError(what, where=str(folder), fix="put the model's tokenizer.json there (tokenizer.save(...))")
    raise SetupError(
        "the folder holds no encoder",
        where=str(folder),
        fix="put model.onnx and tokenizer.json there, or a saved sentence-transformers model (with modules.json)",
    )


def _onnx_encoder(folder: Path, model: Path, wanted: Device) -> FolderEncoder:
    declared = read_declared(folder)
    _need("tokenizers", folder)
    from tokenizers import Tokenizer

    try:
        session, device = open_session(model, wanted)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # both libraries raise their own kinds, some of them plain Exception
        raise _not_loaded(folder, error, wanted) from error
    if tokenizer.truncation is None:
        tokenizer.enable_truncation(declared.tokens or _MOST_TOKENS)
    if tokenizer.padding is None or tokenizer.padding.get("length"):
        tokenizer.enable_padding(pad_id=(tokenizer.padding or {}).get("pad_id", 0))
    inputs = {each.name for each in session.get_inputs()}
    outputs = [each.name for each in session.get_outputs()]
    output = "sentence_embedding" if "sentence_embedding" in outputs else outputs[0]

    def predict(texts: list[str]) -> Vectors:
        tokens = tokenizer.encode_batch([declared.prefix + text for text in texts] if declared.prefix else texts)
        ids = np.array([each.ids for each in tokens], np.int64)
        mask = np.array([each.attention_mask for each in tokens], np.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        raw = session.run([output], {name: given[name] for name in inputs})[0]
        return pooled(np.asarray(raw, np.float32), mask, declared.pooling)

    unknown = inputs - {"input_ids", "attention_mask", "token_type_ids"}
    if unknown:
        raise SetupError(f"the encoder wants unknown inputs {sorted(unknown)}", where=str(model), fix="export it anew")
    rank = len(next(each.shape for each in session.get_outputs() if each.name == output))
    if rank == 3 and declared.module:
        what = f"the graph gives vectors of tokens, and the module {declared.module} after them is not done here"
        raise SetupError(what, where=str(folder), fix="export the graph with all modules")
    return _encoder(folder, predict, device, declared.dims if rank == 3 else None)


def _sentence_transformer(folder: Path, wanted: Device) -> FolderEncoder:
    check_sentence_transformer(folder)
    _need("sentence_transformers", folder)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from sentence_transformers import SentenceTransformer

    # Checked above, and said again to the library: no code of the folder, no pickled weights, nothing fetched.
    safe: dict[str, object] = {"trust_remote_code": False, "model_kwargs": {"use_safetensors": True}}
    try:
        name, device = torch_device(wanted)
        model = SentenceTransformer(str(folder), device=name, local_files_only=True, **safe)
    except Exception as error:  # torch, transformers and safetensors raise their own kinds
        raise _not_loaded(folder, error, wanted) from error

    def predict(texts: list[str]) -> Vectors:
        raw: object = model.encode(texts, batch_size=_BATCH, show_progress_bar=False, convert_to_numpy=True)
        return np.asarray(raw, np.float32)

    return _encoder(folder, predict, device, None)


def _encoder(folder: Path, predict: Callable[[list[str]], Vectors], device: Device, dims: int | None) -> FolderEncoder:
    guarded = on_device(predict, device)
    try:
        alone, beside = guarded([_SHORT]), guarded([_SHORT, _LONG])
    except MLPipelineError:
        raise
    except Exception as error:  # a graph that loads may still not run
        raise _not_loaded(folder, error, device) from error
    _check_vectors(folder, alone, beside, dims)
    return FolderEncoder(str(folder), alone.shape[1], _digest(folder), guarded, device)


def _check_vectors(folder: Path, alone: Vectors, beside: Vectors, dims: int | None) -> None:
    """Refuses a model whose vectors of a golden text are none, or others when a longer text stands beside it."""
    if alone.ndim != 2 or beside.shape != (2, *alone.shape[1:]):
        what = f"one text gives the shape {alone.shape} and two {beside.shape}: no vector of one length each"
    elif dims is not None and alone.shape[1] != dims:
        what = f"its vectors have {alone.shape[1]} numbers, and its settings say {dims}"
    elif not (np.isfinite(alone).all() and np.isfinite(beside).all()):
        what = f"it gives NaN or infinity for the text {_SHORT!r}"
    elif not alone.any():
        what = f"it gives zeros for the text {_SHORT!r}"
    elif float((unit(alone) @ unit(beside).T)[0, 0]) < _SAME:
        what = "a text has another vector when a longer one stands beside it: padding is not masked"
    else:
        return
    raise SetupError(what, where=str(folder), fix="export it anew")


def _not_loaded(folder: Path, error: Exception, device: Device) -> MLPipelineError:
    what = f"the encoder cannot be loaded: {error}"
    return fault_of(device, error) or SetupError(what, where=str(folder), fix="export it anew")


def _need(library: str, folder: Path) -> None:
    if importlib.util.find_spec(library) is None:
        raise SetupError(f"this encoder needs the library {library}", where=str(folder), fix=_FIX)


def _digest(folder: Path) -> str:
    """SHA-256 over names and bytes of all files of the folder."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(f"{path.relative_to(folder).as_posix()} {path.stat().st_size}\n".encode())
        with path.open("rb") as source:
            while block := source.read(1 << 20):
                total.update(block)
    return total.hexdigest()
