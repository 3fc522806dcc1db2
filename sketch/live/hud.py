"""What the HUD says, and its picture: lines of text and the graph of the last frames.

The picture changes a line a frame, so that no frame has the work of all of it.
"""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sketch.escaped import escaped
from sketch.live.hud_meter import KEPT, FrameMeter, resident_megabytes
from sketch.loop import Stage
from sketch.render.text.fonts import OWN

Picture = NDArray[np.uint8]
Box = tuple[int, int, int, int]

WIDTH = 400
LINE = 17
FONT = 13
GRAPH = 60
_GAP = 6
MESSAGES = 5
"""Lines of the last messages."""

_LETTERS = 58
"""Of a line of a message; a longer one wraps, since its end says what to do."""

GROUND = (16, 14, 12, 255)
"""Bytes of a pixel in the order of a window: blue, green, red, alpha."""

_GRAPH_COLORS = {
    "update": (255, 180, 90),
    "draw": (120, 205, 110),
    "rest": (58, 56, 54),
    "gpu": (90, 160, 255),
}
_LIMIT = (70, 70, 235)
_TEXT = np.array((230, 230, 230), np.float32)
_ROWS = (
    ("frame", "frame"),
    ("update", "update"),
    ("draw", "draw"),
    ("gpu", "GPU"),
    ("inference", "inference"),
    ("upload", "upload"),
    ("collection", "garbage collection"),
    ("film", "film"),
    ("screen", "waiting for the screen"),
)
_COLUMNS = (10, 190, 265)
_MODELS = 2


class HudText:
    """The lines of the HUD.

    Args:
        stage: What runs.
        meter: What measures it.
    """

    COUNT = 1 + 1 + len(_ROWS) + 2 + _MODELS + 1 + MESSAGES

    def __init__(self, stage: Stage, meter: FrameMeter) -> None:
        self._stage = stage
        self._meter = meter
        self._times: dict[str, tuple[float, float]] = {}

    def line(self, number: int) -> tuple[str, ...]:
        """The texts of a line, each for its column; () for an empty line."""
        if number == 0:
            self._times = self._meter.percentiles()
            return self._title()
        if number == 1:
            return (f"milliseconds of {KEPT} frames", "p50", "p99")
        number -= 2
        if number < len(_ROWS):
            part, name = _ROWS[number]
            p50, p99 = self._times.get(part, (0.0, 0.0))
            return (name, f"{p50:.2f}", f"{p99:.2f}")
        number -= len(_ROWS)
        if number == 0:
            return (f"missed {self._meter.missed} frames, drew {self._meter.frames}",)
        if number == 1:
            causes = ", ".join(f"{count} {cause}" for cause, count in self._meter.causes.most_common(3))
            return (f"because of: {causes}",) if causes else ()
        number -= 2
        if number < _MODELS:
            models = model_lines(self._stage.sketch.addons)
            return (models[number],) if number < len(models) else ()
        number -= _MODELS
        if number == 0:
            memory = resident_megabytes()
            memory_text = "" if memory is None else f"memory {memory:.0f} MB"
            return (f"dropped points {self._stage.pens.dropped}", memory_text)
        lines = message_lines([text for _, text in self._stage.notices.lines])
        return (lines[number - 1],) if number - 1 < len(lines) else ()

    def _title(self) -> tuple[str, ...]:
        p50, _ = self._times.get("frame", (0.0, 0.0))
        rate = f"{1000 / p50:.1f} frames a second" if p50 else ""
        sketch = self._stage.sketch
        return (rate, f"{sketch.width}x{sketch.height}", "F3 closes")


def model_lines(addons: Sequence[object]) -> list[str]:
    """A line for each addon that runs a model: its name, its provider, and how long an answer takes."""
    lines: list[str] = []
    for addon in addons:
        provider: Any = getattr(addon, "provider", None)
        if not isinstance(provider, str):
            continue
        timings: Any = getattr(addon, "timings", None)
        p50, p99 = getattr(timings, "p50", None), getattr(timings, "p99", None)
        line = f"{type(addon).__name__} on {provider.upper() or 'no provider yet'}"
        if isinstance(p50, float) and isinstance(p99, float) and p50 == p50:
            line += f": p50 {p50:.0f} µs, p99 {p99:.0f} µs"
        lines.append(line)
    return lines


def message_lines(messages: Sequence[str]) -> list[str]:
    """The last messages, wrapped; the first lines of those that do not fit are left out."""
    return [line for text in messages for line in wrap(escaped(text), _LETTERS)][-MESSAGES:]


