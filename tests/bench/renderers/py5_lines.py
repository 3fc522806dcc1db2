"""py5 with its default renderer, Java2D: `line` a segment, with a stroke weight of its own."""

import importlib
import os
from typing import Any

import numpy as np

from tests.bench.render_scene import GROUND, SIZE, lines
from tests.bench.renderers.worker import Pipe, serve


def main() -> None:
    """Serve until told to end, from within py5's own thread."""
    pipe = Pipe()
    py5: Any = importlib.import_module("py5")
    scene = lines()
    strokes = list(zip(scene.xy.tolist(), scene.width.tolist(), scene.color.tolist(), strict=True))

    def frame() -> None:
        py5.background(*GROUND)
        for xy, width, color in strokes:
            py5.stroke(*color)
            for a, b, wa, wb in zip(xy[:-1], xy[1:], width[:-1], width[1:], strict=True):
                py5.stroke_weight((wa + wb) / 2)
                py5.line(*a, *b)

    def pixels() -> np.ndarray:
        py5.load_np_pixels()
        return np.array(py5.np_pixels[:, :, 1:])

    def settings() -> None:
        py5.size(*SIZE)

    def draw() -> None:
        serve({"strokes": frame}, pixels, pipe)
        os._exit(0)  # Java's threads would keep the process

    py5.run_sketch(block=True, sketch_functions={"settings": settings, "draw": draw})


if __name__ == "__main__":
    main()
