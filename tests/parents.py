"""Kill the parent of every kind of child process, and time how long the child outlives it.

    python -m tests.parents --count 5

Each child is at work when its parent is killed: an endless model, a training, or its own imports. Prints one
line for each kind; wall-clock times mean little on a busy machine, so no test holds them to a limit.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.onnx_files import endless

ROOT = Path(__file__).parents[1]

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
while not (starts or any(isinstance(event, Progress) for event in child.poll())):
    time.sleep(0.01)
"""

EXAMINER = """
from addon.doctor.examiner import Examiner
child = Examiner("cpu", seconds=0.0, timeout=60.0)
threading.Thread(target=child.examine, args=(folder / "endless.onnx",), daemon=True).start()
while not child.pid:
    time.sleep(0.01)
time.sleep(0.0 if starts else 3.0)
"""

VETTING = """
from addon.doctor import vetting
from tests.encoders import make_encoder
made = []
class Kept(vetting.Examiner):
    def __init__(self, *given, **options):
        super().__init__(*given, **options)
        made.append(self)
vetting.Examiner = Kept
make_encoder(folder / "encoder.onnx")
threading.Thread(target=lambda: vetting.Vetting()(folder / "encoder.onnx"), daemon=True).start()
while not (made and made[0].pid):
    time.sleep(0.01)
child = made[0]
time.sleep(0.0 if starts else 0.5)
"""

WORKER = """
from addon.background.process_worker import ProcessWorker
from tests.workers import fed
child = ProcessWorker("tests.workers:doubling", {"seconds": 600.0}, "slow")
while not (starts or child.open):
    time.sleep(0.01)
child.feed(fed(1.0))
child = child._child
"""

IDLE_WORKER = """
from addon.background.process_worker import ProcessWorker
child = ProcessWorker("tests.workers:doubling", {}, "idle")
while not child.open:
    time.sleep(0.01)
child = child._child
"""

IMAGE_MODEL = """
from addon.background.process_worker import ProcessWorker
from tests.workers import fed
child = ProcessWorker("tests.workers:in_onnx_runtime", {"path": str(folder / "endless.onnx")}, "endless")
while not (starts or child.open):
    time.sleep(0.01)
child.feed(fed(1.0))
child = child._child
time.sleep(0.0 if starts else 0.5)
"""

DREAM = """
from addon.background.process_worker import ProcessWorker
child = ProcessWorker("addon.pretraining.dream:open_dream", {}, "dream")
while not (starts or child.open):
    time.sleep(0.01)
child = child._child
"""

RECORDER = """
import sketch
class Filmed(sketch.Sketch):
    def draw(self, canvas):
        canvas.background(self.frame % 255)
        if self.frame == 5:
            print(0, flush=True)
sketch.run(Filmed, headless=True, record=str(folder / "film.mp4"), frames=10**6, size=(640, 480))
"""

KINDS = {
    "trainer": TRAINER,
    "doctor, endless model": EXAMINER,
    "vetting, pen model": VETTING,
    "worker, busy": WORKER,
    "worker, idle": IDLE_WORKER,
    "image model, endless": IMAGE_MODEL,
    "dream": DREAM,
    "recorder": RECORDER,
}
"""Programs that start a child, by kind; a recorder starts none, the sketch itself writes its film."""

_START = """
import sys, threading, time
from pathlib import Path
folder, starts = Path(sys.argv[1]), bool(sys.argv[2])
"""

_REPORT = """
print(child.pid, flush=True)
time.sleep(600)
"""


@contextlib.contextmanager
def parent_of(kind: str, folder: Path, starts: bool = False) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that has started a child of a kind, and the child's number; 0 if it needs none.

    Args:
        kind: One of `KINDS`.
        folder: For its files; temporary ones go into `temporary` in it.
        starts: Whether the child is still starting, instead of being at work.
    """
    (temporary := folder / "temporary").mkdir()
    endless(folder / "endless.onnx")
    with subprocess.Popen(
        [sys.executable, "-c", _START + KINDS[kind] + _REPORT, str(folder), "starts" if starts else ""],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
    ) as parent:
        assert parent.stdout is not None
        yield parent, int(parent.stdout.readline())


def running(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return not Path("/proc").is_dir()
    return state != "Z"


def descendants(pid: int) -> set[int]:
    """All processes that a process has started, and those that they have."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found.add(child)
            waiting.append(child)
    return found


def seconds_until_gone(kind: str, starts: bool, patience: float = 60.0) -> tuple[int, float]:
    """How many processes a parent of a kind has, and how long after its death the last one ends."""
    with tempfile.TemporaryDirectory(prefix="inkloop-parents-") as folder:
        with parent_of(kind, Path(folder), starts) as (parent, _):
            children = descendants(parent.pid)
            parent.send_signal(signal.SIGKILL)
            began = time.monotonic()
        left = set(children)
        while left and time.monotonic() - began < patience:
            time.sleep(0.005)
            left = {pid for pid in left if running(pid)}
        took = time.monotonic() - began if children else 0.0
    return len(children), took


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Time how long children outlive a killed parent.")
    parser.add_argument("--count", type=int, default=5, help="how often each kind")
    count: int = parser.parse_args().count
    print(f"{'kind':<36}{'processes':>10}{'median s':>10}{'longest s':>10}")
    for kind in KINDS:
        for starts in (False, True):
            if starts and kind in ("recorder", "worker, idle"):
                continue
            runs = [seconds_until_gone(kind, starts) for _ in range(count)]
            times = [took for _, took in runs]
            name = f"{kind}, while it starts" if starts else kind
            processes = max(children for children, _ in runs)
            print(f"{name:<36}{processes:>10}{median(times):>10.2f}{max(times):>10.2f}", flush=True)


if __name__ == "__main__":
    main()
