"""The widgets of the panel, by Dear ImGui: presets and variations above, the folders of parameters below.

Nothing here opens a window or draws by OpenGL; the host does (`sketch/host/panel_window.py`).
"""

from collections.abc import Callable
from typing import Any, TypeAlias, cast

import numpy as np

from sketch.easing import CURVES
from sketch.live.parameters import Entry
from sketch.live.parameters_control import SIDES, Controls
from sketch.live.parameters_kinds import Choice, Color, Flag, Number, Point, Pulse, Reading, Text, hex_of
from sketch.render.color import parse_color

Rect: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom in logical pixels."""

Put: TypeAlias = Callable[[str, Any], None]
"""Takes a parameter's name and the value that the user gave it."""

WIDTH = 380.0
MARGIN = 14.0
LABELS = 130.0
"""Logical pixels for the names, to the right of the widgets."""


class PanelWidgets:
    """The panel's content.

    Args:
        imgui: The module `imgui_bundle.imgui`.
        controls: What it shows and changes.
        put: Called when the user changes a parameter.
    """

    def __init__(self, imgui: Any, controls: Controls, put: Put) -> None:
        self._imgui = imgui
        self._controls = controls
        self._put = put
        self._width = WIDTH
        self._rects: list[Rect] = []
        self._drawn: dict[type, Callable[[Entry, Any], Any]] = {
            Number: self._number,
            Flag: self._flag,
            Choice: self._choice,
            Color: self._color,
            Point: self._point,
            Text: self._text,
            Pulse: self._pulse,
            Reading: self._reading,
        }

    def draw(self, size: tuple[float, float]) -> list[Rect]:
        """Describe one frame of the panel, between ImGui's `new_frame` and `render`.

        Args:
            size: Of the window in logical pixels.

        Returns:
            The places that it covers: the panel first, then what it has opened.
        """
        imgui = self._imgui
        self._rects = []
        imgui.set_next_window_pos((MARGIN, MARGIN), imgui.Cond_.first_use_ever)
        # As high as what it has, and as wide as the user made it.
        imgui.set_next_window_size((self._width, 0.0))
        largest = max(221.0, size[0] - 2 * MARGIN), max(81.0, size[1] - 2 * MARGIN)
        imgui.set_next_window_size_constraints((220.0, 80.0), largest)
        if imgui.begin("Parameters", None, imgui.WindowFlags_.no_nav)[0]:
            self._note_rect()
            self._width = imgui.get_window_width()
            imgui.push_item_width(-LABELS)
            self._presets()
            self._groups()
            imgui.pop_item_width()
        else:
            self._note_rect()
        imgui.end()
        return self._rects

    def _note_rect(self) -> None:
        # The place of the window, the menu or the hint that is being described.
        place, size = self._imgui.get_window_pos(), self._imgui.get_window_size()
        self._rects.append((place.x, place.y, place.x + size.x, place.y + size.y))

    # Presets, travel, variation, A and B

    def _presets(self) -> None:
        imgui, controls = self._imgui, self._controls
        if not imgui.collapsing_header("presets", imgui.TreeNodeFlags_.default_open):
            return
        for place, name in enumerate("1234567890"):
            if place:
                imgui.same_line(0.0, 4.0)
            is_saved = name in controls.presets.tables
            if not is_saved:
                imgui.push_style_color(imgui.Col_.text, (1.0, 1.0, 1.0, 0.35))
            if imgui.button(f"{name}##preset", (24.0, 0.0)):
                self._preset(name)
            if not is_saved:
                imgui.pop_style_color()
            self._tip(f"recall it: {name}\nsave it: Ctrl+{name}, or a click with Ctrl")
        changed, seconds = imgui.drag_float("travel", controls.seconds, 0.05, 0.0, 600.0, "%.1f s")
        if changed:
            controls.seconds = max(0.0, seconds)
        self._tip("how long the way to a preset or a variation takes")
        if controls.seconds > 0:
            controls.curve = self._picked("curve", controls.curve, CURVES)
        if imgui.button("vary"):
            controls.vary()
        self._tip("another value for each parameter, at random; the same seed gives the same one")
        imgui.same_line()
        imgui.set_next_item_width(92.0)
        _, controls.amount = imgui.slider_float("##amount", controls.amount, 0.0, 1.0, "by %.2f")
        imgui.same_line()
        imgui.set_next_item_width(110.0)
        _, controls.seed = imgui.input_int("seed##vary", controls.seed)
        for place, side in enumerate(SIDES):
            if place:
                imgui.same_line()
            if imgui.radio_button(side, controls.side == side):
                controls.switch(side)
            self._tip("two states to compare: what you change belongs to the chosen one")
        imgui.spacing()

    def _preset(self, name: str) -> None:
        if self._imgui.get_io().key_ctrl:
            self._controls.save(name)
        else:
            self._controls.recall(name)

    # Folders

    def _groups(self) -> None:
        groups: dict[str, list[Entry]] = {}
        for entry in self._controls.parameters.entries.values():
            groups.setdefault(_group_of(entry), []).append(entry)
        for entry in groups.pop("", []):
            self._entry(entry)
        for group, entries in groups.items():
            # A header's folder stays open by its name, also after the sketch was edited.
            if self._imgui.collapsing_header(f"{group}##folder", self._imgui.TreeNodeFlags_.default_open):
                for entry in entries:
                    self._entry(entry)

    def _entry(self, entry: Entry) -> None:
        imgui = self._imgui
        value = self._controls.parameters.get(entry.name)
        imgui.push_id(entry.name)
        try:
            new = self._drawn[type(entry.kind)](entry, value)
            if new is not None:
                self._put(entry.name, new)
            if imgui.is_item_hovered():
                self._details(entry)
            self._menu(entry)
        finally:
            imgui.pop_id()

    def _details(self, entry: Entry) -> None:
        about = entry.declared.help or entry.name
        self._tip(f"{about}\nright click: reset" if entry.is_kept else about)

    def _menu(self, entry: Entry) -> None:
        imgui = self._imgui
        if not entry.is_kept or not imgui.begin_popup_context_item("menu"):
            return
        self._note_rect()
        if imgui.selectable(f"reset to {entry.declared.default}", False)[0]:
            self._put(entry.name, entry.declared.default)
        imgui.end_popup()

    def _tip(self, text: str) -> None:
        imgui = self._imgui
        if imgui.is_any_mouse_down() or not imgui.is_item_hovered(imgui.HoveredFlags_.for_tooltip):
            return
        if imgui.begin_tooltip():
            self._note_rect()
            imgui.text_unformatted(text)
            imgui.end_tooltip()

    def _picked(self, label: str, value: Any, choices: tuple[Any, ...]) -> Any:
        imgui = self._imgui
        if imgui.begin_combo(label, str(value)):
            self._note_rect()
            for each in choices:
                if imgui.selectable(f"{each}", each == value)[0]:
                    value = each
            imgui.end_combo()
        return value

    # One widget a kind; each returns the new value, or None

    def _number(self, entry: Entry, value: Any) -> Any:
        imgui, kind = self._imgui, cast(Number, entry.kind)
        layout = _format(kind, entry.declared.unit)
        if kind.low is None or kind.high is None:
            drag = imgui.drag_int if kind.whole else imgui.drag_float
            speed = kind.step or (1.0 if kind.whole else max(0.01, abs(value) / 100))
            changed, new = drag(entry.label, value, speed, 0, 0, layout)
        elif kind.whole:
            changed, new = imgui.slider_int(entry.label, value, round(kind.low), round(kind.high), layout)
        else:
            changed, new = imgui.slider_float(entry.label, value, kind.low, kind.high, layout)
        return new if changed else None

    def _flag(self, entry: Entry, value: Any) -> Any:
        changed, new = self._imgui.checkbox(entry.label, value)
        return new if changed else None

    def _choice(self, entry: Entry, value: Any) -> Any:
        new = self._picked(entry.label, value, cast(Choice, entry.kind).choices)
        return new if new != value else None

    def _color(self, entry: Entry, value: Any) -> Any:
        imgui = self._imgui
        rgba = list(parse_color(value))
        width = imgui.calc_item_width()
        imgui.begin_group()
        if imgui.color_button(f"##{entry.name}", rgba, imgui.ColorEditFlags_.no_tooltip, (width, 0.0)):
            imgui.open_popup("picker")
        imgui.same_line(0.0, imgui.get_style().item_inner_spacing.x)
        imgui.text_unformatted(entry.label)
        imgui.end_group()
        new = None
        if imgui.begin_popup("picker"):
            self._note_rect()
            changed, picked = imgui.color_picker4("##picker", rgba, imgui.ColorEditFlags_.alpha_bar)
            new = hex_of(tuple(picked)) if changed else None
            imgui.end_popup()
        return new

    def _point(self, entry: Entry, value: Any) -> Any:
        imgui, kind = self._imgui, cast(Point, entry.kind)
        speed = 1.0
        if kind.low is not None and kind.high is not None:
            speed = max(high - low for low, high in zip(kind.low, kind.high, strict=True)) / 400
        changed, new = imgui.drag_float2(entry.label, list(value), speed, 0.0, 0.0, _unit("%.1f", entry))
        return tuple(new) if changed else None

    def _text(self, entry: Entry, value: Any) -> Any:
        changed, new = self._imgui.input_text(entry.label, value)
        return new if changed else None

    def _pulse(self, entry: Entry, value: Any) -> Any:
        return True if self._imgui.button(entry.label, (self._imgui.calc_item_width(), 0.0)) else None

    def _reading(self, entry: Entry, value: Any) -> None:
        imgui, kind = self._imgui, cast(Reading, entry.kind)
        if isinstance(value, bool | str):
            imgui.label_text(entry.label, str(value).replace("%", "%%"))
            return
        history = np.nan_to_num(np.array(entry.history or (value,), dtype=np.float32))
        low = float(history.min()) if kind.low is None else kind.low
        high = float(history.max()) if kind.high is None else kind.high
        high = high if high > low else low + 1.0
        shown = f"{value:.4g}{' ' * bool(entry.declared.unit)}{entry.declared.unit}"
        imgui.plot_lines(entry.label, history, 0, shown, low, high, (0.0, 38.0))


def _group_of(entry: Entry) -> str:
    """The folder of a parameter: its group, under the name of its addon."""
    owner = entry.name.partition(".")[0] if entry.target is not None else ""
    return "/".join(part for part in (owner, entry.declared.group) if part)


def _format(kind: Number, unit: str) -> str:
    """How ImGui writes a number, in C's notation."""
    if kind.whole:
        bare = "%d"
    else:
        span = (kind.high - kind.low) if kind.low is not None and kind.high is not None else 10.0
        finest = min(span / 200, kind.step or span)
        bare = f"%.{min(6, max(0, -int(np.floor(np.log10(finest)))))}f"
    return f"{bare} {unit.replace('%', '%%')}" if unit else bare


def _unit(bare: str, entry: Entry) -> str:
    return f"{bare} {entry.declared.unit.replace('%', '%%')}" if entry.declared.unit else bare
