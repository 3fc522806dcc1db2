"""The first seconds of a soak, in a real window."""

import json
import os
import subprocess
import sys

import pytest


@pytest.mark.window
def test_a_soak_writes_trains_swaps_and_edits(screen):
    command = [sys.executable, "-m", "tests.soak", "--minutes", "0.1", "--edit-every", "1"]
    around = os.environ | {"DISPLAY": screen}
    ran = subprocess.run(command, env=around, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    found, _ = json.JSONDecoder().raw_decode(ran.stdout[ran.stdout.index("{") :])
    assert found["frames"] > 10
    assert found["swaps"] >= 1
    assert found["edits"] == found["reloads"]
