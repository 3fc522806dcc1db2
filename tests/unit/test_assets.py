"""A sketch finds its files from wherever it is started."""

import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image as Pillow

from sketch.assets import MissingAssetError, asset_folder, asset_path
from sketch.ink.brush import Brush, BrushError
from sketch.load import load_sketch
from sketch.render.gl.glsl import ShaderError
from sketch.render.images.image import Image
from sketch.render.meshes.shader import Shader
from sketch.render.text.fonts import OWN, Fonts
from sketch.resources import folder_of

SHADER = "in vec2 at; out vec4 paint; void main() { paint = vec4(at, 0.0, 1.0); }"


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A sketch's folder and, elsewhere, the shell's."""
    own, shell = tmp_path / "sketch", tmp_path / "shell"
    own.mkdir()
    shell.mkdir()
    monkeypatch.chdir(shell)
    return own, shell


def picture(path, gray):
    Pillow.fromarray(np.full((2, 2), gray, np.uint8)).save(path)


def test_a_file_is_searched_next_to_the_sketch_then_in_the_current_folder(folders):
    own, shell = folders
    picture(shell / "a.png", 1)
    with asset_folder(own):
        assert asset_path("a.png") == shell / "a.png"
        picture(own / "a.png", 2)
        assert asset_path("a.png") == own / "a.png"
        assert asset_path(shell / "a.png") == shell / "a.png"
    assert asset_path("a.png") == shell / "a.png"


def test_a_thread_of_the_sketch_finds_the_same(folders):
    own, _ = folders
    picture(own / "a.png", 2)
    found = []
    with asset_folder(own):
        thread = threading.Thread(target=lambda: found.append(asset_path("a.png")))
        thread.start()
        thread.join()
    assert found == [own / "a.png"]


@pytest.mark.parametrize("name", ["gone.png", "x" * 5000, "a\0b"])
def test_what_is_nowhere_names_every_place(folders, name):
    own, shell = folders
    with asset_folder(own), pytest.raises(MissingAssetError) as caught:
        asset_path(name)
    assert str(own) in str(caught.value)
    assert str(shell) in str(caught.value)


def test_everything_that_reads_a_file_looks_there(folders):
    own, _ = folders
    picture(own / "photo.png", 9)
    (own / "waves.frag").write_text(SHADER)
    (own / "moss.frag").write_text("vec4 brush(Ink ink) { return ink.color; }")
    (own / "moss.toml").write_text('name = "moss"\n')
    shutil.copy(OWN, own / "face.otf")
    with asset_folder(own):
        assert Image.load("photo.png").pixels[0, 0, 0] == 9
        assert Shader("waves.frag").name == "waves.frag"
        assert Brush.load("moss").path == (own / "moss.frag").resolve()
        assert Fonts(fallbacks=[]).runs("a", "face.otf")[0].path == str(own / "face.otf")


def test_everything_that_reads_a_file_names_both_folders(folders):
    own, shell = folders
    asks = [
        (lambda: Image.load("gone.png"), ValueError),
        (lambda: Shader("gone.frag"), ShaderError),
        (lambda: Brush.load("gone"), BrushError),
        (lambda: Fonts(fallbacks=[]).runs("a", "gone.ttf"), ValueError),
    ]
    for ask, kind in asks:
        with asset_folder(own), pytest.raises(kind) as caught:
            ask()
        assert str(own / "gone") in str(caught.value)
        assert str(shell / "gone") in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "code",
    [
        "import sketch\nphoto = sketch.Image.load('photo.png')\n"
        "class A(sketch.Sketch):\n    def draw(self, c): c.image('photo.png', 0, 0)\n",
        "import sketch\nphoto = sketch.Image.load('photo.png')\ndef draw(c): c.image('photo.png', 0, 0)\n",
    ],
    ids=["class", "module"],
)
def test_a_sketch_that_is_loaded_reads_its_pictures_as_it_is_imported(folders, code):
    own, _ = folders
    picture(own / "photo.png", 9)
    (own / "reads_a_photo.py").write_text(code)
    kind = load_sketch(own / "reads_a_photo.py")
    assert folder_of(kind) == own
    assert folder_of(kind()) == own


@pytest.mark.parametrize("start", [["-m", "sketch.cli", "run"], []], ids=["inkloop run", "python"])
def test_it_is_found_from_another_folder(folders, start):
    own, shell = folders
    picture(own / "photo.png", 250)
    code = (
        "import sketch\n"
        "photo = sketch.Image.load('photo.png')\n"
        "class A(sketch.Sketch):\n"
        "    def draw(self, c):\n"
        "        c.background(0); c.image('photo.png', 0, 0); c.image(photo, 4, 4)\n"
        "        print(int(c.grab().pixels[0, 0, 0]), int(c.grab().pixels[5, 5, 0]))\n"
        "if __name__ == '__main__': sketch.run(A, headless=True, frames=1)\n"
    )
    (own / "show.py").write_text(code)
    options = ["--headless", "--frames", "1"] if start else []
    command = [sys.executable, *start, str(own / "show.py"), *options]
    done = subprocess.run(command, cwd=shell, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split() == ["250", "250"], done.stderr


@pytest.mark.parametrize("path", [None, 5, b"a.png", ["a.png"], np.zeros(3)])
def test_what_is_no_path_is_refused_with_what_was_given(path):
    for look in (asset_path, Image.load, Brush.load, Shader):
        with pytest.raises(TypeError, match="must be a text or a Path"):
            look(path)
