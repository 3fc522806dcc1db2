"""One frame of a sketch: events, update, draw. Whoever owns the window or surface calls it and presents."""

import logging
import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import moderngl

from sketch.ink.ink import NO_POINTS, WetStroke
from sketch.ink.points import Points
from sketch.ink.predict import predicted_tip
from sketch.ink.width import stroke_width
from sketch.input.events import Event, FilesEvent, KeyEvent, MessageEvent, PointerEvent, ResizeEvent
from sketch.input.pen import PenChange, PenTracker, StrokeDone, StrokePoint
from sketch.input.queue import EventQueue
from sketch.notices import Notices
from sketch.render.canvas import Canvas
from sketch.render.color import parse_color
from sketch.sketch import Sketch
from sketch.timing import FrameTimes

log = logging.getLogger("inkloop")

RESTING = 0.03
"""Seconds without a sample after which a pen is taken to rest."""


@dataclass
class Stage:
    """A sketch that is running, and what it runs on.

    Attributes:
        sketch: The author's sketch.
        canvas: What it draws on.
        queue: Where the host puts events.
        pens: What the pointers are drawing.
        notices: Lines on screen.
        times: What the last frames cost.
        now: Seconds on the clock at this frame.
        moved: When each pointer that draws last did, by the clock.
    """

    sketch: Sketch
    canvas: Canvas
    queue: EventQueue = field(default_factory=EventQueue)
    pens: PenTracker = field(default_factory=PenTracker)
    notices: Notices = field(default_factory=Notices)
    times: FrameTimes = field(default_factory=FrameTimes)
    now: float = 0.0
    moved: dict[int, float] = field(default_factory=dict[int, float])


def begin(stage: Stage) -> None:
    """Set the sketch up."""
    sketch, canvas = stage.sketch, stage.canvas
    sketch.width, sketch.height = canvas.size
    sketch.frame_times = stage.times
    sketch.ink_closer = lambda: _deliver_all(stage, stage.pens.close_lifted())
    stage.pens.pause, stage.pens.reach = sketch.ink_pause, sketch.ink_reach
    sketch.setup()


def run_frame(stage: Stage, now: float, target: moderngl.Framebuffer) -> None:
    """Run one frame.

    Args:
        stage: What runs.
        now: Seconds on the clock.
        target: Framebuffer to draw into.
    """
    began = perf_counter()
    sketch = stage.sketch
    dt, stage.now = max(0.0, now - stage.now), now
    sketch.time = now
    for event in stage.queue.drain():
        _take(stage, event)
    _deliver_all(stage, stage.pens.tick(now))
    sketch.update(dt)
    call_addons(sketch, "update", dt)
    _collect_messages(stage)
    _draw(stage, target)
    sketch.frame += 1
    stage.times.add(perf_counter() - began)


def end(stage: Stage) -> None:
    """Finish what is being drawn, so that nothing is lost, then end the addons and the sketch."""
    sketch = stage.sketch
    ends: list[Callable[[], None]] = [lambda: _deliver_all(stage, stage.pens.finish())]
    ends += [lambda addon=addon: call_addon(addon, "exit") for addon in sketch.addons]
    ends.append(sketch.exit)
    failures: list[Exception] = []
    for step in ends:
        # One that fails must not keep the others from saving what they hold.
        try:
            step()
        except Exception as error:
            log.exception("while ending")
            failures.append(error)
    if failures:
        raise failures[0]


def call_addons(sketch: Sketch, hook: str, *arguments: Any) -> None:
    """Call a hook of every addon that has it, in the order they were attached."""
    for addon in sketch.addons:
        call_addon(addon, hook, *arguments)


def call_addon(addon: object, hook: str, *arguments: Any) -> Any:
    """Call one hook of one addon, if it has it."""
    method = getattr(addon, hook, None)
    return method(*arguments) if callable(method) else None


def _draw(stage: Stage, target: moderngl.Framebuffer) -> None:
    sketch, canvas = stage.sketch, stage.canvas
    for pointer_id, stroke in sketch.ink.wet.items():
        stroke.width = stroke_width(stroke.points, sketch.pen_width)
        stroke.tip = _tip(stage, pointer_id, stroke)
    canvas.begin(target)
    try:
        sketch.draw(canvas)
        call_addons(sketch, "draw", canvas)
        if sketch.shows_messages:
            with canvas.pushed():
                canvas.reset()
                stage.notices.draw(canvas, stage.now)
    except BaseException:
        # The frame is ended all the same; what it says of things not popped would hide the error.
        with suppress(Exception):
            canvas.end()
        raise
    canvas.end()


