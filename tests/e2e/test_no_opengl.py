"""A machine without OpenGL: one line that says what to do, and no traceback."""

import os
import subprocess
import sys

from tests.e2e.person import ROOT


def test_without_a_driver_one_line_says_what_to_install(tmp_path):
    # An empty list of drivers is what a machine without any looks like to EGL.
    environment = {**os.environ, "__EGL_VENDOR_LIBRARY_FILENAMES": "/dev/null", "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(
        [sys.executable, "-m", "sketch.cli", "handwriting", "--headless"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert "OpenGL 3.3 is not available here" in answer.stderr
    assert "libegl1" in answer.stderr
