"""A sketch that is killed leaves no process behind that works for it, and no temporary file."""

import signal
import sys
import time
from pathlib import Path

import pytest

from tests.parents import parent_of, running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")


def left_in(folder: Path) -> list[Path]:
    # ONNX Runtime itself keeps one file there, of one name for all processes.
    return [path for path in folder.iterdir() if path.name != ".ses"]


@pytest.mark.parametrize("kind", ["trainer", "doctor, endless model", "worker, busy"])
def test_children_end_with_a_parent_that_is_killed(tmp_path: Path, kind: str):
    with parent_of(kind, tmp_path) as (parent, child):
        assert running(child)
        parent.send_signal(signal.SIGKILL)
    # A second where the machine is idle; a test can only say that it does not stay.
    ends = time.monotonic() + 15
    temporary = tmp_path / "temporary"
    while running(child) or left_in(temporary):
        assert time.monotonic() < ends, (running(child), left_in(temporary))
        time.sleep(0.05)
