"""What a canvas remembers between two calls: a style and a matrix, each with a stack."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sketch.ink.ink import PAPER_WHITE, Rgba
from sketch.render.gl.blend import BlendMode
from sketch.render.gradient import PlacedGradient
from sketch.render.matrix import IDENTITY, Axes, Matrix, axes_of, multiply

Saved: TypeAlias = "tuple[Style, list[Style], Matrix, Matrix, list[Matrix]]"
"""What `DrawingState.saved` gives and `restore` takes."""


@dataclass(slots=True)
class Style:
    """How things are drawn. The one in use is changed in place, since sketches change it before every shape.

    Attributes:
        color: Not premultiplied.
        filled: Whether shapes are filled, or outlined.
        line_width: Logical pixels, 0 where lines and outlines are not drawn.
        blend: How paint is combined with what is already drawn.
        gradient: What is painted with instead of the color.
    """

    color: Rgba = PAPER_WHITE
    filled: bool = True
    line_width: float = 1.0
    blend: BlendMode = "alpha"
    gradient: PlacedGradient | None = None


@dataclass(slots=True)
class DrawingState:
    """Style and coordinates, with what was pushed of each.

    Attributes:
        style: The one in use.
        styles: Pushed styles.
        matrix: From the author's coordinates to pixels. `place` sets it.
        matrices: Pushed matrices.
        upright: The matrix that the frame, or the Fbo, starts with.
        known_axes: The axes of the matrix, or None until `axes` computes them.
        frames: A number that changes with every frame.
    """

    style: Style = field(default_factory=Style)
    styles: list[Style] = field(default_factory=list[Style])
    matrix: Matrix = IDENTITY
    matrices: list[Matrix] = field(default_factory=list[Matrix])
    upright: Matrix = IDENTITY
    known_axes: Axes | None = None
    frames: int = 0

    def place(self, matrix: Matrix) -> None:
        """Set the matrix."""
        self.matrix = matrix
        self.known_axes = None

    def transform(self, inner: Matrix) -> None:
        """Apply a transform before the matrix."""
        self.place(multiply(self.matrix, inner))

    def axes(self) -> Axes:
        """What shapes need to know of the matrix, computed once for all shapes that share it."""
        if self.known_axes is None:
            self.known_axes = axes_of(self.matrix)
        return self.known_axes

    def pop_style(self) -> None:
        """See `Canvas.pop_style`."""
        if not self.styles:
            raise RuntimeError("pop_style without a push_style before it")
        self.style = self.styles.pop()

    def pop_matrix(self) -> None:
        """See `Canvas.pop_matrix`."""
        if not self.matrices:
            raise RuntimeError("pop_matrix without a push_matrix before it")
        self.place(self.matrices.pop())

    @contextmanager
    def pushed(self) -> Generator[None]:
        """See `Canvas.pushed`."""
        style, styles = replace(self.style), len(self.styles)
        matrix, matrices, frame = self.matrix, len(self.matrices), self.frames
        try:
            yield
        finally:
            # A block that was never left ends when its generator is collected, perhaps in another frame.
            if frame == self.frames:
                self.style = style
                self.place(matrix)
                del self.styles[styles:], self.matrices[matrices:]

    def reset(self) -> None:
        """See `Canvas.reset`."""
        self.style = Style()
        self.place(self.upright)

    def start(self, matrix: Matrix) -> None:
        """Start a frame or an Fbo, whose coordinates a matrix turns into pixels."""
        self.upright = matrix
        self.reset()
        self.styles.clear()
        self.matrices.clear()

    def saved(self) -> Saved:
        """Copy everything except the number of frames, for `restore`."""
        return (replace(self.style), [*self.styles], self.upright, self.matrix, [*self.matrices])

    def restore(self, saved: Saved) -> None:
        """Go back to what `saved` returned."""
        self.style, self.styles, self.upright, matrix, self.matrices = saved
        self.place(matrix)

    def unpopped(self) -> str | None:
        """What was pushed and not popped, in words."""
        left = [
            f"{len(stack)} push_{name}"
            for name, stack in (("style", self.styles), ("matrix", self.matrices))
            if stack
        ]
        return " and ".join(left) or None
