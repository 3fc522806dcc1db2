"""A window on the screen, by pyglet."""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

import moderngl

from sketch.arrays import Pixels
from sketch.clock import WallClock
from sketch.failures import Failures
from sketch.host.camera import draws_in_software
from sketch.host.errors import NO_DISPLAY, NO_OPENGL, SECOND_WINDOW, HostError, check_size
from sketch.host.filming import Filming
from sketch.host.last_picture import LastPicture
from sketch.host.live_film import LiveFilm
from sketch.host.memory import keep_freed_memory, setup_kept_from_collector
from sketch.host.offscreen import Player, Viewer, read_pixels
from sketch.host.overlays import ShownHud, ShownPanel
from sketch.host.parameters import begin_with_parameters
from sketch.host.screens import Screens, center, chosen, stay_on_top
from sketch.host.wayland import pressure_remark
from sketch.host.window_copy import WindowCopy
from sketch.host.window_events import WindowEvents, follow_tablets, pixel_ratio
from sketch.host.x11 import follow_events, picture_on_screen
from sketch.loop import Reload, Stage, Tape, end, run_frame
from sketch.render.canvas import Canvas
from sketch.resources import file_of
from sketch.sketch import Sketch
from sketch.window import Window

if TYPE_CHECKING:
    pass

log = logging.getLogger("inkloop")

# pyglet has one event loop in a process, and its windows share one thread.
_ONE_WINDOW = Lock()

LARGEST_WINDOW = 16384
"""Pixels a side: what every OpenGL 3.3 driver in use can draw, and half of what X11 allows."""


