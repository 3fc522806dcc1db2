"""What a window shows for who performs, after the film has its picture: the panel and the HUD."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import moderngl

from sketch.host.window_events import pixel_ratio
from sketch.loop import Stage

if TYPE_CHECKING:
    from sketch.host.hud_window import HudWindow
    from sketch.host.panel_window import PanelWindow
    from sketch.live.parameters_control import Controls

log = logging.getLogger("inkloop")


class ShownPanel:
    """The panel of parameters, once there are some. An error in it closes it; the show continues without it.

    Args:
        window: pyglet's window.
        context: Its OpenGL context.
        stage: What runs.
        now: The loop's clock.
    """

    def __init__(
        self, window: Any, context: moderngl.Context, stage: Stage, now: Callable[[], float]
    ) -> None:
        self._window = window
        self._context = context
        self._stage = stage
        self._now = now
        self._controls: Controls | None = None
        self._panel: PanelWindow | None = None
        self._was_open = False

    def made(self, controls: "Controls") -> None:
        """Prepare the panel, which takes half a second that no frame has."""
        from sketch.host.panel_window import MISSING, PanelWindow

        self._controls = controls
        try:
            self._panel = PanelWindow(self._context, controls, self._stage.queue, self._now)
        except ImportError:
            controls.missing = MISSING
            return
        except Exception as error:
            self._fail(controls, error)
            return
        controls.panel = self._panel
        self._window.push_handlers(on_text=self._panel.type)

    def draw(self) -> None:
        """Draw the panel, if it is open."""
        controls, panel = self._controls, self._panel
        if controls is None or panel is None or not (controls.is_open or self._was_open):
            return
        try:
            if controls.is_open:
                panel.draw(self._window.get_framebuffer_size(), pixel_ratio(self._window))
            else:
                panel.leave()
            self._was_open = controls.is_open
        except Exception as error:
            self._fail(controls, error)

    def release(self) -> None:
        """Release the panel."""
        panel, self._panel = self._panel, None
        if panel is not None:
            self._window.remove_handlers(on_text=panel.type)
            panel.release()

    def _fail(self, controls: "Controls", error: Exception) -> None:
        log.error("the panel of parameters failed", exc_info=error)
        controls.panel, controls.is_open = None, False
        controls.missing = f"the panel of parameters failed ({type(error).__name__}); the log has the error"
        self._stage.sketch.outbox.append(controls.missing)
        self._panel = None


class ShownHud:
    """The HUD, once F3 was pressed. Nothing of it is loaded before, or measured while it is closed.

    An error of it closes it; the show continues without.

    Args:
        window: pyglet's window.
        context: Its OpenGL context.
        stage: What runs.
    """

    def __init__(self, window: Any, context: moderngl.Context, stage: Stage) -> None:
        self._window = window
        self._context = context
        self._stage = stage
        self._hud: HudWindow | None = None
        self._is_wanted = False

    def toggle(self) -> None:
        """Show or hide it from the next frame on."""
        self._is_wanted = not self._is_wanted

    def begin(self) -> None:
        """A frame begins."""
        if not self._is_wanted and self._hud is None:
            return
        try:
            ratio = pixel_ratio(self._window)
            if self._hud is not None and not (self._is_wanted and self._hud.ratio == ratio):
                self.release()
            if self._is_wanted and self._hud is None:
                from sketch.host.hud_window import HudWindow

                self._hud = HudWindow(self._window, self._context, self._stage, ratio)
            if self._hud is not None:
                self._hud.begin()
        except Exception as error:
            self._fail(error)

    def lap(self, part: str) -> None:
        """What was done since the last lap was this part of the frame."""
        if self._hud is not None:
            self._hud.lap(part)

    def draw(self) -> None:
        """Draw it, if it is open."""
        if self._hud is not None:
            try:
                self._hud.draw()
            except Exception as error:
                self._fail(error)

    def release(self) -> None:
        """Close it."""
        hud, self._hud = self._hud, None
        if hud is not None:
            hud.release()

    def _fail(self, error: Exception) -> None:
        log.error("the HUD failed", exc_info=error)
        self._is_wanted = False
        with suppress(Exception):  # it would only say again what failed
            self.release()
        self._stage.meter = None
        self._stage.sketch.send_message(f"the HUD failed ({type(error).__name__}); the log has the error")
