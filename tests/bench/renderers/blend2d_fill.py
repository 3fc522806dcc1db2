"""Blend2D, on the processor: the outline of every stroke as one path, filled, with a disc at either end."""

import importlib
from typing import Any

import numpy as np

from tests.bench.render_scene import GROUND, SIZE, Lines, lines
from tests.bench.renderers.worker import Pipe, serve


def main() -> None:
    """Serve until told to end."""
    pipe = Pipe()
    blend2d: Any = importlib.import_module("blend2d")
    scene = lines()
    picture = blend2d.Image(*SIZE)

    def frame() -> None:
        context = blend2d.Context(picture)
        context.set_fill_style_rgba(*GROUND, 255)
        context.fill_all()
        for outline, ends, color in zip(
            outlines(scene).tolist(), end_discs(scene).tolist(), scene.color.tolist(), strict=True
        ):
            context.set_fill_style_rgba(*color, 255)
            path = blend2d.Path()
            path.move_to(*outline[0])
            for x, y in outline[1:]:
                path.line_to(x, y)
            path.close()
            context.fill_path(path)
            for disc in ends:
                context.fill_circle(*disc)
        context.end()

    def pixels() -> np.ndarray:
        return picture.asarray()[:, :, 2::-1]

    serve({"strokes": frame}, pixels, pipe)


def outlines(scene: Lines) -> np.ndarray:
    """Both sides of every stroke, there and back: shape (strokes, 2 * points, 2)."""
    along = np.gradient(scene.xy, axis=1)
    along /= np.hypot(along[..., 0], along[..., 1])[..., None]
    aside = np.stack([-along[..., 1], along[..., 0]], axis=2) * (scene.width / 2)[..., None]
    return np.concatenate([scene.xy + aside, (scene.xy - aside)[:, ::-1]], axis=1)


def end_discs(scene: Lines) -> np.ndarray:
    """x, y and radius of both ends: shape (strokes, 2, 3)."""
    return np.concatenate([scene.xy[:, [0, -1]], scene.width[:, [0, -1], None] / 2], axis=2)


if __name__ == "__main__":
    main()
