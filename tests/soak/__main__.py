"""A show of some minutes in a real window: `python3 dev.py soak [--minutes 10] [--record FILE]`.

A pen writes without a pause, the network trains, a model is swapped in every five seconds and a file of the
sketch is edited every ten; `--record` films it, too. Prints what the frames cost, which goals were reached,
and where frames over 100 ms came from as far as can be told: how long the thread of the frame ran, what the
collector did, and how much longer than 5 ms another process took for 5 ms of work at that time.
"""

import argparse
import gc
import json
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
from sketch.load import load_sketch
from sketch.synthetic_hand.player import ScriptPlayer
from tests.soak.report import Collections, figures, goals
from tests.soak.show import save_edit, script

SWAP_EVERY = 5.0
EDIT_EVERY = 10.0
_IDLE = """
import sys, time
while True:
    time.sleep(0.045); began, ran = time.perf_counter(), time.thread_time()
    while time.thread_time() < ran + 0.005: pass
    late = time.perf_counter() - began - 0.005
    if late > 0.005: print(f"{time.perf_counter()} {late}", flush=True)
"""


def soak(minutes: float, record: Path | None, edit_every: float) -> dict[str, Any]:
    """Run the show and return what its frames cost."""
    collections: Collections = []
    swaps: list[float] = []
    edits: list[float] = []
    began = [0.0]

    def collected(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            began[0] = time.perf_counter()
        else:
            collections.append((began[0], time.perf_counter() - began[0], info["generation"]))

    with tempfile.TemporaryDirectory() as scratch:
        folder, home = Path(scratch) / "show", Path(scratch) / "home"
        folder.mkdir()
        save_edit(folder, 0)
        models = [Path(scratch) / f"{name}.onnx" for name in ("one", "two")]
        for model in models:
            shutil.copy(shipped_models() / "letters.onnx", model)
        show: Any = load_sketch(folder / "main.py")()

        def swap() -> None:
            swaps.append(time.perf_counter())
            show.letters.load(models[len(swaps) % 2])

        def edit() -> None:
            edits.append(time.perf_counter())
            save_edit(folder, len(edits))

        player = ScriptPlayer(script(show, 60 * minutes, swap, edit, SWAP_EVERY, edit_every))
        gc.callbacks.append(collected)
        idle = subprocess.Popen([sys.executable, "-c", _IDLE], stdout=subprocess.PIPE, text=True)
        try:
            sketch.run(show, player=player, record=record, home=home, reload=True)
        finally:
            idle.terminate()
            gc.callbacks.remove(collected)
        waits = [(float(at), float(late)) for at, late in map(str.split, idle.communicate()[0].splitlines())]
    notes = np.array(show.notes).reshape(-1, 4)
    # The first frames compile what was never drawn.
    found = figures(notes[min(60, len(notes) // 4) :], collections, waits, swaps)
    # The last edit may have come with the end.
    in_time = sum(1 for at in edits if at < time.perf_counter() - 5.0)
    return found | {"edits": in_time, "reloads": min(in_time, show.reloads)}


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="dev.py soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the show is")
    parser.add_argument("--record", type=Path, help="film it to this file")
    parser.add_argument("--edit-every", type=float, default=EDIT_EVERY, help="seconds between two edits")
    given = parser.parse_args()
    found = soak(given.minutes, given.record, given.edit_every)
    print(json.dumps(found, indent=1))
    print("\n".join(map(str, goals(found))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
