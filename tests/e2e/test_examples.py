"""Every example runs as it stands, without a display, and draws something."""

import re
from pathlib import Path

import pytest

import sketch
from sketch.load import load_sketch
from tests.unit.test_pages import NAMES, python_of

FOLDER = Path(sketch.__file__).parent / "examples"
SKETCHES = [
    "brushes",
    "currents",
    "doodle",
    "dunes",
    "grown_type",
    "handwriting",
    "kaleidoscope",
    "letters",
    "letters_of_light",
    "newsprint",
    "own_model",
    "performance",
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
    parts = {"eye_panels", "palette", "panels", "still_lifes", "__init__"}
    programs = {"handwriting_show", "performance_show", "plain_pyglet"}
    assert {path.stem for path in FOLDER.glob("*.py")} - parts - programs == set(SKETCHES)


ON_PAGES = [
    pytest.param(code, id=f"{page}-{number}")
    for page in NAMES
    for number, code in enumerate(python_of(page))
    if "def draw(" in code
]


@pytest.mark.parametrize("code", ON_PAGES)
def test_a_sketch_on_a_page_runs_and_draws(code, tmp_path):
    (tmp_path / "page.py").write_text(code)
    frames = []
    kind = load_sketch(tmp_path / "page.py")
    sketch.run(kind, headless=True, frames=4, viewer=frames.append, home=tmp_path, size=(640, 400))
    assert frames[-1].max() > 10


def test_the_readme_shows_the_shortest_example():
    def without_words(source):
        lines = [line.split("#")[0].rstrip() for line in source.splitlines() if '"""' not in line]
        return [
            re.sub(r"( -> None|: (sketch\.)?(Canvas|Strokes|int))(?=\W)", "", line) for line in lines if line
        ]

    shown = next(code for code in python_of("README.md") if "def draw(" in code)
    assert (
        without_words(shown)
        == without_words((FOLDER / "letters.py").read_text())[: len(without_words(shown))]
    )
