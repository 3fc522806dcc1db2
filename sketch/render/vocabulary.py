"""The words an author draws with: lines, shapes, text, images and strokes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketch.ink.ink import Rgba
from sketch.render import checks, shapes
from sketch.render.batch import Batch
from sketch.render.color import ColorLike, parse_color, point_colors
from sketch.render.curves import bezier_points, closed_from_middle, ellipse_points
from sketch.render.image import ImageCache, ImageSource
from sketch.render.matrix import apply_to_points, keeps_circles, mean_scale
from sketch.render.meshes import check_convex, convex_mesh
from sketch.render.quads import quad_at
from sketch.render.state import DrawingState
from sketch.render.stroke_rows import PixelStroke
from sketch.render.text import (
    LINE_SPACING,
    Align,
    TextCache,
    align_offset,
    check_align,
    line_quad,
    texture_size,
)


class Vocabulary(DrawingState, ABC):
    """The drawing calls of a canvas; whoever inherits owns the frame and the resources named here."""

    _batch: Batch
    _texts: TextCache
    _images: ImageCache
    _ratio: float

    def line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """A straight line of the line width, with round ends."""
        checks.finite(x1=x1, y1=y1, x2=x2, y2=y2)
        self._shape(
            shapes.line_row(self._matrix, (x1, y1), (x2, y2), self._style.line_width, self._style.color)
        )

    def polyline(self, points: ArrayLike, closed: bool = False) -> None:
        """A line of the line width through points, with round ends and corners; never filled.

        Args:
            points: Shape (n, 2..4), n at least 1; only x and y matter.
            closed: Whether it goes back to its first point.
        """
        xy = checks.plane_points(points)[:, :2]
        self._line_through(xy, closed)

    def circle(self, x: float, y: float, radius: float) -> None:
        """A circle about (x, y)."""
        checks.finite(x=x, y=y)
        checks.not_negative(radius=radius)
        self._ellipse(x, y, (radius, radius))

    def ellipse(self, x: float, y: float, width: float, height: float) -> None:
        """An ellipse about (x, y), as wide and high as given."""
        checks.finite(x=x, y=y)
        checks.not_negative(width=width, height=height)
        self._ellipse(x, y, (width / 2, height / 2))

    def rect(self, x: float, y: float, width: float, height: float, radius: float = 0.0) -> None:
        """A rectangle with its top left corner at (x, y).

        Args:
            x: Left.
            y: Top.
            width: 0 or more.
            height: 0 or more.
            radius: Of its corners; at most half of the shorter side has an effect.
        """
        checks.finite(x=x, y=y)
        checks.not_negative(width=width, height=height, radius=radius)
        half = (width / 2, height / 2)
        rounded = min(radius, *half)
        center = (x + half[0], y + half[1])
        self._shape(shapes.box_row(self._matrix, *center, half, rounded, self._outline(), self._style.color))

    def triangle(self, x1: float, y1: float, x2: float, y2: float, x3: float, y3: float) -> None:
        """A triangle; its outline has round corners."""
        checks.finite(x1=x1, y1=y1, x2=x2, y2=y2, x3=x3, y3=y3)
        if self._style.filled:
            self._shape(shapes.triangle_row(self._matrix, (x1, y1), (x2, y2), (x3, y3), self._style.color))
        else:
            self.polyline(((x1, y1), (x2, y2), (x3, y3)), closed=True)

    def polygon(self, points: ArrayLike) -> None:
        """A convex polygon; its outline has round corners.

        Args:
            points: Shape (n, 2..4), n at least 3, either way round.

        Raises:
            ValueError: It is not convex.
        """
        corners = checks.plane_points(points)
        check_convex(corners)
        if self._style.filled:
            self._check_open()
            mesh = convex_mesh(apply_to_points(self._matrix, corners), self._style.color)
            self._batch.mesh(mesh, self._style.blend)
        else:
            self.polyline(corners, closed=True)

    def bezier(
        self, x1: float, y1: float, x2: float, y2: float, x3: float, y3: float, x4: float, y4: float
    ) -> None:
        """A cubic Bézier curve from (x1, y1) to (x4, y4), a line of the line width; never filled."""
        checks.finite(x1=x1, y1=y1, x2=x2, y2=y2, x3=x3, y3=y3, x4=x4, y4=y4)
        control = np.array(((x1, y1), (x2, y2), (x3, y3), (x4, y4)), dtype=np.float32)
        self._line_through(bezier_points(control, mean_scale(self._matrix)))

    def text(
        self,
        text: str,
        x: float,
        y: float,
        size: float = 16.0,
        *,
        align: Align = "left",
        font: str | None = None,
        alpha: float = 1.0,
    ) -> None:
        """Write text in the current color.

        Letters are shaped by Pillow (ligatures, joined and right-to-left scripts) and sharpest when neither
        turned nor scaled. Where Pillow's own face lacks a character, the first system font of
        `sketch.render.fonts.FALLBACKS` that has the whole line is taken; a character nobody has is drawn as a
        box.

        Args:
            text: A line break starts a new line, 1.25 sizes further down.
            x: Where each line starts, is centered or ends, as `align` says.
            y: Baseline of the first line.
            size: Of the letters, in logical pixels.
            align: "left", "center" or "right".
            font: Path of a font file, or the default face.
            alpha: Factor in 0..1 on the color's alpha.

        Raises:
            ValueError: The font cannot be read, the alignment is unknown, or a number is out of its range.
        """
        checks.finite(x=x, y=y)
        checks.positive(size=size)
        checks.share(alpha=alpha)
        check_align(align)
        self._check_open()
        red, green, blue, own_alpha = self._style.color
        pixels = texture_size(size, self._ratio, mean_scale(self._matrix))
        for number, row in enumerate(text.split("\n")):
            line = self._texts.line(row, font, pixels)
            if line.texture is not None:
                start = x + align_offset(align, line.advance * size / pixels)
                quad = line_quad(line, self._matrix, start, y + number * LINE_SPACING * size, size / pixels)
                self._batch.mask(line.texture, quad, (red, green, blue, own_alpha * alpha), self._style.blend)

    def text_size(self, text: str, size: float = 16.0, *, font: str | None = None) -> tuple[float, float]:
        """How wide the longest line of a text is and how high all of them are, in logical pixels."""
        checks.positive(size=size)
        width, height = self._texts.measure(text, font, size * self._ratio)
        return (width / self._ratio, height / self._ratio)

    def image(
        self,
        source: ImageSource,
        x: float,
        y: float,
        width: float | None = None,
        height: float | None = None,
        *,
        alpha: float = 1.0,
    ) -> None:
        """Draw a picture with its top left corner at (x, y), in its own colors.

        Args:
            source: Path of a file, Pillow image, or uint8 array of shape (h, w, 3) or (h, w, 4). A file is
                read once and again when it was written since; the others are uploaded at every call.
            x: Left.
            y: Top.
            width: Logical pixels. Left out, it follows from the height and the picture's proportions, or is
                the picture's own width.
            height: The same for the height.
            alpha: Opacity, 0..1.

        Raises:
            ValueError: The picture cannot be read, or a number is out of its range.
        """
        checks.finite(x=x, y=y)
        checks.share(alpha=alpha)
        self._check_open()
        texture = self._images.texture(source)
        width, height = _proportioned((texture.width, texture.height), width, height)
        self._batch.picture(texture, quad_at(self._matrix, x, y, width, height), alpha, self._style.blend)

    def stroke(
        self, points: ArrayLike, width: ArrayLike | None = None, color: ColorLike | ArrayLike | None = None
    ) -> None:
        """A stroke with round ends and joins, whose width and color may change from point to point.

        Args:
            points: Shape (n, 2..4), n at least 1; one point makes a dot.
            width: Diameter in logical pixels, one number or shape (n,); the line width if left out.
            color: One color as for `color`, or shape (n, 3) or (n, 4) with channels 0..255; the current color
                if left out.

        Raises:
            ValueError: A shape or a number is not as described.
        """
        xy = checks.plane_points(points)
        given = checks.widths(self._style.line_width if width is None else width, len(xy))
        self._stroke(xy, given, self._stroke_color(color, len(xy)))

    @abstractmethod
    def _check_open(self) -> None:
        """Refuse to draw outside a frame."""

    def _outline(self) -> float:
        return 0.0 if self._style.filled else self._style.line_width

    def _shape(self, row: shapes.Row) -> None:
        self._check_open()
        self._batch.shape(row, self._style.blend)

    def _ellipse(self, x: float, y: float, half: tuple[float, float]) -> None:
        if self._style.filled or (half[0] == half[1] and keeps_circles(self._matrix)):
            self._shape(shapes.ellipse_row(self._matrix, x, y, half, self._outline(), self._style.color))
        else:
            self._line_through(ellipse_points(x, y, half, mean_scale(self._matrix)), closed=True)

    def _line_through(self, xy: NDArray[np.float32], closed: bool = False) -> None:
        if closed and len(xy) > 1 and (xy != xy[0]).any():
            self._stroke(closed_from_middle(xy), self._style.line_width, self._style.color, closed=True)
        else:
            self._stroke(xy, self._style.line_width, self._style.color)

    def _stroke(
        self,
        xy: NDArray[np.float32],
        width: float | NDArray[np.float32],
        rgba: Rgba | NDArray[np.float32],
        closed: bool = False,
    ) -> None:
        self._check_open()
        radius = width * (mean_scale(self._matrix) / 2)
        pixels = apply_to_points(self._matrix, xy)
        self._batch.stroke(PixelStroke(pixels, radius, rgba, closed), self._style.blend)

    def _stroke_color(self, color: ColorLike | ArrayLike | None, count: int) -> Rgba | NDArray[np.float32]:
        if color is None:
            return self._style.color
        if isinstance(color, str | int | float):
            return parse_color(color)
        if isinstance(color, tuple) and not any(isinstance(part, Sequence | np.ndarray) for part in color):
            return parse_color(cast(tuple[float, ...], color))
        return point_colors(cast(ArrayLike, color), count)


def _proportioned(pixels: tuple[int, int], width: float | None, height: float | None) -> tuple[float, float]:
    """The size to draw a picture in when one or both sides are left out."""
    if width is not None:
        checks.not_negative(width=width)
    if height is not None:
        checks.not_negative(height=height)
    if width is None:
        width = pixels[0] if height is None else height * pixels[0] / pixels[1]
    if height is None:
        height = width * pixels[1] / pixels[0]
    return (width, height)
