"""The show of a soak: the handwriting sketch in a file that is edited, and notes of every frame."""

import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sketch.examples.handwriting import Handwriting
from sketch.examples.handwriting_show import placed
from sketch.live.hud_meter import resident_megabytes
from sketch.synthetic_hand.hand import TEACH_FACE
from sketch.synthetic_hand.player import draw

MAIN = """from pathlib import Path
import tint
from tests.soak.show import SoakShow

class Show(SoakShow):
    def draw(self, canvas):
        super().draw(canvas)
        canvas.color(*tint.tint())
        canvas.circle(30, 30, RADIUS)
    def after_reload(self):
        self.reloads += 1
"""
TINT = "def tint(): return (RED, 120, 80)\n"


class SoakShow(Handwriting):
    """The handwriting sketch, with notes of what every frame did.

    Its letters are written over each other, so no stroke continues a letter that is closed.

    Attributes:
        notes: Four numbers for each frame: when it began, in seconds of `perf_counter`, how long the one
            before took until it, how long of that the frame's thread ran, and resident memory in MB; 0 where
            the system does not say.
        reloads: How many edits were swapped in.
    """

    ink_reopens = 0.0

    def setup(self) -> None:
        """Start the notes."""
        super().setup()
        self.notes = array("d")
        self.reloads = 0
        self.last = (time.perf_counter(), time.thread_time())

    def update(self, dt: float) -> None:
        """Note the frame."""
        now = (time.perf_counter(), time.thread_time())
        self.notes.extend((now[0], now[0] - self.last[0], now[1] - self.last[1], resident_megabytes() or 0.0))
        self.last = now
        super().update(dt)


def save_edit(folder: Path, number: int) -> None:
    """Save the sketch and the module that it imports, in turn; the first time both."""
    if number % 2 == 0:
        (folder / "main.py").write_text(MAIN.replace("RADIUS", str(8 + number % 7)))
    if number % 2 or not number:
        (folder / "tint.py").write_text(TINT.replace("RED", str(number % 256)))


def script(
    show: Any,
    seconds: float,
    swap: Callable[[], None],
    edit: Callable[[], None],
    swap_every: float,
    edit_every: float,
) -> Iterator[Any]:
    """What happens in the show: letters without a pause, training without end, swaps and edits.

    Args:
        show: The sketch.
        seconds: How long it is, from when the model is ready.
        swap: Swaps a model in.
        edit: Saves a file of the sketch.
        swap_every: Seconds between two swaps.
        edit_every: Seconds between two edits.
    """
    yield lambda: show.letters.ready
    for label in "ABCD":
        for seed in range(5):
            show.letters.teach(label, placed(label, TEACH_FACE, seed))
    number = 0
    swap_at = edit_at = 0.0
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        number += 1
        yield draw(placed("ABCD"[number % 4], TEACH_FACE, number), rest=show.ink_pause + 0.1)
        if not show.letters.training.active:
            show.letters.train(iterations=100_000)
        now = time.perf_counter()
        if now > swap_at:
            swap_at = now + swap_every
            swap()
        if now > edit_at:
            edit_at = now + edit_every
            edit()
    show.letters.cancel()
    show.quit()
