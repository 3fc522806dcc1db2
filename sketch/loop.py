"""One frame of a sketch: events, update, draw. The host of the window or surface calls it and presents."""

import logging
import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol, cast

import moderngl

from sketch.escaped import escaped, escaped_lines
from sketch.failures import Failures
from sketch.ink.ink import NO_POINTS, WetStroke
from sketch.ink.points import Points
from sketch.ink.predict import predicted_tip
from sketch.ink.width import stroke_width
from sketch.input.events import (
    Event,
    FilesEvent,
    FocusEvent,
    KeyEvent,
    MessageEvent,
    ParamEvent,
    PointerEvent,
    PresetEvent,
    ResizeEvent,
)
from sketch.input.pen import InkReopened, PenChange, PenTracker, StrokeDone, StrokePoint
from sketch.input.queue import EventQueue
from sketch.input.sound import sound_event
from sketch.kept_ink.keeper import KeptInk
from sketch.notices import Notices
from sketch.render.canvas import Canvas
from sketch.render.color import parse_color
from sketch.resources import ink_file
from sketch.scalars import as_text, short
from sketch.sketch import Sketch
from sketch.timing import FrameTimes

log = logging.getLogger("inkloop")

RESTING = 0.03
"""Seconds without a sample after which a pen counts as resting."""

_FRAME_HOOKS = ("setup", "update", "draw")


class LastPicture(Protocol):
    """The place where a host keeps the last good picture."""

    def keep(self, *, now: bool = False) -> None:
        """Keep what was drawn; `now` if something else will be drawn over it before it is seen."""
        ...

    def texture(self) -> moderngl.Texture | None:
        """The picture, its first row at the bottom; None before there is one."""
        ...


class Reload(Protocol):
    """What swaps in files that were saved."""

    def between_frames(self, stage: "Stage") -> None:
        """Swap in what was saved since the last frame; never waits."""
        ...

    def ask_setup(self) -> None:
        """Run `setup` again before the next frame."""
        ...


class Meter(Protocol):
    """What measures the parts of a frame."""

    def lap(self, part: str) -> None:
        """All that was done since the last lap was this part."""
        ...

    def add(self, part: str, seconds: float) -> None:
        """Count time of a part that was done within another."""
        ...


class Parameters(Protocol):
    """The parameters of the sketch and of its addons, and what changes them."""

    def takes(self, event: Event) -> bool:
        """Whether an event is not for the sketch."""
        ...

    def advance(self, dt: float) -> Iterable[tuple[str, Any, str]]:
        """Begin a frame; return the changes since the last one: name, value and source."""
        ...

    def messages(self) -> list[str]:
        """Messages for the user since the last call."""
        ...

    def close(self) -> list[str]:
        """Finish; return the last messages."""
        ...


class Tape(Protocol):
    """Writes all that comes in, or puts in what came in before."""

    def begin(self, stage: "Stage") -> None:
        """The sketch is about to be set up."""
        ...

    def begin_frame(self, stage: "Stage", now: float) -> None:
        """A frame begins at this second; its events are not handled yet."""
        ...

    def took(self, event: Event) -> None:
        """An event is about to reach the sketch or a parameter."""
        ...

    def advance(self, stage: "Stage") -> None:
        """The events of the frame are handled; parameters that travel and `update` come next."""
        ...

    def lines(self, stage: "Stage", lines: list[str]) -> list[str]:
        """Take the lines that the frame has for the user; return those to show."""
        ...

    def end(self, stage: "Stage") -> None:
        """There are no more frames; what came after the last one follows."""
        ...


