"""The way from the values of now to those of a preset, in a chosen time."""

from collections.abc import Mapping
from typing import Any, cast

from sketch.easing import CURVES, Curve, ease
from sketch.live.parameters import Change, Parameters
from sketch.scalars import number, one_of


class Travel:
    """A journey of some parameters; it ends for each as soon as something else sets it.

    Args:
        parameters: What travels.
        target: Checked values by name, as `Parameters.fitting` returns them.
        seconds: How long it takes; 0 or less sets the values at once.
        curve: As for `sketch.ease`, soft at both ends.
        source: What the changes say that set them.

    Raises:
        ValueError: The curve is unknown, or the time is not finite.
    """

    def __init__(
        self,
        parameters: Parameters,
        target: Mapping[str, Any],
        seconds: float = 0.0,
        curve: Curve = "cubic",
        source: str = "preset",
    ) -> None:
        self.source = source
        self.seconds = max(0.0, number("seconds", seconds))
        self.curve: Curve = cast(Curve, one_of("curve", curve, CURVES))
        self.passed = 0.0
        self._parameters = parameters
        self._ways = {name: (parameters.get(name), value) for name, value in target.items()}
        if self.seconds == 0.0:
            self.advance(0.0)

    @property
    def is_over(self) -> bool:
        """Whether every value has arrived."""
        return not self._ways

    def leave(self, change: Change) -> None:
        """Take a parameter out that something else has set."""
        if change.source != self.source:
            self._ways.pop(change.name, None)

    def advance(self, dt: float) -> None:
        """Move by `dt` seconds."""
        self.passed += dt
        arrived = self.passed >= self.seconds
        share = 1.0 if arrived else ease(self.passed / self.seconds, self.curve)
        for name, (start, end) in [*self._ways.items()]:
            entry = self._parameters.entries.get(name)
            if entry is None:
                continue
            try:
                value = end if arrived else entry.kind.mixed(start, end, share)
                self._parameters.set(name, value, self.source)
            except (TypeError, ValueError):  # the class was edited on the way, and its kind is another now
                self._ways.pop(name, None)
        if arrived:
            self._ways = {}
