"""What is saved has the parameters and the seed that made it, and a sketch can start like it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from sketch.cli import app
from sketch.host.recorder import save_png
from sketch.launch import run
from sketch.live.parameters_document import (
    Document,
    DocumentError,
    document_text,
    picture_options,
    read_document,
)
from sketch.load import load_sketch

SOURCE = """
import sketch

class Waves(sketch.Sketch):
    window = sketch.Window(size=(64, 48))
    speed = sketch.Param(1.0, 0, 10)
    caption = sketch.Param("hello")
    lines = ()
    began = None

    def setup(self):
        self.began = self.speed, self.caption, self.seed
        self.glow = self.use(sketch.Effect(sketch.Bloom(0.5)))

    def update(self, dt):
        if self.frame == 0:
            self.glowed = self.glow.strength

    def message(self, text):
        self.lines += (text,)
"""
FRAME = np.zeros((48, 64, 3), np.uint8)


@pytest.fixture
def waves(tmp_path: Path) -> Any:
    path = tmp_path / "waves.py"
    path.write_text(SOURCE, encoding="utf-8")
    return load_sketch(path)


def made(waves: Any) -> Any:
    mine = waves()
    mine.speed, mine.caption, mine.seed = 7.5, "né\u2028", 42
    run(mine, headless=True, frames=1)
    mine.glow.strength = 2.5
    return mine


@pytest.mark.parametrize("suffix", [".png", ".gif", ".jpg", ".webp", ".mp4"])
def test_a_picture_or_a_film_starts_a_sketch_as_it_was(waves: Any, tmp_path: Path, suffix: str):
    path = tmp_path / f"saved{suffix}"
    mine = made(waves)
    if suffix == ".mp4":
        from sketch.host.recorder import Recorder

        with Recorder(path, document=lambda: document_text(mine)) as film:
            film.add(FRAME)
    elif suffix == ".png":
        save_png(path, FRAME, document_text(mine))
    else:
        Image.fromarray(FRAME).save(path, **picture_options(suffix, document_text(mine)))
    found = read_document(path)
    assert (found.seed, found.sketch, found.parameters["speed"]) == (42, "waves.py", 7.5)
    other: Any = run(waves, headless=True, frames=2, like=path)
    assert other.began == (7.5, "né\u2028", 42)
    assert other.glowed == 2.5
    assert other.lines == ()


def test_a_recorded_film_has_what_the_first_frame_had(waves: Any, tmp_path: Path):
    path = tmp_path / "film.mp4"
    mine = waves()
    mine.speed = 3.0
    run(mine, headless=True, frames=3, record=path)
    assert read_document(path).parameters["speed"] == 3.0


def test_what_cannot_be_restored_is_named(waves: Any, tmp_path: Path):
    path = tmp_path / "old.png"
    text = json.dumps(
        {
            "inkloop": "9",
            "sketch": "tides.py",
            "seed": "x",
            "parameters": {"speed": 1, "gone": 2, "caption": 3},
        }
    )
    save_png(path, FRAME, text)
    mine: Any = run(waves, headless=True, frames=2, like=path)
    assert mine.began == (1.0, "hello", 0)
    assert set(mine.lines) == {
        "the parameters are those of tides.py; this is waves.py",
        "there is no parameter gone",
        "caption must be a text; got 3; caption stays as it is",
    }


@pytest.mark.parametrize("text", ["", "hello", "[1]", '{"a": 1}', "[" * 5000, "x" * (2 << 20)])
def test_what_is_no_document_is_refused_in_one_line(tmp_path: Path, text: str):
    path = tmp_path / "x.png"
    save_png(path, FRAME, text)
    with pytest.raises(DocumentError) as caught:
        read_document(path)
    assert str(caught.value).isprintable()
    assert "x.png" in str(caught.value)


def test_a_damaged_file_is_refused_and_odd_values_are_left_out(tmp_path: Path):
    path = tmp_path / "x.png"
    save_png(path, FRAME, '{"inkloop": "", "parameters": 3, "seed": true, "sketch": 1}')
    assert read_document(path) == Document()
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(DocumentError, match=r"x\.png"):
        read_document(path)
    with pytest.raises(DocumentError, match="there is no file"):
        read_document(tmp_path / "none.png")


def test_the_command_starts_like_a_picture_or_says_in_one_line_why_not(waves: Any, tmp_path: Path):
    picture = tmp_path / "saved.png"
    save_png(picture, FRAME, document_text(made(waves)))
    run_it = ["run", str(tmp_path / "waves.py"), "--headless", "--frames", "1"]
    done = CliRunner().invoke(app, [*run_it, "--like", str(picture)])
    assert done.exit_code == 0, done.output
    refused = CliRunner().invoke(app, [*run_it, "--like", str(tmp_path / "waves.py")])
    assert refused.exit_code == 1
    assert "waves.py is neither a picture nor a film" in refused.output
