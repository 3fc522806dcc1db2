"""Ways to damage a model file, in its bytes and in its meaning."""

import json
from collections.abc import Callable, Sequence

import numpy as np
import onnx
from google.protobuf.message import DecodeError, EncodeError
from numpy.random import Generator

Damage = Callable[[bytes, Sequence[bytes], Generator], bytes]

_SIZES = (0, -1, 1, 2, 3, 7, 255, 65536, 2**31 - 1, 2**31, 2**40, 2**62, -(2**63))
_OPERATORS = (
    *(
        "If",
        "Loop",
        "Scan",
        "Range",
        "Tile",
        "Expand",
        "ConstantOfShape",
        "Resize",
        "Pad",
        "Reshape",
        "Gather",
    ),
    *("LSTM", "Conv", "ConvTranspose", "MaxPool", "MatMul", "Einsum", "NonZero", "TopK", "Cast", "Identity"),
    *("SequenceInsert", "Optional", "StringNormalizer", "EPContext", "Sparkle", "", "Relu\x00", "Å" * 300),
)
_PLACES = (
    "/etc/passwd",
    "../../secret",
    "weights.bin",
    "",
    "*/_ORT_MEM_ADDR_/*",
    "C:\\boot.ini",
    "/dev/zero",
    "\x00",
)


def flip(data: bytes, others: Sequence[bytes], random: Generator) -> bytes:
    """A few bits turned over."""
    damaged = bytearray(data)
    for at in random.integers(0, len(data), 2 ** random.integers(0, 7)):
        damaged[at] ^= 1 << int(random.integers(8))
    return bytes(damaged)


def flip_the_head(data: bytes, others: Sequence[bytes], random: Generator) -> bytes:
    """Bits turned over where the graph is described rather than in its weights."""
    damaged = bytearray(data)
    for at in random.integers(0, min(len(data), 400), 2 ** random.integers(0, 4)):
        damaged[at] ^= 1 << int(random.integers(8))
    return bytes(damaged)


def cut(data: bytes, others: Sequence[bytes], random: Generator) -> bytes:
    """The end missing."""
    return data[: int(random.integers(len(data)))]


def splice(data: bytes, others: Sequence[bytes], random: Generator) -> bytes:
    """A piece of another file put in, or put in place of as much."""
    other = others[int(random.integers(len(others)))]
    begins = int(random.integers(len(other)))
    piece = other[begins : begins + int(random.integers(1, 2000))]
    at = int(random.integers(len(data)))
    return data[:at] + piece + data[at + (len(piece) if random.random() < 0.5 else 0) :]


def join(data: bytes, others: Sequence[bytes], random: Generator) -> bytes:
    """Two files one after the other, which a reader merges into one graph."""
    return data + others[int(random.integers(len(others)))]


def zero(data: bytes, others: Sequence[bytes], random: Generator) -> bytes:
    """A stretch of zeros, as a half-written file has."""
    at, size = int(random.integers(len(data))), int(random.integers(1, 5000))
    return data[:at] + bytes(min(size, len(data) - at)) + data[at + size :]


def sizes(model: onnx.ModelProto, random: Generator) -> None:
    """Some sizes of weights and values changed."""
    graph = model.graph
    dims = [tensor.dims for tensor in graph.initializer]
    shapes = [value.type.tensor_type.shape.dim for value in (*graph.input, *graph.output, *graph.value_info)]
    for _ in range(int(random.integers(1, 4))):
        if dims and random.random() < 0.5:
            chosen = dims[int(random.integers(len(dims)))]
            if chosen:
                chosen[int(random.integers(len(chosen)))] = _any(_SIZES, random)
            else:
                chosen.append(_any(_SIZES, random))
        elif shapes:
            shape = shapes[int(random.integers(len(shapes)))]
            if shape:
                shape[int(random.integers(len(shape)))].dim_value = _any(_SIZES, random)


def huge(model: onnx.ModelProto, random: Generator) -> None:
    """Every size of one thing multiplied beyond all memory."""
    shapes = [value.type.tensor_type.shape.dim for value in (*model.graph.input, *model.graph.output) if True]
    for dim in shapes[int(random.integers(len(shapes)))] if shapes else ():
        dim.dim_value = int(10 ** random.integers(4, 9))
    for tensor in model.graph.initializer:
        if random.random() < 0.3:
            tensor.dims[:] = [min(size * 10**6, 2**62) for size in tensor.dims]


