"""Meshes: vertices and how they are joined, with colors and texture coordinates."""

from typing import Literal, TypeAlias, TypeVar, get_args

import numpy as np
from numpy.typing import ArrayLike

from sketch.arrays import Floats, Ints, all_finite
from sketch.render import checks
from sketch.render.color import point_colors
from sketch.scalars import one_of

Mode: TypeAlias = Literal["triangles", "triangle_strip", "triangle_fan", "lines", "line_strip", "points"]
Kept = TypeVar("Kept", Floats, Ints)
MODES: tuple[Mode, ...] = get_args(Mode)


class Mesh:
    """Vertices and how they are joined. It is immutable.

        sheet = Mesh(corners, indices, texcoords=corners / 100)
        canvas.mesh(sheet, texture="paper.jpg")

    Args:
        vertices: Shape (n, 2..4), n at least 1; only x and y matter.
        indices: Which vertices are joined, in order, shape (m,); all of them, one by one, if left out.
        colors: Of the vertices, shape (n, 3) or (n, 4), channels 0..255; the current color if left out.
        texcoords: Of the vertices, shape (n, 2), 0..1 from the top left corner of the texture.
        mode: "triangles", three vertices each; "triangle_strip", each with the last two; "triangle_fan", each
            with the first and the last; "lines", two vertices each; "line_strip"; or "points".

    Raises:
        ValueError: A shape, a number, an index or the mode is not as described.
    """

    __slots__ = ("_colors", "_indices", "_mode", "_texcoords", "_vertices")

    def __init__(
        self,
        vertices: ArrayLike,
        indices: ArrayLike | None = None,
        *,
        colors: ArrayLike | None = None,
        texcoords: ArrayLike | None = None,
        mode: Mode = "triangles",
    ) -> None:
        one_of("mode", mode, MODES)
        xy = checks.rows_of_points("vertices", vertices)
        count = len(xy)
        self._vertices: Floats = _frozen(xy)
        self._indices = _frozen(_checked_indices(indices, count))
        self._colors = None if colors is None else _frozen(point_colors(colors, count))
        self._texcoords = None if texcoords is None else _frozen(_checked_texcoords(texcoords, count))
        self._mode: Mode = mode
        step = {"triangles": 3, "lines": 2}.get(mode, 1)
        if len(self._indices) % step:
            raise ValueError(
                f"{mode} are {step} vertices each; {len(self._indices)} is not a multiple of that"
            )

    @property
    def vertices(self) -> Floats:
        """Read-only, shape (n, 2)."""
        return self._vertices

    @property
    def indices(self) -> Ints:
        """Read-only, shape (m,)."""
        return self._indices

    @property
    def colors(self) -> Floats | None:
        """Read-only, shape (n, 4), 0..1, not premultiplied."""
        return self._colors

    @property
    def texcoords(self) -> Floats | None:
        """Read-only, shape (n, 2)."""
        return self._texcoords

    @property
    def mode(self) -> Mode:
        """How vertices are joined."""
        return self._mode

    def __len__(self) -> int:
        return len(self._vertices)

    def __repr__(self) -> str:
        return f"Mesh({len(self._vertices)} vertices, {len(self._indices)} indices, {self._mode})"


def _frozen(array: Kept) -> Kept:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def _checked_indices(indices: ArrayLike | None, count: int) -> Ints:
    if indices is None:
        return np.arange(count)
    given = np.asarray(indices)
    if given.size == 0:
        return np.empty(0, dtype=np.int64)
    if given.ndim != 1 or not np.issubdtype(given.dtype, np.integer):
        raise ValueError(f"indices are whole numbers of shape (m,); got {given.dtype} of shape {given.shape}")
    low, high = int(given.min()), int(given.max())
    if low < 0 or high >= count:
        raise ValueError(f"indices of {count} vertices are 0..{count - 1}; got {low} to {high}")
    return given.astype(np.int64)


def _checked_texcoords(texcoords: ArrayLike, count: int) -> Floats:
    given = np.asarray(texcoords, dtype=np.float32)
    if given.shape != (count, 2):
        raise ValueError(f"texcoords of {count} vertices need shape ({count}, 2); got {given.shape}")
    return all_finite("texcoords", given) if count else given
