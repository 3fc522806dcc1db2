"""What the command line says of what was typed, and of what a sketch does wrong."""

import subprocess
import sys

import pytest

import sketch


def run(folder, source: str, *options: str) -> subprocess.CompletedProcess[str]:
    path = folder / "mine.py"
    path.write_text(source, encoding="utf-8")
    program = [sys.executable, "-m", "sketch.cli", "run", str(path), "--headless", "--frames", "1", *options]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--size", "big"), "a size is written as 1280x720; got 'big'"),
        (("--size", "0x10"), "a window's size must be at least 1 x 1"),
        (("--record", "/dev/null/film.mp4"), "film.mp4"),
        (("--write", "  "), "there is nothing to write"),
    ],
)
def test_what_was_typed_wrongly_is_reported_in_one_line(tmp_path, options, said):
    answer = run(tmp_path, "def draw(canvas): canvas.background(0)\n", *options)
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert said in answer.stderr


@pytest.mark.parametrize(
    ("source", "lines", "last"),
    [
        ("def draw(canvas): raise ValueError('my mistake')\n", 5, "ValueError: my mistake"),
        ("def draw(canvas): canvas.rect(1)\n", 5, "TypeError: Canvas.rect() missing 3"),
        ("x = 1 / 0\n", 5, "ZeroDivisionError: division by zero"),
        ("def draw(canvas)\n    pass\n", 4, "SyntaxError: expected ':'"),
    ],
)
def test_a_sketchs_own_error_is_distinguished_from_the_authors_first_line_on(tmp_path, source, lines, last):
    answer = run(tmp_path, source)
    said = answer.stderr.splitlines()
    assert answer.returncode == 1
    assert len(said) <= lines
    assert "mine.py" in said[0] + said[1]
    assert said[-1].startswith(last)


def test_an_error_that_follows_from_another_shows_both(tmp_path):
    source = (
        "try:\n    int('x')\nexcept ValueError as error:\n    raise RuntimeError('no number') from error\n"
    )
    answer = run(tmp_path, source)
    assert answer.stderr.count("Traceback") == 2
    assert "site-packages" not in answer.stderr
    assert answer.stderr.endswith("RuntimeError: no number\n")


def test_an_error_without_a_line_of_the_authors_is_reported_in_full(tmp_path):
    answer = run(tmp_path, "import sketch\nclass Mine(sketch.Sketch): pass\nMine.window = 3\n")
    assert answer.returncode == 1
    assert "launch.py" in answer.stderr


def test_a_name_of_the_sketchs_own_is_reported_at_the_authors_line(tmp_path):
    answer = run(tmp_path, "import sketch\nclass Mine(sketch.Sketch):\n    frame = 'picture.png'\n")
    assert answer.returncode == 1
    assert 'mine.py", line 2' in answer.stderr
    assert "TypeError: Mine: frame is the sketch's own name" in answer.stderr


def test_a_hook_with_the_wrong_arguments_is_reported_in_one_line(tmp_path):
    answer = run(tmp_path, "import sketch\nclass Mine(sketch.Sketch):\n    def draw(self): pass\n")
    assert answer.returncode == 1
    assert answer.stderr == "inkloop: Mine.draw takes (self, canvas); it is written with (self)\n"


def test_a_misspelt_hook_is_logged_when_the_sketch_begins(tmp_path):
    answer = run(tmp_path, "import sketch\nclass Mine(sketch.Sketch):\n    def key_press(self, key): pass\n")
    assert answer.returncode == 0
    assert "Inkloop does not call key_press(); did you mean key_pressed()?" in answer.stderr


def test_of_two_sketches_in_a_file_the_one_that_runs_is_reported(tmp_path):
    source = "import sketch\nclass A(sketch.Sketch): pass\nclass B(sketch.Sketch): pass\n"
    assert "mine.py: B runs because it comes last; A does not run" in run(tmp_path, source).stderr
    source = "import sketch\nclass A(sketch.Sketch): pass\nclass B(A): pass\n"
    assert "runs" not in run(tmp_path, source).stderr


@pytest.mark.parametrize("frames", ["0", "-3"])
def test_no_frames_are_refused(tmp_path, frames):
    answer = run(tmp_path, "def draw(canvas): pass\n", "--frames", frames)
    assert answer.returncode == 2
    assert "--frames" in answer.stderr
    with pytest.raises(ValueError, match=f"frames must be 1 or more; got {frames}"):
        sketch.run(sketch.Sketch, headless=True, frames=int(frames))


def test_a_file_without_a_sketch_is_named_as_its_author_named_it(tmp_path):
    answer = run(tmp_path, "")
    assert answer.stderr == ("inkloop: mine.py: it has neither a Sketch class nor a setup or draw function\n")


def test_an_init_without_the_sketchs_own_is_reported_in_one_line(tmp_path):
    source = "import sketch\nclass Mine(sketch.Sketch):\n    def __init__(self): self.dots = []\n"
    answer = run(tmp_path, source)
    assert answer.returncode == 1
    assert answer.stderr.startswith("inkloop: Mine.__init__ does not call super().__init__(): ")
    assert answer.stderr.count("\n") == 1
