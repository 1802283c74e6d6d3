"""Faults of a graph are found by name before anything is built: each is planted alone into a whole core."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mlpipeline.errors import StageError
from mlpipeline.networks.classifier import TrainedModel
from mlpipeline.networks.features import FeatureSpec, fit_vocabulary
from mlpipeline.networks.graph_lint import lint_graph, tensorrt_operators
from mlpipeline.networks.onnx_core import onnx_core
from mlpipeline.networks.targets import write_target

SPEC = FeatureSpec(char_ngrams=(1, 2), word_ngrams=(1, 1), max_ids=16, word_weight=1.0)


def model(dims: int = 0) -> TrainedModel:
    vocabulary = fit_vocabulary(["open the door", "close it"], SPEC, min_df=1)
    random = np.random.default_rng(0)
    weights = {
        "table": random.normal(size=(len(vocabulary) + 1, 5)).astype(np.float32),
        "out": random.normal(size=(3, 2)).astype(np.float32),
        "bias": np.zeros(2, np.float32),
    }
    if dims:
        weights["vector_in"] = random.normal(size=(dims, 2)).astype(np.float32)
    return TrainedModel(labels=["a", "b"], spec=SPEC, vocabulary=vocabulary, weights=weights)


def core() -> onnx.ModelProto:
    return onnx.load_model_from_string(onnx_core(model(), 17))


def old_opset(graph: onnx.ModelProto) -> None:
    graph.opset_import[0].version = 9


def new_ir(graph: onnx.ModelProto) -> None:
    graph.ir_version = 14


def int64(graph: onnx.ModelProto) -> None:
    graph.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64


def sequence(graph: onnx.ModelProto) -> None:
    graph.graph.node.append(helper.make_node("SequenceEmpty", [], ["list"], dtype=TensorProto.FLOAT))


def loop(graph: onnx.ModelProto) -> None:
    known = helper.make_tensor_value_info("inner", TensorProto.FLOAT, None)
    body = helper.make_graph([helper.make_node("Identity", ["logits"], ["inner"])], "body", [], [known])
    yes = numpy_helper.from_array(np.array(True), "yes")
    graph.graph.initializer.append(yes)
    graph.graph.node.append(helper.make_node("If", ["yes"], ["either"], then_branch=body, else_branch=body))


def strings(graph: onnx.ModelProto) -> None:
    graph.graph.initializer.append(helper.make_tensor("names", TensorProto.STRING, [1], [b"open"]))


def fixed_batch(graph: onnx.ModelProto) -> None:
    graph.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 8


def free_width(graph: onnx.ModelProto) -> None:
    graph.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "width"


def unknown_operator(graph: onnx.ModelProto) -> None:
    graph.graph.node.append(helper.make_node("Det", ["table"], ["det"]))


def foreign_operator(graph: onnx.ModelProto) -> None:
    graph.graph.node.append(helper.make_node("FusedMatMul", ["logits", "out"], ["f"], domain="com.microsoft"))
    graph.opset_import.append(helper.make_opsetid("com.microsoft", 1))


def nan(graph: onnx.ModelProto) -> None:
    (bias,) = (each for each in graph.graph.initializer if each.name == "bias")
    bias.CopyFrom(numpy_helper.from_array(np.array([np.nan, 0.0], np.float32), "bias"))


def constant(graph: onnx.ModelProto, **value: object) -> None:
    graph.graph.node.append(helper.make_node("Constant", [], ["constant"], **value))


def nan_constant(graph: onnx.ModelProto) -> None:
    constant(graph, value=numpy_helper.from_array(np.array([np.nan], np.float32), "c"))


def nan_number(graph: onnx.ModelProto) -> None:
    constant(graph, value_float=float("nan"))


def nan_sparse(graph: onnx.ModelProto) -> None:
    values = helper.make_tensor("few", TensorProto.FLOAT, [1], [float("nan")])
    places = helper.make_tensor("at", TensorProto.INT64, [1], [0])
    graph.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [3]))


def torn_weight(graph: onnx.ModelProto) -> None:
    (bias,) = (each for each in graph.graph.initializer if each.name == "bias")
    bias.raw_data = bias.raw_data[:5]


def string_constant(graph: onnx.ModelProto) -> None:
    constant(graph, value_string=b"open")


def string_tensor(graph: onnx.ModelProto) -> None:
    constant(graph, value=helper.make_tensor("c", TensorProto.STRING, [1], [b"open"]))


def cast_to_strings(graph: onnx.ModelProto) -> None:
    graph.graph.node.append(helper.make_node("Cast", ["logits"], ["texts"], to=TensorProto.STRING))


def list_input(graph: onnx.ModelProto) -> None:
    graph.graph.input.append(helper.make_tensor_sequence_value_info("list", TensorProto.FLOAT, None))


def own_function(graph: onnx.ModelProto) -> None:
    body = [helper.make_node("Relu", ["x"], ["y"])]
    graph.functions.append(helper.make_function("own", "Ours", ["x"], ["y"], body, [helper.make_opsetid("", 17)]))
    graph.opset_import.append(helper.make_opsetid("own", 1))


def weight_outside(graph: onnx.ModelProto) -> None:
    (table,) = (each for each in graph.graph.initializer if each.name == "table")
    table.ClearField("raw_data")
    table.data_location = TensorProto.EXTERNAL
    place = table.external_data.add()
    place.key, place.value = "location", "table.bin"


def float_ids(graph: onnx.ModelProto) -> None:
    graph.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT


def one_label_more(graph: onnx.ModelProto) -> None:
    (bias,) = (each for each in graph.graph.initializer if each.name == "bias")
    bias.CopyFrom(numpy_helper.from_array(np.zeros(3, np.float32), "bias"))


def dangling(graph: onnx.ModelProto) -> None:
    graph.graph.node[-1].input[0] = "nowhere"


FAULTS: list[tuple[str, Callable[[onnx.ModelProto], None], str]] = [
    ("opset", old_opset, "opset 9"),
    ("ir_version", new_ir, "IR version 14"),
    ("int64_ids", int64, "int64"),
    ("no_branches", sequence, "SequenceEmpty"),
    ("no_branches", loop, "If branches"),
    ("no_strings", strings, "weights that are strings"),
    ("batch_axis", fixed_batch, "axis 0 has a fixed size"),
    ("batch_axis", free_width, "axis 1 has no fixed size"),
    ("operators", unknown_operator, "TensorRT does not take Det"),
    ("operators", foreign_operator, "FusedMatMul of com.microsoft"),
    ("finite_weights", nan, "1 numbers are NaN"),
    ("finite_weights", nan_constant, "1 numbers are NaN"),
    ("finite_weights", nan_number, "1 numbers are NaN"),
    ("finite_weights", nan_sparse, "1 numbers are NaN"),
    ("finite_weights", torn_weight, "cannot be read"),
    ("no_strings", string_constant, "Constant makes strings"),
    ("no_strings", string_tensor, "weights that are strings"),
    ("no_strings", cast_to_strings, "Cast makes strings"),
    ("no_branches", list_input, "sequence instead of a tensor"),
    ("operators", own_function, "a function of the model's own"),
    ("weights_inside", weight_outside, "another file"),
    ("validity", float_ids, "type"),
    ("validity", one_label_more, "dimension"),
    ("validity", dangling, "nowhere"),
]


@pytest.mark.parametrize("opset", [13, 17, 20])
@pytest.mark.parametrize("dims", [0, 4])
def test_what_is_exported_has_no_fault(opset: int, dims: int):
    assert lint_graph(onnx_core(model(dims), opset)) == []


@pytest.mark.parametrize(("rule", "plant", "what"), FAULTS, ids=[plant.__name__ for _, plant, _ in FAULTS])
def test_a_planted_fault_is_named(rule: str, plant: Callable[[onnx.ModelProto], None], what: str):
    graph = core()
    plant(graph)
    found = lint_graph(graph.SerializeToString())
    assert rule in {fault.rule for fault in found}
    (fault, *_) = [fault for fault in found if fault.rule == rule]
    assert what in fault.what and fault.fix and fault.rule in str(fault)
    assert {each.rule for each in found} <= {rule, "validity"}, "one fault has one name"


def test_other_bytes_are_no_graph():
    assert [fault.rule for fault in lint_graph(b"\xff\xff no graph")] == ["format"]


def test_a_model_with_nan_is_not_written(tmp_path: Path):
    broken = model()
    broken.weights["bias"][0] = np.nan
    with pytest.raises(StageError, match=r"finite_weights at bias: 1 numbers"):
        write_target("onnx", broken, tmp_path / "onnx", 17)
    assert not (tmp_path / "onnx").exists()


def test_the_list_of_operators_is_one_of_names():
    names = tensorrt_operators()
    assert {"Gather", "MatMul", "Relu"} <= names and "operator" not in names and len(names) > 120
