"""Random edits of a running sketch: `python -m tests.fuzz.edits [--count 5000] [--seed 0]`.

Each one is saved and two frames run. No error may escape from a frame, and after every 25th edit the first
text is saved again and Ctrl+R pressed: then nothing may be left of all the errors. Ends with 0 if so.
"""

import argparse
import logging
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.unit.live.saving import Show

MAIN = """import sketch, helper, enum, functools
from dataclasses import dataclass, field
from helper import SIZE, wave
GRID = [SIZE] * 3
stars = []
for i in range(4):
    stars.append((i, SIZE))
class Mode(enum.Enum):
    DRAW = 1
    ERASE = 2
@dataclass
class Dot:
    x: float = 1.0
    y: float = SIZE
    trail: list = field(default_factory=list)
class Slotted:
    __slots__ = ("a", "b")
    def __init__(self): self.a = self.b = 1
class Base:
    def go(self): return super().__repr__()
class Thing(Base):
    count = 0
    shared = {}
    def go(self, by=SIZE):
        Thing.count += 1
        return (super().go(), by)
@functools.lru_cache
def table(n): return [n] * SIZE
TABLE = table(3)
class Main(sketch.Sketch):
    pen_width = 4.0
    speed: float = 2.0
    def setup(self):
        self.things = [Thing(), Thing()]
        self.dots = [Dot(), Dot(2.0)]
        self.mode = Mode.DRAW
        self.slot = Slotted()
        self.call = lambda: self.tick()
    def tick(self): return self.speed
    def update(self, dt):
        for thing in self.things: thing.go()
        for dot in self.dots: dot.x += self.speed
        self.seen = (wave(2), helper.SIZE, GRID, self.mode, self.slot.a, self.call())
    @property
    def twice(self): return 2 * self.speed
    @staticmethod
    def add(a, b=SIZE): return a + b
    def after_reload(self): self.reloads = getattr(self, "reloads", 0) + 1
"""
HELPER = """SIZE = 3
AMOUNT = SIZE + 1
def wave(x, amount=AMOUNT):
    return x * amount
class Tool:
    def use(self): return SIZE
tool = Tool()
"""
NEW_LINES = (
    "x = 1 / 0",
    "return 3",
    "import nothing_here",
    "global SIZE",
    "del SIZE",
    "class Main: pass",
    "pass",
    "@property",
    "@dataclass",
    "yield 1",
    "SIZE += 1",
    "Mode.DRAW = 3",
)
BASES = ("", "(dict)", "(Base, Mode)", "(Slotted)", "(Dot)")
HEALS = 25


def edited(rng: Random, text: str) -> str:
    """A text with a few random edits, most of which leave no valid Python."""
    lines = text.splitlines()
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if not lines:
            break
        at, other, digit = rng.randrange(len(lines)), rng.randrange(len(lines)), str(rng.randrange(9))
        line = lines[at]
        match rng.randrange(9):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[other])
            case 2:
                lines[at], lines[other] = lines[other], line
            case 3:
                cut = rng.randrange(len(line) + 1)
                lines[at] = line[:cut] + line[cut + 1 :]
            case 4:
                lines[at] = line.replace("3", digit).replace("1", digit)
            case 5:
                lines[at] = line.replace("SIZE", rng.choice(("AMOUNT", "size", "SIZE2", "4")))
            case 6:
                lines[at] = line.replace("(Base)", rng.choice(BASES)).replace('"b"', '"c"')
            case 7:
                del lines[at:]
            case _:
                lines.insert(at, "    " * rng.randrange(3) + rng.choice(NEW_LINES))
    return "\n".join(lines) + "\n"


def fuzz(count: int, seed: int, folder: Path, say: Callable[[str], None]) -> int:
    """Run so many edits; return how many of them did harm."""
    rng, harm = Random(seed), 0
    show = Show(folder, main=MAIN, helper=HELPER)
    try:
        for number in range(1, count + 1):
            name = rng.choice(("main.py", "main.py", "helper.py"))
            text = edited(rng, MAIN if name == "main.py" else HELPER)
            try:
                show.save(text, name).frame().frame()
                if rng.random() < 0.1:
                    show.reloader.ask_setup()
                    show.frame()
                left = _healed(show) if number % HEALS == 0 else ""
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                left = f"{name}: {error!r} escaped"
            if left:
                harm += 1
                say(f"edit {number} of seed {seed}: {left}")
        say(f"{count} edits, {show.reloader.swaps} swapped in, {harm} did harm")
    finally:
        show.close()
    return harm


def _healed(show: Show) -> str:
    """Save the first texts, press Ctrl+R, and return what is still wrong."""
    show.write("helper.py", HELPER)
    show.save(MAIN).frame()
    show.reloader.ask_setup()
    show.frame().frame()
    return f"not healed: {show.shown}" if show.shown else ""


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.edits", description=__doc__)
    parser.add_argument("--count", type=int, default=5000, help="edits")
    parser.add_argument("--seed", type=int, default=0, help="decides all of them")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        return 1 if fuzz(given.count, given.seed, Path(folder), print) else 0


if __name__ == "__main__":
    sys.exit(main())