@dataclass
class Stage:
    """A running sketch and what it runs on.

    Attributes:
        sketch: The author's sketch.
        canvas: What it draws on.
        queue: Where the host puts events.
        pens: What the pointers are drawing.
        notices: Lines on screen.
        times: How long the last frames took.
        now: Seconds on the clock at this frame.
        moved: When each pointer that is down last moved, by the clock.
        failures: Collects errors of the sketch and its addons so that the sketch keeps running; None raises
            them.
        last: The last good picture, shown by a frame that fails; black if there is none.
        is_hidden: Whether there is nothing to draw on, as in a minimised window.
        keeper: Keeps the sketch's ink on disk, if `keeps_ink` is set.
        reload: Swaps in files that were saved; None leaves the sketch as it was loaded.
        parameters: Those of the sketch and its addons; None if there are none.
        tape: Writes what comes in, or plays it.
        find_parameters: Looks for them again where there were none, as when an addon was attached later.
        meter: Measures the parts of a frame while the HUD is open; else None.
        host_keys: What the host does when a key goes down without Shift, Ctrl and so on: by the key's name.
            The sketch does not get these keys.
    """

    sketch: Sketch
    canvas: Canvas
    queue: EventQueue = field(default_factory=EventQueue)
    pens: PenTracker = field(default_factory=PenTracker)
    notices: Notices = field(default_factory=Notices)
    times: FrameTimes = field(default_factory=FrameTimes)
    now: float = 0.0
    moved: dict[int, float] = field(default_factory=dict[int, float])
    failures: Failures | None = None
    last: LastPicture | None = None
    is_hidden: bool = False
    keeper: KeptInk | None = None
    reload: Reload | None = None
    parameters: Parameters | None = None
    tape: Tape | None = None
    find_parameters: Callable[[], None] = lambda: None
    meter: Meter | None = None
    host_keys: dict[str, Callable[[], None]] = field(default_factory=dict[str, Callable[[], None]])

    @property
    def has_begun(self) -> bool:
        """Whether the setup of the sketch succeeded; nothing else of it is called otherwise."""
        return self.failures is None or self.failures.sketch_begun


def begin(stage: Stage) -> None:
    """Set up the sketch."""
    sketch, canvas = stage.sketch, stage.canvas
    sketch.width, sketch.height = canvas.size
    sketch.frame_times = stage.times
    sketch.ink_closer = lambda: _deliver_all(stage, stage.pens.close_lifted())
    stage.pens = PenTracker(sketch.ink_pause, sketch.ink_reach, sketch.ink_reopens)
    if sketch.keeps_ink:
        path = ink_file(sketch, sketch.home)
        stage.keeper = KeptInk(path, sketch.ink, unfinished=lambda: stage.pens.unfinished)
    if stage.tape is not None:
        stage.tape.begin(stage)
    set_up(stage)


def set_up(stage: Stage) -> None:
    """Run `setup`, for the first time or again."""
    if not _call(stage, "setup", stage.sketch.setup) and stage.failures is not None:
        stage.failures.sketch_begun = False


def run_frame(stage: Stage, now: float, target: moderngl.Framebuffer) -> None:
    """Run one frame.

    Args:
        stage: What runs.
        now: Seconds on the clock.
        target: Framebuffer to draw into.
    """
    began = perf_counter()
    sketch = stage.sketch
    if stage.reload is not None:
        stage.reload.between_frames(stage)
    dt, stage.now = max(0.0, now - stage.now), now
    sketch.time = now
    if stage.failures is not None:
        stage.failures.start_frame(now)
    if stage.tape is not None:
        stage.tape.begin_frame(stage, now)
    for event in stage.queue.drain():
        _guarded(stage, "events", _handle, stage, event)
    _guarded(stage, "events", _deliver_all, stage, stage.pens.tick(now))
    sketch.open_inks = stage.pens.open_inks(now)
    if stage.tape is not None:
        _guarded(stage, "tape", stage.tape.advance, stage)
    if stage.parameters is not None:
        _guarded(stage, "parameters", _advance_parameters, stage, stage.parameters, dt)
    _call(stage, "update", sketch.update, dt)
    _call_addons(stage, "update", dt)
    _collect_messages(stage)
    # The HUD may have been opened by an event of this frame.
    meter = stage.meter
    if meter is not None:
        meter.lap("update")
    if not stage.is_hidden:
        _draw(stage, target)
    if meter is not None:
        meter.lap("draw")
    sketch.frame += 1
    stage.times.add(perf_counter() - began)


