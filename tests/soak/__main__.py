"""A show of some minutes in a real window: a pen, training, a swap every five seconds, a film if asked for.

    xvfb-run -a python -m tests.soak --minutes 3 [--record film.mp4]

Prints where frames over 100 ms came from as far as can be told: how long the frame's thread ran of each, what
the garbage collector did, and how much longer than 5 ms another process took for 5 ms of work at that time.
"""

import argparse
import gc
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import sketch
from addon.model.registry import shipped_models
from sketch.examples.handwriting import Handwriting
from sketch.examples.handwriting_show import placed
from sketch.synthetic_hand.hand import TEACH_FACE
from sketch.synthetic_hand.player import ScriptPlayer, draw

SLOW = 0.1
SWAP_EVERY = 5.0
_IDLE = """
import sys, time
while True:
    time.sleep(0.045); began, ran = time.perf_counter(), time.thread_time()
    while time.thread_time() < ran + 0.005: pass
    late = time.perf_counter() - began - 0.005
    if late > 0.005: print(f"{time.perf_counter()} {late}", flush=True)
"""


class Soak(Handwriting):
    """The handwriting sketch, with notes of what every frame did.

    Its letters are written over each other, so no stroke continues a letter that is closed.

    Attributes:
        notes: A row for each frame: when it began, in seconds of `perf_counter`, how long the one before took
            until it, how long of that the frame's thread ran on a processor, and resident memory in MB.
    """

    ink_reopens = 0.0

    def setup(self) -> None:
        """Start the notes."""
        super().setup()
        self.notes: list[tuple[float, float, float, float]] = []
        self.last = (time.perf_counter(), time.thread_time())

    def update(self, dt: float) -> None:
        """Note the frame."""
        now = (time.perf_counter(), time.thread_time())
        self.notes.append((now[0], now[0] - self.last[0], now[1] - self.last[1], resident()))
        self.last = now
        super().update(dt)


def resident() -> float:
    """Resident memory in MB; the most there was where a system has no /proc."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(pages) * resource.getpagesize() / 1e6


def soak(minutes: float, record: Path | None) -> dict[str, Any]:
    """Run the show and say what its frames cost."""
    instance = Soak()
    collections: list[tuple[float, float, int]] = []
    swaps: list[float] = []
    began = [0.0]

    def collected(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            began[0] = time.perf_counter()
        else:
            collections.append((began[0], time.perf_counter() - began[0], info["generation"]))

    with tempfile.TemporaryDirectory() as home:
        models = [Path(home) / f"{name}.onnx" for name in ("one", "two")]
        for model in models:
            shutil.copy(shipped_models() / "letters.onnx", model)
        ends = time.perf_counter() + 60 * minutes

        def script() -> Any:
            yield lambda: instance.letters.ready
            for label in "ABCD":
                for seed in range(5):
                    instance.letters.teach(label, placed(label, TEACH_FACE, seed))
            number, swap_at = 0, 0.0
            while time.perf_counter() < ends:
                number += 1
                yield draw(placed("ABCD"[number % 4], TEACH_FACE, number), rest=Soak.ink_pause + 0.1)
                if not instance.letters.training.active:
                    instance.letters.train(iterations=100_000)
                if time.perf_counter() > swap_at:
                    swap_at = time.perf_counter() + SWAP_EVERY
                    swaps.append(time.perf_counter())
                    instance.letters.load(models[len(swaps) % 2])
            instance.letters.cancel()
            instance.quit()

        gc.callbacks.append(collected)
        idle = subprocess.Popen([sys.executable, "-c", _IDLE], stdout=subprocess.PIPE, text=True)
        try:
            sketch.run(instance, player=ScriptPlayer(script()), record=record, home=home)
        finally:
            idle.terminate()
            gc.callbacks.remove(collected)
        waits = [(float(at), float(late)) for at, late in map(str.split, idle.communicate()[0].splitlines())]
    return figures(np.array(instance.notes[60:]), collections, waits, swaps)


def figures(
    notes: Any,
    collections: list[tuple[float, float, int]],
    waits: list[tuple[float, float]],
    swaps: list[float],
) -> dict[str, Any]:
    """What the frames cost, and what happened during those over 100 ms.

    Args:
        notes: Shape (n, 4): see `Soak.notes`.
        collections: Of the garbage collector: begin and length in seconds, generation.
        waits: When the concurrent process was done, and how many seconds late.
        swaps: When each model was loaded.
    """
    slow: list[dict[str, float]] = []
    collections = [one for one in collections if one[0] > notes[0, 0]]
    for at, took, ran, _ in notes[notes[:, 1] > SLOW]:
        during = (at - took, at)
        slow.append(
            {
                "at_s": round(at - notes[0, 0], 1),
                "took_ms": round(1e3 * took),
                "ran_ms": round(1e3 * ran),
                "collector_ms": round(
                    1e3 * sum(long for began, long, _ in collections if _in(began, during))
                ),
                "idle_waited_ms": round(1e3 * sum(late for woke, late in waits if _in(woke, during, 0.02))),
                "after_swap_s": round(at - max((swap for swap in swaps if swap < at), default=0.0), 2),
            }
        )
    minute = [float(np.median(part)) for part in np.array_split(notes[:, 3], max(1, len(notes) // 3600))]
    return {
        "frames": len(notes),
        "per_second": round(len(notes) / float(notes[:, 1].sum()), 1),
        "ms_p50_p99_max": [round(1e3 * float(x), 1) for x in np.percentile(notes[:, 1], (50, 99, 100))],
        "ran_ms_p50_p99_max": [round(1e3 * float(x), 1) for x in np.percentile(notes[:, 2], (50, 99, 100))],
        "collector_ms_max_by_generation": [
            round(1e3 * max((long for _, long, kind in collections if kind == which), default=0.0), 1)
            for which in range(3)
        ],
        "idle_late_ms_max": round(1e3 * max((late for _, late in waits), default=0.0)),
        "swaps": len(swaps),
        "resident_mb_by_part": [round(mb) for mb in minute],
        "over_100_ms": slow,
    }


def _in(moment: float, during: tuple[float, float], slack: float = 0.0) -> bool:
    return during[0] <= moment <= during[1] + slack


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0, help="how long the show is")
    parser.add_argument("--record", type=Path, help="film it to this file")
    given = parser.parse_args()
    print(json.dumps(soak(given.minutes, given.record), indent=1))


if __name__ == "__main__":
    main()
