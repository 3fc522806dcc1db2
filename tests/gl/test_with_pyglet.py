import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_pyglet_and_a_canvas_draw_in_one_context_by_turns():
    command = [sys.executable, "-m", "tests.gl.with_pyglet"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "fine\n"
