"""Small ONNX files for tests, made by onnx itself, sound ones and others."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT
Size = int | str | None


def value(name: str, sizes: Sequence[Size] | None, kind: int = FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, sizes)


def weight(name: str, array: np.ndarray) -> onnx.TensorProto:
    return numpy_helper.from_array(array, name)


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    weights: Sequence[onnx.TensorProto] = (),
    opset: int = 17,
    ir_version: int = 8,
    domains: Sequence[str] = (),
) -> onnx.ModelProto:
    """A model that onnx has not checked, so it may be as wrong as a test wants it."""
    graph = helper.make_graph(list(nodes), "graph", list(inputs), list(outputs), list(weights))
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir_version)


def saved(path: Path, made: onnx.ModelProto) -> Path:
    path.write_bytes(made.SerializeToString())
    return path


def two_layers(path: Path) -> Path:
    """y = relu(x W), z = -y; x is [n, 3], W [3, 2] of ones."""
    nodes = [
        helper.make_node("MatMul", ["x", "W"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["y"]),
        helper.make_node("Neg", ["y"], ["z"]),
    ]
    ones = weight("W", np.ones((3, 2), np.float32))
    return saved(path, model(nodes, [value("x", ["n", 3])], [value("z", ["n", 2])], [ones]))


def one_node(
    path: Path,
    operator: str,
    sizes: Sequence[Size] = ("n", 3),
    kind: int = FLOAT,
    opset: int = 17,
    ir_version: int = 8,
    domain: str = "",
) -> Path:
    """x through a single operator to y."""
    node = helper.make_node(operator, ["x"], ["y"], domain=domain)
    made = model(
        [node],
        [value("x", sizes, kind)],
        [value("y", None, kind)],
        opset=opset,
        ir_version=ir_version,
        domains=[domain] if domain else [],
    )
    return saved(path, made)


def with_weights_in(path: Path, location: str, size: int = 24) -> Path:
    """A model whose weight W, of shape [3, 2], is to be read from the file at `location`."""
    tensor = TensorProto(name="W", data_type=FLOAT, dims=[3, 2], data_location=TensorProto.EXTERNAL)
    for key, entry in (("location", location), ("offset", "0"), ("length", str(size))):
        tensor.external_data.add(key=key, value=entry)
    node = helper.make_node("MatMul", ["x", "W"], ["y"])
    return saved(path, model([node], [value("x", ["n", 3])], [value("y", ["n", 2])], [tensor]))


def endless(path: Path, sizes: Sequence[Size] = (3,)) -> Path:
    """A loop of more turns than anybody waits for, over an x of these sizes."""
    turns = weight("turns", np.array(2**62, np.int64))
    go_on = weight("go_on", np.array(True))
    inputs = [
        value("turn", [], TensorProto.INT64),
        value("go", [], TensorProto.BOOL),
        value("a", sizes),
    ]
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["still"]), helper.make_node("Cos", ["a"], ["b"])],
        "body",
        inputs,
        [value("still", [], TensorProto.BOOL), value("b", sizes)],
    )
    node = helper.make_node("Loop", ["turns", "go_on", "x"], ["y"], body=body)
    return saved(path, model([node], [value("x", sizes)], [value("y", sizes)], [turns, go_on]))


def greedy(path: Path, size: float = 2e10) -> Path:
    """A model that counts, in one tensor, to more than there is memory for; nothing in the file says so."""
    ends = [weight(name, np.array(number, np.float64)) for name, number in (("from", 0), ("step", 1))]
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["one"], keepdims=0),
        helper.make_node("Mul", ["one", "size"], ["to"]),
        helper.make_node("Range", ["from", "to", "step"], ["y"]),
    ]
    ends.append(weight("size", np.array(size, np.float64)))
    made = model(nodes, [value("x", [3], TensorProto.DOUBLE)], [value("y", [None], TensorProto.DOUBLE)], ends)
    return saved(path, made)


def recurrent(path: Path) -> Path:
    """h_next = tanh(x + h), y = its double; x, h and y are [1, 4]."""
    nodes = [
        helper.make_node("Add", ["x", "h"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["h_next"]),
        helper.make_node("Add", ["h_next", "h_next"], ["y"]),
    ]
    inputs = [value("x", [1, 4]), value("h", [1, 4])]
    return saved(path, model(nodes, inputs, [value("y", [1, 4]), value("h_next", [1, 4])]))


def classifier(path: Path, classes: int = 5) -> Path:
    """Averages a picture [batch, 3, height, width] and makes scores of it."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["picture"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("MatMul", ["flat", "W"], ["scores"]),
    ]
    weights = weight("W", np.random.default_rng(0).random((3, classes), np.float32))
    picture = value("picture", ["batch", 3, "height", "width"])
    return saved(path, model(nodes, [picture], [value("scores", ["batch", classes])], [weights]))
