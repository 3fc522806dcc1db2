"""The contents of an ONNX file, read without ONNX Runtime and without building the graph.

Field numbers are those of onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

from addon.errors import ModelError
from addon.model.protobuf import LEAF, MOST_PARTS, Message, Schema, TooManyError, WireError, parse
from addon.text import quoted

_SCHEMA: Schema = {
    "model": {
        **dict.fromkeys((1, 2, 3), LEAF),
        7: "graph",
        8: "opset",
        14: "entry",
        20: "training",
        25: "function",
    },
    "opset": {1: LEAF, 2: LEAF},
    "entry": {1: LEAF, 2: LEAF},
    "training": {1: "graph", 2: "graph"},
    "function": {1: LEAF, 7: "node", 10: LEAF, 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 11: "value", 12: "value", 13: "value", 15: "sparse"},
    "node": {1: LEAF, 2: LEAF, 4: LEAF, 5: "attribute", 7: LEAF},
    "attribute": {
        1: LEAF,
        5: "tensor",
        6: "graph",
        8: LEAF,
        9: LEAF,
        10: "tensor",
        11: "graph",
        22: "sparse",
        23: "sparse",
    },
    "tensor": {1: LEAF, 2: LEAF, 7: LEAF, 8: LEAF, 9: LEAF, 13: "entry"},
    "sparse": {1: "tensor", 2: "tensor", 3: LEAF},
    "value": {1: LEAF, 2: "type"},
    "type": {1: "tensor type"},
    "tensor type": {1: LEAF, 2: "shape"},
    "shape": {1: "dim"},
    "dim": {1: LEAF, 2: LEAF},
}

_INT64 = 7
_BITS = {1: 32, 4: 16, 5: 16, 6: 32, 7: 64, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16}
_BYTE = 8
_FEW = 64
MOST_DIMENSIONS = 64
"""Most dimensions of a tensor: numpy's own limit; networks have fewer than ten."""

_KEYED = {
    "ai.onnx.ml.ZipMap": 0,
    **{f"ai.onnx.ml.{kind}Classifier": 1 for kind in ("Linear", "SVM", "TreeEnsemble")},
}
"""Operators that know the classes of one of their outputs, and the place of that output."""

_KEPT_CLASSES = ("Identity", "Cast", "ai.onnx.ml.Normalizer")
MOST_CLASSES = 50_000

_FILLED = {"ConstantOfShape": 0, "Expand": 1}
_SHAPED = {**_FILLED, "Reshape": 1, "Tile": 1, "Unsqueeze": 1, "Resize": 3, "Upsample": 1, "Col2Im": 1}
_SHAPE_ATTRIBUTE = ("RandomNormal", "RandomUniform")


@dataclass(frozen=True, slots=True)
class Declared:
    """A tensor that the file declares with all of its sizes.

    Attributes:
        name: Its name, or that of the operator that makes it.
        dims: Its sizes.
        bits: Bits of one element; 8 if not known before it runs.
    """

    name: str
    dims: tuple[int, ...]
    bits: int

    @property
    def size(self) -> int:
        """Size in bytes; negative if one of its sizes is."""
        lowest = min(self.dims, default=0)
        return lowest if lowest < 0 else prod(self.dims) * self.bits // 8


