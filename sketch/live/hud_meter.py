"""Where the time of each frame goes: measured while the HUD is open."""

import gc
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from sketch.arrays import Floats
from sketch.render.gl.uploads import UPLOADS

PARTS = ("update", "draw", "gpu", "inference", "upload", "collection", "film", "screen", "rest")
"""Parts of a frame: the sketch's `update` with the events; its `draw`; the GPU's work on it, by its clock;
the addons' hooks; uploads; garbage collection; the film; waiting for the screen; all other time."""

WORDS = {
    "gpu": "the GPU",
    "collection": "garbage collection",
    "screen": "waiting for the screen",
    "rest": "the system, or what runs at the same time",
    "film": "the film",
    "upload": "uploads",
}
KEPT = 380
"""Frames in the graph and in the percentiles."""

LATE = 1.5
"""A frame that begins later than this many steps after the last one has missed some."""

_USUAL = 20
"""Frames from which the usual time of each part is known."""


class FrameMeter:
    """Times of the last frames, part by part, and why frames were missed.

    Args:
        step: Seconds a frame should take.
        now: A clock in seconds.

    Attributes:
        frames: How many frames were measured.
        missed: How many were missed.
        causes: How many by which part.
        last_cause: Why the last ones were missed; empty if none were.
    """

    def __init__(self, step: float, now: Callable[[], float] = perf_counter) -> None:
        self.step = step
        self.frames = self.missed = 0
        self.causes: Counter[str] = Counter()
        self.last_cause = ""
        self._now = now
        self._began: float | None = None
        self._since = 0.0
        self._place: dict[str, int] = {part: place for place, part in enumerate(PARTS)}
        self._parts = np.full((len(PARTS), KEPT), np.nan, np.float32)
        self._spans = np.full(KEPT, np.nan, np.float32)
        self._current = [0.0] * len(PARTS)
        self._gpu_ms = 0.0
        self._collecting = 0.0
        self._inside = 0.0
        self._is_open = False

    def open(self) -> None:
        """Begin to measure."""
        self._is_open = True
        self._began = None
        UPLOADS.watched = True
        UPLOADS.take()
        gc.callbacks.append(self._collect)

    def close(self) -> None:
        """Measure nothing any more."""
        if self._is_open:
            self._is_open = False
            UPLOADS.watched = False
            gc.callbacks.remove(self._collect)

    def begin(self) -> None:
        """A frame begins, and with it the last one is over."""
        now = self._now()
        if self._began is not None:
            self._finish(now - self._began)
        self._began = self._since = now
        self._current = [0.0] * len(PARTS)
        self._inside = 0.0

    def lap(self, part: str) -> None:
        """All that was done since the last lap, or since the frame began, was this part."""
        now = self._now()
        # What was measured within a part is a part of its own.
        self._current[self._place[part]] += max(0.0, now - self._since - self._inside)
        self._since, self._inside = now, 0.0

    def add(self, part: str, seconds: float) -> None:
        """Count time of a part that was done within another."""
        self._current[self._place[part]] += seconds
        self._inside += seconds

    def gpu(self, seconds: float) -> None:
        """The GPU has reported how long it worked on a frame; it reports a few frames late."""
        self._gpu_ms = 1000 * seconds

    def upload(self) -> None:
        """Count the uploads since the last call: they were done within the part that lasts now."""
        seconds, _ = UPLOADS.take()
        if seconds:
            self.add("upload", seconds)

    @property
    def last(self) -> tuple[float, float, float, float]:
        """Milliseconds of the last frame: `update`, `draw`, GPU, and from its beginning to the next."""
        if not self.frames:
            return 0.0, 0.0, 0.0, 0.0
        place = (self.frames - 1) % KEPT
        update, draw, gpu, inference, upload = (float(each) for each in self._parts[:5, place])
        return update + inference, draw + upload, gpu, float(self._spans[place])

    def percentiles(self) -> dict[str, tuple[float, float]]:
        """Median and 99th percentile of "frame" and of each part, in milliseconds; empty before a frame."""
        count = min(self.frames, KEPT)
        if not count:
            return {}
        rows: Floats = np.vstack((self._spans[None], self._parts))[:, :count]
        rows.sort(axis=1)
        middle, high = (count - 1) // 2, min(count - 1, round(0.99 * (count - 1)))
        names = ("frame", *PARTS)
        return {name: (float(row[middle]), float(row[high])) for name, row in zip(names, rows, strict=True)}

    def _finish(self, span: float) -> None:
        current = self._current
        current[self._place["gpu"]] = current[self._place["rest"]] = 0.0
        current[self._place["rest"]] = max(0.0, span - sum(current))
        ms = [1000 * each for each in current]
        ms[self._place["gpu"]] = self._gpu_ms
        late = span > LATE * self.step
        if late and self.frames >= _USUAL:
            self.missed += (lost := max(1, round(span / self.step) - 1))
            self.last_cause = self._cause(ms)
            self.causes[self.last_cause] += lost
        place = self.frames % KEPT
        self._parts[:, place] = ms
        self._spans[place] = 1000 * span
        self.frames += 1

    def _cause(self, ms: list[float]) -> str:
        """The part that took longest over its usual time; the screen and the rest only if no part did."""
        usual = np.nanmedian(self._parts, axis=1)
        over = dict(zip(PARTS, (np.array(ms) - usual).tolist(), strict=True))
        if over["screen"] > 0 and over["gpu"] > 0.5 * over["screen"]:
            # The processor waits for a GPU that is not done yet.
            over["gpu"], over["screen"] = over["screen"], 0.0
        part = max(over, key=over.__getitem__)
        return WORDS.get(part, part)

    def _collect(self, phase: str, info: Mapping[str, Any]) -> None:
        if phase == "start":
            self._collecting = self._now()
        else:
            self.add("collection", self._now() - self._collecting)


def resident_megabytes() -> float | None:
    """Memory of this process in megabytes; None where the system does not say."""
    if sys.platform != "linux":
        return None
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
