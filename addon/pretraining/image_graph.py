"""The ONNX graph of a `LiteNet`, node by node, with batch norms folded into the convolutions.

    image ─ Conv, Clip ─ stem ─ block_0 … block_15 ─ Conv, Clip ─ head ─ pooled ─ features ─ Gemm ─ scores

A layer's output has the layer's name, so that it can be requested and drawn.
"""

from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import helper, numpy_helper
from torch import Tensor, nn

from addon.arrays import Doubles, Floats
from addon.pretraining.lite_net import CLASSES, SIDE, Block, Conv, LiteNet
from addon.training.graph import array_of, value
from addon.training.nodes import IR_VERSION, OPSET

INPUT = "image"
OUTPUT = "scores"
FEATURES = "features"


@dataclass(slots=True)
class _Drawing:
    """Nodes and weights of a graph that is being built."""

    nodes: list[onnx.NodeProto] = field(default_factory=list[onnx.NodeProto])
    weights: list[onnx.TensorProto] = field(default_factory=list[onnx.TensorProto])

    def keep(self, name: str, array: Floats) -> str:
        """Add weights."""
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def add(self, operator: str, inputs: list[str], out: str, **attributes: int | list[int]) -> str:
        """Add a node."""
        node = helper.make_node(operator, inputs, [out], name=out)
        node.attribute.extend(helper.make_attribute(key, given) for key, given in attributes.items())
        self.nodes.append(node)
        return out

    def conv(self, entry: str, conv: Conv, norm: nn.BatchNorm2d, out: str, *, clips: bool = True) -> str:
        """Add a convolution with its norm folded in, and a clip to 0..6."""
        weight, bias = folded(conv, norm)
        inputs = [entry, self.keep(f"{out}.W", weight), self.keep(f"{out}.B", bias)]
        made = f"{out}.sum" if clips else out
        self.add("Conv", inputs, made, strides=[*conv.stride], pads=[*conv.edges], group=conv.groups)
        return self.add("Clip", [made, "zero", "six"], out) if clips else out


def image_model(net: LiteNet) -> onnx.ModelProto:
    """Build the model: `image` of shape (batch, 3, 224, 224) to `scores` of shape (batch, 1000)."""
    drawing = _Drawing()
    for name, number in (("zero", 0), ("six", 6)):
        drawing.keep(name, np.array(number, dtype=np.float32))
    x = drawing.conv(INPUT, net.conv_stem, net.norm_stem, "stem")
    for index, block in enumerate(net.blocks):
        x = _block(drawing, x, block, f"block_{index}")
    x = drawing.conv(x, net.conv_head, net.norm_head, "head")
    x = drawing.add("GlobalAveragePool", [x], "pooled")
    x = drawing.add("Flatten", [x], FEATURES)
    last = [drawing.keep("fc.W", array_of(net.fc.weight)), drawing.keep("fc.B", array_of(net.fc.bias))]
    drawing.add("Gemm", [x, *last], OUTPUT, transB=1)
    graph = helper.make_graph(
        drawing.nodes,
        "efficientnet_lite0",
        [value(INPUT, "batch", 3, SIDE, SIDE)],
        [value(OUTPUT, "batch", CLASSES)],
        initializer=drawing.weights,
    )
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, producer_name="inkloop", ir_version=IR_VERSION, opset_imports=opsets)


def folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Floats, Floats]:
    """Weights and bias (float32) of one convolution that replaces a convolution and its norm."""
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    factor = _doubles(norm.weight) / np.sqrt(_doubles(variance) + norm.eps)
    weight = _doubles(conv.weight) * factor[:, None, None, None]
    bias = _doubles(norm.bias) - _doubles(mean) * factor
    return weight.astype(np.float32), bias.astype(np.float32)


def _block(drawing: _Drawing, entry: str, block: Block, out: str) -> str:
    x = entry
    if block.expands:
        x = drawing.conv(x, block.conv_expand, block.norm_expand, f"{out}.expand")
    x = drawing.conv(x, block.conv_depth, block.norm_depth, f"{out}.depthwise")
    made = f"{out}.project" if block.adds else out
    x = drawing.conv(x, block.conv_project, block.norm_project, made, clips=False)
    return drawing.add("Add", [x, entry], out) if block.adds else x


def _doubles(tensor: Tensor) -> Doubles:
    return array_of(tensor).astype(np.float64)
