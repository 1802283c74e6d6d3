"""What is wrong with an ONNX graph before anything is built of it: every fault with its rule, place and remedy.

An exporter can write an invalid graph without raising, and a runtime's own message names a node by number, minutes
later, on the host that serves. The rules are those of the strictest runtime that takes the core, TensorRT.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mlpipeline.recipe.names import OPSETS

if TYPE_CHECKING:
    from onnx import AttributeProto, GraphProto, ModelProto, TensorProto, ValueInfoProto

IR_VERSIONS = (4, 10)
"""The oldest format of the file in which weights are no inputs, and the newest that every runtime in use reads."""

_BRANCHES = frozenset({"If", "Loop", "Scan", "Optional", "OptionalGetElement", "OptionalHasElement"})
_FLOATS = frozenset({"FLOAT", "FLOAT16", "DOUBLE", "BFLOAT16"})
_DOMAINS = frozenset({"", "ai.onnx"})


class Fault(NamedTuple):
    """One fault: the rule that it breaks, where in the graph, what is wrong there, and what to do."""

    rule: str
    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}: {self.what} -> {self.fix}"


def lint_graph(model: bytes) -> list[Fault]:
    """The faults of a serialised ONNX model, in the order of the rules; none for one that every target takes.

    Args:
        model: what `ModelProto.SerializeToString` gave, its weights inside.
    """
    import onnx

    try:
        read = onnx.load_model_from_string(model)
    except Exception:  # protobuf's own class, which no dependency of ours names
        return [Fault("format", "file", "these bytes are no ONNX model", "export it again")]
    return [fault for rule in _RULES for fault in rule(read)]


@cache
def tensorrt_operators() -> frozenset[str]:
    """Names of the operators that TensorRT's parser takes, from `tensorrt_operators.tsv`, which names its source."""
    text = resources.files("mlpipeline.networks").joinpath("tensorrt_operators.tsv").read_text("utf-8")
    names = [line for line in text.splitlines() if line and not line.startswith("#")]
    return frozenset(names[1:])


def _opset(model: ModelProto) -> Iterator[Fault]:
    oldest, newest = OPSETS
    versions = [each.version for each in model.opset_import if each.domain in _DOMAINS]
    if not versions:
        yield Fault("opset", "opset_import", "no version of the standard operators", f"export with opset {newest}")
    for version in versions:
        if not oldest <= version <= newest:
            yield Fault("opset", "opset_import", f"opset {version}", f"export with {oldest} to {newest}")


def _ir_version(model: ModelProto) -> Iterator[Fault]:
    oldest, newest = IR_VERSIONS
    if not oldest <= model.ir_version <= newest:
        what = f"IR version {model.ir_version}"
        yield Fault("ir_version", "ir_version", what, f"write {oldest} to {newest}: newer runtimes read it as well")


