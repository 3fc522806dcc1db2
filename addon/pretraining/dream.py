"""Optimise a picture to activate a layer, step by step, in another process.

Deep dream: Mordvintsev, Olah and Tyka, 2015. Activation maximisation: Erhan and others, 2009.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from addon.arrays import Array, Tensors
from addon.pretraining.image_model import published_weights
from addon.pretraining.lite_net import LiteNet, layer_names, lite_net

MULTIPLE = 32
OCTAVE = 1.4
MEAN, STD = 127.0, 128.0
LIMIT = 1.0  # values of the picture as the network is fed it
JITTER = 16


def open_dream(
    width: int = 320,
    height: int = 192,
    octaves: int = 3,
    steps: int = 12,
    rate: float = 0.03,
    zoom: float = 1.0,
    threads: int = 1,
) -> Callable[[Tensors], dict[str, Array]]:
    """Make a dream, in a worker's process.

    Args:
        width: Width of the picture in pixels; rounded to a multiple of 32.
        height: Height of the picture in pixels; rounded to a multiple of 32.
        octaves: Number of sizes, each 1.4 times the previous one.
        steps: Steps in each size except the last, which continues.
        rate: Size of a step, as a share of the range of colors.
        zoom: Factor by which the picture grows about its middle at every step of the last size; 1 for none.
        threads: Threads of torch.

    Returns:
        A function from `image` (uint8 (h, w, 3), to restart from it), `layer` (index), `channel` (-1 for all)
        to `picture` (uint8 (height, width, 3)), `step` and `activation`.

    Raises:
        ModelError: The weights are not installed.
    """
    torch.set_num_threads(threads)
    size = _rounded(height), _rounded(width)
    return Dream(lite_net(published_weights()), size, octaves, steps, rate, zoom)


class Dream:
    """A picture that evolves; see `open_dream`."""

    def __init__(
        self, net: LiteNet, size: tuple[int, int], octaves: int, steps: int, rate: float, zoom: float
    ) -> None:
        self._net = net
        self._size = size
        self._sizes = octave_sizes(size, octaves)
        self._steps = steps
        self._rate = rate
        self._zoom = zoom
        self._chance = torch.Generator().manual_seed(0)
        self._begin(0.2 * torch.randn((1, 3, *size), generator=self._chance))

    def __call__(self, given: Tensors) -> dict[str, Array]:
        """Make one step."""
        if "image" in given:
            image = torch.tensor(given["image"][:, :, :3], dtype=torch.float32).permute(2, 0, 1)[None]
            self._begin(_resized((image - MEAN) / STD, self._size))
        self._grow()
        layer = layer_names()[int(given.get("layer", np.array(8))) % len(layer_names())]
        activation = self._climb(layer, int(given.get("channel", np.array(-1))))
        self._step += 1
        shown = _resized(self._picture, self._size)[0].permute(1, 2, 0)
        pixels = (shown * STD + MEAN).clamp(0, 255).round().to(torch.uint8).numpy()
        return {"picture": pixels, "step": np.array(self._step), "activation": np.array(activation)}

    def _begin(self, picture: Tensor) -> None:
        """Start from a picture; each size restores the details that the smaller one has lost."""
        self._origin = picture
        self._picture = _resized(picture, self._sizes[0])
        self._octave = self._step = 0

    def _grow(self) -> None:
        octave = min(self._step // self._steps, len(self._sizes) - 1)
        if octave != self._octave:
            before, size = self._sizes[self._octave], self._sizes[octave]
            dreamt = self._picture - _resized(self._origin, before)
            self._picture = _resized(self._origin, size) + _resized(dreamt, size)
            self._octave = octave
        elif octave == len(self._sizes) - 1 and self._zoom != 1:
            self._picture = zoomed(self._picture, self._zoom)

    def _climb(self, layer: str, channel: int) -> float:
        """Make one step uphill; random shifts of the picture hide the network's grid."""
        shift = [int(torch.randint(-JITTER, JITTER + 1, (), generator=self._chance)) for _ in range(2)]
        picture = torch.roll(self._picture, shift, (2, 3)).requires_grad_()
        made = self._net.layers(picture, layer)[layer]
        wanted = made.square().mean() if channel < 0 else made[:, channel % made.shape[1]].mean()
        (slope,) = torch.autograd.grad(wanted, picture)
        slope = torch.roll(smoothed(slope), [-each for each in shift], (2, 3))
        with torch.no_grad():
            step = slope / (slope.abs().mean() + 1e-12) * self._rate
            self._picture = (self._picture + step).clamp(-LIMIT, LIMIT)
        return float(wanted.detach())


def octave_sizes(size: tuple[int, int], octaves: int) -> list[tuple[int, int]]:
    """Heights and widths, the smallest first, the last is `size`; multiples of 32."""
    factors = [OCTAVE ** (index - octaves + 1) for index in range(octaves)]
    return list(dict.fromkeys((_rounded(size[0] * each), _rounded(size[1] * each)) for each in factors))


def smoothed(slope: Tensor) -> Tensor:
    """Mix a gradient with its blurs, so that coarse shapes grow as well as fine ones."""
    blurs = [functional.avg_pool2d(slope, side, 1, side // 2, count_include_pad=False) for side in (3, 9)]
    return slope + 2 * blurs[0] + 4 * blurs[1]


def zoomed(picture: Tensor, factor: float) -> Tensor:
    """Zoom a picture about its middle, in the same size."""
    turn = torch.eye(2, 3)[None] / factor
    grid = functional.affine_grid(turn, list(picture.shape), align_corners=False)
    return functional.grid_sample(picture, grid, padding_mode="reflection", align_corners=False)


def _resized(picture: Tensor, size: tuple[int, int]) -> Tensor:
    if picture.shape[2:] == size:
        return picture
    return functional.interpolate(picture, size, mode="bilinear", antialias=True, align_corners=False)


def _rounded(side: float) -> int:
    return max(round(side / MULTIPLE), 1) * MULTIPLE
