"""A script that never calls `exit()` ends as it would have ended: calmly, with what it taught on the disk."""

import subprocess
import sys
from pathlib import Path

import pytest

from addon.dataset.taught import TaughtStore

SCRIPT = """
import sys
from pathlib import Path
import numpy as np
import addon.inference.loaded_model
from addon import Recognizer

addon.inference.loaded_model.INLINE_BELOW_US = {"inline": 1e9, "worker": 0.0}.get(sys.argv[2], 200.0)
recognizer = Recognizer("encoder", provider="cpu")
recognizer.setup(Path(sys.argv[1]))
line = np.zeros((3000, 4), np.float32)
line[:, 0] = 5 * np.arange(3000)
recognizer.teach("I", [line[:60]])
if sys.argv[2] != "loading":
    assert recognizer.wait_ready(60.0)
    for point in line[:60] if sys.argv[2] == "inline" else line:
        recognizer.on_stroke_point(point, 0)
if sys.argv[2] == "error":
    raise SystemExit(3)
"""


@pytest.mark.parametrize("doing", ["loading", "inline", "worker", "error"])
def test_it_ends_calmly(tmp_path: Path, doing: str):
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), doing]
    for _ in range(3):
        ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert (ran.returncode, ran.stderr) == (3 if doing == "error" else 0, "")
    store = TaughtStore(tmp_path / "encoder" / "taught.sqlite3")
    store.close()
    assert [example.label for example in store.examples] == ["I"] * 3
