"""Parameters of a running sketch: events in, changes out, once a frame; presets and their keys."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from sketch.easing import Curve
from sketch.input.events import Event, KeyEvent, ParamEvent, PresetEvent
from sketch.live.parameters import Change, Parameters, parameters_of
from sketch.live.presets import Presets, presets_file
from sketch.live.presets_travel import Travel
from sketch.sketch import Sketch

_DIGITS = {f"{row}{digit}": str(digit) for digit in range(10) for row in ("Digit", "Numpad")}

SIDES = ("A", "B")


class Panel(Protocol):
    """A panel of the host."""

    def takes(self, event: Event) -> bool:
        """Whether an event is for the panel alone."""
        ...

    @property
    def is_typing(self) -> bool:
        """Whether a text is edited, so that keys are letters."""
        ...

    @property
    def is_held(self) -> bool:
        """Whether a button is down that went down in the panel."""
        ...


class Controls:
    """What changes the parameters of a running sketch, apart from its own code.

    Args:
        sketch: The sketch.
        file: Its presets; by default the file next to it.

    Attributes:
        parameters: Those of the sketch and of its addons.
        presets: The saved ones.
        panel: The host's panel, if it has one.
        missing: Why there is no panel, in one line; empty if there is one.
        is_open: Whether the panel is shown.
        seconds: How long the way to a preset takes.
        curve: How it goes, as for `sketch.ease`.
        seed: Of the next variation.
        amount: Of the next variation, 0..1.
        side: "A" or "B": which of two states is the present one.

    Raises:
        SketchError: Two parameters have one name.
    """

    def __init__(self, sketch: Sketch, file: Path | None = None) -> None:
        self.parameters: Parameters = parameters_of(sketch)
        self.presets = Presets(file or presets_file(sketch, sketch.home))
        self.panel: Panel | None = None
        self.missing = ""
        self.is_open = False
        self.seconds = 0.0
        self.curve: Curve = "cubic"
        self.seed = 1
        self.amount = 0.2
        self.side = SIDES[0]
        self._sketch = sketch
        self._lines: list[str] = []
        self._travel: Travel | None = None
        self._sides: dict[str, dict[str, Any]] = {}
        self._taken: set[str] = set()
        self._reported: set[str] = set()
        self._pending: Mapping[str, Any] = {}
        self._addons: tuple[object, ...] = ()
        self.parameters.listen(self._left)
        self.include()

    @property
    def is_travelling(self) -> bool:
        """Whether values are on the way to a preset."""
        return self._travel is not None

    def include(self) -> None:
        """Take in the parameters of addons that were attached since the last call."""
        addons = tuple(self._sketch.addons)
        if addons != self._addons:
            self._addons = addons
            self.parameters.include(addons)
            if self._pending:
                self.restore(self._pending)

    # Once a frame

    def takes(self, event: Event) -> bool:
        """Take an event that is not for the sketch: for a parameter or a preset, or a key of the panel.

        Returns:
            Whether the sketch must not see it.
        """
        if isinstance(event, ParamEvent):
            self._set(event)
            return True
        if isinstance(event, PresetEvent):
            self.recall(event.name, event.seconds)
            return True
        if isinstance(event, KeyEvent):
            return self._takes_key(event)
        panel = self.panel
        return panel is not None and (self.is_open or panel.is_held) and panel.takes(event)

    def advance(self, dt: float) -> list[Change]:
        """Begin a frame, before `update`: move what travels; return the changes since the last frame.

        Raises:
            TypeError: A module's function has set a parameter to a value of another type.
        """
        self.include()
        self.parameters.record()
        self.parameters.advance()
        if self._travel is not None:
            self._travel.advance(dt)
            if self._travel.is_over:
                self._travel = None
        return self.parameters.take_changes()

    def messages(self) -> list[str]:
        """Messages for the user since the last call, a line each."""
        lines, self._lines = self._lines, []
        return lines + self.presets.messages()

    def close(self) -> list[str]:
        """Finish writing presets; return the last messages."""
        self.parameters.unlisten(self._left)
        return [*self.messages(), *self.presets.close()]

    # Presets

    def save(self, name: str) -> None:
        """Save the values of now as a preset."""
        self.presets.refresh()
        self.presets.save(name, self.parameters.snapshot())

    def recall(self, name: str, seconds: float | None = None, curve: Curve | None = None) -> bool:
        """Begin the way to a preset.

        Args:
            name: Of the preset.
            seconds: How long it takes; None for `seconds` of the controls.
            curve: How it goes; None for `curve` of the controls.

        Returns:
            Whether there is such a preset; otherwise a message says that there is none.
        """
        self.presets.refresh()
        table = self.presets.tables.get(name)
        if table is None:
            known = ", ".join(self.presets.tables) or "none yet"
            self._lines.append(f"there is no preset {name} ({known}): Ctrl+{name} saves one")
            return False
        values, lines = self.parameters.fitting(table)
        self._lines += [f"preset {name}: {line}" for line in lines]
        self.travel(values, seconds, curve)
        return True

    def travel(
        self,
        values: Mapping[str, Any],
        seconds: float | None = None,
        curve: Curve | None = None,
        source: str = "preset",
    ) -> None:
        """Begin the way to checked values; see `recall`."""
        seconds = self.seconds if seconds is None else seconds
        self._travel = None  # it must not see the changes of the next one
        travel = Travel(self.parameters, values, seconds, curve or self.curve, source)
        self._travel = None if travel.is_over else travel

    def vary(self) -> None:
        """Begin the way to a random variation, and count the seed up for the next one."""
        self.travel(self.parameters.varied(self.amount, self.seed), source="variation")
        self.seed += 1

    def switch(self, side: str) -> None:
        """Go to the other of two states; the one of now is kept under its side.

        A side that was never left is a copy of the one of now.
        """
        if side == self.side:
            return
        self._sides[self.side] = self.parameters.snapshot()
        target = self._sides.get(side)
        self.side = side
        if target is not None:
            self.travel(self.parameters.fitting(target)[0])

    def restore(self, values: Mapping[str, Any]) -> None:
        """Set values that a picture or a film has; those of addons once they are attached."""
        here = {name: value for name, value in values.items() if name in self.parameters.entries}
        self._pending = {name: value for name, value in values.items() if name not in here}
        found, lines = self.parameters.fitting(here)
        self._lines += lines
        for name, value in found.items():
            self.parameters.set(name, value, "preset")

    def unknown(self) -> list[str]:
        """A line for each value that `restore` could not place."""
        return self.parameters.fitting(self._pending)[1]

    def _left(self, change: Change) -> None:
        if self._travel is not None:
            self._travel.leave(change)

    def _set(self, event: ParamEvent) -> None:
        try:
            self.parameters.set(event.name, event.value, event.source)
        except (TypeError, ValueError, OverflowError) as error:
            # A controller that sends nonsense sends it often.
            if event.name not in self._reported:
                self._reported.add(event.name)
                self._lines.append(f"{event.source}: {error}; {event.name} stays as it is")

    # Keys

    def _takes_key(self, event: KeyEvent) -> bool:
        place = event.code or event.key
        if event.kind == "up":
            is_ours = place in self._taken
            self._taken.discard(place)
            if self.panel is not None and self.is_open:
                self.panel.takes(event)
            return is_ours
        taken = self._takes_press(event)
        if taken:
            self._taken.add(place)
        return taken

    def _takes_press(self, event: KeyEvent) -> bool:
        if not self.parameters.entries:
            return False
        digit = _DIGITS.get(event.code) or (event.key if event.key.isdigit() else "")
        if digit and event.modifiers & {"ctrl", "command"} and not event.modifiers & {"alt"}:
            self.save(digit)
            return True
        if self.is_open and self.panel is not None and self.panel.takes(event):
            return True
        if event.key == "tab" and not event.modifiers:
            self._toggle()
            return True
        if self.is_open and digit and not event.modifiers & {"alt"}:
            self.recall(digit)
            return True
        return False

    def _toggle(self) -> None:
        self.is_open = not self.is_open
        if self.is_open and self.missing:
            self._lines.append(self.missing)
