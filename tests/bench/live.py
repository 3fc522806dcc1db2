"""What changing a sketch costs while it runs: `python3 dev.py bench live`."""

import gc
import logging
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import sketch
from sketch.launch import as_sketch
from sketch.load import load_sketch
from tests.bench import _live_film, _live_hud, _live_parameters, _live_tapes
from tests.bench._row import table_row
from tests.bench.frames import resident_bytes, scribbles

FPS = 60.0
RELOADS = 100
BEGIN = 240
"""The first frames compile what was never drawn, and the processes start."""

REST = 20
AROUND = 5
MANY = 1000
SETTLED = 200
KINDS = ("main.py", "helper.py", "light.frag")

MAIN = """
import sketch
from helper import other, tint

NUMBER = {number}

class Main(sketch.Sketch):
    window = sketch.Window(size=(640, 400))

    def setup(self):
        self.light = sketch.Shader("light.frag")

    def draw(self, canvas):
        canvas.background(12)
        self.light.set(time=self.time)
        canvas.shader(self.light, 0, 0, 200, 200)
        for place in range(300):
            canvas.color(tint(place), 90, 90)
            canvas.circle(220 + place % 30 * 14, place // 30 * 40, 5)
        canvas.ink(self.ink)
        self.seen = {{"main.py": NUMBER, "helper.py": other()}}
"""
HELPER = "def other(): return {number}\ndef tint(place): return place % 200\n"
LIGHT = """
in vec2 at;
out vec4 paint;
uniform float time;
void main() {{
    float wave = sin({salt} * at.x + time) * cos(7.0 * at.y - time);
    paint = gl_FragCoord.x < 8.0 ? vec4(vec3({number}.0 / 255.0), 1.0) : vec4(0.5 + 0.5 * wave, at, 1.0);
}}
"""
TEXTS = {"main.py": MAIN, "helper.py": HELPER, "light.frag": LIGHT}


def rows() -> list[dict[str, Any]]:
    """Measure everything."""
    return [
        *reload_rows(),
        memory_row(),
        *_live_parameters.rows(),
        *_live_hud.rows(),
        *_live_film.rows(),
        *_live_tapes.rows(),
    ]


def reload_rows() -> list[dict[str, Any]]:
    """From the end of writing to the first frame with the new code; the frames around over those at rest."""
    times, around, rest = reloads(RELOADS)
    each = {kind: float(np.percentile(times[number :: len(KINDS)], 95)) for number, kind in enumerate(KINDS)}
    ratio = float(np.percentile(around, 99) / np.percentile(rest, 99))
    frames = {
        "rest p99 ms": float(np.percentile(rest, 99)),
        "around p99 ms": float(np.percentile(around, 99)),
    }
    return [
        table_row("live", "reload_ms", float(np.percentile(times, 95)), "ms", 100.0, peer=each),
        table_row("live", "reload_frame_p99_ratio", ratio, "ratio", 1.5, peer=frames),
    ]


def reloads(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Milliseconds of reloads, of the frames around them, and of the frames in between."""
    times: list[float] = []
    around: list[float] = []
    rest: list[float] = []
    with _running() as (folder, instance):
        state = {"number": 0, "saved": 0.0, "frames": 0, "began": 0.0, "next": time.perf_counter()}

        def play(now: float, queue: object) -> bool:
            state["next"] = max(state["next"] + 1 / FPS, time.perf_counter())
            time.sleep(max(0.0, state["next"] - time.perf_counter()))
            state["began"] = time.perf_counter()
            return len(times) < count or state["frames"] < AROUND

        def view(picture: np.ndarray) -> None:
            now = time.perf_counter()
            state["frames"] += 1
            waits = bool(state["saved"])
            if instance.frame > BEGIN:
                (around if waits or state["frames"] <= AROUND else rest).append(1e3 * (now - state["began"]))
            if waits and _is_new(state["number"], instance, picture):
                times.append(1e3 * (now - state["saved"]))
                state.update(saved=0.0, frames=0)
            elif not waits and state["frames"] >= REST and len(times) < count and instance.frame > BEGIN:
                state["number"] += 1
                _save(folder, state["number"])
                state["saved"] = time.perf_counter()

        sketch.run(instance, headless=True, reload=True, player=play, viewer=view, home=folder / "home")
    return np.array(times), np.array(around), np.array(rest)


def memory_row() -> dict[str, Any]:
    """Growth of resident memory from 200 reloads to 1000."""
    marks: list[float] = []
    with _running() as (folder, instance):
        state = {"number": 0}

        def play(now: float, queue: object) -> bool:
            return len(marks) < 2

        def view(picture: np.ndarray) -> None:
            if state["number"] and not _is_new(state["number"], instance, picture):
                time.sleep(0.001)
                return
            if state["number"] in (SETTLED, MANY):
                gc.collect()
                marks.append(resident_bytes())
            state["number"] += 1
            _save(folder, state["number"])

        sketch.run(instance, headless=True, reload=True, player=play, viewer=view, home=folder / "home")
    growth = 100 * (marks[1] - marks[0]) / marks[0]
    return table_row("live", "reload1000_memory_percent", growth, "percent", 2.0, peer={"MB": marks[1] / 1e6})


def _is_new(number: int, instance: Any, picture: np.ndarray) -> bool:
    """Whether a frame has the save of this number."""
    kind = KINDS[(number - 1) % len(KINDS)]
    if kind == "light.frag":
        return int(picture[100, 2, 0]) == number % 256
    return instance.seen[kind] == number


def _save(folder: Path, number: int) -> None:
    kind = KINDS[(number - 1) % len(KINDS)]
    shown = number % 256 if kind == "light.frag" else number
    (folder / kind).write_text(_text(kind, shown), encoding="utf-8")


def _text(kind: str, number: int) -> str:
    # A driver keeps what it compiled: only code that was never there has to be compiled.
    return TEXTS[kind].format(number=number, salt=9 + random.random())


@contextmanager
def _running() -> Iterator[tuple[Path, Any]]:
    logging.disable(logging.INFO)  # a line for each reload
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in TEXTS:
            (folder / kind).write_text(_text(kind, 0), encoding="utf-8")
        instance = as_sketch(load_sketch(folder / "main.py"))
        for stroke in scribbles(20, 100):
            instance.ink.add(sketch.Stroke(stroke, width=5.0))
        try:
            yield folder, instance
        finally:
            logging.disable(logging.NOTSET)
            sys.path.remove(str(folder))
            for module in ("helper", "_inkloop_main"):
                sys.modules.pop(module, None)
