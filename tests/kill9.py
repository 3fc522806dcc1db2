"""Kill a sketch without warning, time and again, while it draws, teaches, relabels and forgets.

    python -m tests.kill9 --count 200

What it had reported as saved must be there afterwards: the taught inks, and the ink that is drawn.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from addon import taught_file
from sketch import kept_ink

# Prints a line only once what it says is on the disk. An example is known by the x of its first point.
CHILD = """
import itertools, sys, time
from pathlib import Path
import numpy as np
from addon.taught import TaughtStore
from sketch.ink.ink import Ink, Stroke
from sketch.kept_ink import KeptInk

home, start = Path(sys.argv[1]), int(sys.argv[2])
ink = Ink()
store, keeper = TaughtStore(home / "taught.sqlite3"), KeptInk(home / "drawn.ink", ink)
assert not keeper.poll(ink), "the ink was damaged"
print("begun", flush=True)

def saved():
    if not (store.flush() and keeper.flush()):
        raise SystemExit("not saved")

for number in itertools.count(start):
    points = np.full((30, 4), number, dtype=np.float32)
    ink.add(Stroke(points))
    if number % 5 == 0 and len(ink) > 3:
        ink.remove(len(ink) // 2)
    if number % 11 == 0:
        ink.undo()
    if number % 97 == 0:
        ink.clear()
    example = store.teach("ABCD"[number % 4], [points])
    if number % 7 == 0:
        store.forget(store.examples[len(store.examples) // 2])
    if number % 9 == 0:
        store.relabel(store.examples[len(store.examples) // 3], "another")
    if number % 6 == 0:
        store.amend(store.examples[-1], [points, points + 0.5])
    saved()
    drawn = ",".join(str(int(stroke.points[0, 0])) for stroke in ink)
    taught = ",".join(f"{one.id}:{one.label}:{len(one.strokes)}" for one in store.examples)
    print("saved", number, drawn or "-", taught or "-", flush=True)
"""


@dataclass
class Tally:
    """What became of the runs.

    Attributes:
        kills: Processes that were killed.
        changes: Rounds of changes that were reported as saved, all runs together.
        lost: What was missing, one line each; empty if nothing was.
    """

    kills: int = 0
    changes: int = 0
    lost: list[str] = field(default_factory=list[str])


def kill_repeatedly(home: Path, count: int, most_seconds: float = 0.3, seed: int = 0) -> Tally:
    """Run and kill a process so often; each goes on with what the one before left.

    Args:
        home: Folder for what it keeps.
        count: How many processes.
        most_seconds: Each is killed at a random moment up to then, after it has begun.
        seed: Of those moments.
    """
    chance = random.Random(seed)
    tally, start = Tally(), 1
    for _ in range(count):
        lines = _lines_until_killed(home, start, chance.uniform(0.0, most_seconds))
        tally.kills += 1
        tally.changes += len(lines)
        if lines:
            start = int(lines[-1][1]) + 1
            tally.lost += _missing(home, lines[-1])
        # A round that was cut off may be there in part: the next one must not meet its number again.
        start += 1
        if tally.lost:
            break
    return tally


def _lines_until_killed(home: Path, start: int, seconds: float) -> list[list[str]]:
    command = [sys.executable, "-c", CHILD, str(home), str(start)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    killer = threading.Timer(seconds, process.kill)
    killer.start()
    # A line is whole if it ends as one; the last may have been cut by the kill.
    lines = [line.split() for line in process.stdout if line.endswith("\n")]
    process.stdout.close()
    killer.join()
    assert process.wait() < 0, "it ended by itself"
    return lines


def _missing(home: Path, line: list[str]) -> list[str]:
    """What the last report names and is not there; the round after it may have begun."""
    _, number, drawn, taught = line
    found = kept_ink.read((home / "drawn.ink").read_bytes())
    there = [int(stroke.points[0, 0]) for stroke in found.strokes]
    lost = [f"the ink is damaged after {number}"] if found.damaged else []
    wanted = [] if drawn == "-" else [int(one) for one in drawn.split(",")]
    # The next round adds a stroke, and takes at most one away, or all.
    began = [one for one in there if one > int(number)]
    gone = [one for one in wanted if one not in there]
    allowed = len(wanted) if (int(number) + 1) % 97 == 0 else 1
    if len(gone) > allowed or len(began) > 1:
        lost.append(f"strokes {gone} of {wanted} after {number}")
    records, unreadable = taught_file.read(home / "taught.sqlite3")
    if unreadable:
        lost.append(f"{unreadable} examples cannot be read after {number}")
    kept = {record.id: record for record in records}
    changed = 0
    for identity, label, strokes in (one.split(":") for one in taught.split(",") if one != "-"):
        record = kept.get(int(identity))
        if record is None:
            lost.append(f"example {identity} after {number}")
        elif record.removed or record.label != label or len(record.strokes) != int(strokes):
            changed += 1
    # The next round forgets, relabels and amends at most one each.
    if changed > 3:
        lost.append(f"{changed} examples are not as reported after {number}")
    return lost


def main() -> int:
    """Run from the command line; 1 if something was lost."""
    parser = argparse.ArgumentParser(description="Kill a sketch time and again; nothing saved may be lost.")
    parser.add_argument("--count", type=int, default=200, help="how many processes")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inkloop-kill9-") as folder:
        tally = kill_repeatedly(Path(folder), given.count, seed=given.seed)
    print(f"{tally.kills} kills, {tally.changes} rounds reported as saved, {len(tally.lost)} losses")
    print(*tally.lost, sep="\n")
    return 1 if tally.lost else 0


if __name__ == "__main__":
    sys.exit(main())