def operators(model: onnx.ModelProto, random: Generator) -> None:
    """Operators that were others."""
    nodes = model.graph.node
    for _ in range(int(random.integers(1, 3)) if nodes else 0):
        node = nodes[int(random.integers(len(nodes)))]
        node.op_type = _any(_OPERATORS, random)
        if random.random() < 0.2:
            node.domain = _any(("com.microsoft", "my.ops", "ai.onnx.ml", "ai.onnx.training"), random)


def swapped(model: onnx.ModelProto, random: Generator) -> None:
    """Weights that have changed places, types or contents."""
    weights = model.graph.initializer
    if len(weights) >= 2:
        one, other = (weights[int(at)] for at in random.choice(len(weights), 2, replace=False))
        one.name, other.name = other.name, one.name
        if random.random() < 0.5:
            one.raw_data, other.raw_data = other.raw_data, one.raw_data
    for tensor in weights:
        if random.random() < 0.1:
            tensor.data_type = int(random.integers(0, 25))


def wires(model: onnx.ModelProto, random: Generator) -> None:
    """Operators that take what others put out, themselves included."""
    nodes = model.graph.node
    names = [name for node in nodes for name in (*node.input, *node.output)] or ["x"]
    for _ in range(int(random.integers(1, 4)) if nodes else 0):
        node = nodes[int(random.integers(len(nodes)))]
        ends = node.input if random.random() < 0.7 else node.output
        if ends:
            ends[int(random.integers(len(ends)))] = _any(names, random)


def attributes(model: onnx.ModelProto, random: Generator) -> None:
    """Attributes beyond reason, and others' values."""
    for node in model.graph.node:
        for attribute in node.attribute:
            if random.random() < 0.3:
                attribute.i = _any(_SIZES, random)
                attribute.ints[:] = [_any(_SIZES, random) for _ in attribute.ints]
                attribute.f = _any((0.0, -1.0, 1e38, float("nan"), float("inf")), random)
            if random.random() < 0.05:
                attribute.type = int(random.integers(0, 15))  # pyright: ignore[reportAttributeAccessIssue]


def elsewhere(model: onnx.ModelProto, random: Generator) -> None:
    """Weights that are said to lie in other files."""
    for tensor in model.graph.initializer[:3]:
        tensor.data_location = onnx.TensorProto.EXTERNAL
        entries = {"location": _any(_PLACES, random), "offset": str(_any(_SIZES, random)), "length": "64"}
        for key, entry in entries.items():
            tensor.external_data.add(key=key, value=entry)


def described(model: onnx.ModelProto, random: Generator) -> None:
    """What it says of itself, and the versions it was made for, changed."""
    for entry in model.metadata_props:
        try:
            document = json.loads(entry.value)
        except ValueError:
            continue
        if isinstance(document, dict) and document:
            key = _any(sorted(document), random)
            document[key] = _any(
                (None, -1, 2**70, float("inf"), "", [], {}, ["A", "A"], [[1]], 1e308, {"scale": "x"}), random
            )
            entry.value = json.dumps(document)
    if random.random() < 0.3:
        model.ir_version = int(random.integers(0, 30))
    for opset in model.opset_import:
        if random.random() < 0.3:
            opset.version = int(random.integers(0, 40))


def _within(change: Callable[[onnx.ModelProto, Generator], None]) -> Damage:
    def damage(data: bytes, others: Sequence[bytes], random: Generator) -> bytes:
        model = onnx.ModelProto()
        try:
            model.ParseFromString(data)
            change(model, random)
            return model.SerializeToString()
        except (DecodeError, EncodeError, ValueError):
            # What this kind of damage cannot be done to is damaged in its bytes.
            return flip(data, others, random)

    return damage


BYTES: dict[str, Damage] = {
    damage.__name__: damage for damage in (flip, flip_the_head, cut, splice, join, zero)
}
MEANING: dict[str, Damage] = {
    change.__name__: _within(change)
    for change in (sizes, huge, operators, swapped, wires, attributes, elsewhere, described)
}
DAMAGES = BYTES | MEANING


def damaged(seeds: Sequence[bytes], random: Generator) -> tuple[str, bytes]:
    """A damaged file, and what was done to it; now and then two things.

    Args:
        seeds: Sound files.
        random: Decides all of it.
    """
    data = seeds[int(random.integers(len(seeds)))]
    names = [_any(sorted(DAMAGES), random) for _ in range(2 if random.random() < 0.2 else 1)]
    for name in names:
        data = DAMAGES[name](data, seeds, random) if data else data
    return "+".join(names), data


def _any(choices, random: Generator):
    return choices[int(random.integers(len(choices)))]


def generator(seed: int) -> Generator:
    """Randomness that is the same for the same seed."""
    return np.random.default_rng(seed)
