"""A brush: the last word on what a stroke paints, as a function in GLSL, and a page of settings in TOML."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

from sketch.ink.style import Cap, Join, Overlap

Uniform: TypeAlias = float | tuple[float, ...]
Blend: TypeAlias = Literal["alpha", "add", "multiply", "screen"]

_SETTINGS = {"name", "blend", "overlap", "cap", "join", "width", "spacing", "bleed", "uniforms"}


class BrushError(ValueError):
    """A brush's file is missing or says something that no brush can be; the message names the file."""


@dataclass(frozen=True, slots=True)
class Brush:
    """What a stroke is painted with.

    Attributes:
        name: How it is called.
        code: GLSL that defines `vec4 brush(Ink ink)`, which returns a color that is not premultiplied. What
            `Ink` holds is listed in `shaders/stroke_brush.glsl`.
        path: Its GLSL file, named where the driver refuses the code.
        blend: How the stroke meets what is there, unless the canvas has another blend mode than "alpha".
            In an `Ink`, a picture of its own, "multiply" covers; draw that ink with blend="multiply".
        overlap: "flat" or "build", unless the style says.
        cap: Unless the style says.
        join: Unless the style says.
        width: In logical pixels, where none is given.
        spacing: How far apart points are put down along the line, in logical pixels; 0 keeps those given.
        bleed: How far it paints beyond the outline, in half widths; more than 0 only if the overlap is flat.
        uniforms: Numbers the code declares as `uniform`, by name.
        error: Why `fresh` could not read the files, where this is the brush they last made.
    """

    name: str
    code: str
    path: Path
    blend: Blend = "alpha"
    overlap: Overlap = "flat"
    cap: Cap = "round"
    join: Join = "round"
    width: float = 6.0
    spacing: float = 0.0
    bleed: float = 0.0
    uniforms: tuple[tuple[str, Uniform], ...] = field(default=())
    error: BrushError | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse settings that no brush can have.

        Raises:
            BrushError: A word is unknown or a number is out of its range.
        """
        for name, allowed in (("blend", Blend), ("overlap", Overlap), ("cap", Cap), ("join", Join)):
            if getattr(self, name) not in get_args(allowed):
                raise self._refusal(f"{name} must be one of {', '.join(get_args(allowed))}", name)
        for name, least in (("width", 1e-6), ("spacing", 0.0), ("bleed", 0.0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < math.inf:
                raise self._refusal(f"{name} must be {'more than 0' if least else '0 or more'}", name)
        if self.bleed > 0 and self.overlap != "flat":
            raise self._refusal('a bleed needs the overlap "flat"', "overlap")

    @classmethod
    def load(cls, path: str | Path) -> "Brush":
        """Read a brush from its pair of files.

        Args:
            path: Of either file, or of both without an ending: `brushes/moss` stands for `brushes/moss.frag`
                and `brushes/moss.toml`.

        Raises:
            BrushError: A file is missing, or a setting is unknown or wrong.
        """
        code, settings = Path(path).with_suffix(".frag"), Path(path).with_suffix(".toml")
        for file in (code, settings):
            if not file.is_file():
                raise BrushError(f"there is no file {file} for the brush {Path(path).stem!r}")
        try:
            given = tomllib.loads(_text(settings))
        except tomllib.TOMLDecodeError as error:
            raise BrushError(f"{settings}: {error}") from error
        unknown = sorted(given.keys() - _SETTINGS)
        if unknown:
            raise BrushError(
                f"{settings}: unknown {', '.join(unknown)}; known are {', '.join(sorted(_SETTINGS))}"
            )
        text = _text(code)
        if not text.strip():
            raise BrushError(f"{code}: the file is empty")
        uniforms = _uniforms(given.pop("uniforms", {}), text, settings)
        named: dict[str, Any] = {"name": Path(path).stem, **given}
        return cls(**named, code=text, path=code.resolve(), uniforms=uniforms)

    def fresh(self) -> "Brush":
        """The brush as its files say now, with the uniforms of this one where they still exist.

        Files that say no brush now, perhaps because an editor has them half written, leave it as it is; its
        `error` says why, and so does the frame it is drawn in.
        """
        try:
            loaded = Brush.load(self.path)
        except BrushError as error:
            return replace(self, error=error.with_traceback(None))
        known = {name: _count(value) for name, value in loaded.uniforms}
        kept = {name: value for name, value in self.uniforms if known.get(name) == _count(value)}
        return loaded.with_uniforms(**kept)

    def with_uniforms(self, **values: Uniform) -> "Brush":
        """The same brush with other numbers.

        Raises:
            BrushError: It has no uniform of that name.
        """
        mine = dict(self.uniforms)
        unknown = sorted(values.keys() - mine.keys())
        if unknown:
            has = f"it has {', '.join(mine)}" if mine else "it has none"
            raise BrushError(f"the brush {self.name!r} has no uniform {', '.join(unknown)}; {has}")
        return replace(self, uniforms=_uniforms(mine | values, self.code, self.path))

    def _refusal(self, rule: str, name: str) -> BrushError:
        return BrushError(f"{self.path.with_suffix('.toml')}: {rule}; got {getattr(self, name)!r}")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BrushError(f"{file}: {error}") from error


def _count(value: Uniform) -> int:
    return len(value) if isinstance(value, tuple) else 1


def _uniforms(given: Mapping[str, Any], code: str, file: Path) -> tuple[tuple[str, Uniform], ...]:
    return tuple((name, _uniform(name, value, code, file)) for name, value in given.items())


def _uniform(name: str, value: Any, code: str, file: Path) -> Uniform:
    if name not in code:
        raise BrushError(f"{file}: the uniform {name!r} does not occur in the code")
    numbers = list(cast(Sequence[Any], value)) if isinstance(value, list | tuple) else [value]
    fine = all(isinstance(n, int | float) and not isinstance(n, bool) and math.isfinite(n) for n in numbers)
    if not fine or not 1 <= len(numbers) <= 4:
        raise BrushError(f"{file}: the uniform {name!r} must be 1 to 4 finite numbers; got {value!r}")
    return float(numbers[0]) if len(numbers) == 1 else tuple(float(n) for n in numbers)
