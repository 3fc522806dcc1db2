"""The weights of a layer, read from the file's bytes: ONNX Runtime does not expose them.

Field numbers are those of onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from math import prod

import numpy as np

from addon.arrays import Floats
from addon.errors import ModelError
from addon.model.protobuf import LEAF, Message, Schema, parse

_SCHEMA: Schema = {
    "model": {7: "graph"},
    "graph": {1: "node", 5: "tensor"},
    "node": {1: LEAF, 2: LEAF},
    "tensor": {1: LEAF, 2: LEAF, 4: LEAF, 8: LEAF, 9: LEAF},
}
_DTYPES = {1: "<f4", 10: "<f2", 11: "<f8"}
_FURTHEST = 6  # operators back from a layer's output, such as an activation, a norm, a sum


def weights_of(data: bytes, layer: str) -> tuple[str, Floats]:
    """The nearest weights before a tensor.

    Args:
        data: Bytes of a model file that was checked by `addon.inference.opening.read_model`.
        layer: Name of an operator's output.

    Returns:
        Their name, and float32 of two axes or more.

    Raises:
        ModelError: There are none near.
    """
    graphs = parse(data, _SCHEMA, "model").messages(7)
    makers = {out: node for graph in graphs for node in graph.messages(1) for out in node.texts(2)}
    tensors = {tensor.text(8): tensor for graph in graphs for tensor in graph.messages(5)}
    names = [layer]
    for _ in range(_FURTHEST):
        # Depth by depth, so that the nearest are found first.
        names = [name for each in names if each in makers for name in makers[each].texts(1)]
        for name in names:
            if name in tensors and len(_dims(tensors[name])) >= 2 and tensors[name].number(2) in _DTYPES:
                return name, _array(name, tensors[name])
    raise ModelError(f"there are no weights right before {layer!r}")


def _dims(tensor: Message) -> tuple[int, ...]:
    return tensor.many(1, 8)


def _array(name: str, tensor: Message) -> Floats:
    shape = _dims(tensor)
    dtype = np.dtype(_DTYPES[tensor.number(2)])
    # Raw bytes of any type, or a list of float32; external weights have neither.
    for field, kind in ((9, dtype), (4, np.dtype("<f4"))):
        for view in tensor.views.get(field, ()):
            if len(view) == prod(shape) * kind.itemsize:
                return np.frombuffer(view, kind).reshape(shape).astype(np.float32)
    raise ModelError(f"the weights {name!r} are not in the file itself")