def _validity(model: ModelProto) -> Iterator[Fault]:
    """By ONNX's own checker, types and shapes too, without its word on versions, which have a rule of their own."""
    import onnx

    known = onnx.ModelProto()
    known.CopyFrom(model)
    known.ir_version = min(max(model.ir_version, IR_VERSIONS[0]), IR_VERSIONS[1])
    try:
        onnx.checker.check_model(known, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        first = str(error).strip().splitlines()[0]
        yield Fault("validity", "graph", first, "export it again; another version of the exporter may do better")


def _int64_ids(model: ModelProto) -> Iterator[Fault]:
    for each in _fed(model.graph):
        if _type_name(each.type.tensor_type.elem_type) == "INT64":
            yield Fault("int64_ids", f"input {each.name}", "int64", "take int32: half the bytes, and no cast on a GPU")


def _no_branches(model: ModelProto) -> Iterator[Fault]:
    for each in (*_fed(model.graph), *model.graph.output):
        kind = each.type.WhichOneof("value") or "tensor_type"
        if kind != "tensor_type":
            what = f"{kind.removesuffix('_type')} instead of a tensor"
            yield Fault("no_branches", each.name, what, "take and give tensors")
    for node in model.graph.node:
        if node.op_type in _BRANCHES or "Sequence" in node.op_type:
            what = f"{node.op_type} branches, loops or holds a sequence"
            yield Fault("no_branches", _place(node), what, "write it as a sum over padded rows, without branches")


def _no_strings(model: ModelProto) -> Iterator[Fault]:
    fix = "leave texts to the features: the core takes numbers"
    for each in (*_fed(model.graph), *model.graph.output):
        if _type_name(each.type.tensor_type.elem_type) == "STRING":
            yield Fault("no_strings", each.name, "a string tensor", fix)
    for where, weight in _tensors(model.graph):
        if _type_name(weight.data_type) == "STRING":
            yield Fault("no_strings", where, "weights that are strings", fix)
    for node in model.graph.node:
        if any(_makes_strings(told) for told in node.attribute):
            yield Fault("no_strings", _place(node), f"{node.op_type} makes strings", fix)
        if node.op_type.startswith("String") or node.op_type in {"TfIdfVectorizer", "RegexFullMatch"}:
            yield Fault("no_strings", _place(node), f"{node.op_type} reads strings", fix)


def _batch_axis(model: ModelProto) -> Iterator[Fault]:
    for each in (*_fed(model.graph), *model.graph.output):
        if each.type.WhichOneof("value") not in {None, "tensor_type"}:
            continue  # a rule of its own refuses what is no tensor
        sizes = each.type.tensor_type.shape.dim
        if not sizes or sizes[0].HasField("dim_value"):
            what = "axis 0 has a fixed size" if sizes else "no shape"
            yield Fault("batch_axis", each.name, what, "name axis 0 (`n`): batches differ in size")
        for axis, size in enumerate(sizes):
            if axis and not size.HasField("dim_value"):
                yield Fault("batch_axis", each.name, f"axis {axis} has no fixed size", "only axis 0 may differ")


def _operators(model: ModelProto) -> Iterator[Fault]:
    for own in model.functions:
        where = f"function {own.name}"
        yield Fault("operators", where, "a function of the model's own", "write its operators into the graph")
    for node in model.graph.node:
        if node.domain not in _DOMAINS:
            what = f"{node.op_type} of {node.domain}"
            yield Fault("operators", _place(node), what, "use standard operators: TensorRT has no others")
        elif node.op_type not in tensorrt_operators() | _BRANCHES and "Sequence" not in node.op_type:
            yield Fault(
                "operators", _place(node), f"TensorRT does not take {node.op_type}", "use operators that it takes"
            )


def _weights_inside(model: ModelProto) -> Iterator[Fault]:
    for where, weight in _tensors(model.graph):
        if _is_outside(weight):
            what = "its numbers lie in another file"
            yield Fault("weights_inside", where, what, "save the model as one file: what is copied alone is whole")


def _finite_weights(model: ModelProto) -> Iterator[Fault]:
    from onnx import numpy_helper

    fix = "train again with a smaller train.learning_rate"
    for where, weight in _tensors(model.graph):
        if _type_name(weight.data_type) not in _FLOATS or _is_outside(weight):
            continue
        try:
            numbers = numpy_helper.to_array(weight)
        except ValueError as error:  # more or fewer bytes than its shape needs
            yield Fault("finite_weights", where, f"numbers that cannot be read: {error}", "export it again")
            continue
        if wrong := int(np.count_nonzero(~np.isfinite(numbers))):
            yield Fault("finite_weights", where, f"{wrong:,} numbers are NaN or infinite", fix)
    for node in model.graph.node:
        told = [number for each in node.attribute for number in (each.f, *each.floats)]
        if wrong := int(np.count_nonzero(~np.isfinite(told))):
            yield Fault("finite_weights", _place(node), f"{wrong:,} numbers are NaN or infinite", fix)


def _tensors(graph: GraphProto) -> Iterator[tuple[str, TensorProto]]:
    """Every tensor of numbers that the file itself holds, with its place: weights, sparse ones, nodes' constants."""
    for weight in graph.initializer:
        yield weight.name, weight
    for sparse in graph.sparse_initializer:
        yield sparse.values.name, sparse.values
    for node in graph.node:
        for told in node.attribute:
            held = [told.t, *told.tensors] if told.HasField("t") else list(told.tensors)
            sparse_held = [told.sparse_tensor] if told.HasField("sparse_tensor") else []
            for tensor in (*held, *(each.values for each in (*sparse_held, *told.sparse_tensors))):
                yield _place(node), tensor


def _is_outside(weight: TensorProto) -> bool:
    return bool(weight.data_location == type(weight).EXTERNAL)


def _makes_strings(told: AttributeProto) -> bool:
    """Whether an attribute is a string constant or the type of a cast to strings; others are only settings."""
    return told.name in {"value_string", "value_strings"} or (told.name == "to" and _type_name(told.i) == "STRING")


def _fed(graph: GraphProto) -> list[ValueInfoProto]:
    """The inputs that a caller feeds: old graphs list their weights as inputs too."""
    weights = {weight.name for weight in graph.initializer}
    return [each for each in graph.input if each.name not in weights]


def _type_name(number: int) -> str:
    from onnx import TensorProto

    return str(TensorProto.DataType.Name(number))


def _place(node: object) -> str:
    name, outputs = getattr(node, "name", ""), list(getattr(node, "output", ()))
    return f"node {name or (outputs[0] if outputs else '?')}"


_RULES: tuple[Callable[[ModelProto], Iterator[Fault]], ...] = (
    _opset, _ir_version, _int64_ids, _no_branches, _no_strings, _batch_axis, _operators, _weights_inside,
    _finite_weights, _validity,
)  # fmt: skip
