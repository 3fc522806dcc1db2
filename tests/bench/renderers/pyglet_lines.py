"""pyglet: a `Line` a segment in one batch that is built once. No antialiasing, gaps at joints."""

import numpy as np
import pyglet

from tests.bench.render_scene import GROUND, SIZE, lines
from tests.bench.renderers.worker import Pipe, serve

pyglet.options["headless"] = True


def main() -> None:
    """Serve until told to end."""
    pipe = Pipe()
    from pyglet import gl, image, shapes, window

    surface = window.Window(*SIZE)
    batch = pyglet.graphics.Batch()
    scene = lines()
    kept = [
        shapes.Line(
            a[0], SIZE[1] - a[1], b[0], SIZE[1] - b[1], thickness=(wa + wb) / 2, color=color, batch=batch
        )
        for xy, width, color in zip(
            scene.xy.tolist(), scene.width.tolist(), scene.color.tolist(), strict=True
        )
        for a, b, wa, wb in zip(xy[:-1], xy[1:], width[:-1], width[1:], strict=True)
    ]
    red, green, blue = (channel / 255 for channel in GROUND)
    gl.glClearColor(red, green, blue, 1.0)

    def frame() -> None:
        surface.clear()
        batch.draw()
        gl.glFinish()

    def pixels() -> np.ndarray:
        data = image.get_buffer_manager().get_color_buffer().get_image_data().get_data("RGB", -3 * SIZE[0])
        return np.frombuffer(data, dtype=np.uint8).reshape(SIZE[1], SIZE[0], 3)

    serve({"strokes": frame}, pixels, pipe)
    kept.clear()


if __name__ == "__main__":
    main()