def _tip(stage: Stage, pointer_id: int, stroke: WetStroke) -> Points:
    """Where the pen will be when the frame is seen; nowhere new if it rests, as then nothing is reported."""
    sketch = stage.sketch
    resting = stage.now - stage.moved.get(pointer_id, -math.inf) > RESTING
    if resting or not sketch.predicts_pen:
        return NO_POINTS
    return predicted_tip(stroke.points, sketch.prediction_ms / 1000)


def _collect_messages(stage: Stage) -> None:
    sketch = stage.sketch
    lines, sketch.outbox = sketch.outbox, []
    for addon in sketch.addons:
        lines += call_addon(addon, "messages") or []
    for text in lines:
        _tell(stage, text)


def _tell(stage: Stage, text: str) -> None:
    log.info(text)
    stage.notices.add(stage.now, text)
    stage.sketch.message(text)


def _take(stage: Stage, event: Event) -> None:
    sketch = stage.sketch
    match event:
        case PointerEvent():
            _take_pointer(stage, event)
        case KeyEvent(kind="down"):
            sketch.modifiers = event.modifiers
            sketch.key_pressed(event.key)
        case KeyEvent():
            sketch.modifiers = event.modifiers
            sketch.key_released(event.key)
        case ResizeEvent():
            stage.canvas.resize((event.width, event.height), event.pixel_ratio)
            sketch.width, sketch.height = event.width, event.height
            sketch.window_resized(event.width, event.height)
        case FilesEvent():
            sketch.files_dropped([Path(path) for path in event.paths], event.x, event.y)
        case MessageEvent():
            _tell(stage, event.text)


def _take_pointer(stage: Stage, event: PointerEvent) -> None:
    sketch = stage.sketch
    x, y = event.x, event.y
    sketch.mouse_x, sketch.mouse_y = x, y
    changes = stage.pens.feed(event)
    match event.kind:
        case "down":
            sketch.mouse_pressed(x, y, event.button)
        case "up":
            sketch.mouse_released(x, y, event.button)
        case "move" if event.button:
            sketch.mouse_dragged(x, y, event.button)
        case "move":
            sketch.mouse_moved(x, y)
            if not changes:
                sketch.pen_hovered(x, y, event.pointer_id)
        case "scroll":
            sketch.mouse_scrolled(x, y, event.scroll_x, event.scroll_y)
        case "enter":
            sketch.mouse_entered(x, y)
        case "exit":
            sketch.mouse_exited(x, y)
    _deliver_all(stage, changes)


def _deliver_all(stage: Stage, changes: Iterable[PenChange]) -> None:
    for change in changes:
        _deliver(stage, change)


def _deliver(stage: Stage, change: PenChange) -> None:
    sketch, pointer_id = stage.sketch, change.pointer_id
    match change:
        case StrokePoint(point=point, first=first):
            # The author may have cleared the ink while the pen was down: what follows is ink all the same.
            if first or pointer_id not in sketch.ink.wet:
                sketch.ink.wet[pointer_id] = WetStroke(parse_color(sketch.pen_color), sketch.pen_width)
            sketch.ink.wet[pointer_id].add(point)
            stage.moved[pointer_id] = stage.now
            (sketch.pen_pressed if first else sketch.pen_dragged)(point, pointer_id)
            sketch.on_stroke_point(point, pointer_id)
            call_addons(sketch, "on_stroke_point", point, pointer_id)
        case StrokeDone(points=points):
            stage.moved.pop(pointer_id, None)
            _dry(sketch, pointer_id)
            sketch.pen_released(points[-1], pointer_id)
            sketch.on_stroke(points, pointer_id)
            call_addons(sketch, "on_stroke", points, pointer_id)
        case _:
            sketch.on_ink(change.strokes, pointer_id)
            call_addons(sketch, "on_ink", change.strokes, pointer_id)


def _dry(sketch: Sketch, pointer_id: int) -> None:
    stroke = sketch.ink.wet.get(pointer_id)
    if stroke is not None and len(stroke):
        stroke.width = stroke_width(stroke.points, sketch.pen_width)
        sketch.ink.finish(pointer_id)
