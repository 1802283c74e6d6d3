"""The encoder `use` on a GPU: the graph that lies beside its weights, in onnxruntime."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpipeline.cluster.device import Device
from mlpipeline.errors import SetupError
from mlpipeline.networks.batches import batches_of
from mlpipeline.networks.encoders.contract import Vectors
from mlpipeline.networks.encoders.use_encoder import UseEncoder
from mlpipeline.networks.encoders.use_graph import PADDING
from mlpipeline.networks.encoders.use_network import DIMS
from mlpipeline.networks.encoders.use_tokens import as_pieces, open_pieces
from mlpipeline.networks.gpu import fault_of, on_device, open_session

_ROWS, _PIECES = 512, 32_768  # of one call: each piece is 1,280 numbers, of which some copies are held

Cut = Callable[[Sequence[str]], list[list[int]]]
RunGraph = Callable[[NDArray[np.int32]], Vectors]


@dataclass(frozen=True)
class UseOnGpu:
    """As `UseEncoder` to 1e-5: a GPU adds up in another order, so that its last bits are others."""

    encoder: UseEncoder
    device: Device
    cut: Cut
    run: RunGraph

    @property
    def name(self) -> str:
        """As the recipe names it."""
        return self.encoder.name

    @property
    def dims(self) -> int:
        """Length of a vector."""
        return DIMS

    @property
    def digest(self) -> str:
        """That of the weights and the pieces, wherever they are computed with."""
        return self.encoder.digest

    def to_bytes(self) -> bytes | None:
        """As `UseEncoder.to_bytes`: who opens them has its own device."""
        return self.encoder.to_bytes()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Texts -> float32 (n, 512), rows of unit length; in batches of like length, so that little is padded."""
        result = np.empty((len(texts), DIMS), np.float32)
        lengths = [len(row) for row in self.cut(texts)]
        order = sorted(range(len(texts)), key=lambda place: lengths[place])
        predict = on_device(self._predict, self.device)
        for batch in batches_of([lengths[place] for place in order], _ROWS, _PIECES):
            result[order[batch]] = predict([texts[place] for place in order[batch]])
        return result

    def _predict(self, texts: list[str]) -> Vectors:
        return self.run(padded(self.cut(texts)))


def padded(rows: Sequence[Sequence[int]]) -> NDArray[np.int32]:
    """Ids of pieces -> int32 (n, longest), what is not there is -1."""
    ids = np.full((len(rows), max(map(len, rows))), PADDING, np.int32)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = row
    return ids


def open_use_on(encoder: UseEncoder, device: Device) -> UseEncoder | UseOnGpu:
    """The encoder on the task's GPU; on the CPU it is the numpy one, which is faster there, and says why.

    Raises:
        StageError: it is the GPU's fault that the graph cannot be opened.
        SetupError: it is another's.
    """
    if device.number is None:
        return encoder
    graph = encoder.contents.path / "model.onnx"
    try:
        session, used = open_session(graph, device)
    except Exception as error:  # onnxruntime has its own kinds
        what, fix = f"the graph cannot be opened: {error}", "install the onnxruntime of requirements.lock"
        raise fault_of(device, error) or SetupError(what, where=str(graph), fix=fix) from error
    if used.number is None:
        return encoder.on(used)
    reader = open_pieces(encoder.contents.pieces)

    def run(ids: NDArray[np.int32]) -> Vectors:
        return np.asarray(session.run(None, {"ids": ids})[0], np.float32)

    return UseOnGpu(encoder, used, lambda texts: as_pieces(reader, texts), run)
