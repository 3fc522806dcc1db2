"""Offscreen and in a window, one after the other in one process."""

import json
import os
import subprocess
import sys

import pytest

from tests.e2e.person import ROOT

BY_TURNS = """
import json, sketch

class Disc(sketch.Sketch):
    window = sketch.Window(size=(160, 120))
    def draw(self, canvas):
        canvas.background(40)
        canvas.color("#ff8800")
        canvas.circle(80, 60, 30)

for headless in (True, False, True, False):
    seen = []
    sketch.run(Disc, headless=headless, frames=3, viewer=lambda frame: seen.append(float(frame.mean())))
    print(json.dumps(seen), flush=True)
"""

NO_WINDOW = "import sketch\nclass Any(sketch.Sketch): pass\nsketch.run(Any)\n"


def started(code, tmp_path, environment):
    (tmp_path / "my.py").write_text(code)
    command = [sys.executable, "my.py"]
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.window
def test_a_window_opened_after_an_offscreen_sketch_shows_what_is_drawn(screen, tmp_path):
    done = started(BY_TURNS, tmp_path, {**os.environ, "DISPLAY": screen, "PYTHONPATH": str(ROOT)})
    turns = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(turns) == 4, done.stderr
    assert turns[0][0] > 40
    for frames in turns:
        assert frames == pytest.approx(turns[0], abs=0.1)


def test_a_sketch_started_by_python_without_a_display_says_so_in_one_line(tmp_path):
    done = started(NO_WINDOW, tmp_path, {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"})
    assert done.returncode == 1
    assert done.stderr.startswith("inkloop: no display was found")
    assert "Traceback" not in done.stderr
