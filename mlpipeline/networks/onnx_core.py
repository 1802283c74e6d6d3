"""The classifier's network as ONNX, written node by node: equal weights give equal bytes, on any machine and day.

An exporter names its nodes by what else the process did and in the order of a set; a bundle's digest must not know it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlpipeline.networks.classifier import TrainedModel, folded_weights

if TYPE_CHECKING:
    import onnx

PRODUCER = "mlpipeline"


def onnx_core(model: TrainedModel, opset: int) -> bytes:
    """What `build_core` computes: `ids` int32 (n, max_ids) -> `logits` float32 (n, labels).

    A model that reads vectors has a second input, `vector` float32 (n, d).

    Args:
        model: trained; its weights and vocabulary go into the graph.
        opset: of ONNX, from 13 on.
    """
    from onnx import TensorProto, helper

    count = len(model.labels)
    inputs = [helper.make_tensor_value_info("ids", TensorProto.INT32, ["n", model.spec.max_ids])]
    if model.vector_dims:
        inputs.append(helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["n", model.vector_dims]))
    graph = helper.make_graph(
        _nodes(bool(model.vector_dims)),
        "core",
        inputs,
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", count])],
        [],
    )
    used = [helper.make_opsetid("", opset)]
    version = helper.find_min_ir_version_for(used, ignore_unknown=True)
    made = helper.make_model(graph, opset_imports=used, ir_version=version, producer_name=PRODUCER)
    _add_constants(made.graph, model)
    return bytes(made.SerializeToString(deterministic=True))


def _add_constants(graph: onnx.GraphProto, model: TrainedModel) -> None:
    """Into the finished graph: handed over before, large weights would be copied with it at each step."""
    from onnx import numpy_helper

    table, mass = folded_weights(model)
    constants = {
        "table": table,
        "mass": mass,
        "out": model.weights["out"].astype(np.float32),
        "bias": model.weights["bias"].astype(np.float32),
        "one": np.array(1.0, np.float32),
        "words": np.array([1], np.int64),
        "begin": np.array([0], np.int64),
        "count": np.array([len(model.labels)], np.int64),
        "end": np.array([table.shape[1]], np.int64),
    }
    if model.vector_dims:
        constants["vector_in"] = model.weights["vector_in"].astype(np.float32)
    for name, value in constants.items():
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value), name))


def _nodes(reads_vectors: bool) -> list[onnx.NodeProto]:
    from onnx import helper

    of_ngrams = "of_ngrams" if reads_vectors else "logits"
    of_vector = [
        helper.make_node("MatMul", ["vector", "vector_in"], ["of_vector"]),
        helper.make_node("Add", ["of_ngrams", "of_vector"], ["logits"]),
    ]
    return [
        # The numbers of all n-grams of a text, summed, and scaled to unit length.
        helper.make_node("Gather", ["table", "ids"], ["rows"], axis=0),
        helper.make_node("ReduceSum", ["rows", "words"], ["summed"], keepdims=0),
        helper.make_node("Gather", ["mass", "ids"], ["masses"], axis=0),
        helper.make_node("ReduceSum", ["masses", "words"], ["total"], keepdims=0),
        helper.make_node("Max", ["total", "one"], ["at_least_one"]),
        helper.make_node("Sqrt", ["at_least_one"], ["length"]),
        helper.make_node("Div", ["summed", "length"], ["unit"]),
        # Scores of its own, and those of the hidden layer.
        helper.make_node("Slice", ["unit", "begin", "count", "words"], ["direct"]),
        helper.make_node("Slice", ["unit", "count", "end", "words"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["active"]),
        helper.make_node("MatMul", ["active", "out"], ["deep"]),
        helper.make_node("Add", ["deep", "bias"], ["biased"]),
        helper.make_node("Add", ["direct", "biased"], ["scores"]),
        # Nothing known: equal logits.
        helper.make_node("Min", ["total", "one"], ["known"]),
        helper.make_node("Mul", ["scores", "known"], [of_ngrams]),
        *(of_vector if reads_vectors else []),
    ]
