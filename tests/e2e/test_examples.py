"""Every example runs as it stands, without a display, and draws something."""

from pathlib import Path

import pytest

import sketch
from sketch.load import load_sketch

FOLDER = Path(sketch.__file__).parent / "examples"
SKETCHES = [
    "brushes",
    "currents",
    "dunes",
    "grown_type",
    "handwriting",
    "kaleidoscope",
    "letters",
    "letters_of_light",
    "newsprint",
    "plain_functions",
    "plotter",
    "silk",
    "starlings",
    "sunflower",
    "swap_models",
    "text_in_the_ink",
    "tunnel",
    "what_the_network_sees",
]


@pytest.mark.parametrize("name", SKETCHES)
def test_an_example_runs_and_draws(name, tmp_path):
    frames = []
    kind = load_sketch(FOLDER / f"{name}.py")
    sketch.run(kind, headless=True, frames=4, viewer=frames.append, home=tmp_path, size=(640, 400))
    assert frames[-1].shape == (400, 640, 3)
    assert frames[-1].max() > 10


def test_no_example_is_left_out():
    parts = {"eye_panels", "palette", "panels", "handwriting_show", "plain_pyglet", "still_lifes", "__init__"}
    assert {path.stem for path in FOLDER.glob("*.py")} - parts == set(SKETCHES)
