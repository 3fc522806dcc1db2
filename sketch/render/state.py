"""What a canvas remembers between two calls: a style and a matrix, each with a stack."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Never

from sketch.ink.ink import PAPER_WHITE, Rgba
from sketch.render.color import ColorLike, parse_color
from sketch.render.gl.blend import BlendMode, check_blend_mode
from sketch.render.gradient import Gradient, PlacedGradient, placed
from sketch.render.matrix import IDENTITY, Axes, Matrix, axes_of, multiply, rotation, scaling, translation
from sketch.scalars import floats, magnitude

_NO_WIDTH = 1e-12
"""Logical pixels up to which a line is not drawn."""


@dataclass(slots=True)
class Style:
    """How things are drawn. The one in use is changed in place, since sketches change it before every shape.

    Attributes:
        color: Not premultiplied.
        filled: Whether shapes are filled, or outlined.
        line_width: Logical pixels, 0 where lines and outlines are not drawn.
        blend: How paint meets what is there.
        gradient: What is painted with instead of the color.
    """

    color: Rgba = PAPER_WHITE
    filled: bool = True
    line_width: float = 1.0
    blend: BlendMode = "alpha"
    gradient: PlacedGradient | None = None


class DrawingState:
    """The half of a canvas that draws nothing."""

    def __init__(self) -> None:
        self._style = Style()
        self._styles: list[Style] = []
        self._upright: Matrix = IDENTITY
        self._matrix: Matrix = IDENTITY
        self._derived: Axes | None = None
        self._matrices: list[Matrix] = []
        self._frames = 0

    def color(self, *color: ColorLike, alpha: float = 1.0) -> None:
        """Set the color of everything drawn from now on.

        Args:
            *color: (grey), (grey, alpha), (r, g, b) or (r, g, b, a), each 0..255, or "#rrggbb" or
                "#rrggbbaa". What lies outside of 0..255 counts as 0 or 255.
            alpha: Factor in 0..1 on the color's own alpha; what lies outside counts as 0 or 1.
        """
        style = self._style
        # Without a keyword a call is a fifth cheaper, and sketches make this one before every shape.
        style.color = parse_color(*color) if alpha == 1.0 else parse_color(*color, alpha=alpha)
        style.gradient = None

    def gradient(self, gradient: Gradient) -> None:
        """Paint everything drawn from now on with a gradient, until the next `color`.

        It lies where its own numbers say in the coordinates of now, and stays there when they change.

        Raises:
            TypeError: It is no gradient.
        """
        style = self._style
        style.gradient = placed(gradient, self._matrix)
        style.color = PAPER_WHITE  # of which only alpha is heeded

    def fill(self, *color: Never) -> None:
        """Fill shapes from now on, in the color that `color` sets.

        Raises:
            TypeError: A color was given.
        """
        if color:
            given = ", ".join(map(repr, color))
            raise TypeError(f"fill() takes no color: write canvas.color({given}), then canvas.fill()")
        self._style.filled = True

    def no_fill(self) -> None:
        """Outline shapes with the line width from now on."""
        self._style.filled = False

    def line_width(self, width: float) -> None:
        """Set the width of lines and outlines, in logical pixels.

        With 0 they are not drawn; a negative width is its magnitude.
        """
        wide = magnitude("line_width", width)
        # The GPU's numbers have no smaller ones, and to the shaders an outline of width 0 is a filled shape.
        self._style.line_width = wide if wide > _NO_WIDTH else 0.0

    def blend_mode(self, mode: BlendMode) -> None:
        """Choose how paint meets what is there: "alpha", "add", "multiply" or "screen"."""
        self._style.blend = check_blend_mode(mode)

    def push_style(self) -> None:
        """Remember color or gradient, fill, line width and blend mode until `pop_style`."""
        self._styles.append(replace(self._style))

    def pop_style(self) -> None:
        """Go back to the style of the last `push_style`.

        Raises:
            RuntimeError: There was none.
        """
        if not self._styles:
            raise RuntimeError("pop_style without a push_style before it")
        self._style = self._styles.pop()

    def push_matrix(self) -> None:
        """Remember the coordinates until `pop_matrix`."""
        self._matrices.append(self._matrix)

    def pop_matrix(self) -> None:
        """Go back to the coordinates of the last `push_matrix`.

        Raises:
            RuntimeError: There was none.
        """
        if not self._matrices:
            raise RuntimeError("pop_matrix without a push_matrix before it")
        self._place(self._matrices.pop())

    @contextmanager
    def pushed(self) -> Generator[None]:
        """Push style and matrix for the length of a `with` block; an error inside puts them back too."""
        style, styles = replace(self._style), len(self._styles)
        matrix, matrices, frame = self._matrix, len(self._matrices), self._frames
        try:
            yield
        finally:
            # One that nobody left ends when its generator is collected, which may be in another frame.
            if frame == self._frames:
                self._style = style
                self._place(matrix)
                del self._styles[styles:], self._matrices[matrices:]

    def translate(self, x: float, y: float) -> None:
        """Move the origin by (x, y) logical pixels."""
        self._place(multiply(self._matrix, translation(*floats(x=x, y=y))))

    def rotate(self, radians: float) -> None:
        """Turn what is drawn from now on about the origin, clockwise on the screen for positive angles."""
        self._place(multiply(self._matrix, rotation(*floats(radians=radians))))

    def scale(self, x: float, y: float | None = None) -> None:
        """Stretch what is drawn from now on by x and y, or by x both ways, and line widths by their mean.

        A negative factor mirrors; where one is 0 nothing is drawn.
        """
        self._place(multiply(self._matrix, scaling(*floats(x=x, y=x if y is None else y))))

    def reset(self) -> None:
        """Go back to the style and coordinates that a frame starts with; what was pushed stays pushed."""
        self._style = Style()
        self._place(self._upright)

    def _place(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._derived = None

    def _axes(self) -> Axes:
        """What shapes need to know of the matrix, worked out once for all that share it."""
        if self._derived is None:
            self._derived = axes_of(self._matrix)
        return self._derived

    def _state(self) -> tuple[Style, list[Style], Matrix, Matrix, list[Matrix]]:
        """All of this, to be put back later."""
        return (replace(self._style), [*self._styles], self._upright, self._matrix, [*self._matrices])

    def _put_back(self, state: tuple[Style, list[Style], Matrix, Matrix, list[Matrix]]) -> None:
        self._style, self._styles, self._upright, matrix, self._matrices = state
        self._place(matrix)

    def _start(self, matrix: Matrix) -> None:
        self._upright = matrix
        self.reset()
        self._styles.clear()
        self._matrices.clear()

    def _unpopped(self) -> str | None:
        """What was pushed and not popped, in words."""
        left = [
            f"{len(stack)} push_{name}"
            for name, stack in (("style", self._styles), ("matrix", self._matrices))
            if stack
        ]
        return " and ".join(left) or None
