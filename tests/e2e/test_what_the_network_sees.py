"""The example that shows an image network's layers, run without a display on the real model."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import sketch
from addon.vision.answer import Answer
from sketch.examples.eye_panels import Plate, answer_maps
from sketch.examples.still_lifes import STILL_LIFES
from sketch.load import load_sketch
from sketch.render.drawing.color_tables import class_table
from sketch.render.post.colormaps import colormap
from tests.vision import image_model, wait_for

FILE = Path(sketch.__file__).parent / "examples" / "what_the_network_sees.py"

# What the network may call each of the sketch's own drawings, in the first three places.
NAMES = {
    "clock": {"analog clock", "wall clock"},
    "web": {"spider web"},
    "candle": {"candle"},
    "balloon": {"balloon"},
}


@pytest.fixture
def home(tmp_path):
    for suffix in (".onnx", ".toml", ".txt"):
        (tmp_path / "models").mkdir(exist_ok=True)
        shutil.copy(image_model().with_suffix(suffix), tmp_path / "models")
    return tmp_path


def started() -> Any:
    kind = load_sketch(FILE)
    return kind() if isinstance(kind, type) else kind


def test_it_names_what_the_sketch_draws(home):
    running, found = started(), {}
    order = [draw.__name__ for draw in STILL_LIFES]

    def see(frame):
        eye = running.eye
        wait_for(lambda: eye.state == "ready", lambda: eye.update(0.0))
        # One picture before may be under way and another wait: the third answer is to what was just drawn.
        for _ in range(3):
            before = eye.answer
            eye.feed(running.seen)
            wait_for(lambda seen=before: eye.answer is not seen, lambda: eye.update(0.0))
        found[order[running.first]] = {label for label, _ in eye.answer.top(3)}
        running.next_picture()

    sketch.run(running, headless=True, frames=len(order), viewer=see, home=home, size=(640, 400))
    for name, allowed in NAMES.items():
        assert found[name] & allowed, f"{name}: {found[name]}"


def test_dropped_files_are_looked_at_or_refused_in_one_line(home):
    Image.fromarray(np.full((50, 80, 3), (250, 10, 10), np.uint8)).save(home / "red.png")
    (home / "not.png").write_text("no picture")
    running, frames, said = started(), [], []
    running.message = said.append

    def see(frame):
        frames.append(frame.copy())
        if len(frames) == 1:
            running.files_dropped([home / "red.png"], 0, 0)
        if len(frames) == 3:
            running.files_dropped([home / "not.png"], 0, 0)

    sketch.run(running, headless=True, frames=5, viewer=see, home=home, size=(640, 400))
    left, top, side = running.box()
    assert frames[2][int(top + side / 2), int(left + side / 2)].tolist() == [250, 10, 10]
    assert any("not.png: it cannot be read as an image" in line for line in said)


def test_drawing_on_the_picture_is_what_is_looked_at(home):
    running = started()

    def see(frame):
        left, top, side = running.box()
        rows = [(left + side / 2 + x, top + side / 2, x / 100, 0.5) for x in range(-40, 41, 5)]
        running.ink.add(sketch.Stroke(np.array(rows, np.float32), (0.0, 0.0, 0.0, 1.0), 8))

    sketch.run(running, headless=True, frames=2, viewer=see, home=home, size=(640, 400))
    assert running.seen[224, 224, :3].max() < 30
    assert running.seen[20, 20, :3].min() > 240


def test_grays_go_through_the_color_map_on_the_gpu():
    seen = []

    class Show(sketch.Sketch):
        def draw(self, canvas):
            canvas.background(0)
            ramp = np.tile(np.linspace(0, 255, 100).astype(np.uint8), (100, 1))
            Plate().draw(canvas, ramp, (0, 0, 100, 100))
            Plate().draw(canvas, np.full((10, 10, 3), (9, 8, 7), np.uint8), (100, 0, 100, 100))

    sketch.run(Show, headless=True, frames=1, viewer=lambda f: seen.append(f.copy()), size=(200, 100))
    cold, middle, hot, own = (seen[0][50, x].astype(int) for x in (3, 50, 96, 150))
    assert cold[2] > 100 > cold[0]
    assert middle[1] > 200
    assert hot[0] > 100 > hot[2]
    assert own.tolist() == [9, 8, 7]


def test_what_a_model_answers_for_each_pixel_is_drawn_side_by_side():
    answer = Answer(
        picture=np.full((8, 8, 3), (9, 8, 7), np.uint8),
        float_maps={"depth": np.ones((8, 8), np.float32), "flow": np.ones((2, 8, 8), np.float32)},
        class_maps={"mask": np.full((8, 8), 3)},
    )
    seen = []

    class Show(sketch.Sketch):
        def draw(self, canvas):
            canvas.background(0)
            answer_maps(canvas, answer, 0, 0, 300, 100)

    sketch.run(Show, headless=True, frames=1, viewer=lambda f: seen.append(f.copy()), size=(300, 100))
    picture, depth, mask = (seen[0][40, x].tolist() for x in (40, 140, 240))
    assert picture == [9, 8, 7]
    assert depth == colormap("ember")[255].tolist()
    assert mask == class_table()[3, :3].tolist()
