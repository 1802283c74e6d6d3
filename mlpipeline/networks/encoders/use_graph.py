"""The network of `use` as ONNX, for runtimes with a GPU: what `use_network.py` computes, for texts of padded length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mlpipeline.networks.encoders.use_network import BRANCHES, CHUNKS, DIMS, WIDTH

if TYPE_CHECKING:
    import onnx

OPSET = 18
PADDING = -1
_EPSILON = 1e-12


def write_graph(tensors: Mapping[str, Mapping[str, object]]) -> bytes:
    """`ids` int32 (batch, pieces), padded with -1 -> `vectors` float32 (batch, 512).

    Args:
        tensors: name -> dtype, shape and offset in `weights.bin`, which lies beside the graph.
    """
    from onnx import TensorProto, helper

    nodes = [*_features(), *_head()]
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        "use",
        [helper.make_tensor_value_info("ids", TensorProto.INT32, ["batch", "pieces"])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", DIMS])],
        [*_constants(), *(_outside(name, where) for name, where in tensors.items() if name in used)],
    )
    opsets = [helper.make_opsetid("", OPSET)]
    version = helper.find_min_ir_version_for(opsets, ignore_unknown=True)
    model = helper.make_model(graph, opset_imports=opsets, ir_version=version, producer_name="mlpipeline")
    return bytes(model.SerializeToString(deterministic=True))


def _constants() -> list[onnx.TensorProto]:
    from onnx import numpy_helper

    values = {
        "nought": np.array(0, np.int32),
        "chunks": np.array(CHUNKS, np.int32),
        "one": np.array(1.0, np.float32),
        "last_axis": np.array([2], np.int64),
        "pieces_axis": np.array([1], np.int64),
        "widths": np.array([WIDTH] * len(BRANCHES), np.int64),
    }
    return [numpy_helper.from_array(value, name) for name, value in values.items()]


def _outside(name: str, where: Mapping[str, object]) -> onnx.TensorProto:
    from onnx import TensorProto, helper

    kind, shape = np.dtype(str(where["dtype"])), tuple(int(str(one)) for one in _listed(where["shape"]))
    made = TensorProto(name=name, dims=shape, data_type=helper.np_dtype_to_tensor_dtype(kind))
    made.data_location = TensorProto.EXTERNAL
    length = int(np.prod(shape)) * kind.itemsize
    for key, value in (("location", "weights.bin"), ("offset", where["offset"]), ("length", length)):
        made.external_data.add(key=key, value=str(value))
    return made


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _node(kind: str, inputs: str, outputs: str, **settings: object) -> onnx.NodeProto:
    from onnx import helper

    return helper.make_node(kind, inputs.split(), outputs.split(), **settings)


def _features() -> list[onnx.NodeProto]:
    """`sums` (batch, 1280): normalised features, summed over the pieces of a text; `count` (batch, 1) of them."""
    nodes = [
        _node("GreaterOrEqual", "ids nought", "is_piece"),
        _node("Cast", "is_piece", "mask", to=1),
        _node("Unsqueeze", "mask last_axis", "column"),
        _node("Max", "ids nought", "known"),
        _node("Mod", "known chunks", "chunk"),
        _node("Gather", "table known", "packed", axis=0),
        _node("Cast", "packed", "unpacked", to=1),
        _node("Gather", "scale chunk", "scales", axis=0),
        _node("Unsqueeze", "scales last_axis", "scale_column"),
        _node("Gather", "low chunk", "lows", axis=0),
        _node("Unsqueeze", "lows last_axis", "low_column"),
        _node("Mul", "unpacked scale_column", "scaled"),
        _node("Add", "scaled low_column", "raw"),
        _node("MatMul", "raw projection", "projected"),
        _node("Add", "projected projection_bias", "biased"),
        _node("LayerNormalization", "biased projection_gain projection_shift", "inner", axis=-1, epsilon=_EPSILON),
        _node("Mul", "inner column", "inner_masked"),
        _node("Split", "inner_masked widths", " ".join(f"inner_{seen}" for seen, _ in BRANCHES), axis=2),
        _node("Transpose", "column", "row", perm=[0, 2, 1]),
    ]
    for seen, before in BRANCHES:
        around = {"kernel_shape": [seen], "pads": [before, seen - 1 - before]}
        nodes += [
            _node("Transpose", f"inner_{seen}", f"in_{seen}", perm=[0, 2, 1]),
            _node("Conv", f"in_{seen} first_kernel_{seen} first_bias_{seen}", f"first_out_{seen}", **around),
            _node("Relu", f"first_out_{seen}", f"first_active_{seen}"),
            _node("Add", f"first_active_{seen} in_{seen}", f"hidden_whole_{seen}"),
            _node("Mul", f"hidden_whole_{seen} row", f"hidden_{seen}"),
            _node("Conv", f"hidden_{seen} second_kernel_{seen} second_bias_{seen}", f"second_out_{seen}", **around),
            _node("Relu", f"second_out_{seen}", f"second_active_{seen}"),
            _node("Add", f"second_active_{seen} hidden_{seen}", f"branch_{seen}"),
            _node("Transpose", f"branch_{seen}", f"out_{seen}", perm=[0, 2, 1]),
        ]
    return [
        *nodes,
        _node("Concat", "raw " + " ".join(f"out_{seen}" for seen, _ in BRANCHES), "features", axis=2),
        _node("LayerNormalization", "features norm_gain norm_shift", "normal", axis=-1, epsilon=_EPSILON),
        _node("Mul", "normal column", "normal_masked"),
        _node("ReduceSum", "normal_masked pieces_axis", "sums", keepdims=0),
        _node("ReduceSum", "mask pieces_axis", "counted", keepdims=1),
        _node("Max", "counted one", "count"),
    ]


def _head() -> list[onnx.NodeProto]:
    return [
        _node("MatMul", "sums out", "summed"),
        _node("Mul", "count out_bias", "bias"),
        _node("Add", "summed bias", "total"),
        _node("Sqrt", "count", "root"),
        _node("Div", "total root", "mean"),
        _node("MatMul", "mean dense_0", "first_raw"),
        _node("Relu", "first_raw", "first_layer"),
        _node("MatMul", "mean skip_1", "skipped"),
        _node("MatMul", "first_layer dense_1", "second_raw"),
        _node("Add", "skipped second_raw", "second_sum"),
        _node("Relu", "second_sum", "second_layer"),
        _node("MatMul", "second_layer dense_2", "third_raw"),
        _node("Relu", "third_raw", "third_layer"),
        _node("MatMul", "second_layer skip_3", "skipped_twice"),
        _node("MatMul", "third_layer dense_3", "last_raw"),
        _node("Add", "skipped_twice last_raw", "last_sum"),
        _node("Tanh", "last_sum", "last"),
        _node("Mul", "last last", "squares"),
        _node("ReduceSum", "squares pieces_axis", "square", keepdims=1),
        _node("Max", "square epsilon", "at_least"),
        _node("Sqrt", "at_least", "length"),
        _node("Div", "last length", "vectors"),
    ]
