"""A sketch that is killed leaves no process behind that works for it, and no temporary file."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.onnx_files import endless

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")

START = """
import sys, threading, time
from pathlib import Path
folder = Path(sys.argv[1])
"""

TRAINER = """
import numpy as np
from addon.dataset.corpus import write_corpus
from addon.training.protocol import Job, Progress
from addon.training.trainer_process import TrainerProcess
lines = [[np.linspace((0, 0, 0, 0), (9 * n, 90, 1, 1), 9, dtype=np.float32)] for n in range(4)]
write_corpus(folder / "taught.npz", lines, list("AABB"))
config = {"iterations": 10**6, "patience": 0}
job = Job(folder / "taught.npz", folder / "out.onnx", folder / "checkpoint.pt", "letters", config=config)
child = TrainerProcess.start(job)
while not any(isinstance(event, Progress) for event in child.poll()):
    time.sleep(0.01)
"""

EXAMINER = """
from addon.doctor.examiner import Examiner
child = Examiner("cpu", seconds=0.0, timeout=60.0)
threading.Thread(target=child.examine, args=(folder / "endless.onnx",), daemon=True).start()
while not child.pid:
    time.sleep(0.01)
time.sleep(3.0)
"""

WORKER = """
from addon.background.process_worker import ProcessWorker
from tests.workers import fed
child = ProcessWorker("tests.workers:doubling", {"seconds": 600.0}, "slow")
while not child.open:
    time.sleep(0.01)
child.feed(fed(1.0))
child = child._child
"""

TOLD = """
print(child.pid, flush=True)
time.sleep(600)
"""


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return not Path("/proc").is_dir()
    return state != "Z"


def left_in(folder: Path) -> list[Path]:
    # ONNX Runtime itself keeps one file there, of one name for all processes.
    return [path for path in folder.iterdir() if path.name != ".ses"]


@pytest.mark.parametrize("kind", [TRAINER, EXAMINER, WORKER], ids=["trainer", "examiner", "worker"])
def test_children_end_with_a_parent_that_is_killed(tmp_path: Path, kind: str):
    (temporary := tmp_path / "temporary").mkdir()
    endless(tmp_path / "endless.onnx")
    with subprocess.Popen(
        [sys.executable, "-c", START + kind + TOLD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert running(child)
        parent.send_signal(signal.SIGKILL)
    # A second where the machine is idle; a test can only say that it does not stay.
    ends = time.monotonic() + 15
    while running(child) or left_in(temporary):
        assert time.monotonic() < ends, (running(child), left_in(temporary))
        time.sleep(0.05)
