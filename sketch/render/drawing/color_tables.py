"""Tables of 256 colors on the GPU: a color map by brightness, a palette by class."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TypeAlias

import moderngl
import numpy as np

from sketch.arrays import Doubles, Pixels
from sketch.render.color import ColorLike, parse_color
from sketch.render.images.arrays import MOST_CLASSES, premultiplied
from sketch.render.oklab import oklch
from sketch.render.post.colormaps import COLORMAPS, SIZE, colormap
from sketch.scalars import short

Colors: TypeAlias = str | Sequence[ColorLike]
"""The name of a color map, "classes", or colors: at even distances from dark to bright, or one a class."""

CLASSES = "classes"
KEPT = 64

_GOLDEN_ANGLE = 137.508  # degrees: the hues of neighbors are far apart, and none returns soon
_LIGHTNESS = (0.72, 0.52, 0.87, 0.62, 0.8)


class ColorTables:
    """Keeps the tables that were used last as textures.

    Args:
        ctx: The context to draw in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._textures: OrderedDict[object, moderngl.Texture] = OrderedDict()

    def color_map(self, colors: Colors) -> moderngl.Texture:
        """A table by brightness.

        Raises:
            ValueError: There is no map by that name, there are fewer than two colors, or one is not a color.
            TypeError: It is neither a name nor colors.
        """
        if isinstance(colors, str):
            if colors not in COLORMAPS:
                names = ", ".join(COLORMAPS)
                raise ValueError(
                    f"colors of brightness are one of {names}, or a sequence of colors; got {short(colors)}"
                )
            return self._texture(colors, partial(_map_table, colors))
        stops = _parsed(colors)
        if len(stops) < 2:
            raise ValueError(f"a color map needs two colors or more; got {len(stops)}")
        return self._texture(("map", stops), partial(_stops_table, stops))

    def palette(self, colors: Colors) -> tuple[moderngl.Texture, int]:
        """A table by class, and how many colors it has.

        Raises:
            ValueError: There are none or more than 256, or one is not a color.
            TypeError: It is neither "classes" nor colors.
        """
        if isinstance(colors, str):
            if colors != CLASSES:
                raise ValueError(
                    f'colors of classes are "{CLASSES}" or a sequence of colors; got {short(colors)}'
                )
            return self._texture(CLASSES, class_table), MOST_CLASSES
        each = _parsed(colors)
        if not 1 <= len(each) <= MOST_CLASSES:
            raise ValueError(f"a palette has 1 to {MOST_CLASSES} colors; got {len(each)}")
        return self._texture(("palette", each), partial(_table, np.array(each))), len(each)

    def release(self) -> None:
        """Release the GPU resources."""
        for texture in self._textures.values():
            texture.release()
        self._textures.clear()

    def _texture(self, key: object, table: Callable[[], Pixels]) -> moderngl.Texture:
        if key not in self._textures:
            self._textures[key] = self._ctx.texture((SIZE, 1), 4, table(), alignment=1)
            # A palette that is animated makes a new table every frame.
            if len(self._textures) > KEPT:
                self._textures.popitem(last=False)[1].release()
        self._textures.move_to_end(key)
        return self._textures[key]


@cache
def class_table() -> Pixels:
    """The palette "classes": class 0 is black, the others are far apart in hue; uint8 (256, 4)."""
    rows = [
        oklch(_LIGHTNESS[index % len(_LIGHTNESS)], 0.17, index * _GOLDEN_ANGLE)
        for index in range(1, MOST_CLASSES)
    ]
    return _table(np.array([(0, 0, 0, 255), *rows]) / 255)


def _parsed(colors: Sequence[ColorLike]) -> tuple[tuple[float, float, float, float], ...]:
    if not isinstance(colors, Sequence):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"colors are a name or a sequence of colors; got {short(colors)}")
    return tuple(parse_color(color) for color in colors)


def _map_table(name: str) -> Pixels:
    return np.concatenate((colormap(name), np.full((SIZE, 1), 255, np.uint8)), axis=1)


def _stops_table(stops: Sequence[Sequence[float]]) -> Pixels:
    along, places, given = np.linspace(0, 1, SIZE), np.linspace(0, 1, len(stops)), np.array(stops)
    return _table(np.stack([np.interp(along, places, given[:, channel]) for channel in range(4)], axis=1))


def _table(rgba: Doubles) -> Pixels:
    """Colors 0..1 of shape (n, 4) as a row of 256, the rest transparent, premultiplied."""
    table = np.zeros((SIZE, 4), np.uint8)
    table[: len(rgba)] = np.rint(255 * rgba)
    return premultiplied(table[None])[0]
