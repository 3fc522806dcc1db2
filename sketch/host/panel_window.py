"""The panel in a window: Dear ImGui's input and drawing, by the package imgui-bundle.

ImGui describes the panel again only when something has happened, or a few times a second. Where the processor
draws, its picture is kept (`sketch/host/panel_picture.py`).
"""

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import moderngl

from sketch.host.camera import draws_in_software
from sketch.host.panel_picture import PanelPicture
from sketch.input.events import Event, KeyEvent, ParamEvent, PointerEvent
from sketch.input.queue import EventQueue
from sketch.live.panel import PanelWidgets, Rect
from sketch.live.parameters_control import Controls
from sketch.render.text.fonts import OWN

MISSING = "the panel of parameters needs the package imgui-bundle: pip install imgui-bundle"
"""The line where it is not installed. Presets work without it."""

RESTING = 1 / 12
"""Seconds between two pictures while nobody touches the panel: for monitors, and values that travel."""

FONT_SIZE = 14.0
FAR = -3.0e38
_BUTTONS = {"left": 0, "right": 1, "middle": 2}
_KEYS = {
    "enter": "enter",
    "escape": "escape",
    "backspace": "backspace",
    "delete": "delete",
    "tab": "tab",
    "left": "left_arrow",
    "right": "right_arrow",
    "up": "up_arrow",
    "down": "down_arrow",
    "home": "home",
    "end": "end",
    "page_up": "page_up",
    "page_down": "page_down",
    "insert": "insert",
    "space": "space",
    "minus": "minus",
}
_MODIFIERS = {"shift": "mod_shift", "ctrl": "mod_ctrl", "alt": "mod_alt", "command": "mod_super"}