def has_display() -> bool:
    """Whether a window can probably open."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY"))


def run_window(
    sketch: Sketch,
    *,
    frames: int | None = None,
    player: Player | None = None,
    viewer: Viewer | None = None,
    film: LiveFilm | None = None,
    strict: bool = False,
    reload: Reload | None = None,
    restored: Mapping[str, Any] | None = None,
    tape: Tape | None = None,
    clock: Callable[[], float] | None = None,
) -> Stage:
    """Run a sketch in a window until it quits or the window is closed.

    Args:
        sketch: What to run; its `window` says how the window should be.
        frames: End after so many.
        player: Puts events in the queue before every frame, in addition to the user's.
        viewer: Sees every frame.
        film: Gets the frames that it asks for.
        strict: Whether an error of the sketch or an addon ends the run. Otherwise the window stays, with the
            last good picture and the error over it, until a frame succeeds.
        reload: Swaps in files that were saved.
        restored: Values of its parameters by name.
        tape: Writes what comes in, or plays it.
        clock: Time of a replay; None for real time.

    Returns:
        The stage as it was at the end; its canvas is released.

    Raises:
        HostError: There is no display, or no OpenGL 3.3, or another window is open.
    """
    if not _ONE_WINDOW.acquire(blocking=False):
        raise HostError(SECOND_WINDOW)
    try:
        window, context = open_window(sketch.window)
        try:
            given = frames, player, viewer, film, strict, reload, restored, tape, clock
            return _run(sketch, window, context, *given)
        finally:
            window.close()
    finally:
        _ONE_WINDOW.release()


def _run(
    sketch: Sketch,
    window: Any,
    context: moderngl.Context,
    frames: int | None,
    player: Player | None,
    viewer: Viewer | None,
    film: LiveFilm | None,
    strict: bool,
    reload: Reload | None,
    restored: Mapping[str, Any] | None,
    tape: Tape | None,
    recorded: Callable[[], float] | None,
) -> Stage:
    import pyglet

    pyglet_clock: Any = pyglet.clock
    size, ratio = (int(window.width), int(window.height)), pixel_ratio(window)
    stage = Stage(sketch, Canvas(context, size, ratio), reload=reload, tape=tape)
    last = None
    if not strict:
        last = LastPicture(context, window, _fetcher(window))
        stage.last, stage.failures = last, Failures(file_of(sketch))
    clock = recorded or WallClock()
    stage.now = 0.0 if recorded is None else recorded()
    events = WindowEvents(window, stage.queue, clock, sketch.quit)
    window.push_handlers(events)
    follow_events(window, events.take_native)
    remark = pressure_remark(follow_tablets(window, events.note_pressure), os.environ)
    if remark:
        log.warning("%s", remark)
        stage.notices.add(stage.now, remark)
    seen = WindowCopy(context) if viewer is not None else None
    filming = Filming(window, context, sketch, film)
    stage.host_keys["f9"] = lambda: filming.toggle(clock())
    shown = ShownPanel(window, context, stage, clock)
    hud = ShownHud(window, context, stage)

    def follow_again() -> None:
        # What was down is released: the replaced window gets no more events.
        events.on_deactivate()
        follow_events(window, events.take_native)
        follow_tablets(window, events.note_pressure)

    screens = Screens(window, sketch.window, sketch.send_message, follow_again)
    stage.host_keys["f11"] = screens.ask_fullscreen
    stage.host_keys["f3"] = hud.toggle

    def frame(_: float) -> None:
        if events.is_lost:
            pyglet.app.exit()
            return
        screens.between_frames(clock())
        window.switch_to()
        hud.begin()
        if player is not None and not player(clock(), stage.queue):
            sketch.quit()
            if recorded is not None:
                # The tape is over: one more frame would be none of the show.
                pyglet.app.exit()
                return
        target, pixels = context.screen, window.get_framebuffer_size()
        target.viewport = (0, 0, *pixels)
        run_frame(stage, clock(), target)
        if viewer is not None and seen is not None and min(pixels) > 0:
            viewer(read_pixels(seen.take(pixels)))
        if filming.camera is not None and min(pixels) > 0:
            filming.camera.take(pixels, stage.now)
            hud.lap("film")
        if not stage.is_hidden:
            # After the film has its picture: the panel and the HUD are for who performs.
            shown.draw()
            hud.draw()
            window.flip()
            hud.lap("screen")
        if sketch.wants_to_quit or sketch.frame == frames:
            pyglet.app.exit()

    try:
        begin_with_parameters(stage, restored, shown.made)
        pyglet_clock.schedule_interval(frame, 1 / sketch.window.fps)
        with setup_kept_from_collector():
            frame(0.0)
            if not sketch.wants_to_quit and sketch.frame != frames:
                pyglet.app.run(interval=None)
    finally:
        pyglet_clock.unschedule(frame)
        try:
            end(stage)
        finally:
            filming.end(clock(), is_lost=events.is_lost)
            stage.canvas.release()
            for kept in (screens, hud, shown, seen, filming, last):
                if kept is not None:
                    kept.release()
    return stage


def open_window(options: Window, *, visible: bool = True) -> tuple[Any, moderngl.Context]:
    """Open pyglet's window and take its OpenGL context.

    Args:
        options: How it should be.
        visible: Whether it is seen.

    Raises:
        HostError: There is no display, or no OpenGL 3.3.
    """
    if not has_display():
        raise HostError(NO_DISPLAY)
    check_size(options.size, LARGEST_WINDOW)
    import pyglet

    pyglet.options["dpi_scaling"] = "stretch" if options.high_dpi else "real"
    # In its next call pyglet would raise any pending OpenGL error, also one that it did not cause.
    pyglet.options["debug_gl"] = False
    keep_freed_memory()
    try:
        window = _window_with_samples(options, visible)
        context = moderngl.create_context(require=330)
    except Exception as error:
        raise _host_error(error) from error
    driver = context.info
    # Asking a 3.3 driver for its limits includes some it does not know, which leaves a pending error.
    _ = context.error
    log.info("OpenGL %s on %s", driver["GL_VERSION"], driver["GL_RENDERER"])
    return window, context


def _window_with_samples(options: Window, visible: bool) -> Any:
    from pyglet.window import NoSuchConfigException

    wanted = wished_samples(options.samples, renderer_name())
    for samples in (wanted, 4, 0):
        if samples > wanted:
            continue
        try:
            return _pyglet_window(options, samples, visible)
        except NoSuchConfigException:
            log.info("no framebuffer with %d samples a pixel here", samples)
    raise HostError(NO_OPENGL.format(why="no framebuffer configuration fits"))


def _pyglet_window(options: Window, samples: int, visible: bool) -> Any:
    import pyglet

    config = pyglet.gl.Config(
        major_version=3,
        minor_version=3,
        forward_compatible=True,
        double_buffer=True,
        sample_buffers=1 if samples else 0,
        samples=samples,
    )
    width, height = options.size
    screen = chosen(pyglet.display.get_display().get_screens(), options.screen) if options.screen else None
    # What a window manager reads when the window appears.
    is_late = visible and (options.on_top or (screen is not None and not options.fullscreen))
    kind = pyglet.window.Window
    window = kind(
        width=None if options.fullscreen else width,
        height=None if options.fullscreen else height,
        caption=options.title,
        fullscreen=options.fullscreen,
        resizable=options.resizable and not options.fullscreen,
        vsync=options.vsync,
        config=config,
        file_drops=visible,
        visible=visible and not is_late,
        style=kind.WINDOW_STYLE_BORDERLESS if options.borderless else kind.WINDOW_STYLE_DEFAULT,
        screen=screen,
    )
    if visible and options.hides_cursor:
        window.set_mouse_visible(False)
    if is_late:
        if options.on_top:
            stay_on_top(window)
        window.set_visible(True)
        if screen is not None and not options.fullscreen:
            center(window, screen)
    return window


def wished_samples(asked: int | None, renderer: str) -> int:
    """Samples a pixel to request: the author's number, else 4 on a GPU and 0 in software."""
    if asked is not None:
        return asked
    return 0 if draws_in_software(renderer) else 4


def renderer_name() -> str:
    """Name of the renderer, from the hidden context that pyglet keeps; empty before there is one."""
    import pyglet

    return str(pyglet.gl.gl_info.get_renderer()) if pyglet.gl.gl_info.have_context() else ""


def _host_error(error: Exception) -> Exception:
    if isinstance(error, HostError):
        return error
    if "Display" in type(error).__name__ or "display" in str(error):
        return HostError(NO_DISPLAY)
    return HostError(NO_OPENGL.format(why=" ".join(str(error).split()) or type(error).__name__))


def _fetcher(window: Any) -> Callable[[], Pixels | None] | None:
    """A function that fetches a picture from the screen, if the processor draws and the system allows it."""
    possible = draws_in_software(renderer_name()) and hasattr(window, "_x_display")
    return partial(picture_on_screen, window) if possible else None
