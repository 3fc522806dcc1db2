"""The recogniser in a plain pyglet window, without a sketch: its hooks are called by hand.

Draw with the mouse; a key teaches the last stroke as that letter or digit; SPACE trains.
"""

from pathlib import Path
from time import perf_counter

import numpy as np
import pyglet

from addon import Recognizer


def main(model: str = "letters") -> None:
    """Open the window and stay until it is closed."""
    window = pyglet.window.Window(800, 600, "The addon alone")
    answer = pyglet.text.Label(x=40, y=40, font_size=120)
    stroke: list[tuple[float, float, float, float]] = []
    began = perf_counter()
    recognizer = Recognizer(model)
    recognizer.setup(Path("inkloop-data"))

    def on_mouse_press(*_: int) -> None:
        stroke.clear()

    def on_mouse_drag(x: int, y: int, *_: int) -> None:
        # The addon's y grows downward, pyglet's upward.
        stroke.append((x, window.height - 1 - y, perf_counter() - began, 0.5))
        recognizer.on_stroke_point(np.array(stroke[-1], dtype=np.float32), pointer_id=0)

    def on_mouse_release(*_: int) -> None:
        recognizer.on_stroke(np.array(stroke, dtype=np.float32), pointer_id=0)
        recognizer.on_ink([np.array(stroke, dtype=np.float32)], pointer_id=0)

    def on_text(text: str) -> None:
        if text.isspace():
            recognizer.train()
        elif stroke:
            recognizer.teach(text, [np.array(stroke, dtype=np.float32)])

    def on_draw() -> None:
        recognizer.update(1 / 60)
        for line in recognizer.messages():
            print(line, flush=True)
        window.clear()
        if len(stroke) > 1:
            corners = [(x, window.height - 1 - y) for x, y, _, _ in stroke]
            pyglet.shapes.MultiLine(*corners, thickness=4).draw()
        answer.text, answer.opacity = recognizer.prediction.label, int(255 * recognizer.prediction.opacity)
        answer.draw()

    window.push_handlers(on_mouse_press, on_mouse_drag, on_mouse_release, on_text, on_draw)
    pyglet.app.run(1 / 60)
    recognizer.exit()


if __name__ == "__main__":
    main()