def end(stage: Stage) -> None:
    """Finish what is being drawn, so that nothing is lost, then end the addons and the sketch.

    Raises:
        Exception: The first error of these, where errors are raised at all.
    """
    sketch = stage.sketch
    # The user also drew what came after the last frame.
    ends: list[Callable[[], None]] = [lambda: stage.tape.end(stage) if stage.tape is not None else None]
    ends.append(lambda: _handle_last_points(stage))
    ends.append(lambda: _deliver_all(stage, stage.pens.finish()))
    ends += [lambda addon=addon: call_addon(addon, "exit") for addon in sketch.addons]
    ends += [sketch.exit, lambda: sketch.outbox.extend(stage.keeper.close() if stage.keeper else ())]
    ends.append(lambda: sketch.outbox.extend(stage.parameters.close() if stage.parameters else ()))
    errors: list[Exception] = []
    for step in ends:
        # A step that fails must not keep the others from saving their data.
        try:
            step()
        except Exception as error:
            log.exception("error at the end of the sketch")
            errors.append(error)
    # No further frame would show them.
    for text in sketch.outbox:
        log.info(escaped(str(text)))
    sketch.outbox = []
    if stage.pens.dropped:
        log.info("%d events with impossible numbers were dropped in total", stage.pens.dropped)
    if errors and stage.failures is None:
        raise errors[0]


def _handle_last_points(stage: Stage) -> None:
    for event in stage.queue.drain():
        if isinstance(event, PointerEvent):
            _guarded(stage, "events", _handle, stage, event)


def call_addon(addon: object, hook: str, *arguments: Any) -> Any:
    """Call one hook of one addon, if it has it."""
    method = getattr(addon, hook, None)
    return method(*arguments) if callable(method) else None


def _call(stage: Stage, hook: str, function: Callable[..., Any], *arguments: Any) -> bool:
    """Call a function of the sketch or of an addon if the setup succeeded; return whether it succeeded."""
    return stage.has_begun and _guarded(stage, hook, function, *arguments)


def _guarded(stage: Stage, hook: str, function: Callable[..., Any], *arguments: Any) -> bool:
    """Call a function; its error ends the run only if errors are raised. Return whether it succeeded."""
    failures = stage.failures
    if failures is None:
        function(*arguments)
        return True
    try:
        function(*arguments)
    except Exception as error:
        failures.caught(error, hook, stage.now, is_event=hook not in _FRAME_HOOKS)
        return False
    return True


def _call_addons(stage: Stage, hook: str, *arguments: Any) -> None:
    """Call a hook of every addon that has it, in the order of attachment."""
    meter, began = stage.meter, 0.0
    if meter is not None:
        began = perf_counter()
    for addon in [*stage.sketch.addons]:
        _call(stage, hook, call_addon, addon, hook, *arguments)
    if meter is not None:
        meter.add("inference", perf_counter() - began)


def _advance_parameters(stage: Stage, parameters: Parameters, dt: float) -> None:
    for name, value, _ in parameters.advance(dt):
        _call(stage, "param_changed", stage.sketch.param_changed, name, value)


def _draw(stage: Stage, target: moderngl.Framebuffer) -> None:
    failures = stage.failures
    if failures is None:
        _paint(stage, target)
        return
    if not failures.frame_failed:
        _call(stage, "draw", _paint, stage, target)
    if stage.last is not None and not failures.frame_failed:
        stage.last.keep(now=failures.shown is not None)
    if failures.shown is not None:
        _show_failure(stage, failures, target)


def _show_failure(stage: Stage, failures: Failures, target: moderngl.Framebuffer) -> None:
    """Draw the error, over the last good picture where this frame has none."""
    canvas = stage.canvas
    canvas.abandon()
    try:
        canvas.begin(target)
        if failures.frame_failed:
            picture = stage.last.texture() if stage.last is not None else None
            canvas.background(0)
            if picture is not None:
                canvas.cover(picture)
        failures.draw(canvas)
        canvas.end()
    except Exception as error:
        failures.caught(error, "drawing the error", stage.now)
        canvas.abandon()


def _paint(stage: Stage, target: moderngl.Framebuffer) -> None:
    sketch, canvas = stage.sketch, stage.canvas
    for pointer_id, stroke in sketch.ink.wet.items():
        stroke.width = stroke_width(stroke.points, sketch.pen_width)
        stroke.tip = _tip(stage, pointer_id, stroke)
    canvas.begin(target)
    try:
        sketch.draw(canvas)
        for addon in sketch.addons:
            call_addon(addon, "draw", canvas)
        if sketch.shows_messages:
            with canvas.pushed():
                canvas.reset()
                stage.notices.draw(canvas, stage.now)
    except BaseException:
        # End the frame anyway; its own error about things not popped would hide this one.
        with suppress(Exception):
            canvas.end()
        raise
    canvas.end()


