"""EfficientNet-Lite0 (Liu and Tan, 2020, after Tan and Le, 2019), with the weights that were published."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional

from addon.errors import ModelError

SIDE = 224
CLASSES = 1000

# Repeats, kernel, stride of the first, expansion, channels out.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM = 32
HEAD = 1280
BATCH_NORM_EPSILON = 1e-3

# Names of the parts here, and in the published weights.
_PUBLISHED = {
    "conv_stem.": "_conv_stem.",
    "norm_stem.": "_bn0.",
    "conv_head.": "_conv_head.",
    "norm_head.": "_bn1.",
    "fc.": "_fc.",
}
_PUBLISHED_BLOCK = {
    "conv_expand.": "_expand_conv.",
    "norm_expand.": "_bn0.",
    "conv_depth.": "_depthwise_conv.",
    "norm_depth.": "_bn1.",
    "conv_project.": "_project_conv.",
    "norm_project.": "_bn2.",
}


class Conv(nn.Conv2d):
    """A convolution with TensorFlow's padding, as the weights were trained with it: more after than before.

    Args:
        entry: Channels in.
        out: Channels out.
        kernel: Side in pixels.
        stride: 1 or 2.
        groups: Equal to the channels for a depthwise convolution.
        side: Side of the square picture in pixels.
    """

    def __init__(
        self, entry: int, out: int, kernel: int, stride: int = 1, groups: int = 1, side: int = SIDE
    ) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            entry, out, kernel, stride, groups=groups, bias=False
        )
        whole = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        before = whole // 2
        # Top, left, bottom, right.
        self.edges = (before, before, whole - before, whole - before)

    def forward(self, input: Tensor) -> Tensor:
        """Pad, then convolve."""
        top, left, bottom, right = self.edges
        return super().forward(functional.pad(input, (left, right, top, bottom)))


class Block(nn.Module):
    """An inverted residual block: expand, convolve depthwise, project, and add the input if shapes match."""

    def __init__(self, entry: int, out: int, kernel: int, stride: int, expansion: int, side: int) -> None:
        super().__init__()
        wide = entry * expansion
        self.adds = stride == 1 and entry == out
        self.expands = expansion > 1
        if self.expands:
            self.conv_expand = Conv(entry, wide, 1)
            self.norm_expand = _norm(wide)
        self.conv_depth = Conv(wide, wide, kernel, stride, groups=wide, side=side)
        self.norm_depth = _norm(wide)
        self.conv_project = Conv(wide, out, 1)
        self.norm_project = _norm(out)

    def forward(self, entry: Tensor) -> Tensor:
        """Compute the block."""
        x = functional.relu6(self.norm_expand(self.conv_expand(entry))) if self.expands else entry
        x = functional.relu6(self.norm_depth(self.conv_depth(x)))
        x = self.norm_project(self.conv_project(x))
        return x + entry if self.adds else x


class LiteNet(nn.Module):
    """Pictures of shape (n, 3, 224, 224) to scores of shape (n, 1000), before the softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem = Conv(3, STEM, 3, 2)
        self.norm_stem = _norm(STEM)
        self.blocks: list[Block] = _blocks()
        for index, block in enumerate(self.blocks):
            self.add_module(f"block_{index}", block)
        self.conv_head = Conv(STAGES[-1][-1], HEAD, 1)
        self.norm_head = _norm(HEAD)
        self.fc = nn.Linear(HEAD, CLASSES)

    def forward(self, image: Tensor) -> Tensor:
        """Scores of the classes."""
        return self.fc(self.layers(image)["head"].mean(dim=(2, 3)))

    def layers(self, image: Tensor, last: str = "head") -> dict[str, Tensor]:
        """The outputs of the stem, every block and the head, in order, up to the layer `last`."""
        made = {"stem": functional.relu6(self.norm_stem(self.conv_stem(image)))}
        x = made["stem"]
        for index, block in enumerate(self.blocks):
            if last in made:
                return made
            x = made[f"block_{index}"] = block(x)
        if last not in made:
            made["head"] = functional.relu6(self.norm_head(self.conv_head(x)))
        return made


def lite_net(weights: Mapping[str, Tensor]) -> LiteNet:
    """The network with its published weights, for inference.

    Raises:
        ModelError: The weights are of another network.
    """
    net = LiteNet()
    names = {name: published_name(name) for name in net.state_dict()}
    missing = [published for published in names.values() if published not in weights]
    if missing:
        raise ModelError(f"these are not the weights of EfficientNet-Lite0: there is no {missing[0]}")
    try:
        net.load_state_dict({name: weights[published] for name, published in names.items()})
    except RuntimeError as error:
        raise ModelError(f"these are not the weights of EfficientNet-Lite0: {error}") from error
    return net.eval().requires_grad_(False)


def published_name(name: str) -> str:
    """The name of a weight in the published file."""
    start, _, rest = name.partition(".")
    if start.startswith("block_"):
        part, _, which = rest.partition(".")
        return f"_blocks.{start.removeprefix('block_')}.{_PUBLISHED_BLOCK[f'{part}.']}{which}"
    return f"{_PUBLISHED[f'{start}.']}{rest}"


def layer_names() -> tuple[str, ...]:
    """Names of the layers of `LiteNet.layers`, in order."""
    return ("stem", *(f"block_{index}" for index in range(sum(stage[0] for stage in STAGES))), "head")


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, BATCH_NORM_EPSILON)


def _blocks() -> list[Block]:
    blocks: list[Block] = []
    entry, side = STEM, SIDE // 2
    for repeats, kernel, first_stride, expansion, out in STAGES:
        for stride in (first_stride, *[1] * (repeats - 1)):
            blocks.append(Block(entry, out, kernel, stride, expansion, side))
            entry, side = out, -(-side // stride)
    return blocks
