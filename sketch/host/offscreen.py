"""A surface without a window or a display: the same loop, drawn into a framebuffer through EGL."""

import ctypes
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import moderngl
import numpy as np

from sketch.arrays import Pixels
from sketch.clock import FixedClock
from sketch.failures import Failures
from sketch.host.errors import NO_OPENGL, HostError, check_size
from sketch.host.last_picture import LastFrame
from sketch.host.memory import keep_freed_memory
from sketch.host.parameters import begin_with_parameters
from sketch.input.queue import EventQueue
from sketch.loop import Reload, Stage, Tape, call_addon, end, run_frame
from sketch.render.canvas import Canvas
from sketch.resources import file_of
from sketch.sketch import Sketch

log = logging.getLogger("inkloop")

ADDONS_WAIT = 60.0
"""Seconds that an addon may take to be ready before the first frame; an image model takes longest."""

Player: TypeAlias = Callable[[float, EventQueue], bool]
"""Called before every frame with the time and the queue to put events in; False ends the sketch."""

Viewer: TypeAlias = Callable[[Pixels], None]
"""Takes every frame: uint8 of shape (height, width, 3), the top row first."""


def run_offscreen(
    sketch: Sketch,
    *,
    frames: int | None = None,
    player: Player | None = None,
    viewer: Viewer | None = None,
    strict: bool = True,
    reload: Reload | None = None,
    restored: Mapping[str, Any] | None = None,
    film: Viewer | None = None,
    scale: float = 1.0,
    tape: Tape | None = None,
    clock: Callable[[], float] | None = None,
) -> Stage:
    """Run a sketch without a window until it quits.

    Time advances by the same step at every frame, however long the frame took, so a run can be repeated.

    Args:
        sketch: What to run; its `window` gives size and frame rate.
        frames: End after so many.
        player: Puts events in the queue before every frame, as a person would.
        viewer: Sees every frame.
        strict: Whether an error of the sketch or an addon ends the run. Otherwise it continues, with the last
            good picture and the error over it, until one succeeds.
        reload: Swaps in files that were saved.
        restored: Values of its parameters by name.
        film: Sees every frame with its alpha: shape (height, width, 4), the colors multiplied by it.
        scale: Pixels of a frame per logical pixel, above 0.
        tape: Writes what comes in, or plays it.
        clock: Time of a replay; None for steps of the same length.

    Returns:
        The stage as it was at the end; its canvas is released.

    Raises:
        HostError: There is no OpenGL here.
    """
    window = sketch.window
    pixels = (max(1, round(window.size[0] * scale)), max(1, round(window.size[1] * scale)))
    context = offscreen_context()
    try:
        check_size(pixels, int(context.info["GL_MAX_RENDERBUFFER_SIZE"]))
    except HostError:
        release_context(context)
        raise
    target = context.simple_framebuffer(pixels, components=4)
    stage = Stage(sketch, Canvas(context, window.size, scale), reload=reload, tape=tape)
    last = None
    if not strict:
        last = LastFrame(context, target)
        stage.last, stage.failures = last, Failures(file_of(sketch))
    try:
        begin_with_parameters(stage, restored)
        if clock is None:
            _wait_for_addons(sketch)
        else:
            stage.now = clock()
        _run(stage, target, FixedClock(1 / window.fps), clock, frames, player, viewer, film)
    finally:
        try:
            end(stage)
        finally:
            stage.canvas.release()
            if last is not None:
                last.release()
            target.release()
            release_context(context)
    return stage


def _wait_for_addons(sketch: Sketch) -> None:
    for addon in sketch.addons:
        if call_addon(addon, "wait_ready", ADDONS_WAIT) is False:
            log.warning("%s is not ready; the frames start without it", type(addon).__name__)


def _run(
    stage: Stage,
    target: moderngl.Framebuffer,
    steps: FixedClock,
    clock: Callable[[], float] | None,
    frames: int | None,
    player: Player | None,
    viewer: Viewer | None,
    film: Viewer | None,
) -> None:
    now = clock or steps
    while not stage.sketch.wants_to_quit and (frames is None or steps.frames < frames):
        if player is not None and not player(now(), stage.queue):
            return
        run_frame(stage, now(), target)
        if viewer is not None:
            viewer(read_pixels(target))
        if film is not None:
            film(read_pixels(target, 4))
        steps.advance()


def offscreen_context() -> moderngl.Context:
    """Make an OpenGL 3.3 context that needs no display.

    Raises:
        HostError: There is no OpenGL, or it is too old.
    """
    try:
        keep_freed_memory()
        settings: dict[str, Any] = {"backend": "egl"} if sys.platform == "linux" else {}
        return moderngl.create_standalone_context(require=330, **settings)
    except Exception as error:
        raise HostError(NO_OPENGL.format(why=" ".join(str(error).split()))) from error


def release_context(context: moderngl.Context) -> None:
    """Release an offscreen context, so that a window may be opened in this thread afterwards.

    On Linux a released EGL context stays current, and while it is, no GLX context of a window can become
    current: the window would draw nothing.
    """
    context.release()
    if sys.platform == "linux":
        ctypes.CDLL("libEGL.so.1").eglReleaseThread()


def read_pixels(target: moderngl.Framebuffer, channels: int = 3) -> Pixels:
    """The picture in a framebuffer: uint8 of shape (height, width, channels), the top row first."""
    width, height = target.size
    flat = np.frombuffer(target.read(components=channels, alignment=1), dtype=np.uint8)
    return flat.reshape(height, width, channels)[::-1]
