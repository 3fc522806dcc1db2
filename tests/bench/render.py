"""What drawing costs, compared with other libraries: strokes and shapes, their error, dry ink, memory.

Every renderer is a process of its own that is kept alive. They draw alternately, a few frames each, so that
what else the machine does falls on all alike. A ratio is taken within each round, and of all rounds the
median. Wall time is what the goals are about; the processor time of all threads is given as well, because
wall time doubles when the machine is busy.
"""

import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.bench._row import table_row
from tests.bench.render_dry import dry_rows
from tests.bench.render_peers import FOLDER, Field, renderers
from tests.bench.render_post import post_rows
from tests.bench.render_scene import error, lines, reference
from tests.bench.renderers.worker import Worker, WorkerError

Row = dict[str, Any]

ROUNDS = 16
WARM_UP = 3  # rounds: Java and JavaScript compile what runs often
FRAMES = 4  # of each scene in a round
SHAPES = 10_000

# What is measured: the renderer and the scene it draws.
STROKES = {
    "ours": ("ours", "strokes"),
    "p5": ("browser", "p5_strokes"),
    "canvas2d": ("browser", "canvas2d_strokes"),
    "py5": ("py5", "strokes"),
    "pyglet": ("pyglet", "strokes"),
    "blend2d": ("blend2d", "strokes"),
}
FIGURES = {
    "shapes": ("ours", "shapes"),
    "p5 shapes": ("browser", "p5_shapes"),
    "circles": ("ours", "circles"),
    "p5 circles": ("browser", "p5_circles"),
}
BLEND2D = "Blend2D fills outlines on the processor: faster than any GL driver in software"


@dataclass
class Times:
    """Of every round: the median wall time of a frame and the processor time, in ms; and all frames."""

    wall: list[float] = field(default_factory=list[float])
    cpu: list[float] = field(default_factory=list[float])
    calls: list[float] = field(default_factory=list[float])
    frames: list[float] = field(default_factory=list[float])

    def add(self, answer: Mapping[str, Any]) -> None:
        """Note a round."""
        self.wall.append(statistics.median(answer["wall_ms"]))
        self.cpu.append(answer["cpu_ms"])
        self.calls += answer.get("calls_ms", [])
        self.frames += answer["wall_ms"]


def rows() -> list[Row]:
    """Measure everything."""
    with renderers() as field_:
        for name, reason in field_.missing.items():
            print(f"  {name} is missing: {reason}", file=sys.stderr)
        times = race(field_, {**STROKES, **FIGURES})
        errors = picture_errors(field_.workers)
        memory = {name: worker.ask(memory=True)["megabytes"] for name, worker in field_.workers.items()}
    for name, taken in times.items():
        print(f"  {name:10} {spread(taken)}", file=sys.stderr)
    made = [*stroke_rows(times, errors, field_), *shape_rows(times, field_)]
    made.append(_row("memory_mb", memory.pop("ours"), "MB", None, memory))
    return [*made, *dry_rows(), *post_rows()]


def race(field_: Field, scenes: Mapping[str, tuple[str, str]]) -> dict[str, Times]:
    """Let every renderer draw its scenes alternately; one that fails is left out and named with the reason.

    Raises:
        WorkerError: Inkloop's own renderer broke off.
    """
    workers = field_.workers
    times = {
        label: Times()
        for label, (name, scene) in scenes.items()
        if name in workers and scene in workers[name].hello["scenes"]
    }
    for number in range(WARM_UP + ROUNDS):
        for label in [*times]:
            answer = turn(field_, label, *scenes[label])
            if answer is None:
                del times[label]
            elif number >= WARM_UP:
                times[label].add(answer)
    return times


