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
