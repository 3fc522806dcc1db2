"""Without PyTorch everything but training runs, and training says in one line what it needs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from addon.errors import INSTALL_TORCH, without_torch

ROOT = Path(__file__).parents[2]
HIDDEN = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
"""
SHOW = """
import pathlib, sys, time
import numpy as np
import sketch, sketch.cli, addon.vision, addon.evaluation.command
from addon import Recognizer

letters = Recognizer("letters", provider="cpu")
letters.setup(pathlib.Path(sys.argv[1]))
assert letters.wait_ready(60), letters.messages()
for number in range(40):
    letters.on_stroke_point(np.array([100 + 5 * number, 100, number / 60, 0.5], np.float32), 0)
ends = time.monotonic() + 60
while letters.prediction.rows <= 5:
    assert time.monotonic() < ends, letters.messages()
    letters.update(0.01)
    time.sleep(0.005)
letters.exit()
assert "torch" not in sys.modules
print("it draws and recognises")
"""


@pytest.fixture
def run(tmp_path: Path):
    """Runs Python where PyTorch cannot be imported."""
    (tmp_path / "sitecustomize.py").write_text(HIDDEN)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))}

    def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            input=given,
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    return run


def test_a_pen_is_recognised(run, tmp_path):
    shown = run("-c", SHOW, str(tmp_path / "home"))
    assert shown.stdout == "it draws and recognises\n", shown.stderr


def test_a_training_says_what_it_needs_in_one_line(run, tmp_path):
    job = {"data": "d.npz", "out": "o.onnx", "checkpoint": "c", "name": "letters", "resume": False}
    asked = json.dumps({**job, "labels": None, "config": {}, "model": None})
    told = run("-m", "addon.training", given=f"{asked}\n")
    assert json.loads(told.stdout) == {
        "event": "failed",
        "message": f"training needs PyTorch, which is not installed here; install it with: {INSTALL_TORCH}",
    }


def test_pretraining_is_a_line_and_no_traceback(run):
    told = run("-m", "sketch.cli", "pretrain", "--steps", "1")
    assert told.returncode == 1
    assert "training needs PyTorch" in told.stderr
    assert "Traceback" not in told.stderr


def test_another_module_that_is_missing_is_not_taken_for_torch():
    assert without_torch(ModuleNotFoundError("no", name="torchaudio")) == ""
    assert without_torch(ImportError("no", name="torch")) == ""
    assert INSTALL_TORCH in without_torch(ModuleNotFoundError("no", name="torch.nn"))
