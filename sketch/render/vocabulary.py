"""The words an author draws with."""

from abc import ABC

from sketch.ink.path import Path
from sketch.render.drawing.meshes import MeshVocabulary
from sketch.render.drawing.strokes import StrokeVocabulary
from sketch.render.drawing.text import Imagery
from sketch.render.shapes.path_fill import pixel_path
from sketch.scalars import short


class Vocabulary(StrokeVocabulary, MeshVocabulary, Imagery, ABC):
    """The drawing calls of a canvas; whoever inherits owns the frame and the resources they name."""

    def path(self, path: Path) -> None:
        """A shape of any outline, with holes: filled by its rule, or all its outlines with the line width.

        Raises:
            TypeError: It is no path.
        """
        if not isinstance(path, Path):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"path needs a Path; got {short(path)}")
        self._check_open()
        style = self._style
        if not style.filled:
            for contour in path.contours:
                self._line_through(contour.points[:, :2], closed=True)
            return
        placed = pixel_path(path, self._matrix, self._batch.size)
        if placed is not None:
            self._batch.path(placed, style.color, style.blend, style.gradient)