@dataclass(slots=True)
class Contents:
    """The contents of an ONNX file.

    Attributes:
        ir_version: Version of the file format; 0 if missing.
        producer: The program that wrote it, with its version; may be empty.
        opsets: Version of each operator set, "ai.onnx" for the standard one.
        operators: How often each operator occurs, in nested graphs too; operators that are not standard have
            their domain in the name, as in "com.microsoft.FusedConv".
        functions: Operators that the file defines itself, named likewise.
        inputs: Names of the main graph's inputs; in old files weights are among them.
        outputs: Names of the main graph's outputs.
        produced: Names of the outputs of the main graph's operators.
        tensors: Every tensor that is declared with all of its sizes.
        dimensions: The largest number of dimensions of a tensor, declared or computed.
        parameters: Numbers in weights and constants.
        locations: Files of external weights, as the model names them, and how many bytes each must have.
        metadata: Its `metadata_props`.
        classes: Names of the classes of an output, where an operator gives them, as scikit-learn's do: those
            of a map in the order of its keys, else in the order of the scores.
    """

    ir_version: int = 0
    producer: str = ""
    opsets: dict[str, int] = field(default_factory=dict[str, int])
    operators: Counter[str] = field(default_factory=Counter[str])
    functions: set[str] = field(default_factory=set[str])
    inputs: list[str] = field(default_factory=list[str])
    outputs: list[str] = field(default_factory=list[str])
    produced: list[str] = field(default_factory=list[str])
    tensors: list[Declared] = field(default_factory=list[Declared])
    dimensions: int = 0
    parameters: int = 0
    locations: dict[str, int] = field(default_factory=dict[str, int])
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    classes: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits for a file.

    Attributes:
        fields: Most fields of the protocol buffer.
        text: Most bytes of one of its `metadata_props`.
    """

    fields: int
    text: int


ANY = Bounds(MOST_PARTS, 64 * 1024**2)
"""For files that are inspected in a separate process."""

DESCRIBED = Bounds(MOST_PARTS, 4 * 1024**2)
"""For models that a description makes pen models: a forest of decision trees has many parts for each node,
and one of 3 MB has more than a million."""

PEN = Bounds(20_000, 4 * 1024**2)
"""For pen models, which the sketch's own process inspects; Inkloop's have at most 412 fields and 40 kB."""


def contents_of(data: bytes, bounds: Bounds = ANY) -> Contents:
    """Inspect the bytes of a file.

    Raises:
        ModelError: They are not an ONNX model, or exceed the bounds.
    """
    try:
        return _contents(parse(data, _SCHEMA, "model", bounds.fields), bounds)
    except TooManyError as error:
        raise ModelError(
            f"it has more than {bounds.fields:,} parts, the most that Inkloop inspects"
            + (
                ", as no .toml describes it; if it reads strokes, write one next to it as in "
                "docs/own-models.md (inkloop doctor --adaptor drafts it), and it may have more"
                if bounds is PEN
                else ""
            )
        ) from error
    except WireError as error:
        raise ModelError("it is not an ONNX file, or truncated; copy it again or export it again") from error


def _contents(model: Message, bounds: Bounds) -> Contents:
    graphs = model.messages(7)
    if not graphs:
        raise WireError("it has no graph")
    found = Contents(ir_version=model.number(1), producer=f"{model.text(2)} {model.text(3)}".strip())
    found.opsets = {opset.text(1) or "ai.onnx": opset.number(2) for opset in model.messages(8)}
    for entry in model.messages(14):
        size = max((len(view) for view in entry.views.get(2, ())), default=0)
        if size > bounds.text:
            raise ModelError(
                f"its metadata {quoted(entry.text(1)[:_FEW])} take {size / 1e6:.0f} MB; "
                f"{bounds.text // 1024**2} MiB are allowed"
            )
        found.metadata[entry.text(1)] = entry.text(2)
    for graph in graphs:
        found.inputs += [value.text(1) for value in graph.messages(11)]
        found.outputs += [value.text(1) for value in graph.messages(12)]
        found.produced += [name for node in graph.messages(1) for name in node.texts(2) if name]
        found.classes |= _classes(graph.messages(1))
        _add_graph(found, graph)
    for training in model.messages(20):
        for graph in training.messages(1, 2):
            _add_graph(found, graph)
    for function in model.messages(25):
        found.functions.add(_operator(function.text(1), function.text(10)))
        _add_nodes(found, function.messages(7), {}, {})
        for attribute in function.messages(11):
            _add_attribute(found, attribute)
    return found


def _classes(nodes: list[Message]) -> dict[str, tuple[str, ...]]:
    """Names of classes by the output that has their scores."""
    found: dict[str, tuple[str, ...]] = {}
    for node in nodes:
        operator = _operator(node.text(4), node.text(7))
        outputs = node.texts(2) if operator in _KEYED or operator in _KEPT_CLASSES else []
        if operator in _KEPT_CLASSES and outputs and (classes := found.get("".join(node.texts(1)[:1]))):
            found[outputs[0]] = classes
        if len(outputs) <= _KEYED.get(operator, len(outputs)):
            continue
        numbers: tuple[int, ...] = ()
        texts: list[str] = []
        for attribute in node.messages(5):
            if attribute.text(1).startswith("classlabels_"):
                numbers += attribute.many(8, MOST_CLASSES)
                texts += [str(view, "utf-8", "replace") for view in attribute.views.get(9, ())[:MOST_CLASSES]]
        if operator.endswith(".ZipMap"):
            numbers, texts = tuple(sorted(set(numbers))), sorted(set(texts))
        names = (*map(str, numbers), *texts)
        if names:
            found[outputs[_KEYED[operator]]] = names
    return found


def _operator(kind: str, domain: str) -> str:
    return f"{domain}.{kind}" if domain not in ("", "ai.onnx") else kind


def _add_graph(found: Contents, graph: Message) -> None:
    numbers: dict[str, tuple[int, ...]] = {}
    before = len(found.tensors)
    for tensor in graph.messages(5):
        numbers[tensor.text(8)] = _add_tensor(found, tensor)
    for sparse in graph.messages(15):
        _add_sparse(found, sparse)
    for value in graph.messages(11, 12, 13):
        _add_value(found, value)
    # The tensors of this graph are at the end.
    lists = [tensor for tensor in found.tensors[before:] if len(tensor.dims) == 1]
    _add_nodes(found, graph.messages(1), numbers, {tensor.name: tensor.dims[0] for tensor in lists})


def _add_nodes(
    found: Contents,
    nodes: list[Message],
    numbers: dict[str, tuple[int, ...]],
    lengths: Mapping[str, int],
) -> None:
    """Count operators.

    Args:
        found: Where they are added.
        nodes: The operators.
        numbers: Short lists of whole numbers by name; any may be a shape.
        lengths: Lengths of lists by name.
    """
    for node in nodes:
        operator = _operator(node.text(4), node.text(7))
        found.operators[operator] += 1
        inputs, outputs = node.texts(1), node.texts(2)
        for attribute in node.messages(5):
            of_attribute = _add_attribute(found, attribute)
            if operator == "Constant" and outputs:
                numbers[outputs[0]] = of_attribute
            elif operator in _SHAPE_ATTRIBUTE and attribute.text(1) == "shape":
                found.tensors.append(Declared(operator, of_attribute, _BYTE))
        shaped = inputs[_SHAPED[operator] :][:1] if operator in _SHAPED else []
        for name in shaped:
            found.dimensions = max(found.dimensions, lengths.get(name, 0))
            if operator in _FILLED:
                sizes = tuple(max(size, 1) for size in numbers.get(name, ()))
                found.tensors.append(Declared(operator, sizes, _BYTE))


def _add_attribute(found: Contents, attribute: Message) -> tuple[int, ...]:
    """Add an attribute; returns its whole numbers, if they are few."""
    numbers = attribute.many(8, _FEW)
    for tensor in attribute.messages(5, 10):
        numbers += _add_tensor(found, tensor)
    for sparse in attribute.messages(22, 23):
        _add_sparse(found, sparse)
    for graph in attribute.messages(6, 11):
        _add_graph(found, graph)
    return numbers


def _add_sparse(found: Contents, sparse: Message) -> None:
    for tensor in sparse.messages(1, 2):
        _add_tensor(found, tensor)
    # It becomes dense when it is loaded.
    found.tensors.append(Declared("a sparse weight", sparse.many(3, _FEW), _BYTE))


def _add_tensor(found: Contents, tensor: Message) -> tuple[int, ...]:
    """Add a tensor; returns its numbers, if they are whole and few."""
    kind, dims = tensor.number(2), tensor.many(1, MOST_DIMENSIONS + 1)
    found.tensors.append(Declared(tensor.text(8), dims, _BITS.get(kind, _BYTE)))
    found.dimensions = max(found.dimensions, len(dims))
    found.parameters += prod(dims)
    where = {entry.text(1): entry.text(2) for entry in tensor.messages(13)}
    if "location" in where:
        ends = sum(int(text) for text in map(where.get, ("offset", "length")) if text and text.isdecimal())
        location = where["location"]
        found.locations[location] = max(ends, found.locations.get(location, 0))
    if kind != _INT64:
        return ()
    raw = tensor.views.get(9, [memoryview(b"")])[-1][: 8 * _FEW]
    whole = (int.from_bytes(raw[at : at + 8], "little", signed=True) for at in range(0, len(raw) - 7, 8))
    return tensor.many(7, _FEW) or tuple(whole)


def _add_value(found: Contents, value: Message) -> None:
    for kind in value.messages(2):
        for tensor in kind.messages(1):
            dims = [dim for shape in tensor.messages(2) for dim in shape.messages(1)]
            # A free size, which some exporters write as -1, depends on the input.
            sizes = tuple(max(dim.number(1), 1) for dim in dims)
            found.dimensions = max(found.dimensions, len(sizes))
            found.tensors.append(Declared(value.text(1), sizes, _BITS.get(tensor.number(1), _BYTE)))