def turn(field_: Field, label: str, name: str, scene: str) -> dict[str, Any] | None:
    """One renderer's turn in the race; None if it is out."""
    if name not in field_.workers:
        return None
    try:
        return field_.workers[name].ask(scene=scene, frames=FRAMES)
    except WorkerError as error:
        if name == "ours":
            raise
        field_.missing[name] = f"broke off in {label}: {error}"
        print(f"  {name} {field_.missing[name]}", file=sys.stderr)
        field_.workers.pop(name).close()
        return None


def picture_errors(workers: Mapping[str, Worker]) -> dict[str, float]:
    """Mean absolute error of everybody's strokes, in 255ths; the pictures stay to be looked at."""
    truth = reference(lines())
    errors: dict[str, float] = {}
    for label, (name, scene) in STROKES.items():
        if name in workers:
            path = FOLDER / f"{label}.npy"
            workers[name].ask(scene=scene, picture=str(path))
            errors[label] = error(np.load(path), truth)
    return errors


def stroke_rows(times: Mapping[str, Times], errors: Mapping[str, float], field_: Field) -> list[Row]:
    """Speed compared with every peer, and the errors."""
    wall = {label: statistics.median(times[label].wall) for label in STROKES if label in times}
    cpu = {label: statistics.median(times[label].cpu) for label in STROKES if label in times}
    goals = {"p5": 0.2, "py5": 0.15, "pyglet": 1.6, "canvas2d": None, "blend2d": None}
    made = [versus(f"redraw10k_vs_{peer}", times, "ours", peer, goal, field_) for peer, goal in goals.items()]
    made[-1].setdefault("reason", BLEND2D)
    made.append(_row("redraw10k_mae", errors["ours"], "of 255", 0.4, without_ours(errors)))
    made.append(_row("redraw10k_ms", wall["ours"], "ms", None, without_ours(wall)))
    made.append(_row("redraw10k_cpu_ms", cpu["ours"], "ms", None, without_ours(cpu)))
    return made


def shape_rows(times: Mapping[str, Times], field_: Field) -> list[Row]:
    """Many shapes by ordinary calls and by one, and what Python's part of a call is."""
    calls = statistics.median(times["shapes"].calls)
    return [
        versus("shapes10k_vs_p5", times, "shapes", "p5 shapes", 0.5, field_),
        versus("shapes10k_array_vs_p5", times, "circles", "p5 circles", 1 / 3, field_),
        _row("shapes10k_python_us", 1e3 * calls / SHAPES, "us a shape", None, {}),
    ]


def versus(
    figure: str, times: Mapping[str, Times], ours: str, peer: str, goal: float | None, field_: Field
) -> Row:
    """The row of a ratio; without a value, and with the reason, where one of both is missing."""
    for label in (ours, peer):
        if label not in times:
            renderer = {**STROKES, **FIGURES}[label][0]
            reason = f"{label}: {field_.missing.get(renderer, 'there is no such call')}"
            return {**_row(figure, None, "ratio", goal, {}), "reason": reason}
    both = zip(times[ours].wall, times[peer].wall, strict=True)
    ratio = statistics.median(mine / theirs for mine, theirs in both)
    cpu = statistics.median(times[ours].cpu) / statistics.median(times[peer].cpu)
    taken = {f"{label}_ms": statistics.median(times[label].wall) for label in (ours, peer)}
    return _row(figure, ratio, "ratio", goal, {**taken, "cpu_ratio": cpu})


def spread(taken: Times) -> str:
    """Median and range of the wall time of a frame, and the median of the processor time."""
    middle, low, high = statistics.median(taken.frames), min(taken.frames), max(taken.frames)
    return f"{middle:8.2f} ms ({low:.2f} to {high:.2f}), processor {statistics.median(taken.cpu):.2f} ms"


def without_ours(values: Mapping[str, float]) -> dict[str, float]:
    """The peers' part."""
    return {name: value for name, value in values.items() if name != "ours"}


def _row(figure: str, value: float | None, unit: str, goal: float | None, peer: Mapping[str, float]) -> Row:
    return table_row("render", figure, value, unit, goal, peer=peer)
