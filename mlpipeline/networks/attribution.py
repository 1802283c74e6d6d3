"""What each n-gram of a text adds to the logits of an exported core: exact, as the network is linear between kinks.

With the length of a text and the active units of the hidden layer as they are, every logit is a sum over n-grams, plus
the bias, plus what a vector adds where the core reads one. So the parts add up to the logits, and nothing is sampled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks.features import Ids

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class CoreWeights:
    """The weights of an exported core.

    Attributes:
        table: (v + 1, k + dims), numbers of each n-gram; row 0 stands for none.
        mass: (v + 1, 1), squares of the n-grams' weights, which give a text its length; None where nothing is scaled.
        out: (dims, k); None without a hidden layer.
        bias: (k,); None without one.
        count: k, the intents.
    """

    table: NDArray[np.float32]
    mass: NDArray[np.float32] | None
    out: NDArray[np.float32] | None
    bias: NDArray[np.float32] | None
    count: int


def read_weights(onnx_core: bytes, count: int) -> CoreWeights | None:
    """The weights in an exported core; None where it is of another shape than ours.

    Args:
        onnx_core: the ONNX file.
        count: intents that it answers.
    """
    import onnx
    from onnx import numpy_helper

    wanted = {"table", "mass", "out", "bias"}
    graph = onnx.load_from_string(onnx_core).graph
    found = {one.name: numpy_helper.to_array(one) for one in graph.initializer if one.name in wanted}
    table, out, bias = found.get("table"), found.get("out"), found.get("bias")
    hidden = 0 if out is None else len(out)
    if table is None or table.ndim != 2 or table.shape[1] != count + hidden:
        return None
    return CoreWeights(table, found.get("mass"), out, bias, count)


def contributions(weights: CoreWeights, ids: Ids) -> tuple[Numbers, Numbers]:
    """What each n-gram of one text adds to each logit, and what the bias does.

    Args:
        weights: of the core.
        ids: (m,), the distinct known n-grams of the text, from 1.

    Returns:
        float64 (m, k) and (k,): their sum is the n-grams' part of the logits.
    """
    rows = weights.table[ids].astype(np.float64)
    total = 1.0 if weights.mass is None else float(weights.mass[ids].sum())
    length, known = np.sqrt(max(total, 1.0)), min(total, 1.0)
    parts = rows[:, : weights.count]
    if weights.out is not None:
        hidden = rows[:, weights.count :]
        parts = parts + (hidden * (hidden.sum(axis=0) > 0)) @ weights.out.astype(np.float64)
    bias = np.zeros(weights.count) if weights.bias is None else weights.bias.astype(np.float64) * known
    return parts / length * known, bias
