"""A process that teaches is killed without warning, time and again: what it showed as saved is there."""

import random
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np

from addon.dataset import taught_file
from tests import kill9
from tests.kill9 import drawn_in_round, kill_repeatedly, taught_in_round

ROUNDS = 15

# Prints a line only once an example, its removal or its other label is shown as saved.
CHILD = """
import sys, time
from pathlib import Path
import numpy as np
from addon.dataset.taught import TaughtStore

store = TaughtStore(Path(sys.argv[1]))
assert all(example.saved for example in store.examples)
shown, index = {example.id for example in store.examples}, 0
print("begun", flush=True)
while True:
    index += 1
    store.teach("ABCD"[index % 4], [np.full((30, 4), index, dtype=np.float32)])
    store.poll()
    for example in store.examples:
        if example.saved and example.id not in shown:
            shown.add(example.id)
            print("saved", example.id, int(example.strokes[0][0, 0]), flush=True)
    if index % 7 == 0:
        removed = store.forget(store.examples[len(store.examples) // 2])
        store.flush()
        print("removed", removed.id, flush=True)
    if index % 9 == 0:
        relabelled = store.relabel(store.examples[len(store.examples) // 3], "another")
        store.flush()
        print("relabelled", relabelled.id, flush=True)
    time.sleep(0.001)
"""


def lines_until_killed(path: Path, seconds: float) -> list[list[str]]:
    """Teach for so long, then kill -9; what the process had printed."""
    process = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    threading.Timer(seconds, process.kill).start()
    # A line is whole if it ends as one; the last may have been cut by the kill.
    lines = [line.split() for line in process.stdout if line.endswith("\n")]
    process.stdout.close()
    assert process.wait() != 0
    return lines


def test_nothing_shown_as_saved_is_lost_by_kill_9(tmp_path):
    path = tmp_path / "taught.sqlite3"
    chance = random.Random(7)
    expected: dict[int, float] = {}
    removed: set[int] = set()
    relabelled: set[int] = set()
    for _ in range(ROUNDS):
        for kind, identity, *value in lines_until_killed(path, chance.uniform(0.0, 0.25)):
            if kind == "saved":
                expected[int(identity)] = float(value[0])
            else:
                (removed if kind == "removed" else relabelled).add(int(identity))
        records, unreadable = taught_file.read(path)
        assert unreadable == 0
        found = {record.id: record for record in records}
        for identity, value in expected.items():
            points = found[identity].strokes[0]
            np.testing.assert_array_equal(points, np.full((30, 4), value, dtype=np.float32))
        assert all(found[identity].removed for identity in removed)
        assert all(found[identity].label == "another" for identity in relabelled)
    assert len(expected) > 5 * ROUNDS
    assert removed
    assert relabelled


def test_a_sketch_that_draws_teaches_relabels_and_forgets_loses_nothing_it_had_saved(tmp_path):
    tally = kill_repeatedly(tmp_path, 6)
    assert tally.lost == []
    assert tally.changes > 6


def test_one_change_that_is_lost_is_seen(tmp_path, monkeypatch):
    def reported(*_):
        return [["saved", "1", "1", "1000:B:1:1"]]

    monkeypatch.setattr(kill9, "_lines_until_killed", reported)
    assert len(kill_repeatedly(tmp_path, 1).lost) == 2
    # Round 10 adds a stroke and takes the middle one away; no other stroke may be missing.
    assert drawn_in_round((7, 8, 9), 10) == [(7, 8, 9), (7, 8, 9, 10), (7, 8, 10)]
    before = ((1, "A", 1, 1), (2, "B", 1, 2))
    assert taught_in_round(before, 8, 3) == [before, (*before, (3, "A", 1, 8))]


# Ends without any cleanup, as if it were killed, once the first two strokes of a letter are on the disk.
MID_LETTER = """
import os, sys
from pathlib import Path
import sketch
from sketch.input.events import PointerEvent
from sketch.kept_ink.format import read

home = Path(sys.argv[1])
waiting = [
    PointerEvent(kind, x, 20 + x, 0.1 * at, button="left")
    for at, (kind, x) in enumerate([("down", 10), ("up", 40), ("down", 30), ("up", 60), ("down", 50)])
]

class Letter(sketch.Sketch):
    window = sketch.Window(size=(100, 100))
    keeps_ink = True
    ink_pause = 1e6

    def message(self, text):
        print(text, flush=True)

    def update(self, dt):
        kept = [read(path.read_bytes()) for path in home.rglob("*.ink")]
        if len(sys.argv) == 2 and kept and len(kept[0].strokes) == 2:
            os._exit(9)

def player(now, queue):
    while len(sys.argv) == 2 and waiting:
        queue.put(waiting.pop(0))
    return True

frames = None if len(sys.argv) == 2 else 3
sketch.run(Letter, headless=True, frames=frames, player=player, home=home)
"""


def test_the_next_run_reports_how_many_strokes_of_a_letter_were_kept(tmp_path):
    program = tmp_path / "letter.py"
    program.write_text(MID_LETTER)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(program), str(tmp_path / "home"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert run().returncode == 9
    line = "2 unfinished strokes were kept: the last run was killed before that ink was closed\n"
    again = run("again")
    assert (again.returncode, again.stdout) == (0, line), again.stderr
