"""Give a running sketch its parameters, where it or one of its addons has some."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from sketch.loop import Stage, begin
from sketch.sketch import Sketch

if TYPE_CHECKING:
    from sketch.live.parameters_control import Controls

Made: TypeAlias = "Callable[[Controls], None]"


def begin_with_parameters(
    stage: Stage, restored: Mapping[str, Any] | None = None, made: Made = lambda controls: None
) -> None:
    """Set up a sketch, with parameters if it has any.

    Args:
        stage: What runs.
        restored: Values by name, from a picture or a film.
        made: Called once with what changes the parameters, before the first frame if there are some by then.

    Raises:
        SketchError: Two parameters have one name.
    """
    sketch = stage.sketch
    values = dict(restored or {})

    def find() -> None:
        if stage.parameters is None and _has_some(sketch):
            # Not before: a sketch without parameters loads nothing of it.
            from sketch.live.parameters_control import Controls

            stage.parameters = controls = Controls(sketch)
            if values:
                controls.restore(values)
            waiting.append(controls)
            if has_begun:
                made(waiting.pop())

    waiting: list[Controls] = []
    has_begun = False
    stage.find_parameters = find
    find()
    begin(stage)
    has_begun = True
    find()
    for controls in [*waiting]:
        controls.include()
        made(controls)
    waiting.clear()
    if values:
        sketch.outbox += _unknown(stage, values)


def _unknown(stage: Stage, values: Mapping[str, Any]) -> list[str]:
    if stage.parameters is None:
        return [f"the sketch has no parameters, so {', '.join(values)} cannot be set"]
    return getattr(stage.parameters, "unknown", list[str])()


def _has_some(sketch: Sketch) -> bool:
    """Whether a sketch or an addon of it has parameters; what they are known by, see `sketch.Param`."""
    if any(_declares(part) for part in type(sketch).__mro__):
        return True
    return any(
        getattr(addon, "parameters", None) is not None or any(map(_declares, type(addon).__mro__))
        for addon in sketch.addons
    )


def _declares(kind: type) -> bool:
    values: list[Any] = [*vars(kind).values()]
    return any(getattr(each.__class__, "is_parameter", False) for each in values)
