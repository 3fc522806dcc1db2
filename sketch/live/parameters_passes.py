"""A pass over the frame as an addon, so that a panel and presets change it."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from sketch.render.canvas import Canvas
from sketch.render.post.passes import Bloom, Blur, ColorMap, Trails
from sketch.scalars import short

_RANGES: Mapping[type, Mapping[str, Mapping[str, Any]]] = {
    Blur: {"sigma": {"low": 0.0, "high": 100.0, "unit": "px"}},
    Bloom: {
        "strength": {"low": 0.0, "high": 3.0},
        "threshold": {"low": 0.0, "high": 1.0},
        "radius": {"low": 0.0, "high": 200.0, "unit": "px"},
    },
    Trails: {
        "keep": {"low": 0.0, "high": 1.0, "step": 0.001},
        "zoom": {"low": 0.9, "high": 1.1, "step": 0.001},
        "turn": {"low": -0.2, "high": 0.2, "step": 0.001, "unit": "rad"},
        "shift": {"low": (-20.0, -20.0), "high": (20.0, 20.0), "unit": "px"},
        "ground": {"kind": "color"},
    },
    ColorMap: {"amount": {"low": 0.0, "high": 1.0}},
}


class Effect:
    """A pass over all that the sketch draws, with its amounts in the panel.

        def setup(self):
            self.glow = self.use(sketch.Effect(sketch.Bloom(0.6)))

    The amounts are attributes: `self.glow.strength = 1.2`. Several effects run in the order of attachment.

    Args:
        step: A `Blur`, `Bloom`, `Trails` or `ColorMap`: its amounts at first.
        name: Its folder in the panel; by default the pass's name.

    Attributes:
        parameters: The options of each amount.
        is_on: Whether the pass runs.

    Raises:
        TypeError: It is no such pass.
    """

    def __init__(self, step: Blur | Bloom | Trails | ColorMap, name: str = "") -> None:
        ranges = _RANGES.get(type(step))
        if ranges is None:
            raise TypeError(f"an effect is made of a Blur, Bloom, Trails or ColorMap; got {short(step)}")
        self.name = name or type(step).__name__
        self.is_on = True
        self._step = step
        self.parameters: dict[str, Mapping[str, Any]] = {"is_on": {"label": "on"}}
        for each in fields(step):
            if each.name in ranges:
                value = getattr(step, each.name)
                setattr(self, each.name, value)
                self.parameters[each.name] = _wide_enough(ranges[each.name], value)

    def draw(self, canvas: Canvas) -> None:
        """Run the pass."""
        if self.is_on:
            amounts: dict[str, Any] = {
                name: getattr(self, name) for name in self.parameters if name != "is_on"
            }
            canvas.post(replace(self._step, **amounts))


def _wide_enough(options: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """The options of an amount, whose range has the author's value."""
    if "low" not in options or not isinstance(value, int | float):
        return options
    return {**options, "low": min(options["low"], value), "high": max(options["high"], value)}