def _tip(stage: Stage, pointer_id: int, stroke: WetStroke) -> Points:
    """Where the pen will be when the frame is seen; no points if it rests: then it reports nothing."""
    sketch = stage.sketch
    resting = stage.now - stage.moved.get(pointer_id, -math.inf) > RESTING
    if resting or not sketch.predicts_pen:
        return NO_POINTS
    return predicted_tip(stroke.points, sketch.prediction_ms / 1000)


def _collect_messages(stage: Stage) -> None:
    sketch = stage.sketch
    lines, sketch.outbox = sketch.outbox, []
    lines += stage.canvas.notices()
    for addon in [*sketch.addons]:
        _call(stage, "messages", _collect_from, addon, lines)
    if stage.keeper is not None:
        lines += stage.keeper.poll(sketch.ink)
    if stage.parameters is not None:
        lines += stage.parameters.messages()
    if stage.tape is not None:
        lines = stage.tape.lines(stage, lines)
    for text in lines:
        _guarded(stage, "message", _show_message, stage, text)


def _collect_from(addon: object, lines: list[str]) -> None:
    messages: Any = call_addon(addon, "messages")
    name = f"{type(addon).__name__}.messages()"
    if messages is None:
        return
    if isinstance(messages, str) or not isinstance(messages, Iterable):
        raise TypeError(f"{name} must give a list of texts; got {short(messages)}")
    lines += [as_text(f"each text of {name}", each) for each in cast(Iterable[Any], messages)]


def _show_message(stage: Stage, text: str) -> None:
    as_text("a message", text)
    # It may contain an untrusted file name or label; in the log each message stays one line.
    log.info(escaped(text))
    shown = escaped_lines(text)
    stage.notices.add(stage.now, shown)
    _call(stage, "message", stage.sketch.message, shown)


def _handle(stage: Stage, event: Event) -> None:
    sketch = stage.sketch
    sound = stage.pens.accept(event, stage.now) if isinstance(event, PointerEvent) else sound_event(event)
    if sound is None:
        _drop(stage, event)
        return
    if isinstance(sound, ParamEvent):
        _tape(stage, sound)
    if _is_for_parameters(stage, sound):
        return
    if not isinstance(sound, ParamEvent):
        # What a panel takes is no event of the sketch; what it changes is.
        _tape(stage, sound)
    match sound:
        case PointerEvent():
            _handle_pointer(stage, sound)
        case KeyEvent():
            _handle_key(stage, sound)
        case ResizeEvent():
            _handle_size(stage, sound)
        case FilesEvent():
            paths = [Path(path) for path in sound.paths]
            _call(stage, "files_dropped", sketch.files_dropped, paths, sound.x, sound.y)
        case FocusEvent():
            sketch.modifiers = sketch.modifiers if sound.focused else frozenset()
        case MessageEvent():
            _show_message(stage, sound.text)
        case ParamEvent():
            _show_message(stage, f"{sound.source}: the sketch has no parameters, so none named {sound.name}")
        case PresetEvent():
            _show_message(stage, f"{sound.source}: the sketch has no parameters, so no preset {sound.name}")


def _tape(stage: Stage, event: Event) -> None:
    if stage.tape is not None:
        stage.tape.took(event)


def _is_for_parameters(stage: Stage, event: Event) -> bool:
    if stage.parameters is None and isinstance(event, KeyEvent | ParamEvent | PresetEvent):
        if isinstance(event, KeyEvent) and event.key != "tab":
            return False
        stage.find_parameters()
    return stage.parameters is not None and stage.parameters.takes(event)


def _drop(stage: Stage, event: Event) -> None:
    if not isinstance(event, PointerEvent):
        stage.pens.dropped += 1
    if stage.pens.dropped == 1:
        text = f"dropped an event with an impossible number: {event}; the log counts further ones"
        _tape(stage, MessageEvent(text))
        _show_message(stage, text)


def _handle_key(stage: Stage, event: KeyEvent) -> None:
    sketch = stage.sketch
    sketch.modifiers, sketch.key_code = event.modifiers, event.code
    if event.key in stage.host_keys and not event.modifiers:
        if event.kind == "down":
            _guarded(stage, event.key, stage.host_keys[event.key])
        return
    if stage.reload is not None and event.kind == "down" and _asks_setup(event):
        stage.reload.ask_setup()
    elif event.kind == "down":
        _call(stage, "key_pressed", sketch.key_pressed, event.key)
    else:
        _call(stage, "key_released", sketch.key_released, event.key)
    # The sketch cannot react, and the window may be fullscreen.
    if not stage.has_begun and event.key == "escape":
        sketch.quit()


