"""Ten minutes of `performance.py` without a hand: letters, moods, models that are swapped, and thirty edits.

    python -m sketch.examples.performance_show out/performance [--minutes 10] [--film]

Plays a copy of the sketch in the folder `out/performance`, which it edits while it plays. Five of the edits
are errors, and each of them is mended a moment later; `--film` films it.
"""

import argparse
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sketch
from addon.model.registry import shipped_models
from sketch.input.events import FilesEvent, PresetEvent
from sketch.load import load_sketch
from sketch.synthetic_hand.hand import write
from sketch.synthetic_hand.player import Script, ScriptPlayer, draw

WORDS = "INKLOOPHEARSTHEWINDANDDRAWSBIRDS"
MOODS = "23415"
BAR = 20.0
"""Seconds from an edit to the next, in a show of ten minutes."""


@dataclass(frozen=True)
class Edit:
    """A change of the sketch's text: `old`, which it has once, becomes `new`."""

    old: str
    new: str

    def of(self, text: str) -> str:
        """The text after it.

        Raises:
            ValueError: The text does not have `old` exactly once.
        """
        if text.count(self.old) != 1:
            raise ValueError(f"{self.old!r} is there {text.count(self.old)} times")
        return text.replace(self.old, self.new)

    @property
    def back(self) -> "Edit":
        """The edit that undoes it."""
        return Edit(self.new, self.old)


_LEAVES = Edit("np.cos(5 * x + 7 * y)", "np.cos(9 * x - 4 * y)")
_LOOP = Edit("0.5 + 0.34 * np.sin(0.53 * t), 0.5", "0.5 + 0.4 * np.sin(0.3 * t), 0.5")
_TYPO = Edit("canvas.background(*GROUND)", "canvas.backgruond(*GROUND)")
_COLON = Edit("def tails(self) -> Doubles:", "def tails(self) -> Doubles")
_NAME = Edit("return 1.3 * self.velocity", "return 1.3 * self.velocty")
_SHAPE = Edit("size = float(self.height)", "size = np.zeros(3)")
_IMPORT = Edit("import numpy as np", "import numpy as np\nimport feathers_of_gold")

SCORE: tuple[Edit, ...] = (
    Edit("GROUND = (8, 9, 15)", "GROUND = (5, 8, 18)"),
    _LEAVES,
    Edit("* np.maximum(1.0, 4.0 / fast)", "* np.maximum(1.0, 7.0 / fast)"),
    _TYPO,
    _TYPO.back,
    Edit("HOLD = 1.5", "HOLD = 2.2"),
    _LOOP,
    Edit("oklch(x, 0.14, hue", "oklch(x, 0.19, hue"),
    Edit("0.28 * self.wind", "0.36 * self.wind"),
    _COLON,
    _COLON.back,
    Edit("self.flash *= 0.94", "self.flash *= 0.97"),
    _LEAVES.back,
    Edit("normal(0, 5, (BIRDS, 2))", "normal(0, 11, (BIRDS, 2))"),
    Edit("137.5 * color_index(label) % 360", "222.5 * color_index(label) % 360"),
    _NAME,
    _NAME.back,
    Edit("threshold=0.35, radius=20", "threshold=0.25, radius=28"),
    Edit("velocity += 9 * self.mood", "velocity += 16 * self.mood"),
    Edit("np.sin(8 * x - t) - np.cos(7 * x - 5 * y)", "np.sin(5 * x - 2 * t) - np.cos(11 * y)"),
    _SHAPE,
    _SHAPE.back,
    Edit("0.12 * (self.targets - self.xy)", "0.06 * (self.targets - self.xy)"),
    Edit("GROUND = (5, 8, 18)", "GROUND = (14, 8, 12)"),
    _LOOP.back,
    Edit("light = 0.42 + 0.05", "light = 0.34 + 0.08"),
    _IMPORT,
    _IMPORT.back,
    Edit("* np.maximum(1.0, 7.0 / fast)", "* np.maximum(1.0, 3.0 / fast)"),
    Edit("HOLD = 2.2", "HOLD = 1.2"),
)
"""Thirty edits; five of them are errors: a misspelt method, syntax, a name, a shape, and a missing module."""


def prepare(folder: Path) -> tuple[Path, list[Path]]:
    """Copy the sketch, its moods and two models into a folder; return the sketch and the models."""
    folder.mkdir(parents=True, exist_ok=True)
    here = Path(__file__).parent
    for name in ("performance.py", "performance.presets.toml"):
        shutil.copyfile(here / name, folder / name)
    models = [folder / f"letters-{number}.onnx" for number in (1, 2)]
    for model in models:
        shutil.copyfile(shipped_models() / "letters.onnx", model)
    return folder / "performance.py", models


def score(show: Any, file: Path, models: list[Path], seconds: float, edits: Sequence[Edit] = SCORE) -> Script:
    """What happens, bar by bar: an edit, letters, and now and then another mood or model.

    Args:
        show: The sketch.
        file: Its file, which is edited.
        models: Are dropped on the window, in turn.
        seconds: Of the whole show; a bar of less than four seconds has no letter.
        edits: Come in this order, one a bar.
    """
    bar = seconds / len(edits)
    letters = _letters(show.width, show.height)
    yield lambda: show.letters.ready
    for number, edit in enumerate(edits):
        began = show.time
        file.write_text(edit.of(file.read_text(encoding="utf-8")), encoding="utf-8")
        if number % 6 == 3:
            yield [(0.0, FilesEvent((str(models[number // 6 % 2]),), 0.0, 0.0))]
        if number % 3 == 1:
            mood = MOODS[number // 3 % len(MOODS)]
            yield [(0.0, PresetEvent(mood, min(6.0, bar / 2), "score"))]
        while show.time - began < bar - 4.0:
            yield draw(next(letters), rest=3.2)
        ends = began + bar
        yield lambda ends=ends: show.time >= ends


def _letters(width: int, height: int) -> Iterator[list[Any]]:
    """Letters of `WORDS` in turn, each at another place."""
    number = 0
    while True:
        size = 0.46 * height
        x = width * (0.16 + 0.5 * (0.618 * number % 1))
        y = height * (0.14 + 0.26 * (0.381 * number % 1))
        yield write(WORDS[number % len(WORDS)], seed=number, height=size, origin=(x, y), speed=3.0)
        number += 1


def perform(folder: Path, minutes: float = 10.0, edits: Sequence[Edit] = SCORE, **options: Any) -> Any:
    """Play the show in a folder.

    Args:
        folder: For the copy of the sketch.
        minutes: How long it is.
        edits: What is changed in the sketch, in this order.
        **options: As for `sketch.run`: record, tape, viewer...

    Returns:
        The sketch as it was at the end.
    """
    file, models = prepare(folder)
    show: Any = load_sketch(file)()
    player = ScriptPlayer(score(show, file, models, 60 * minutes, edits))
    options = {"home": folder / "home"} | options
    return sketch.run(show, headless=True, reload=True, player=player, **options)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="performance_show", description=__doc__)
    parser.add_argument("folder", type=Path, help="for the copy of the sketch, and its film")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long it is")
    parser.add_argument("--film", action="store_true", help="film it")
    given = parser.parse_args()
    film = {"record": given.folder / "performance.mp4"} if given.film else {}
    perform(given.folder, given.minutes, **film)


if __name__ == "__main__":
    main()
