"""The brushes that come with Inkloop."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from sketch.ink.brush import Brush, BrushError
from sketch.render.gl.shaders import shader_path
from sketch.scalars import short


def brush_of(given: Brush | str) -> Brush:
    """A brush as its files are now, or the brush with a name that comes with Inkloop.

    Raises:
        BrushError: There is none of that name.
    """
    if isinstance(given, Brush):
        return given.current()
    if not isinstance(given, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise BrushError(f"a style's brush must be a Brush, the name of a brush, or None; got {short(given)}")
    return _shipped(given)


def brush_names() -> list[str]:
    """The names of the brushes that come with Inkloop."""
    return sorted(path.stem for path in _folder().glob("*.toml"))


@lru_cache
def _shipped(name: str) -> Brush:
    if name not in brush_names():
        raise BrushError(
            f"there is no brush {name!r}; there are {', '.join(brush_names())}."
            " Load your own with Brush.load(path)"
        )
    # These are not edited while a sketch runs, so their files are not checked again.
    return replace(Brush.load(_folder() / name), files=None)


def _folder() -> Path:
    return shader_path("brushes/pen.toml").parent