class PanelWindow:
    """The panel of a sketch's window. It takes the mouse and the keys only where it has them.

    Args:
        context: The window's OpenGL context, which is current.
        controls: What the panel shows.
        queue: Where the user's changes go, as events.
        now: The loop's clock.

    Raises:
        ImportError: imgui-bundle is not installed, or cannot be loaded here.
    """

    def __init__(
        self,
        context: moderngl.Context,
        controls: Controls,
        queue: EventQueue,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._imgui: Any = import_module("imgui_bundle").imgui
        self._context = context
        self._queue = queue
        self._now = now
        self._own = self._imgui.create_context()
        self._imgui.set_current_context(self._own)
        self._io = self._imgui.get_io()
        self._io.set_ini_filename("")
        self._io.fonts.add_font_from_file_ttf(OWN, FONT_SIZE)
        _style(self._imgui)
        self._imgui.backends.opengl3_init("#version 330")
        self._widgets = PanelWidgets(self._imgui, controls, self._changed)
        self._rects: list[Rect] = []
        self._held: set[str] = set()
        self._down: set[str] = set()
        self._has_input = True
        self._described = -1.0
        in_software = draws_in_software(context.info["GL_RENDERER"])
        self._picture = PanelPicture(context, self._imgui) if in_software else None

    # Input

    @property
    def is_typing(self) -> bool:
        """Whether a text or a number is edited by the keyboard."""
        return bool(self._io.want_text_input)

    @property
    def is_held(self) -> bool:
        """Whether a button is down that went down in the panel."""
        return bool(self._held)

    def takes(self, event: Event) -> bool:
        """Give an event to the panel; return whether it is for the panel alone."""
        self._has_input = True
        if isinstance(event, PointerEvent):
            return self._takes_pointer(event)
        if isinstance(event, KeyEvent):
            return self._takes_key(event)
        return False

    def type(self, text: str) -> None:
        """Give typed text to the field that is edited."""
        letters = "".join(letter for letter in text if letter.isprintable())
        if letters and self.is_typing:
            self._has_input = True
            self._io.add_input_characters_utf8(letters)

    def leave(self) -> None:
        """Let go of the mouse and of all keys: the panel was closed."""
        self._has_input = True
        for button in self._down:
            self._io.add_mouse_button_event(_BUTTONS[button], False)
        self._down = set()
        self._io.add_mouse_pos_event(FAR, FAR)
        self._io.clear_input_keys()

    def _takes_pointer(self, event: PointerEvent) -> bool:
        io, button = self._io, event.button
        is_inside = any(
            left <= event.x < right and top <= event.y < bottom for left, top, right, bottom in self._rects
        )
        if event.kind == "exit":
            if not self._held:
                io.add_mouse_pos_event(FAR, FAR)
            return False
        io.add_mouse_pos_event(event.x, event.y)
        if event.modifiers is not None:
            self._set_modifiers(event.modifiers)
        match event.kind:
            case "down" if button:
                io.add_mouse_button_event(_BUTTONS[button], True)
                self._down.add(button)
                if is_inside:
                    self._held.add(button)
                return is_inside
            case "up" if button:
                is_held = button in self._held
                io.add_mouse_button_event(_BUTTONS[button], False)
                self._down.discard(button)
                self._held.discard(button)
                return is_held
            case "scroll":
                io.add_mouse_wheel_event(event.scroll_x, event.scroll_y)
                return is_inside
            case "move":
                # A stroke that began in the sketch stays the sketch's, also over the panel.
                return bool(self._held) or (is_inside and not event.button)
            case _:
                return False

    def _takes_key(self, event: KeyEvent) -> bool:
        self._set_modifiers(event.modifiers)
        name = _KEYS.get(event.key) or (event.key if len(event.key) == 1 and event.key.isascii() else "")
        is_known = name.isalnum() or name in _KEYS.values()
        key = getattr(self._imgui.Key, f"_{name}" if name.isdigit() else name, None) if is_known else None
        is_typing = self.is_typing
        if key is not None and (is_typing or event.kind == "up"):
            self._io.add_key_event(key, event.kind == "down")
        return is_typing

    def _set_modifiers(self, modifiers: frozenset[str]) -> None:
        for modifier, name in _MODIFIERS.items():
            self._io.add_key_event(getattr(self._imgui.Key, name), modifier in modifiers)

    def _changed(self, name: str, value: Any) -> None:
        self._queue.put(ParamEvent(name, value, "panel", self._now()))

    # Drawing

    def draw(self, size: tuple[int, int], ratio: float) -> None:
        """Draw the panel over what the window's framebuffer has.

        Args:
            size: Of the framebuffer in pixels.
            ratio: Pixels per logical pixel.
        """
        now = self._now()
        is_due = now - self._described >= RESTING
        is_new = self._has_input or is_due
        if is_new:
            self._describe(now, (size[0] / ratio, size[1] / ratio), ratio)
        data = self._imgui.get_draw_data()
        if self._picture is not None:
            self._picture.draw(data if is_new else None, self._rects, size, ratio)
        else:
            self._context.screen.use()
            self._imgui.backends.opengl3_render_draw_data(data)

    def release(self) -> None:
        """Release the GPU resources and ImGui's memory."""
        if self._picture is not None:
            self._picture.release()
        self._imgui.set_current_context(self._own)
        self._imgui.backends.opengl3_shutdown()
        self._imgui.destroy_context(self._own)

    def _describe(self, now: float, size: tuple[float, float], ratio: float) -> None:
        io = self._io
        io.display_size = size
        io.display_framebuffer_scale = (ratio, ratio)
        io.delta_time = min(1.0, max(1e-4, now - self._described))
        self._imgui.backends.opengl3_new_frame()
        self._imgui.new_frame()
        self._rects = self._widgets.draw(size)
        self._imgui.render()
        self._described = now
        # A click lasts at least one frame: ImGui takes only so many events of it at once.
        self._has_input = bool(self._held)


def _style(imgui: Any) -> None:
    style = imgui.get_style()
    imgui.style_colors_dark()
    # Opaque and square: its picture is copied over the sketch.
    style.window_rounding = style.popup_rounding = 0.0
    style.frame_rounding = style.grab_rounding = 2.0
    style.window_border_size = style.popup_border_size = 1.0
    colors: dict[str, tuple[float, float, float, float]] = {
        "window_bg": (0.07, 0.07, 0.08, 1.0),
        "popup_bg": (0.10, 0.10, 0.11, 1.0),
        "title_bg": (0.05, 0.05, 0.06, 1.0),
        "title_bg_active": (0.05, 0.05, 0.06, 1.0),
        "title_bg_collapsed": (0.05, 0.05, 0.06, 1.0),
        "border": (0.24, 0.24, 0.26, 1.0),
        "frame_bg": (0.16, 0.16, 0.18, 1.0),
        "frame_bg_hovered": (0.22, 0.22, 0.25, 1.0),
        "frame_bg_active": (0.26, 0.26, 0.30, 1.0),
        "slider_grab": (1.0, 0.70, 0.33, 0.9),
        "slider_grab_active": (1.0, 0.78, 0.48, 1.0),
        "check_mark": (1.0, 0.70, 0.33, 1.0),
        "button": (0.20, 0.20, 0.23, 1.0),
        "button_hovered": (0.30, 0.30, 0.34, 1.0),
        "button_active": (0.40, 0.36, 0.30, 1.0),
        "header": (0.14, 0.14, 0.16, 1.0),
        "header_hovered": (0.24, 0.24, 0.27, 1.0),
        "header_active": (0.28, 0.28, 0.31, 1.0),
        "plot_lines": (1.0, 0.70, 0.33, 1.0),
    }
    for name, color in colors.items():
        style.set_color_(getattr(imgui.Col_, name), color)
