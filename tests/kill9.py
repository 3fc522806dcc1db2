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
from typing import TypeAlias

from addon.dataset import taught_file
from sketch.kept_ink.format import read

# Prints a line only once what it says is on the disk. An example is known by the x of its first point.
CHILD = """
import itertools, sys, time
from pathlib import Path
import numpy as np
from addon.dataset.taught import TaughtStore
from sketch.ink.ink import Ink, Stroke
from sketch.kept_ink.keeper import KeptInk

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
    taught = ",".join(
        f"{one.id}:{one.label}:{len(one.strokes)}:{int(one.strokes[0][0, 0])}" for one in store.examples
    )
    print("saved", number, drawn or "-", taught or "-", flush=True)
"""

Taught: TypeAlias = tuple[tuple[int, str, int, int], ...]
"""Examples as they were taught: id, label, how many strokes, the x of the first point."""


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
    """Run and kill a process so often; each continues with what the one before left.

    Args:
        home: Folder for what it keeps.
        count: How many processes.
        most_seconds: Each is killed at a random moment up to then, after it has begun.
        seed: Of those moments.
    """
    chance = random.Random(seed)
    tally, number = Tally(), 1
    drawn: tuple[int, ...] = ()
    taught: Taught = ()
    for _ in range(count):
        lines = _lines_until_killed(home, number, chance.uniform(0.0, most_seconds))
        tally.kills += 1
        tally.changes += len(lines)
        if lines:
            number = int(lines[-1][1]) + 1
            drawn, taught = _reported(*lines[-1][2:])
        there, kept, damage = _found(home)
        tally.lost += damage
        if there not in drawn_in_round(drawn, number):
            tally.lost.append(f"round {number}: drawn {drawn}, found {there}")
        if kept not in taught_in_round(taught, number, _newest(kept, taught)):
            tally.lost.append(f"round {number}: taught {taught}, found {kept}")
        if tally.lost:
            break
        # A round that was cut off may be there in part: the next one continues from what is there.
        drawn, taught = there, kept
        number += 1
    return tally


def drawn_in_round(drawn: tuple[int, ...], number: int) -> list[tuple[int, ...]]:
    """What the ink may be when a process is killed in a round: as it was, and after each of its changes."""
    states = [drawn, (*drawn, number)]
    if number % 5 == 0 and len(states[-1]) > 3:
        middle = len(states[-1]) // 2
        states.append((*states[-1][:middle], *states[-1][middle + 1 :]))
    if number % 11 == 0:
        states.append(states[-2])
    if number % 97 == 0:
        states.append(())
    return states


def taught_in_round(taught: Taught, number: int, identity: int) -> list[Taught]:
    """The same for the examples; `identity` is the id of the round's own, which only the store knows."""
    states: list[Taught] = [taught, (*taught, (identity, "ABCD"[number % 4], 1, number))]
    if number % 7 == 0:
        middle = len(states[-1]) // 2
        states.append((*states[-1][:middle], *states[-1][middle + 1 :]))
    if number % 9 == 0 and states[-1]:
        third = len(states[-1]) // 3
        one, _, strokes, x = states[-1][third]
        states.append((*states[-1][:third], (one, "another", strokes, x), *states[-1][third + 1 :]))
    if number % 6 == 0 and states[-1]:
        # Its first stroke becomes the round's, whichever example is the last.
        one, label, _, _ = states[-1][-1]
        states.append((*states[-1][:-1], (one, label, 2, number)))
    return states


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


def _reported(drawn: str, taught: str) -> tuple[tuple[int, ...], Taught]:
    """The last two words of a report."""
    strokes = () if drawn == "-" else tuple(int(one) for one in drawn.split(","))
    examples = [] if taught == "-" else [one.split(":") for one in taught.split(",")]
    return strokes, tuple((int(one), label, int(count), int(x)) for one, label, count, x in examples)


def _found(home: Path) -> tuple[tuple[int, ...], Taught, list[str]]:
    """What is on the disk, and what of it cannot be read; a process killed at once may have left no file."""
    found = read(_bytes(home / "drawn.ink"))
    damage = ["the ink is damaged"] if found.damaged else []
    records, unreadable = taught_file.read(home / "taught.sqlite3")
    if unreadable:
        damage.append(f"{unreadable} examples cannot be read")
    taught = tuple(
        (one.id, one.label, len(one.strokes), int(one.strokes[0][0, 0])) for one in records if not one.removed
    )
    return tuple(int(stroke.points[0, 0]) for stroke in found.strokes), taught, damage


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _newest(kept: Taught, taught: Taught) -> int:
    known = {one[0] for one in taught}
    return max((one[0] for one in kept if one[0] not in known), default=0)


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