class HudPicture:
    """The picture of the HUD, in the byte order and the row order of a window.

    Args:
        text: Its lines.
        meter: The frames of its graph.
        ratio: Pixels per logical pixel.

    Attributes:
        pixels: Shape (height, width, 4): blue, green, red, alpha; the top row first.
    """

    def __init__(self, text: HudText, meter: FrameMeter, ratio: float = 1.0) -> None:
        self._text = text
        self._meter = meter
        self._ratio = ratio
        self._line = max(8, round(LINE * ratio))
        self._font = ImageFont.truetype(OWN, max(6, round(FONT * ratio)))
        self._glyphs: dict[str, Picture] = {}
        self._shown: list[tuple[str, ...]] = [()] * text.COUNT
        self._top = round(6 * ratio)
        self._graph_top = self._top + self._line
        self._graph_height = round(GRAPH * ratio)
        self._column = max(1, int((WIDTH - 20) * ratio) // KEPT)
        self._left = round(10 * ratio)
        height = self._graph_top + self._graph_height + self._line * text.COUNT + self._top
        self.pixels: Picture = np.empty((height, round(WIDTH * ratio), 4), np.uint8)
        self.pixels[:] = GROUND
        self._next = 0

    def advance(self) -> list[Box]:
        """Add the last frame to the graph, and bring one line up to date.

        Returns:
            The places that changed: left, top, right and bottom in pixels.
        """
        changed = [self._draw_frame()]
        number, self._next = self._next, (self._next + 1) % self._text.COUNT
        texts = self._text.line(number)
        if texts != self._shown[number]:
            self._shown[number] = texts
            changed.append(self._draw_line(number, texts))
        return changed

    def fill(self) -> None:
        """Bring every line up to date."""
        for _ in range(self._text.COUNT):
            self.advance()

    def _draw_frame(self) -> Box:
        """Draw the last frame right of the one before, and a gap: moving the whole graph would cost more."""
        top, bottom = self._graph_top, self._graph_top + self._graph_height
        left = self._left + self._column * (self._meter.frames % KEPT)
        right = min(left + self._column * (1 + _GAP), self._left + self._column * KEPT)
        self.pixels[top:bottom, left:right] = GROUND
        newest = self.pixels[top:bottom, left : left + self._column]
        update, draw, gpu, span = self._meter.last
        height = self._graph_height
        # The whole height is two steps.
        scale = height / (2000 * self._meter.step)
        rest, both, first = (min(height, round(scale * each)) for each in (span, update + draw, update))
        newest[height - rest :, :, :3] = _GRAPH_COLORS["rest"]
        newest[height - both :, :, :3] = _GRAPH_COLORS["draw"]
        newest[height - first :, :, :3] = _GRAPH_COLORS["update"]
        row = height - 1 - min(height - 1, round(scale * gpu))
        newest[max(0, row - 1) : row + 1, :, :3] = _GRAPH_COLORS["gpu"]
        newest[height // 2, :, :3] = _LIMIT
        return left, top, right, bottom

    def _draw_line(self, number: int, texts: tuple[str, ...]) -> Box:
        top = self._top if number == 0 else self._graph_top + self._graph_height + self._line * number
        strip = self.pixels[top : top + self._line]
        strip[:] = GROUND
        for place, text in enumerate(texts):
            left = round((_COLUMNS[place] if len(texts) > 1 else _COLUMNS[0]) * self._ratio)
            after = place + 1 < len(texts)
            right = round(_COLUMNS[place + 1] * self._ratio) if after else strip.shape[1] - self._left
            self._write(strip[:, left:right], text)
        return 0, top, self.pixels.shape[1], top + self._line

    def _write(self, strip: Picture, text: str) -> None:
        cells = [self._glyph(letter) for letter in text[:120]]
        if not cells:
            return
        row = np.concatenate(cells, axis=1)[:, : strip.shape[1]]
        strip[:, : row.shape[1]] = row

    def _glyph(self, letter: str) -> Picture:
        """The picture of a letter on the ground, drawn once."""
        found = self._glyphs.get(letter)
        if found is None:
            # Digits of one width: a figure that changes does not move the others.
            measured = "0" if letter.isdigit() else letter
            width = max(1, round(self._font.getlength(measured)))
            image = Image.new("L", (width, self._line), 0)
            ImageDraw.Draw(image).text((0, self._line // 2), letter, 255, self._font, anchor="lm")
            share = np.asarray(image, np.float32)[..., None] / 255
            ground = np.array(GROUND[:3], np.float32)
            found = np.full((self._line, width, 4), 255, np.uint8)
            found[..., :3] = np.rint(ground + share * (_TEXT - ground)).astype(np.uint8)
            self._glyphs[letter] = found
        return found
