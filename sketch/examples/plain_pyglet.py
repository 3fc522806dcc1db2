"""The recogniser in a plain pyglet window, without a sketch: the program calls its hooks.

Draw with the mouse; a pause ends a letter; a key teaches the last as that letter or digit; SPACE trains.
"""

from pathlib import Path
from time import perf_counter

import numpy as np
import pyglet

from addon import Recognizer

PAUSE = 0.7  # seconds with the button up after which a letter is over


def main(model: str = "letters") -> None:
    """Open the window and stay until it is closed."""
    try:
        window = pyglet.window.Window(800, 600, "The addon alone")
    except Exception as error:  # its type depends on the system
        raise SystemExit(f"no window can open here ({error}); on a server use: xvfb-run -a COMMAND") from None
    answer = pyglet.text.Label(x=40, y=40, font_size=120)
    strokes: list[list[tuple[float, float, float, float]]] = []
    pen = {"lifted": 0.0, "closed": True}
    recognizer = Recognizer(model)
    recognizer.setup(Path("inkloop-data"))

    def ink() -> list[np.ndarray]:
        return [np.array(stroke, dtype=np.float32) for stroke in strokes if stroke]

    def on_mouse_press(x: int, y: int, *_: int) -> None:
        if pen["closed"]:
            strokes.clear()
        strokes.append([])
        pen["lifted"], pen["closed"] = float("inf"), False
        on_mouse_drag(x, y)

    def on_mouse_drag(x: int, y: int, *_: int) -> None:
        # The addon's y grows downward, pyglet's upward.
        strokes[-1].append((x, window.height - 1 - y, perf_counter(), 0.5))
        recognizer.on_stroke_point(np.array(strokes[-1][-1], dtype=np.float32), pointer_id=0)

    def on_mouse_release(*_: int) -> None:
        recognizer.on_stroke(ink()[-1], pointer_id=0)
        pen["lifted"] = perf_counter()

    def on_text(text: str) -> None:
        if text.isspace():
            recognizer.train()
        elif strokes:
            recognizer.teach(text, ink())

    def on_draw() -> None:
        if not pen["closed"] and perf_counter() - pen["lifted"] > PAUSE:
            recognizer.on_ink(ink(), pointer_id=0)
            pen["closed"] = True
        recognizer.update(1 / 60)
        for line in recognizer.messages():
            print(line, flush=True)
        window.clear()
        for stroke in strokes:
            corners = [(x, window.height - 1 - y) for x, y, _, _ in stroke]
            pyglet.shapes.MultiLine(*(corners * 2)[: max(2, len(corners))], thickness=4).draw()
        answer.text, answer.opacity = recognizer.prediction.label, int(255 * recognizer.prediction.opacity)
        answer.draw()

    window.push_handlers(on_mouse_press, on_mouse_drag, on_mouse_release, on_text, on_draw)
    pyglet.app.run(1 / 60)
    recognizer.exit()


if __name__ == "__main__":
    main()
