"""What the command line says of what was typed, and of what a sketch does wrong."""

import subprocess
import sys

import pytest


def run(folder, source: str, *options: str) -> subprocess.CompletedProcess[str]:
    path = folder / "mine.py"
    path.write_text(source, encoding="utf-8")
    program = [sys.executable, "-m", "sketch.cli", "run", str(path), "--headless", "--frames", "1", *options]
    return subprocess.run(program, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--size", "big"), "a size is written as 1280x720; got 'big'"),
        (("--size", "0x10"), "a window's size must be at least 1 x 1"),
        (("--record", "/dev/null/film.mp4"), "film.mp4"),
        (("--write", "  "), "there is nothing to write"),
    ],
)
def test_what_was_typed_wrongly_is_told_in_one_line(tmp_path, options, said):
    answer = run(tmp_path, "def draw(canvas): canvas.background(0)\n", *options)
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert said in answer.stderr


def test_a_sketchs_own_error_keeps_its_traceback(tmp_path):
    answer = run(tmp_path, "def draw(canvas): raise ValueError('my mistake')\n")
    assert answer.returncode != 0
    assert "Traceback" in answer.stderr
    assert "my mistake" in answer.stderr