def _asks_setup(event: KeyEvent) -> bool:
    """Whether it is Ctrl+R; on a keyboard without Latin letters, the key that has the R elsewhere."""
    is_r = event.key == "r" or (not event.key.isascii() and event.code == "KeyR")
    return is_r and event.modifiers == frozenset({"ctrl"})


def _handle_size(stage: Stage, event: ResizeEvent) -> None:
    sketch = stage.sketch
    width, height = event.width, event.height
    stage.is_hidden = width < 1 or height < 1
    if not stage.is_hidden:
        stage.canvas.resize((width, height), event.pixel_ratio)
        sketch.width, sketch.height = width, height
        _call(stage, "window_resized", sketch.window_resized, width, height)


def _handle_pointer(stage: Stage, event: PointerEvent) -> None:
    sketch = stage.sketch
    x, y = event.x, event.y
    sketch.mouse_x, sketch.mouse_y = x, y
    if event.modifiers is not None:
        sketch.modifiers = event.modifiers
    changes = stage.pens.follow(event)
    match event.kind:
        case "down":
            _call(stage, "mouse_pressed", sketch.mouse_pressed, x, y, event.button)
        case "up":
            _call(stage, "mouse_released", sketch.mouse_released, x, y, event.button)
        case "move" if event.button:
            _call(stage, "mouse_dragged", sketch.mouse_dragged, x, y, event.button)
        case "move":
            _call(stage, "mouse_moved", sketch.mouse_moved, x, y)
            if not changes:
                _call(stage, "pen_hovered", sketch.pen_hovered, x, y, event.pointer_id)
        case "scroll":
            _call(stage, "mouse_scrolled", sketch.mouse_scrolled, x, y, event.scroll_x, event.scroll_y)
        case "enter":
            _call(stage, "mouse_entered", sketch.mouse_entered, x, y)
        case "exit":
            _call(stage, "mouse_exited", sketch.mouse_exited, x, y)
    _deliver_all(stage, changes)


def _deliver_all(stage: Stage, changes: Iterable[PenChange]) -> None:
    for change in changes:
        _deliver(stage, change)


def _deliver(stage: Stage, change: PenChange) -> None:
    sketch, pointer_id = stage.sketch, change.pointer_id
    match change:
        case StrokePoint(point=point, first=first):
            # The author may have cleared the ink while the pen was down; the rest of the stroke is ink, too.
            if first or pointer_id not in sketch.ink.wet:
                sketch.ink.wet[pointer_id] = WetStroke(parse_color(sketch.pen_color), sketch.pen_width)
            sketch.ink.wet[pointer_id].add(point)
            stage.moved[pointer_id] = stage.now
            if first:
                _call(stage, "pen_pressed", sketch.pen_pressed, point, pointer_id)
            else:
                _call(stage, "pen_dragged", sketch.pen_dragged, point, pointer_id)
            _call(stage, "on_stroke_point", sketch.on_stroke_point, point, pointer_id)
            _call_addons(stage, "on_stroke_point", point, pointer_id)
        case StrokeDone(points=points):
            stage.moved.pop(pointer_id, None)
            _dry(sketch, pointer_id)
            _call(stage, "pen_released", sketch.pen_released, points[-1], pointer_id)
            _call(stage, "on_stroke", sketch.on_stroke, points, pointer_id)
            _call_addons(stage, "on_stroke", points, pointer_id)
        case InkReopened(strokes=strokes):
            _call(stage, "on_ink_reopened", sketch.on_ink_reopened, strokes, pointer_id)
            _call_addons(stage, "on_ink_reopened", strokes, pointer_id)
        case _:
            sketch.ink_amends = change.amends
            try:
                _call(stage, "on_ink", sketch.on_ink, change.strokes, pointer_id)
                _call_addons(stage, "on_ink", change.strokes, pointer_id)
            finally:
                sketch.ink_amends = False


def _dry(sketch: Sketch, pointer_id: int) -> None:
    stroke = sketch.ink.wet.get(pointer_id)
    if stroke is not None and len(stroke):
        stroke.width = stroke_width(stroke.points, sketch.pen_width)
        sketch.ink.finish(pointer_id)
